"""Family volatility: how far prices move, from closes and from the bars' ranges, as fractions per bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Floats
from stockml.features._windows import mean, return_variance, returns, share, true_range, volatility, wilder
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series

_LEAST = 1e-7  # a return's deviation below this is rounding


@columns(look_back=27, atr_14="average true range over the close, Wilder's smoothing over 14 bars")
def _average_range(bars: Series) -> Floats:
    return wilder(true_range(bars), 14) / bars.close


@columns(
    look_back=(5, 21, 63, 63),
    close_vol_5="standard deviation of the last 5 returns",
    close_vol_21="standard deviation of the last 21 returns",
    close_vol_63="standard deviation of the last 63 returns",
    vol_ratio_5_63="deviation of 5 returns over that of 63; NaN if flat",
)
def _closes(bars: Series) -> tuple[Floats, ...]:
    week, month, quarter = (volatility(bars, length) for length in (5, 21, 63))
    return week, month, quarter, share(week, quarter, np.nan, _LEAST)


@columns(look_back=67, vol_of_vol_63="deviation over their mean of 63 five-bar deviations; NaN if flat")
def _of_volatility(bars: Series) -> Floats:
    week = volatility(bars, 5)
    average = mean(week, 63)
    variance = np.maximum(mean(return_variance(bars, 5), 63) - average * average, 0.0)
    return share(np.sqrt(variance), average, np.nan, _LEAST)


@columns(look_back=21, downside_vol_21="root mean square of the negative ones among the last 21 returns")
def _downside(bars: Series) -> Floats:
    losses = np.minimum(returns(bars), 0.0)
    return np.sqrt(np.maximum(mean(losses * losses, 21), 0.0))


@columns(
    look_back=20,
    parkinson_21="Parkinson's volatility over 21 bars, from high and low",
    garman_klass_21="Garman and Klass' volatility over 21 bars, from all four prices",
    rogers_satchell_21="Rogers and Satchell's volatility over 21 bars, free of the drift",
)
def _ranges(bars: Series) -> tuple[Floats, ...]:
    wide = np.log(bars.high / bars.low)
    body = np.log(bars.close / bars.open)
    top = np.log(bars.high / bars.open)
    bottom = top - wide
    square = wide * wide
    mixed = 0.5 * square - (2.0 * np.log(2.0) - 1.0) * body * body
    free = top * (top - body) + bottom * (bottom - body)
    parkinson = mean(square, 21) / (4.0 * np.log(2.0))
    return tuple(np.sqrt(np.maximum(part, 0.0)) for part in (parkinson, mean(mixed, 21), mean(free, 21)))


@columns(
    look_back=63,
    skew_63="skewness of the last 63 returns; NaN if their deviation is below 0.0001",
    kurtosis_63="excess kurtosis of the last 63 returns; NaN if their deviation is below 0.0001",
)
def _moments(bars: Series) -> tuple[Floats, ...]:
    step = returns(bars)
    square = step * step
    first, second = mean(step, 63), mean(square, 63)
    third, fourth = mean(square * step, 63), mean(square * square, 63)
    drift = first * first
    variance = return_variance(bars, 63)
    # A crash leaves rounding in the rolling sum of fourth powers; the variance's square must be above it.
    variance = np.where(variance > 1e-8, variance, np.nan)
    cubes = third - 3.0 * first * second + 2.0 * first * drift
    fours = fourth - 4.0 * first * third + 6.0 * drift * second - 3.0 * drift * drift
    return cubes / (variance * np.sqrt(variance)), fours / (variance * variance) - 3.0
