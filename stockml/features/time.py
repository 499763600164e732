"""Family time: the session's own date and the distance to the session before. Nothing of later sessions."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Dates, Floats, Places
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series

_MONDAY = 3  # 1970-01-01 was a Thursday
_SPAN = 3653  # days of ten years, the grain of the cached calendar


@columns(
    look_back=0,
    weekday_sin="sine of the day of the week, 5 days a turn, Monday 0",
    weekday_cos="cosine of the day of the week",
    month_sin="sine of the month of the year, 12 a turn, January 0",
    month_cos="cosine of the month of the year",
    to_month_end="calendar days to the month's last, over 31",
    quarter_elapsed="calendar days of the quarter passed, over its length",
)
def _date(bars: Series) -> tuple[Floats, ...]:
    first, last = int(bars.session[0]) // _SPAN, int(bars.session[-1]) // _SPAN + 1
    return tuple(_calendar(first, last)[:, bars.session - first * _SPAN])


@functools.lru_cache(maxsize=16)
def _calendar(first: int, last: int) -> Floats:
    """The columns of `_date` for every day of some spans, shape (6, days)."""
    number = np.arange(first * _SPAN, last * _SPAN)
    month = number.astype("datetime64[D]").astype("datetime64[M]")
    months = month.astype(np.int64)
    quarter = (months - months % 3).astype("datetime64[M]")
    begins = _first_day(quarter)
    return np.stack([
        *_turn((number + _MONDAY) % 7, 5), *_turn(months % 12, 12),
        (_first_day(month + 1) - 1 - number) / 31.0, (number - begins) / (_first_day(quarter + 3) - begins),
    ])  # fmt: skip


def _first_day(month: Dates) -> Places:
    return month.astype("datetime64[D]").astype(np.int64)


def _turn(step: Places, steps: int) -> tuple[Floats, Floats]:
    angle = 2.0 * np.pi * np.arange(12) / steps
    return np.sin(angle)[step], np.cos(angle)[step]


@columns(look_back=1, days_since_session="calendar days since the session before, at most 10, over 10")
def _pause(bars: Series) -> Floats:
    return np.minimum(np.diff(bars.session, prepend=bars.session[:1]), 10) / 10.0
