"""What a check of the doctor found: how bad it is, in one sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

Level = Literal["bad", "warning", "note", "ok"]
LEVELS: tuple[Level, ...] = ("bad", "warning", "note", "ok")  # the worst first


@dataclass(frozen=True)
class Finding:
    """One thing a check has to say. `kind` is a stable word; `advice` says what to do, with a command where one helps.

    A `note` is worth knowing and asks for nothing; `warning` and `bad` make the exit status 1.
    """

    check: str
    kind: str
    level: Level
    sentence: str
    advice: str = ""
    figures: dict[str, Any] = field(default_factory=dict)


def worst(levels: Iterable[Level]) -> Level:
    """The worst of some levels; `ok` of none."""
    return min(levels, key=LEVELS.index, default="ok")


def several(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
