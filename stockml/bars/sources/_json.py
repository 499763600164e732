"""What the sources that answer in JSON share: reading it, and making an answer of rows and dated actions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np

from stockml.bars.answer import Answer
from stockml.clock import to_day


def parse(text: str) -> Any:
    """The value of a JSON text, or None if it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def number(value: Any) -> float:
    """A JSON value as a number; NaN for what is none, so that the row is judged and not lost."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


def day_of(text: Any) -> int | None:
    """Days since 1970-01-01 of a text that begins with YYYY-MM-DD, or None."""
    try:
        return to_day(date.fromisoformat(str(text)[:10]))
    except ValueError:
        return None


def answer(
    source: str,
    rows: Iterable[tuple[Any, Sequence[Any]]],
    dividends: dict[int, float] | None = None,
    splits: dict[int, float] | None = None,
) -> Answer:
    """An answer of rows (day as text or number, [open, high, low, close, volume, dividend, split]).

    With `dividends` and `splits` by day, those of a day without a bar go to the first bar after it; the
    rows are then five numbers each and ascending.
    """
    days, kept, unreadable = [], [], []
    for place, (when, values) in enumerate(rows, start=1):
        day = when if isinstance(when, int) else day_of(when)
        if day is None:
            unreadable.append((place, str(when)[:200]))
            continue
        days.append(day)
        kept.append([number(value) for value in values])
    session = np.array(days, dtype=np.int32)
    columns = np.array(kept, dtype=np.float64).reshape(len(kept), -1).T
    if dividends is None or splits is None:
        opened, high, low, close, volume, dividend, split = columns
    else:
        opened, high, low, close, volume = columns
        dividend, split = np.zeros(len(session)), np.ones(len(session))
        for day, cash in sorted(dividends.items()):
            place = int(np.searchsorted(session, day))
            if place < len(session) and (place or session[0] == day):
                dividend[place] += cash
        for day, ratio in sorted(splits.items()):
            place = int(np.searchsorted(session, day))
            if place < len(session) and (place or session[0] == day):
                split[place] *= ratio
    split = np.where(split == 0.0, 1.0, split)
    return Answer(session, opened, high, low, close, volume, dividend, split, source, unreadable=unreadable)
