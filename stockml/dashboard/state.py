"""What a person has chosen to look at, and what a key does to it. Pure: a key in, a new state and an order out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

FOCUSED = ("fleet", "symbol", "training", "jobs", "log")  # the panels that tab goes through
PAGES = ("help", "legend", "why", "troubles")  # what is laid over everything until a key is pressed


@dataclass(frozen=True)
class Order:
    """Something to be done outside the screen: `start` a command (words after `stockml`), `stop` a run, or `quit`."""

    kind: str
    words: tuple[str, ...] = ()
    run: str = ""
    question: str = ""


@dataclass(frozen=True)
class State:
    """All that keys can change. `scrolls` are lines by panel or page; `asking` waits for a yes; `message` is told."""

    selected: str | None = None
    horizon: int | None = None
    focus: str = "fleet"
    is_zoomed: bool = False
    page: str = ""
    sort: str = ""
    only: str = ""
    filter: str = ""
    is_typing: bool = False
    is_paused: bool = False
    is_over: bool = False
    asking: Order | None = None
    message: str = ""
    run: str = ""
    scrolls: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def scrolled(self, name: str) -> int:
        return self.scrolls.get(name, 0)
