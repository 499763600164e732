"""What a check of the monitor found, and which state is worse than which."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["bad", "warn", "cannot_tell", "ok"]
STATES: tuple[State, ...] = ("bad", "warn", "cannot_tell", "ok")  # the worst first


@dataclass(frozen=True)
class Finding:
    """One thing a check has to say, of a symbol or (None) of everything.

    `kind` is the stable word by which findings of many symbols are recognised as one event. `evidence` holds the
    sentences that speak for training the symbol anew. `silent` findings are shown and never alerted.
    """

    check: str
    kind: str
    symbol: str | None
    state: State
    sentence: str
    figures: dict[str, Any] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()
    silent: bool = False

    def as_json(self) -> dict[str, Any]:
        return {
            "check": self.check, "kind": self.kind, "symbol": self.symbol, "state": self.state,
            "sentence": self.sentence, "figures": self.figures,
        }  # fmt: skip


def worst(states: Iterable[State]) -> State:
    """The worst of some states; `ok` of none."""
    return min(states, key=STATES.index, default="ok")


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
