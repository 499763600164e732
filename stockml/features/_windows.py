"""Rolling arithmetic over whole columns, causal bar by bar, and the intermediates that families share.

Windows end at the row itself. Leading NaN of an input is skipped; NaN inside one would spoil all that
follows, so inputs must be filled first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Floats
from stockml.features._talib import talib

if TYPE_CHECKING:
    from stockml.bars.series import Series

# A later bar wins a tie for the highest by this much per bar: more than rounding, less than any tick.
_TILT = 1e-12


def mean(values: Floats, length: int) -> Floats:
    return talib().SMA(values, length)  # type: ignore[no-any-return]


def total(values: Floats, length: int) -> Floats:
    return talib().SUM(values, length)  # type: ignore[no-any-return]


def highest(values: Floats, length: int) -> Floats:
    return talib().MAX(values, length)  # type: ignore[no-any-return]


def lowest(values: Floats, length: int) -> Floats:
    return talib().MIN(values, length)  # type: ignore[no-any-return]


def ema(values: Floats, length: int) -> Floats:
    """Exponential mean with weight 2 / (length + 1), started from a plain mean."""
    return talib().EMA(values, length)  # type: ignore[no-any-return]


def wilder(values: Floats, length: int) -> Floats:
    """Wilder's smoothing, weight 1 / length: the exponential mean of 2 x length - 1."""
    return talib().EMA(values, 2 * length - 1)  # type: ignore[no-any-return]


def change(values: Floats, bars: int) -> Floats:
    """values[t] - values[t - bars]; NaN where there is no such bar."""
    out = np.empty_like(values)
    out[:bars] = np.nan
    np.subtract(values[bars:], values[: max(0, len(values) - bars)], out=out[bars:])
    return out


def shifted(values: Floats, bars: int) -> Floats:
    """values[t - bars]; NaN where there is no such bar."""
    out = np.empty_like(values)
    out[:bars] = np.nan
    out[bars:] = values[: max(0, len(values) - bars)]
    return out


def correlation(left: Floats, right: Floats, length: int) -> Floats:
    """Pearson's correlation over the window; 0 where either side does not vary."""
    return talib().CORREL(left, right, length)  # type: ignore[no-any-return]


def share(part: Floats, whole: Floats, otherwise: float = 0.0, least: float = 0.0) -> Floats:
    """part / whole, and `otherwise` where the whole is not above `least`, below which it is rounding."""
    out: Floats = part / whole
    empty = whole <= least
    if empty.any():
        out[empty] = otherwise
    return out


def log_close(bars: Series) -> Floats:
    """Natural logarithm of the close."""
    if "log_close" not in bars.memo:
        bars.memo["log_close"] = np.log(bars.close)
    return bars.memo["log_close"]  # type: ignore[no-any-return]


def returns(bars: Series) -> Floats:
    """One-bar log return; NaN in the first row."""
    if "returns" not in bars.memo:
        bars.memo["returns"] = change(log_close(bars), 1)
    return bars.memo["returns"]  # type: ignore[no-any-return]


def close_mean(bars: Series, length: int) -> Floats:
    """Simple moving average of the close."""
    key = ("close_mean", length)
    if key not in bars.memo:
        bars.memo[key] = mean(bars.close, length)
    return bars.memo[key]  # type: ignore[no-any-return]


def volume_mean(bars: Series, length: int) -> Floats:
    """Simple moving average of the volume; NaN where nothing was traded in the whole window."""
    key = ("volume_mean", length)
    if key not in bars.memo:
        average = mean(bars.volume, length)
        average[highest(bars.volume, length) <= 0.0] = np.nan
        bars.memo[key] = average
    return bars.memo[key]  # type: ignore[no-any-return]


def high_of(bars: Series, length: int) -> Floats:
    """Highest high of the window."""
    key = ("high", length)
    if key not in bars.memo:
        bars.memo[key] = highest(bars.high, length)
    return bars.memo[key]  # type: ignore[no-any-return]


def low_of(bars: Series, length: int) -> Floats:
    """Lowest low of the window."""
    key = ("low", length)
    if key not in bars.memo:
        bars.memo[key] = lowest(bars.low, length)
    return bars.memo[key]  # type: ignore[no-any-return]


def spread(bars: Series) -> Floats:
    """High minus low."""
    if "spread" not in bars.memo:
        bars.memo["spread"] = bars.high - bars.low
    return bars.memo["spread"]  # type: ignore[no-any-return]


def typical(bars: Series) -> Floats:
    """Mean of high, low and close."""
    if "typical" not in bars.memo:
        bars.memo["typical"] = talib().TYPPRICE(bars.high, bars.low, bars.close)
    return bars.memo["typical"]  # type: ignore[no-any-return]


def true_range(bars: Series) -> Floats:
    """Wilder's true range; NaN in the first row."""
    if "true_range" not in bars.memo:
        bars.memo["true_range"] = talib().TRANGE(bars.high, bars.low, bars.close)
    return bars.memo["true_range"]  # type: ignore[no-any-return]


def return_variance(bars: Series, length: int) -> Floats:
    """Population variance of the one-bar returns over the window, never below zero."""
    key = ("variance", length)
    if key not in bars.memo:
        step = returns(bars)
        if "squares" not in bars.memo:
            bars.memo["squares"] = step * step
        average = mean(step, length)
        spread_ = mean(bars.memo["squares"], length) - average * average
        bars.memo[key] = np.maximum(spread_, 0.0, out=spread_)
    return bars.memo[key]  # type: ignore[no-any-return]


def volatility(bars: Series, length: int) -> Floats:
    """Population standard deviation of the one-bar returns over the window, a fraction per bar."""
    key = ("volatility", length)
    if key not in bars.memo:
        bars.memo[key] = np.sqrt(return_variance(bars, length))
    return bars.memo[key]  # type: ignore[no-any-return]


def tilt(bars: Series) -> Floats:
    """A factor that grows by a hair each bar, so that ties for an extreme go to the latest bar.

    TA-Lib breaks ties by the path it came, which depends on where the bars begin.
    """
    if "tilt" not in bars.memo:
        bars.memo["tilt"] = 1.0 + _TILT * np.arange(len(bars))
    return bars.memo["tilt"]  # type: ignore[no-any-return]


def inverse_tilt(bars: Series) -> Floats:
    """The same for the lowest."""
    if "inverse_tilt" not in bars.memo:
        bars.memo["inverse_tilt"] = 2.0 - tilt(bars)
    return bars.memo["inverse_tilt"]  # type: ignore[no-any-return]
