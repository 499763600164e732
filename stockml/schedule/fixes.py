"""Looks for another time of a job at which a simulation finds nothing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from stockml.schedule import simulation, starts, times
from stockml.schedule.simulated import Finding, Planned, World

MOST_STARTS = 5_000  # of a job for which another time is looked for
STEP_MINUTES, FARTHEST_MINUTES, DAY_MINUTES = 30, 720, 1440


def fixed(findings: Iterable[Finding], planned: Sequence[Planned], world: World) -> list[Finding]:
    """The findings, each with the nearest other time of one of its jobs at which nothing at all is found.

    The times go together: each is looked for with those before it taken. A finding that is over with them has the
    same advice.
    """
    table = {one.job.name: one for one in planned}
    advice: dict[str, str] = {}
    told = []
    for found in findings:
        moved = [name for name in reversed(found.jobs) if name in advice]
        if not (moved and all(_is_clean(table[name], _others(table, name), world) for name in found.jobs)):
            moved = [next((name for name in reversed(found.jobs) if _move(table, name, world)), "")]
            advice[moved[0]] = _advice(table[moved[0]], world) if moved[0] else ""
        told.append(replace(found, fix=advice[moved[0]] or None))
    return told


def _move(table: dict[str, Planned], name: str, world: World) -> bool:
    """Move a job of the table to the nearest time at which nothing is found; whether there is one."""
    one = table[name]
    for text in shifted(one.job.when) if len(one.starts) <= MOST_STARTS else ():
        moved = _moved(one, text, world)
        if _is_clean(moved, _others(table, name), world):
            table[name] = moved
            return True
    return False


def _others(table: dict[str, Planned], name: str) -> list[Planned]:
    return [one for one in table.values() if one.job.name != name]


def _advice(one: Planned, world: World) -> str:
    command = f"stockml config set schedule.jobs.{one.job.name}.when '{one.job.when}'"
    return f"{command} (simulated for {world.days} days: nothing is found)"


def shifted(text: str) -> Iterator[str]:
    """A job's times moved within their day by half hours, the nearest first, later before earlier."""
    planned = times.parse(text)
    rest = " ".join(text.split()[2:])
    for minutes in range(STEP_MINUTES, FARTHEST_MINUTES + 1, STEP_MINUTES):
        for move in (minutes, -minutes):
            walls = [60 * hour + minute + move for hour in planned.hours for minute in planned.minutes]
            hours, past = sorted({one // 60 for one in walls}), sorted({one % 60 for one in walls})
            if min(walls) >= 0 and max(walls) < DAY_MINUTES and len(hours) * len(past) == len(walls):
                every = len(hours) == simulation.ALL_HOURS
                yield f"{','.join(map(str, past))} {'*' if every else ','.join(map(str, hours))} {rest}"


def _moved(one: Planned, text: str, world: World) -> Planned:
    job = replace(one.job, when=text)
    return replace(one, job=job, starts=starts.between(job.times, one.zone, world.begin, world.end))


def _is_clean(one: Planned, others: Sequence[Planned], world: World) -> bool:
    if next(simulation.of_one(one, world), None) is not None:
        return False
    return all(next(simulation.overlaps(one, other), None) is None for other in others)
