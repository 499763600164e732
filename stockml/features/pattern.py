"""Family pattern: the shape of single candles and of two or three together.

TA-Lib's candles are used where they compare prices with prices only. Its others compare with averages by
fixed tenths; in tick prices such ties are common, and rounding would decide them anew for each price scale
and each first bar. Those shapes are graded here instead, 0 to 1, without a jump.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Floats
from stockml.features._talib import talib
from stockml.features._windows import returns, share, shifted, spread
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series


@columns(
    look_back=0,
    body_share="close minus open over the bar's range, -1 to 1; 0 if the bar has none",
    upper_shadow="part of the range above the body, 0 to 1",
    lower_shadow="part of the range below the body, 0 to 1",
    doji="how close the body is to none: 1 at none, 0 from a fifth of the range on",
    hammer="lower less upper shadow beyond half the range: 0.5 a hammer, -0.5 a shooting star, 0 neither",
)
def _one_candle(bars: Series) -> tuple[Floats, ...]:
    body, upper, lower = _shape(bars)
    flat = spread(bars) <= 0.0
    doji = np.maximum(1.0 - 5.0 * np.abs(body), 0.0)
    doji[flat] = 0.0
    hammer = np.maximum(lower - 0.5, 0.0) - np.maximum(upper - 0.5, 0.0)
    return body, upper, lower, doji, hammer


def _shape(bars: Series) -> tuple[Floats, Floats, Floats]:
    if "candle" not in bars.memo:
        top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
        wide = spread(bars)
        bars.memo["candle"] = (
            share(bars.close - bars.open, wide), share(bars.high - top, wide), share(bottom - bars.low, wide)
        )  # fmt: skip
    return bars.memo["candle"]  # type: ignore[no-any-return]


@columns(look_back=2, engulfing="the body engulfs the last, of other colour: 1 rising, -1 falling (TA-Lib)")
def _engulfing(bars: Series) -> Floats:
    return talib().CDLENGULFING(bars.open, bars.high, bars.low, bars.close) / 100.0  # type: ignore[no-any-return]


@columns(look_back=1, inside_bar="high and low within the last bar's: 1 both, -1 both outside, else between")
def _inside(bars: Series) -> Floats:
    out = np.zeros(len(bars))
    high, low = np.sign(np.diff(bars.high)), np.sign(np.diff(bars.low))
    out[1:] = 0.5 * (low - high)
    return out


@columns(look_back=2, star="small body between two large opposite ones: to 1 morning, to -1 evening star")
def _star(bars: Series) -> Floats:
    body, _, _ = _shape(bars)
    first, middle = shifted(body, 2), 1.0 - np.abs(shifted(body, 1))
    morning = np.maximum(-first, 0.0) * middle * np.maximum(body, 0.0)
    evening = np.maximum(first, 0.0) * middle * np.maximum(-body, 0.0)
    return morning - evening


@columns(look_back=3, soldiers="mean body of three bars closing one way: to 1 white soldiers, -1 black crows")
def _soldiers(bars: Series) -> Floats:
    body, _, _ = _shape(bars)
    step = np.sign(returns(bars)) * np.abs(body)
    parts = (step, shifted(step, 1), shifted(step, 2))
    same = np.abs(sum(np.sign(part) for part in parts)) == 3.0
    return np.where(same, (parts[0] + parts[1] + parts[2]) / 3.0, 0.0)
