"""What runs at which session: the job table's times laid over the sessions, catch-up, and repeats left out. Pure."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from stockml.replay import trouble
from stockml.schedule import times
from stockml.schedule.jobs import Job, zone_of

Words = tuple[str, ...]
# A command that ran already under the same clock finds nothing new unless one of these ran since: it reads bars as
# of the clock and what these wrote. Anything not listed here is never left out.
READS: dict[str, frozenset[str]] = {
    "data": frozenset(),
    "predict": frozenset({"data", "train", "monitor", "settle"}),
    "settle": frozenset({"data", "train", "predict"}),
    "monitor": frozenset({"data", "train", "predict", "settle"}),
    "train": frozenset({"data", "monitor", "settle", "predict"}),
}


@dataclass(frozen=True)
class Due:
    """A job at a moment (UTC); `late` if it was missed while the machine was off, and runs now instead."""

    at: datetime
    name: str
    command: Words
    late: bool = False


def occurrences(jobs: Sequence[Job], after: datetime, until: datetime) -> Iterator[Due]:
    """Each time of each enabled job later than `after` and not later than `until`, in time order, then by the table."""

    def of(place: int, job: Job) -> Iterator[tuple[datetime, int, Due]]:
        for moment in times.between(job.times, zone_of(job), after, until):
            yield moment, place, Due(moment, job.name, job.command)

    streams = [of(place, job) for place, job in enumerate(jobs) if job.enabled]
    return (due for _, _, due in heapq.merge(*streams, key=lambda one: one[:2]))


def caught_up(found: Sequence[Due], troubles: Sequence[trouble.Trouble]) -> list[Due]:
    """The same with what falls while the machine is off moved to when it comes back: each job once.

    Those run in the order of their last missed times, as they would have that night.
    """
    kept: list[Due] = []
    missed: dict[tuple[str, datetime], Due] = {}
    for one in found:
        back = trouble.is_off(troubles, one.at)
        if back is None:
            kept.append(one)
        else:
            missed.pop((one.name, back), None)
            missed[one.name, back] = Due(back, one.name, one.command, late=True)
    return sorted([*missed.values(), *kept], key=lambda one: (one.at, not one.late))


def by_session(found: Sequence[Due], settles: Sequence[datetime]) -> list[list[Due]]:
    """The jobs of each session: from the moment it settled until the next one does."""
    out: list[list[Due]] = [[] for _ in settles]
    place = 0
    for one in found:
        while place + 1 < len(settles) and settles[place + 1] <= one.at:
            place += 1
        if settles[place] <= one.at:
            out[place].append(one)
    return out


def without_repeats(found: Sequence[Due]) -> list[Due]:
    """The jobs of one session without those that ran under this clock and have nothing new to read (`READS`)."""
    ran: list[Words] = []
    kept = []
    for one in found:
        if one.command in ran and one.command[0] in READS:
            since = {words[0] for words in ran[len(ran) - 1 - ran[::-1].index(one.command) + 1 :]}
            if not since & READS[one.command[0]]:
                continue
        ran.append(one.command)
        kept.append(one)
    return kept
