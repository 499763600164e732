"""What a simulation of the schedule works on and what it finds: jobs with their starts, exchanges, findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from stockml.schedule.jobs import Job

GROUPS = {  # commands that work on the same things and keep each other waiting
    "train": "training", "quick-train": "training", "tune": "training", "clean": "keeping", "backup": "keeping",
}  # fmt: skip
SHOWN = 6  # dates of a finding; the rest is counted
Span = tuple[int, int]  # from, to, in epoch seconds


@dataclass(frozen=True)
class Planned:
    """A job with its starts (epoch seconds, rising) and how long it takes.

    `measured` is over how many runs, 0 if the time limit was taken for it. `avoids_market` is that it is not to run
    while an exchange is open, `needs_bars` that its command works with the bar of the session that closed last.
    """

    job: Job
    zone: ZoneInfo
    starts: Sequence[int]
    duration_s: float
    measured: int = 0
    avoids_market: bool = False
    needs_bars: bool = False

    @property
    def group(self) -> str:
        return GROUPS.get(self.job.command[0], " ".join(self.job.command))

    @property
    def took(self) -> str:
        """How long the job takes and how that is known, in words."""
        told = f"{self.duration_s:.0f} s" if self.duration_s < 120 else f"{timedelta(seconds=round(self.duration_s))} h"
        if self.measured:
            return f"takes {told}, measured over {self.measured} runs"
        return f"taken to last its limit of {self.job.timeout_minutes} minutes, as it was not measured yet"


@dataclass(frozen=True)
class Exchange:
    """An exchange of the fleet: its sessions, rising, and the seconds after a close until a bar is settled."""

    name: str
    sessions: Sequence[Span]
    settle_s: int
    symbols: tuple[str, ...]

    @property
    def named(self) -> str:
        """Its symbols in words, the first three by name."""
        more = len(self.symbols) - 3
        return ", ".join(self.symbols[:3]) + (f" and {more} more" if more > 0 else "")


@dataclass(frozen=True)
class World:
    """The time that is simulated, and the exchanges in it."""

    begin: datetime
    end: datetime
    exchanges: tuple[Exchange, ...]

    @property
    def days(self) -> int:
        return (self.end - self.begin).days


@dataclass(frozen=True)
class Finding:
    """One kind of trouble of one job or two: how often, when first, what becomes of it, and what would help.

    `harmless` is that nothing is lost and nothing done twice. `whens` are wall times without a zone.
    """

    kind: str
    jobs: tuple[str, ...]
    count: int
    whens: tuple[datetime, ...]
    sentence: str
    harmless: bool
    fix: str | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "jobs": list(self.jobs), "count": self.count,
            "dates": [f"{one:%Y-%m-%dT%H:%M}" for one in self.whens], "sentence": self.sentence,
            "harmless": self.harmless, "fix": self.fix,
        }  # fmt: skip


def walls(moments: Sequence[int], zone: ZoneInfo) -> list[datetime]:
    """The first moments (epoch seconds) as the clocks of a zone show them."""
    first = sorted(moments)[:SHOWN]
    return [datetime.fromtimestamp(one, UTC).astimezone(zone).replace(tzinfo=None) for one in first]


def days(whens: Sequence[datetime], count: int = 0) -> str:
    """The first days of a list, of `count` ones if it is the beginning of a longer one, in words."""
    more = max(count, len(whens)) - SHOWN
    return ", ".join(f"{one:%a %Y-%m-%d}" for one in whens[:SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def counted(count: int) -> str:
    return "once" if count == 1 else "twice" if count == 2 else f"{count:,} times"
