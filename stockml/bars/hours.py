"""When the sessions of an exchange open, pause and close, and where the bars of an interval begin in them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from stockml.arrays import Days, Flags, Places
from stockml.bars import calendar
from stockml.clock import from_day, to_day
from stockml.errors import ConfigError


@dataclass(frozen=True)
class Hours:
    """Sessions of one exchange, ascending, all arrays of one length.

    `session` is int32, days since 1970-01-01; the others are int64, epoch seconds. A session without a pause
    has both of its ends at the close. `exact` is the last day the exchange announced; after it every weekday
    counts, with the hours of that day.
    """

    session: Days
    opens: Places
    pauses: Places
    resumes: Places
    closes: Places
    exact: int

    def place_of(self, start: Places) -> Places:
        """The place of the session that trades at each instant, or -1. Early closes and pauses are outside."""
        if not len(self.session):
            return np.full(len(start), -1)
        place = np.searchsorted(self.opens, start, side="right") - 1
        sound = np.maximum(place, 0)
        paused = (start >= self.pauses[sound]) & (start < self.resumes[sound])
        return np.where((place < 0) | (start >= self.closes[sound]) | paused, -1, place)

    def on_grid(self, start: Places, place: Places, step_s: int) -> Flags:
        """Whether each instant begins a bar of `step_s` seconds, counted from the open or the end of the pause."""
        resumed = (start >= self.resumes[place]) & (self.resumes[place] < self.closes[place])
        begins: Places = np.where(resumed, self.resumes[place], self.opens[place])
        found: Flags = (start - begins) % step_s == 0
        return found

    def grid(self, place: int, step_s: int) -> Places:
        """Where the bars of a session begin; the last one may be shorter than `step_s` seconds."""
        pauses, resumes, closes = int(self.pauses[place]), int(self.resumes[place]), int(self.closes[place])
        parts = [np.arange(int(self.opens[place]), pauses, step_s), np.arange(resumes, closes, step_s)]
        return np.concatenate(parts)


def read(name: str, first: int, last: int) -> Hours:
    """The hours of an exchange from one day to another, both included. Raises `ConfigError` for an unknown name."""
    whole = _years(name, from_day(first).year, from_day(last).year)
    low, high = np.searchsorted(whole.session, [first, last + 1])
    return Hours(**{one: getattr(whole, one)[low:high] for one in FIELDS}, exact=whole.exact)


def open_until(name: str, now: datetime) -> datetime | None:
    """When an exchange closes that is open now, pauses included; None if it is closed."""
    today = to_day(now.date())
    found = read(name, today - 1, today + 1)
    for opens, closes in zip(found.opens.tolist(), found.closes.tolist(), strict=True):
        if opens <= now.timestamp() < closes:
            return datetime.fromtimestamp(closes, UTC)
    return None


FIELDS = ("session", "opens", "pauses", "resumes", "closes")


@functools.lru_cache(maxsize=16)
def _years(name: str, first: int, last: int) -> Hours:
    """The hours of whole years. Loads the library, whose own defaults for start and end move with the day."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars
        from exchange_calendars.errors import InvalidCalendarName

        try:
            known = exchange_calendars.get_calendar(name)
        except InvalidCalendarName as error:
            raise ConfigError(f"data.calendars: there is no exchange calendar {name!r}") from error
        low, high = known.bound_min(), known.bound_max()
        start = max([date(first, 1, 1), calendar.FIRST, *([low.date()] if low is not None else [])])
        end = min([date(last, 12, 31), *([high.date()] if high is not None else [])])
        # Also where all the years asked for lie beyond the last one known: its last session gives the hours.
        made = exchange_calendars.get_calendar(
            name, start=min(start, end - timedelta(days=30)).isoformat(), end=end.isoformat()
        )
        rows = list(
            zip(
                [to_day(one.date()) for one in made.sessions], _seconds(made.opens), _seconds(made.break_starts),
                _seconds(made.break_ends), _seconds(made.closes), strict=True,
            )
        )  # fmt: skip
    return _packed([*rows, *_guessed(rows[-1], end, date(last, 12, 31), ZoneInfo(str(made.tz)))], to_day(end))


def _seconds(moments: Iterable[Any]) -> list[int | None]:
    """Epoch seconds of pandas' instants, None where there is none."""
    return [None if one != one else int(one.timestamp()) for one in moments]


def _guessed(model: tuple[Any, ...], end: date, last: date, zone: ZoneInfo) -> list[tuple[Any, ...]]:
    """Sessions on the weekdays after `end`, with the wall-clock hours of the last session known."""
    opens, closes = (datetime.fromtimestamp(model[place], zone).time() for place in (1, 4))
    days = (end + timedelta(days=count) for count in range(1, (last - end).days + 1))
    return [
        (to_day(day), int(datetime.combine(day, opens, zone).timestamp()), None, None,
         int(datetime.combine(day, closes, zone).timestamp()))
        for day in days if day.weekday() < 5
    ]  # fmt: skip


def _packed(rows: list[tuple[Any, ...]], exact: int) -> Hours:
    session, opens, pauses, resumes, closes = zip(*rows, strict=True)

    def times(values: Iterable[int | None]) -> Places:
        filled = (close if value is None else value for value, close in zip(values, closes, strict=True))
        return np.array(list(filled), dtype=np.int64)

    return Hours(np.array(session, np.int32), times(opens), times(pauses), times(resumes), times(closes), exact)
