"""A job's times as five-field lines of the machine's own wall clock, for programs that know no other zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from stockml.schedule.times import FIELDS, Times

YEARS = 5  # how far ahead offsets are looked at; installing again looks further
DAY = 1440  # minutes
ALL_DAYS, ALL_MONTHS = tuple(range(1, 32)), tuple(range(1, 13))
Calendar = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]  # days, months, weekdays


def lines(times: Times, zone: ZoneInfo, machine: ZoneInfo, now: datetime) -> tuple[str, ...]:
    """Lines that fire at least whenever the times come in `zone`, written for a clock that runs in `machine`.

    They also fire at times that are the job's in another season only, and on every day where a day of the month
    crosses midnight: whoever is called must ask whether an occurrence is due (`schedule run --due`).
    """
    slots: dict[Calendar, set[int]] = {}
    for shift in offsets(zone, machine, now):
        for hour in times.hours:
            for minute in times.minutes:
                day, at = divmod(hour * 60 + minute + shift, DAY)
                slots.setdefault(_moved(times, day), set()).add(at)
    found = [line for calendar, ats in sorted(slots.items()) for line in _lines(calendar, ats)]
    return tuple(sorted(found))


def offsets(zone: ZoneInfo, machine: ZoneInfo, now: datetime) -> tuple[int, ...]:
    """By how many minutes the machine's clock is ahead of the zone's, in every season of the years to come."""
    if zone.key == machine.key:
        return (0,)
    days = (now + timedelta(days=one) for one in range(366 * YEARS))
    return tuple(sorted({_minutes(day, machine) - _minutes(day, zone) for day in days}))


def _minutes(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return int(offset.total_seconds() // 60) if offset is not None else 0


def _moved(times: Times, day: int) -> Calendar:
    """The days on which a time comes that midnight has moved by `day` days."""
    if day == 0:
        return times.days, times.months, times.weekdays
    return ALL_DAYS, ALL_MONTHS, tuple(sorted((one + day) % 7 for one in times.weekdays))


def _lines(calendar: Calendar, ats: set[int]) -> list[str]:
    """One line for all hours that have the same minutes."""
    minutes: dict[int, list[int]] = {}
    for at in sorted(ats):
        minutes.setdefault(at // 60, []).append(at % 60)
    hours: dict[tuple[int, ...], list[int]] = {}
    for hour, those in minutes.items():
        hours.setdefault(tuple(those), []).append(hour)
    return [_text((those, tuple(at), *calendar)) for those, at in hours.items()]


def _text(fields: tuple[tuple[int, ...], ...]) -> str:
    bounds = [(low, 6 if name == "weekday" else high) for name, low, high, _ in FIELDS]
    return " ".join(_field(values, low, high) for values, (low, high) in zip(fields, bounds, strict=True))


def _field(values: tuple[int, ...], low: int, high: int) -> str:
    """The shortest of the usual ways to write a set of numbers."""
    for step in range(1, high):
        if len(values) > 2 and values == tuple(range(low, high + 1, step)):
            return "*" if step == 1 else f"*/{step}"
    parts = [f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs(values)]
    return ",".join(parts)


def runs(values: Sequence[int]) -> list[list[int]]:
    """Rising numbers cut into runs of neighbours."""
    found: list[list[int]] = []
    for value in values:
        if found and found[-1][-1] == value - 1:
            found[-1].append(value)
        else:
            found.append([value])
    return found
