"""What was seen of a workspace at one look: plain values, replaced whole, drawn by the panels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stockml.pipeline.logs import Line


@dataclass(frozen=True)
class Wanted:
    """What is to be looked at besides the fleet: one symbol at one horizon (sessions), and whether its `why` too."""

    symbol: str | None = None
    horizon: int | None = None
    why: bool = False


@dataclass(frozen=True)
class Spoken:
    """One forecast on the price scale of the newest bar, placed on the axis of a symbol's closes.

    `made` and `target` are places (0 is the first close; a target may lie beyond the last); `inside` is 80 or 90 for
    the narrowest interval that held the outcome, 0 for none, None while it is open; `hit` whether the direction was
    right, None while it is open.
    """

    made: int
    target: int
    session: str
    target_session: str
    price: float
    lo80: float
    hi80: float
    lo90: float
    hi90: float
    up: float
    class_: str
    inside: int | None
    hit: bool | None


@dataclass(frozen=True)
class Event:
    """Something that happened to a symbol: when (a stamp or a day), what kind of thing, in words."""

    at: str
    kind: str
    sentence: str


@dataclass(frozen=True)
class Detail:
    """One symbol: its newest closes (adjusted for later splits), the newest forecast of each horizon, the past ones.

    `past` are those of `horizon`, oldest first. `problem` is why there are no closes, or "".
    """

    symbol: str
    horizon: int
    horizons: tuple[int, ...]
    sessions: tuple[str, ...] = ()
    closes: tuple[float, ...] = ()
    newest: Mapping[int, Spoken] = field(default_factory=dict)
    past: tuple[Spoken, ...] = ()
    events: tuple[Event, ...] = ()
    problem: str = ""


@dataclass(frozen=True)
class Training:
    """A run that trains, as its event log and the ledger tell it; of this process or of any other.

    `state` is running, ended or killed; `percent` (0 to 100) is of the whole run; `stages` are the shares done
    (fractions) by name; `left_s` None where nobody can say.
    """

    id: str
    command: str
    state: str
    pid: int | None
    symbols: int
    stage: str
    percent: float
    stages: Mapping[str, float]
    about: str
    began_at: str
    exit_code: int | None = None
    told: str = ""
    left_s: float | None = None
    lines: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.state == "running"


@dataclass(frozen=True)
class Seen:
    """All that a frame is drawn from. `fleet` is the `result` of `status`, None before the first look.

    `trouble` is why the last look could not be had, or ""; what was seen before stays. `read_at` is the wall time
    (a stamp) of the newest look at the fleet, `wall` of this one. `limits` are those of `host`, all fractions.
    """

    home: str
    as_of: str | None = None
    fleet: dict[str, Any] | None = None
    detail: Detail | None = None
    why: dict[str, Any] | None = None
    trainings: tuple[Training, ...] = ()
    log: tuple[Line, ...] = ()
    host: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    trouble: str = ""
    read_at: str = ""
    wall: str = ""

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.fleet["symbols"] if self.fleet else []
