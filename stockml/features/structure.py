"""Family structure: where the price stands in its own past, and how straight its way there was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Floats
from stockml.features._talib import talib
from stockml.features._windows import (
    change,
    correlation,
    high_of,
    highest,
    inverse_tilt,
    log_close,
    low_of,
    mean,
    return_variance,
    returns,
    share,
    tilt,
    total,
)  # fmt: skip
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series

STREAK = 10


@columns(
    look_back=(19, 62, 251, 19, 62, 251),
    high_distance_20="log of the close over the highest high of 20 bars, at most 0",
    high_distance_63="log of the close over the highest high of 63 bars, at most 0",
    high_distance_252="log of the close over the highest high of 252 bars, at most 0",
    low_distance_20="log of the close over the lowest low of 20 bars, at least 0",
    low_distance_63="log of the close over the lowest low of 63 bars, at least 0",
    low_distance_252="log of the close over the lowest low of 252 bars, at least 0",
)
def _extremes(bars: Series) -> tuple[Floats, ...]:
    spans = (20, 63, 252)
    above = [np.log(bars.close / high_of(bars, span)) for span in spans]
    below = [np.log(bars.close / low_of(bars, span)) for span in spans]
    return *above, *below


@columns(
    look_back=251,
    since_high_252="bars since the highest high of 252, the latest of equals, over 252",
    since_low_252="bars since the lowest low of 252, the latest of equals, over 252",
)
def _since(bars: Series) -> tuple[Floats, ...]:
    at = np.arange(len(bars))
    high = talib().MAXINDEX(bars.high * tilt(bars), 252)
    low = talib().MININDEX(bars.low * inverse_tilt(bars), 252)
    return (at - high) / 252.0, (at - low) / 252.0


@columns(look_back=125, drawdown_126="log of the close over the highest close of 126 bars, at most 0")
def _drawdown(bars: Series) -> Floats:
    close = log_close(bars)
    return close - highest(close, 126)


@columns(
    look_back=20,
    higher_highs_20="share of the last 20 bars with a higher high than the bar before",
    lower_lows_20="share of the last 20 bars with a lower low than the bar before",
)
def _steps(bars: Series) -> tuple[Floats, ...]:
    higher, lower = np.zeros(len(bars)), np.zeros(len(bars))
    higher[1:] = bars.high[1:] > bars.high[:-1]
    lower[1:] = bars.low[1:] < bars.low[:-1]
    return mean(higher, 20), mean(lower, 20)


@columns(look_back=21, efficiency_21="21-bar log return over the sum of its steps' sizes (Kaufman)")
def _efficiency(bars: Series) -> Floats:
    path = total(np.abs(returns(bars)), 21)
    return share(change(log_close(bars), 21), path, least=1e-6)


@columns(look_back=STREAK, streak="rising (or, below 0, falling) closes in a row, at most 10, over 10")
def _streak(bars: Series) -> Floats:
    sign = np.sign(np.diff(bars.close, prepend=bars.close[:1]))
    at = np.arange(len(bars))
    turn = np.ones(len(bars), dtype=bool)
    turn[1:] = sign[1:] != sign[:-1]
    run = at - np.maximum.accumulate(np.where(turn, at, 0)) + 1
    return sign * np.minimum(run, STREAK) / STREAK


@columns(
    look_back=67,
    variance_ratio_5_63="variance of 5-bar over 5 x that of 1-bar returns, 63 bars (Lo, MacKinlay)",
)
def _variance_ratio(bars: Series) -> Floats:
    week = change(log_close(bars), 5)
    average = mean(week, 63)
    variance = mean(week * week, 63) - average * average
    single = return_variance(bars, 63)
    return share(np.maximum(variance, 0.0), 5.0 * single, np.nan, 1e-13)


@columns(
    look_back=(22, 64),
    autocorrelation_21="correlation of the last 21 returns with those one bar earlier",
    autocorrelation_63="correlation of the last 63 returns with those one bar earlier",
)
def _autocorrelation(bars: Series) -> tuple[Floats, ...]:
    step = 100.0 * returns(bars)
    out = []
    for span in (21, 63):
        column = np.full(len(bars), np.nan)
        column[1:] = correlation(step[1:], step[:-1], span)
        out.append(column)
    return tuple(out)


@columns(look_back=1, pivot_distance="log of the close over the mean of the last bar's high, low and close")
def _pivot(bars: Series) -> Floats:
    out = np.full(len(bars), np.nan)
    before = (bars.high[:-1] + bars.low[:-1] + bars.close[:-1]) / 3.0
    out[1:] = np.log(bars.close[1:] / before)
    return out
