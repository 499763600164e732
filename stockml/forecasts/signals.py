"""The rule signals in force at the last bar, with their weights. They inform; no model sees them."""

from __future__ import annotations

import numpy as np

from stockml.bars.series import Series
from stockml.features._talib import talib

WEIGHTS = {
    "rsi_overbought": -0.3, "rsi_oversold": 0.3, "macd_positive": 0.2, "uptrend": 0.4, "downtrend": -0.4,
    "regime_bullish": 0.3,
}  # fmt: skip
WARM_UP = 400  # bars the exponential averages run in over; the same window every time, the same value


def in_force(series: Series, regime: str) -> dict[str, float]:
    """Name and weight of each rule that holds at the last bar."""
    close = np.ascontiguousarray(series.close[-WARM_UP:])
    found: list[str] = []
    if len(close) > 34:
        library = talib()
        rsi, macd = library.RSI(close, 14)[-1], library.MACD(close, 12, 26, 9)[0][-1]
        found += (
            ["rsi_overbought"] * bool(rsi > 70) + ["rsi_oversold"] * bool(rsi < 30) + ["macd_positive"] * bool(macd > 0)
        )
    if len(close) >= 200:
        short, long = float(close[-50:].mean()), float(close[-200:].mean())
        last = float(close[-1])
        found += ["uptrend"] * (last > short > long) + ["downtrend"] * (last < short < long)
    if regime == "bullish":
        found.append("regime_bullish")
    return {name: WEIGHTS[name] for name in found}
