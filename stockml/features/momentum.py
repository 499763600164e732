"""Family momentum: returns over months and the bounded oscillators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml.arrays import Floats
from stockml.features._talib import talib
from stockml.features._windows import change, high_of, log_close, low_of, share
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series


@columns(
    look_back=(63, 126, 252, 252),
    log_return_63="log return over 63 bars",
    log_return_126="log return over 126 bars",
    log_return_252="log return over 252 bars",
    momentum_12_1="log return from 252 to 21 bars ago (Jegadeesh and Titman)",
)
def _months(bars: Series) -> tuple[Floats, ...]:
    close = log_close(bars)
    year = change(close, 252)
    return change(close, 63), change(close, 126), year, year - change(close, 21)


@columns(
    look_back=(2, 7, 14),
    rsi_2="Wilder's RSI over 2 bars, 0 to 1",
    rsi_7="Wilder's RSI over 7 bars, 0 to 1",
    rsi_14="Wilder's RSI over 14 bars, 0 to 1",
)
def _rsi(bars: Series) -> tuple[Floats, ...]:
    return tuple(talib().RSI(bars.close, length) / 100.0 for length in (2, 7, 14))


@columns(
    look_back=(17, 17, 13),
    stochastic_k_14="slow stochastic %K: 14 bars, mean of 3, 0 to 1 (Lane)",
    stochastic_d_14="slow stochastic %D: 3-bar mean of %K, 0 to 1 (Lane)",
    williams_14="Williams %R over 14 bars, -1 to 0; -0.5 if flat",
)
def _stochastic(bars: Series) -> tuple[Floats, ...]:
    slow, signal = talib().STOCH(bars.high, bars.low, bars.close, 14, 3, 0, 3, 0)
    top, bottom = high_of(bars, 14), low_of(bars, 14)
    return slow / 100.0, signal / 100.0, share(bars.close - top, top - bottom, -0.5)


@columns(look_back=28, ultimate_oscillator="ultimate oscillator over 7, 14 and 28 bars, 0 to 1 (Williams)")
def _ultimate(bars: Series) -> Floats:
    return talib().ULTOSC(bars.high, bars.low, bars.close) / 100.0  # type: ignore[no-any-return]


@columns(look_back=43, trix_15="one-bar change of the thrice smoothed close (15 bars), a fraction (Hutson)")
def _trix(bars: Series) -> Floats:
    return talib().TRIX(bars.close, 15) / 100.0  # type: ignore[no-any-return]
