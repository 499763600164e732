"""What time it is. The only module that asks the machine; everything else is handed a `Clock`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Clock:
    """Now, as a value. With `as_of`, now is the moment that session settled, whatever the machine says."""

    fixed: datetime | None = None
    as_of: date | None = None

    def now(self) -> datetime:
        """The present, aware UTC: the instant everything is dated by (`made_at`, ages, version names)."""
        return self.fixed or recorded_at()


def recorded_at() -> datetime:
    """Wall time: for `recorded_at`, and for what follows the machine and not a clock that stands still.

    That is how old a file is (clean-up, logs, caches) and when a host may be asked again. Never part of a hash, of a
    forecast or of a decision about a model.
    """
    return datetime.now(UTC)  # noqa: TID251 - the one place that may ask


def machine_zone(environment: Mapping[str, str] = os.environ) -> str:
    """Name of the machine's time zone: $TZ, else what /etc/localtime or /etc/timezone say, else UTC."""
    from zoneinfo import ZoneInfo

    given = environment.get("TZ", "").removeprefix(":")
    linked = os.path.realpath("/etc/localtime").partition("/zoneinfo/")[2]
    try:
        with open("/etc/timezone", encoding="utf-8") as file:
            written = file.read().strip()
    except OSError:
        written = ""
    for name in filter(None, (given, linked.removeprefix("posix/"), written)):
        with contextlib.suppress(KeyError, ValueError, OSError):
            return ZoneInfo(name).key
    return "UTC"


def stamp(moment: datetime) -> str:
    """An instant as text, to the second: 2026-05-29T20:30:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def compact(moment: datetime) -> str:
    """An instant as part of a file name: 20260529T203000Z."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def parse_stamp(text: str) -> datetime:
    """The instant of a stamp. Raises ValueError for anything else."""
    if len(text) != 20 or text[4:20:3] != "--T::Z":
        raise ValueError(f"{text!r} is no stamp")
    return datetime.fromisoformat(text)  # strptime would load two modules and take ten times as long


def parse_compact(text: str) -> datetime:
    """The instant of a part of a file name, as `compact` writes it. Raises ValueError for anything else."""
    if len(text) != 16 or text[8] != "T" or text[15] != "Z":
        raise ValueError(f"{text!r} is no instant")
    return datetime.fromisoformat(text)


def to_day(session: date) -> int:
    """A trading day as the number of days since 1970-01-01, the form arrays and tables hold."""
    return (session - EPOCH).days


def from_day(day: int) -> date:
    return EPOCH + timedelta(days=int(day))


def age_days(then: str, now: datetime) -> float:
    """Days between a stamp and now."""
    return (now - parse_stamp(then)).total_seconds() / 86400
