"""Family technical: the close against its averages and bands, and the strength of its trend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Floats
from stockml.features._talib import talib
from stockml.features._windows import (
    close_mean,
    ema,
    high_of,
    inverse_tilt,
    log_close,
    low_of,
    mean,
    share,
    tilt,
    true_range,
    wilder,
)  # fmt: skip
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series


@columns(
    look_back=(4, 9, 19, 49, 199, 199),
    sma_distance_5="close over its 5-bar mean, minus 1",
    sma_distance_10="close over its 10-bar mean, minus 1",
    sma_distance_20="close over its 20-bar mean, minus 1",
    sma_distance_50="close over its 50-bar mean, minus 1",
    sma_distance_200="close over its 200-bar mean, minus 1",
    sma_cross_50_200="50-bar mean of the close over its 200-bar mean, minus 1",
)
def _means(bars: Series) -> tuple[Floats, ...]:
    distances = [bars.close / close_mean(bars, length) - 1.0 for length in (5, 10, 20, 50, 200)]
    return *distances, close_mean(bars, 50) / close_mean(bars, 200) - 1.0


@columns(
    look_back=(25, 33, 33),
    ema_distance_26="close over its 26-bar exponential mean, minus 1",
    macd="12-bar minus 26-bar exponential mean of the close, over the close (Appel)",
    macd_histogram="MACD minus its 9-bar exponential mean, over the close",
)
def _exponential(bars: Series) -> tuple[Floats, ...]:
    line, _, histogram = talib().MACD(bars.close)
    return bars.close / ema(bars.close, 26) - 1.0, line / bars.close, histogram / bars.close


@columns(
    look_back=19,
    bollinger_position="place of the close between Bollinger bands (20 bars, 2 sd), 0 to 1; 0.5 if flat",
    bollinger_width="distance between the Bollinger bands over their middle",
)
def _bollinger(bars: Series) -> tuple[Floats, ...]:
    middle = close_mean(bars, 20)
    variance = mean(bars.close * bars.close, 20) / (middle * middle) - 1.0
    width = 4.0 * np.sqrt(np.maximum(variance, 0.0))
    flat = width < 1e-6
    width[flat] = 0.0
    return share((bars.close / middle - 1.0), width) + 0.5, width


@columns(look_back=19, keltner_position="close minus its 20-bar EMA, over 2 x 10-bar ATR, within -10 to 10")
def _keltner(bars: Series) -> Floats:
    # After a long flat stretch both sides are what is left of old moves, and their ratio means nothing.
    place = share(bars.close - ema(bars.close, 20), 2.0 * wilder(true_range(bars), 10))
    return np.clip(place, -10.0, 10.0, out=place)


@columns(look_back=19, cci_20="commodity channel index over 20 bars, over 100 (Lambert); 0 if flat")
def _cci(bars: Series) -> Floats:
    index = talib().CCI(bars.high, bars.low, bars.close, 20) / 100.0
    index[high_of(bars, 20) == low_of(bars, 20)] = 0.0  # what is left of the deviation is rounding
    return index  # type: ignore[no-any-return]


@columns(
    look_back=(53, 27, 27),
    adx_14="average directional index over 14 bars, 0 to 1 (Wilder)",
    plus_di_14="positive directional indicator over 14 bars, 0 to 1 (Wilder)",
    minus_di_14="negative directional indicator over 14 bars, 0 to 1 (Wilder)",
)
def _directional(bars: Series) -> tuple[Floats, ...]:
    # Equal moves up and down count for neither. In ticks they are common, and which of the two is larger
    # by rounding would change with the price scale, so equal means equal to a billionth of the price.
    up, down = np.zeros(len(bars)), np.zeros(len(bars))
    np.subtract(bars.high[1:], bars.high[:-1], out=up[1:])
    np.subtract(bars.low[:-1], bars.low[1:], out=down[1:])
    least = 1e-9 * bars.close
    lead = up - down
    ranges = wilder(true_range(bars), 14)
    plus = share(_smooth(up * ((lead > least) & (up > least))), ranges)
    minus = share(_smooth(down * ((-lead > least) & (down > least))), ranges)
    index = share(np.abs(plus - minus), plus + minus)
    index[:27] = np.nan
    return wilder(index, 14), plus, minus


def _smooth(moves: Floats) -> Floats:
    moves[0] = np.nan
    return wilder(moves, 14)


@columns(look_back=25, aroon_25="Aroon oscillator over 25 bars, -1 to 1 (Chande)")
def _aroon(bars: Series) -> Floats:
    return talib().AROONOSC(bars.high * tilt(bars), bars.low * inverse_tilt(bars), 25) / 100.0  # type: ignore[no-any-return]


@columns(look_back=20, slope_21="slope of the straight line through 21 log closes, a fraction per bar")
def _slope(bars: Series) -> Floats:
    return talib().LINEARREG_SLOPE(log_close(bars), 21)  # type: ignore[no-any-return]
