"""Five-field times as people say them."""

from __future__ import annotations

from stockml.schedule.times import MONTHS, WEEKDAYS, Times
from stockml.schedule.wall_lines import ALL_DAYS, ALL_MONTHS, runs

FEW = 6  # times of a day that are listed before they are summed up
ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}


def say(times: Times) -> str:
    """`Mon-Fri 06:00, 12:00, 18:00`; `the 1st 01:00`; `every hour at :05`."""
    days, clock = _days(times), _clock(times)
    if days == "daily" and clock.startswith("every"):
        return clock
    return f"{days} {clock}"


def _days(times: Times) -> str:
    months = "" if times.months == ALL_MONTHS else " of " + _names(times.months, ("", *MONTHS))
    if times.days != ALL_DAYS:
        return "the " + ", ".join(_spans(times.days)) + months
    if len(times.weekdays) < len(WEEKDAYS):
        monday_first = sorted((one - 1) % 7 for one in times.weekdays)
        return _names(tuple(monday_first), (*WEEKDAYS[1:], WEEKDAYS[0])) + months
    return "daily" + months


def _clock(times: Times) -> str:
    hours, minutes = times.hours, times.minutes
    if len(hours) * len(minutes) <= FEW:
        return ", ".join(f"{hour:02d}:{minute:02d}" for hour in hours for minute in minutes)
    often = "every minute" if len(minutes) == 60 else "at " + ", ".join(f":{one:02d}" for one in minutes[:FEW])
    often += ", ..." if FEW < len(minutes) < 60 else ""
    if len(hours) == 24:
        return often if often.startswith("every") else f"every hour {often}"
    span = ", ".join(f"{run[0]:02d}-{run[-1]:02d}" if len(run) > 1 else f"{run[0]:02d}" for run in runs(hours))
    return f"{often} of hours {span}"


def _spans(days: tuple[int, ...]) -> list[str]:
    return [
        f"{run[0]}{ENDINGS.get(run[0], 'th')}" + (f" to {run[-1]}{ENDINGS.get(run[-1], 'th')}" if len(run) > 1 else "")
        for run in runs(days)
    ]


def _names(values: tuple[int, ...], names: tuple[str, ...]) -> str:
    return ",".join(
        names[run[0]].title() + (f"-{names[run[-1]].title()}" if len(run) > 1 else "") for run in runs(values)
    )
