"""Family volume: how much was traded and on which side. NaN where nothing was traded in the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Floats
from stockml.features._windows import (
    change,
    correlation,
    ema,
    mean,
    returns,
    share,
    spread,
    total,
    typical,
    volume_mean,
)  # fmt: skip
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series


@columns(
    look_back=(4, 19),
    volume_ratio_5="volume over its 5-bar mean",
    volume_ratio_20="volume over its 20-bar mean",
)
def _ratios(bars: Series) -> tuple[Floats, ...]:
    return tuple(bars.volume / volume_mean(bars, length) for length in (5, 20))


@columns(look_back=19, volume_z_20="volume minus its 20-bar mean, over its standard deviation; 0 if constant")
def _z_score(bars: Series) -> Floats:
    average = volume_mean(bars, 20)
    variance = mean(bars.volume * bars.volume, 20) / (average * average) - 1.0
    return share(bars.volume / average - 1.0, np.sqrt(np.maximum(variance, 0.0)), least=1e-5)


@columns(look_back=59, dollar_volume_trend="20-bar mean of close x volume over its 60-bar mean, minus 1")
def _dollars(bars: Series) -> Floats:
    dollars = bars.close * bars.volume
    return mean(dollars, 20) / (mean(dollars, 60) + 0.0 * volume_mean(bars, 60)) - 1.0


@columns(look_back=21, volume_return_correlation="correlation of the 1-bar return with the volume, 21 bars")
def _correlation(bars: Series) -> Floats:
    linked = correlation(100.0 * returns(bars), bars.volume, 21)
    linked[np.isnan(volume_mean(bars, 20))] = np.nan
    return linked


@columns(look_back=14, mfi_14="money flow index over 14 bars, 0 to 1 (Quong and Soudack)")
def _money_flow(bars: Series) -> Floats:
    # Whether the typical price rose is decided to a billionth of it: in ticks, no change is common, and
    # its rounding would put the whole day's flow on one side or the other.
    price = typical(bars)
    step = change(price, 1)
    least = 1e-9 * price
    flow = price * bars.volume
    rising = total(flow * (step > least), 14)
    falling = total(flow * (step < -least), 14)
    return share(rising, rising + falling, np.nan)


@columns(look_back=19, chaikin_flow_20="Chaikin money flow over 20 bars, -1 to 1")
def _chaikin(bars: Series) -> Floats:
    place = share(2.0 * bars.close - bars.low - bars.high, spread(bars))
    return mean(place * bars.volume, 20) / volume_mean(bars, 20)


@columns(look_back=13, force_13="mean return weighted by volume, both exponential means of 13 bars")
def _force(bars: Series) -> Floats:
    # Elder's force index, made free of both scales.
    volume = bars.volume.copy()
    volume[0] = np.nan
    return share(ema(returns(bars) * volume, 13), ema(volume, 13), np.nan)


@columns(look_back=19, zero_volume_share_20="share of the last 20 bars without volume")
def _without_volume(bars: Series) -> Floats:
    return mean((bars.volume <= 0.0).astype(np.float64), 20)


@columns(look_back=20, on_balance_20="volume of rising less falling bars over all volume, 20 bars, -1 to 1")
def _on_balance(bars: Series) -> Floats:
    # Granville's on-balance volume as a window; its running level depends on the first bar.
    return mean(np.sign(returns(bars)) * bars.volume, 20) / volume_mean(bars, 20)


@columns(look_back=19, vwap_distance_20="close over the volume-weighted typical price of 20 bars, minus 1")
def _vwap(bars: Series) -> Floats:
    return bars.close * volume_mean(bars, 20) / mean(typical(bars) * bars.volume, 20) - 1.0
