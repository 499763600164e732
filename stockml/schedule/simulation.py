"""Looks through the starts of all jobs for what will go wrong. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from stockml.schedule import starts
from stockml.schedule.simulated import SHOWN, Finding, Planned, Span, World, counted, days, walls

ALL_HOURS = 24  # a job of every hour does not miss one
EXCLUDED = {  # what becomes of the later of two jobs that work on the same things
    "training": "each symbol has a lock, and what was just trained is not due: the later one leaves it out",
    "keeping": "the later one may find the other at work on the same files and end busy",
}


def findings(planned: Sequence[Planned], world: World) -> Iterator[Finding]:
    """All that will go wrong in the simulated time, by job, then by pair of jobs."""
    for one in planned:
        yield from of_one(one, world)
    for place, one in enumerate(planned):
        for other in planned[place + 1 :]:
            yield from overlaps(one, other)


def of_one(planned: Planned, world: World) -> Iterator[Finding]:
    """What goes wrong with one job, whatever the others do."""
    yield from _clock_changes(planned, world)
    yield from _overlaps_itself(planned)
    if planned.avoids_market:
        yield from _in_market_hours(planned, world)
    if planned.needs_bars:
        yield from _before_bars(planned, world)


def overlaps(one: Planned, other: Planned) -> Iterator[Finding]:
    """Runs of two jobs that work on the same things and meet."""
    if one.group != other.group:
        return
    few, many = (one, other) if len(one.starts) <= len(other.starts) else (other, one)
    met = []
    for begins in few.starts:
        place = bisect_right(many.starts, begins - many.duration_s)
        if place < len(many.starts) and many.starts[place] < begins + few.duration_s:
            met.append(max(begins, many.starts[place]))
    if met:
        whens, names = walls(met, few.zone), (one.job.name, other.job.name)
        told = (
            f"{names[0]} ({one.took}) and {names[1]} ({other.took}) meet {counted(len(met))}, on "
            f"{days(whens, len(met))}; {EXCLUDED.get(one.group, 'the later one may end busy')}"
        )
        yield Finding("overlap", names, len(met), tuple(whens), told, harmless=one.group == "training")


def is_met(sessions: Sequence[Span], planned: Planned, settle_s: int) -> bool:
    """Whether a job comes into a session, or into the time until its bar is settled, at all."""
    spans = [(opens, closes + settle_s) for opens, closes in sessions]
    length_s = planned.duration_s if planned.avoids_market else 1
    return any(_meets(spans, begins, begins + length_s) for begins in planned.starts)


def _clock_changes(planned: Planned, world: World) -> Iterator[Finding]:
    """Wall times that do not exist or come twice, with what each of the two programs makes of it.

    cron(8) of Debian runs a skipped job soon after the gap and a repeated one once; systemd 252, measured, leaves
    out a skipped time and runs a repeated one once.
    """
    if len(planned.job.times.hours) == ALL_HOURS:
        return
    skipped, doubled = starts.anomalies(planned.job.times, planned.zone, world.begin, world.end)
    name, zone = planned.job.name, planned.zone.key
    if skipped:
        told = (
            f"{name}: {skipped[0]:%H:%M} does not exist on {days(skipped)} in {zone}: the clocks go forward. It runs "
            "once all the same: under cron when the clocks have changed, under systemd by the hourly catch-up"
        )
        yield Finding("skipped", (name,), len(skipped), tuple(skipped[:SHOWN]), told, harmless=True)
    if doubled:
        told = (
            f"{name}: {doubled[0]:%H:%M} comes twice on {days(doubled)} in {zone}: the clocks go back. It runs once, "
            "the first time; neither cron nor systemd nor the runner begins it again"
        )
        yield Finding("doubled", (name,), len(doubled), tuple(doubled[:SHOWN]), told, harmless=True)


def _overlaps_itself(planned: Planned) -> Iterator[Finding]:
    pairs = zip(planned.starts, planned.starts[1:], strict=False)
    late = [after for before, after in pairs if after - before < planned.duration_s]
    if late:
        told = (
            f"{planned.job.name}: is due again, {counted(len(late))}, while it still runs ({planned.took}); the later "
            "one ends busy and loses its turn"
        )
        yield Finding("overlap", (planned.job.name,), len(late), tuple(walls(late, planned.zone)), told, harmless=True)


def _in_market_hours(planned: Planned, world: World) -> Iterator[Finding]:
    for exchange in world.exchanges:
        met = [begins for begins in planned.starts if _meets(exchange.sessions, begins, begins + planned.duration_s)]
        if met:
            whens = walls(met, planned.zone)
            told = (
                f"{planned.job.name}: runs ({planned.took}) while {exchange.name} is open, {counted(len(met))}, first "
                f"on {days(whens[:1])}; training is to avoid market hours, so it waits or leaves out {exchange.named}"
            )
            yield Finding("market_hours", (planned.job.name,), len(met), tuple(whens), told, harmless=False)


def _before_bars(planned: Planned, world: World) -> Iterator[Finding]:
    """Starts from the open of a session until its bar is settled: the newest settled bar is then an older one."""
    for exchange in world.exchanges:
        spans = [(opens, closes + exchange.settle_s) for opens, closes in exchange.sessions]
        met = [begins for begins in planned.starts if _meets(spans, begins, begins + 1)]
        if met:
            whens = walls(met, planned.zone)
            told = (
                f"{planned.job.name}: comes before the day's bar of {exchange.named} is settled ({exchange.name}'s "
                f"close plus {exchange.settle_s // 60} minutes), {counted(len(met))}, first on {days(whens[:1])}; it "
                "works with the bar of the session before"
            )
            yield Finding("unsettled", (planned.job.name,), len(met), tuple(whens), told, harmless=False)


def _meets(spans: Sequence[Span], begin: float, end: float) -> bool:
    """Whether [begin, end) shares a moment with one of some spans that do not overlap."""
    place = bisect_left(spans, (int(begin) + 1,)) - 1  # the last that begins not later
    return (place >= 0 and spans[place][1] > begin) or (place + 1 < len(spans) and spans[place + 1][0] < end)
