"""When a job starts over a long time, in bulk, and which of its wall-clock times a clock change skips or doubles."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from stockml.schedule import times
from stockml.schedule.times import Times

NOON = time(12)


def between(planned: Times, zone: ZoneInfo, begin: datetime, end: datetime) -> list[int]:
    """The starts of a job in (begin, end], rising, in epoch seconds: what `times.between` gives, in bulk.

    Away from clock changes a day's starts are its midnight plus the same minutes every day.
    """
    minutes = [60 * hour + minute for hour in planned.hours for minute in planned.minutes]
    first, last = begin.timestamp(), end.timestamp()
    found: list[int] = []
    day, final = begin.astimezone(zone).date() - timedelta(days=1), end.astimezone(zone).date()
    before, here = _offset(day - timedelta(days=1), zone), _offset(day, zone)
    while day <= final:
        after = _offset(day + timedelta(days=1), zone)
        if planned.matches(day):
            if before == here == after:
                midnight = int(datetime.combine(day, time(), UTC).timestamp()) - here
                found += [midnight + 60 * minute for minute in minutes]
            else:
                found += [int(times.due_at(wall, zone).timestamp()) for wall in planned.walls(day)]
        day += timedelta(days=1)
        before, here = here, after
    return sorted({one for one in found if first < one <= last})


def changes(zone: ZoneInfo, begin: datetime, end: datetime) -> list[date]:
    """The local days on which the clocks of a zone change, each with its neighbour that may hold the change."""
    found: list[date] = []
    day, final = begin.astimezone(zone).date(), end.astimezone(zone).date()
    while day <= final:
        if _offset(day, zone) != _offset(day + timedelta(days=1), zone):
            found += [day, day + timedelta(days=1)]
        day += timedelta(days=1)
    return found


def anomalies(planned: Times, zone: ZoneInfo, begin: datetime, end: datetime) -> tuple[list[datetime], list[datetime]]:
    """(wall times that are skipped, wall times that come twice), without a zone, in order."""
    skipped: list[datetime] = []
    doubled: list[datetime] = []
    for day in changes(zone, begin, end):
        for wall in planned.walls(day):
            count = len(times.moments(wall, zone))
            if count != 1 and begin < times.due_at(wall, zone) <= end:
                (doubled if count else skipped).append(wall)
    return skipped, doubled


def _offset(day: date, zone: ZoneInfo) -> int:
    """Seconds east of UTC at noon of a day."""
    offset = datetime.combine(day, NOON, zone).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())
