"""Five-field times (minute, hour, day, month, weekday) in a zone: what they mean, and when they come due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS = (("minute", 0, 59, ()), ("hour", 0, 23, ()), ("day", 1, 31, ()), ("month", 1, 12, MONTHS),
          ("weekday", 0, 7, WEEKDAYS))  # fmt: skip
LONGEST_DAYS = 366 * 8 + 3  # 29 February may be eight years away


@dataclass(frozen=True)
class Times:
    """A parsed time: the values each field allows, and the text it came from. Weekday 0 is Sunday, as in cron."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def matches(self, day: date) -> bool:
        """Whether the time comes on a calendar day."""
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def walls(self, day: date) -> Iterator[datetime]:
        """The wall-clock times of a day, without a zone, in order."""
        if self.matches(day):
            for hour in self.hours:
                for minute in self.minutes:
                    yield datetime.combine(day, time(hour, minute))


def parse(text: str) -> Times:
    """Parse `0 6,12,18 * * 1-5`. Raises ValueError that names the field and says what may stand there.

    Fields are lists of numbers, names, ranges and steps as in crontab(5). Day of month and weekday may not both be
    restricted: cron takes that as either of them, which nobody expects.
    """
    words = text.split()
    if len(words) != len(FIELDS):
        raise ValueError(f"{text!r} has {len(words)} fields, not 5 (minute hour day month weekday)")
    read = [_field(word, *facts) for word, facts in zip(words, FIELDS, strict=True)]
    minutes, hours, days, months, weekdays = read
    weekdays = tuple(sorted({one % 7 for one in weekdays}))
    if len(days) < 31 and len(weekdays) < 7:
        raise ValueError(f"{text!r} restricts both the day and the weekday; make two jobs of it")
    found = Times(" ".join(words), minutes, hours, days, months, weekdays)
    if not any(found.matches(date(2024, 1, 1) + timedelta(days=one)) for one in range(LONGEST_DAYS)):
        raise ValueError(f"{text!r} never comes: no month of it has that day")
    return found


def _field(word: str, name: str, low: int, high: int, names: tuple[str, ...]) -> tuple[int, ...]:
    found: set[int] = set()
    for part in word.split(","):
        span, _, step = part.partition("/")
        if step and not (step.isascii() and step.isdigit() and 0 < int(step) <= high):
            raise ValueError(f"{name} {part!r}: the step after / is 1 to {high}")
        first, dash, last = span.partition("-")
        if span == "*":
            begin, end = low, high
        else:
            begin = _value(first, name, low, high, names)
            end = _value(last, name, low, high, names) if dash else high if step else begin
        if end < begin:
            raise ValueError(f"{name} {part!r} runs backwards")
        found.update(range(begin, end + 1, int(step or 1)))
    return tuple(sorted(found))


def _value(word: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if word.lower() in names:
        return names.index(word.lower()) + (1 if low else 0)
    if word.isascii() and word.isdigit() and low <= int(word) <= high:
        return int(word)
    also = f" or {names[0]} to {names[-1]}" if names else ""
    raise ValueError(f"{name} {word!r} is not {low} to {high}{also}")


def moments(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants (UTC) at which clocks of a zone show a wall time: none, one, or two where it is repeated."""
    found = {wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return tuple(sorted(one for one in found if one.astimezone(zone).replace(tzinfo=None) == wall))


def due_at(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant (UTC) a job is due for a wall time: the first of two, and as long after a gap as planned."""
    return next(iter(moments(wall, zone)), wall.replace(tzinfo=zone, fold=0).astimezone(UTC))


def between(times: Times, zone: ZoneInfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """The instants (UTC, rising) a job is due, later than `after` and not later than `until`."""
    day, end = after.astimezone(zone).date() - timedelta(days=1), until.astimezone(zone).date()
    last = None
    while day <= end:
        for moment in sorted(due_at(wall, zone) for wall in times.walls(day)):
            if after < moment <= until and (last is None or moment > last):  # times after a gap may meet others
                last = moment
                yield moment
        day += timedelta(days=1)


def latest(times: Times, zone: ZoneInfo, until: datetime) -> datetime | None:
    """The last instant (UTC) at which a job was due, not later than `until`; None if it was never yet."""
    day = until.astimezone(zone).date() + timedelta(days=1)
    for _ in range(LONGEST_DAYS):
        found = [moment for wall in times.walls(day) if (moment := due_at(wall, zone)) <= until]
        if found:
            return max(found)
        day -= timedelta(days=1)
    return None


def following(times: Times, zone: ZoneInfo, after: datetime) -> datetime | None:
    """The next instant (UTC) at which a job is due, later than `after`."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    for _ in range(LONGEST_DAYS):
        found = [moment for wall in times.walls(day) if (moment := due_at(wall, zone)) > after]
        if found:
            return min(found)
        day += timedelta(days=1)
    return None
