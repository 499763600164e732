"""Five-field times as systemd's OnCalendar, with the zone they are in."""

from __future__ import annotations

from stockml.schedule.times import Times
from stockml.schedule.wall_lines import ALL_DAYS, ALL_MONTHS, runs

WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
MONDAY_FIRST = (1, 2, 3, 4, 5, 6, 0)  # a range of systemd's ends with Sunday


def expression(times: Times, zone: str | None) -> str:
    """One expression, as `Mon..Fri *-*-* 06,12,18:00:00 America/New_York`; without a zone it is the machine's."""
    months = _numbers(times.months, ALL_MONTHS)
    days = _numbers(times.days, ALL_DAYS)
    hours = _numbers(times.hours, tuple(range(24)))
    minutes = _numbers(times.minutes, tuple(range(60)))
    parts = [_weekdays(times.weekdays), f"*-{months}-{days}", f"{hours}:{minutes}:00", zone or ""]
    return " ".join(part for part in parts if part)


def _weekdays(values: tuple[int, ...]) -> str:
    if len(values) == len(WEEKDAYS):
        return ""
    places = sorted(MONDAY_FIRST.index(value) for value in values)
    return ",".join(
        WEEKDAYS[MONDAY_FIRST[run[0]]] if len(run) == 1
        else f"{WEEKDAYS[MONDAY_FIRST[run[0]]]}{'..' if len(run) > 2 else ','}{WEEKDAYS[MONDAY_FIRST[run[-1]]]}"
        for run in runs(places)
    )  # fmt: skip


def _numbers(values: tuple[int, ...], whole: tuple[int, ...]) -> str:
    if values == whole:
        return "*"
    parts = (f"{run[0]:02d}..{run[-1]:02d}" if len(run) > 2 else ",".join(f"{one:02d}" for one in run)
             for run in runs(values))  # fmt: skip
    return ",".join(parts)
