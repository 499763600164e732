"""Decides which planned run of a job is to be done now, and whether a job is overdue. Pure: facts in, words out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from stockml.clock import parse_stamp
from stockml.ledger.heartbeats import ENDS, Beat, Event
from stockml.schedule.jobs import Job

STARTS_WITHIN = timedelta(minutes=30)  # timers start up to some minutes late by chance, and a loaded machine later
ENDS_WITHIN = timedelta(minutes=5)  # beyond the time limit: the job is given time to end by itself
MOST_STARTS = 2  # of one planned run: what was killed twice would be killed again
AGAIN = "again_from"  # the detail of an end that is not final: from when the same planned run may be tried again

Kind = Literal["", "silent", "unended", "failed"]


@dataclass(frozen=True)
class Known:
    """What is known of a job now: its last planned instant, the heartbeats that stand for it, and its newest of each.

    `latest` is None if the job was never due yet. `kept` tells whether cron or systemd is to start it, as far as we
    recorded; `since` when that began.
    """

    job: Job
    zone: ZoneInfo
    latest: datetime | None
    of_latest: Sequence[Beat] = ()
    newest: Mapping[Event, Beat] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        on, off = self.newest.get("enabled"), self.newest.get("disabled")
        return on is not None and (off is None or off.number < on.number)

    @property
    def since(self) -> datetime | None:
        return self.newest["enabled"].at if self.kept else None

    @property
    def last_end(self) -> Beat | None:
        """The newest run that came to an end of its own, well or badly."""
        return max((self.newest[one] for one in ("ok", "fail") if one in self.newest), key=_number, default=None)


@dataclass(frozen=True)
class Due:
    """The planned instant that is to be done now, or None, and why."""

    occurrence: datetime | None
    sentence: str


@dataclass(frozen=True)
class Overdue:
    """What is late about a job, in a sentence; of kind "" nothing is."""

    kind: Kind
    sentence: str


def due(known: Known, now: datetime) -> Due:
    """Whether the last planned run is still to be done. Earlier ones are not made up for: one run catches up on all.

    A run that was left out or broken off with a time from which to try again is due from then on, and one that was
    killed is due at once, unless it was begun `MOST_STARTS` times already.
    """
    latest, beats = known.latest, known.of_latest
    if latest is None:
        return Due(None, "it has not come yet for the first time")
    run = f"its run of {told(latest, known.zone)}"
    if _is_before_its_time(known, now):
        return Due(None, f"{run} was before it was put into service")
    if not beats:
        return Due(latest, f"{run} has not begun")
    final = next((one for one in beats if one.event in ENDS and not one.details.get(AGAIN)), None)
    if final is not None:
        return Due(None, f"{run} is done with ({final.event})")
    starts = sum(one.event == "start" for one in beats)
    if starts >= MOST_STARTS:
        return Due(None, f"{run} was begun {starts} times and never ended; it is not begun again")
    again = beats[-1].details.get(AGAIN)
    if again and now < parse_stamp(again):
        return Due(None, f"{run} was left out until {again}: {beats[-1].reason}")
    return Due(latest, f"{run} was {'broken off or left out' if again else 'begun and has no end'}")


def overdue(known: Known, now: datetime) -> Overdue:
    """Whether a job that cron or systemd should start has not started, not ended, or failed the last time.

    A job that is switched off, or that nobody was told to start, is never overdue.
    """
    job, start = known.job, known.newest.get("start")
    if not (job.enabled and known.kept):
        return Overdue("", "")
    limit = timedelta(minutes=job.timeout_minutes)
    if start is not None and not _has_ended(known, start):
        late = now - start.at
        if late > limit + ENDS_WITHIN:
            since = told(start.at, known.zone)
            return Overdue("unended", f"began {since} and has no end; its time limit is {job.timeout_minutes} minutes")
        if late >= timedelta(0):
            return Overdue("", "")  # it runs
    if _is_silent(known, now):
        assert known.latest is not None
        return Overdue("silent", f"was due {told(known.latest, known.zone)} and has not been started since")
    last = known.last_end
    if last is not None and last.event == "fail":
        return Overdue("failed", f"failed the last time, {told(last.at, known.zone)}: {last.reason}")
    return Overdue("", "")


def told(moment: datetime, zone: ZoneInfo) -> str:
    """An instant as people of a zone write it: Sun 2026-11-01 02:00 America/New_York."""
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"


def _number(beat: Beat) -> int:
    return beat.number


def _is_before_its_time(known: Known, now: datetime) -> bool:
    """Whether the job was put into service after its last planned instant.

    An installation later than now means that the clock was set back since, and tells nothing.
    """
    return known.latest is not None and known.since is not None and known.latest < known.since <= now


def _has_ended(known: Known, start: Beat) -> bool:
    return any(known.newest[one].run == start.run for one in ENDS if one in known.newest)


def _is_silent(known: Known, now: datetime) -> bool:
    """Whether the last planned run has left no sign of life in its time, and no person started the job since."""
    latest = known.latest
    if latest is None or now - latest <= STARTS_WITHIN or _is_before_its_time(known, now) or known.of_latest:
        return False
    return not any(latest <= one.at <= now for name, one in known.newest.items() if name in ("start", "skip"))
