"""The arrays of one symbol: raw bars with their actions, and the same on one total-return scale."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stockml.arrays import Days, Floats

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Bars:
    """Settled bars of one symbol as they were traded, ascending by session, all arrays of one length.

    `session` is days since 1970-01-01. Prices are raw; `dividend` is cash per share on its ex-day, in
    the price of that day; `split` is the ratio of its day (4 means four for one, 1 none). An action
    belongs to the first session that trades after it.
    """

    symbol: str
    session: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    dividend: Floats
    split: Floats

    def __len__(self) -> int:
        return len(self.session)

    def through(self, day: int) -> Bars:
        """The bars up to and including a day. Cut before any arithmetic."""
        n = int(np.searchsorted(self.session, day, side="right"))
        if n == len(self):
            return self
        return Bars(self.symbol, *(getattr(self, name)[:n] for name in COLUMNS))


COLUMNS = ("session", "open", "high", "low", "close", "volume", "dividend", "split")


@dataclass(frozen=True)
class Series:
    """One symbol on a total-return scale whose first bar has factor 1. What features and models read.

    The scale runs forward: a bar depends on actions up to its own day only, so cutting the future
    changes no earlier value, bit for bit. Every consumer must be free of the scale (ratios, returns).
    `memo` keeps intermediate indicators within one pass over the features.
    """

    symbol: str
    session: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    raw_close: Floats
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.session)


def adjust(bars: Bars) -> Series:
    """Put raw bars on the forward total-return scale.

    The factor of a session grows by split / (1 - dividend x split / previous raw close), the convention
    of adjusted closes, applied forward. Volume is in shares of the first day.
    """
    previous = np.empty_like(bars.close)
    if len(bars):
        previous[0] = np.inf
        previous[1:] = bars.close[:-1]
    step = bars.split / (1.0 - bars.dividend * bars.split / previous)
    if len(bars):
        step[0] = 1.0
    factor = np.cumprod(step)
    shares = np.cumprod(np.where(np.arange(len(bars)) == 0, 1.0, bars.split))
    return Series(
        bars.symbol, bars.session,
        bars.open * factor, bars.high * factor, bars.low * factor, bars.close * factor,
        bars.volume / shares, bars.close,
    )  # fmt: skip


def log_returns(close: Floats, horizon: int = 1) -> Floats:
    """ln(close[t] / close[t - horizon]); NaN where there is no such bar. Same length as `close`."""
    out = np.full(len(close), np.nan)
    if len(close) > horizon:
        out[horizon:] = np.log(close[horizon:] / close[:-horizon])
    return out
