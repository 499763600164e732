"""The rule signals in force at the last bar, and the baseline forecast made of them. No model sees them."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from stockml.bars.series import Series
from stockml.features._talib import talib
from stockml.ledger.signals import VERSION

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


def probability_up(base_rate: float, weights: Iterable[float]) -> float:
    """The logistic function of the base rate's log-odds plus the weights of the signals in force."""
    log_odds = math.log(base_rate / (1.0 - base_rate)) + sum(weights)
    return 1.0 / (1.0 + math.exp(-log_odds))


def forecast(beside: Mapping[str, Any], weights: Mapping[str, float]) -> dict[str, Any]:
    """The signals' own forecast beside a model's of the same symbol, horizon and session, as the ledger keeps it.

    `weights` are the symbol's by now, of every rule; the signals in force are those the model's forecast names.
    """
    told = beside["details"]
    in_force_now = {name: weights[name] for name in told["signals"]}
    same = ("symbol", "bar_interval", "horizon", "made_at", "session", "target_session", "last_close")
    key = " ".join(str(beside[name]) for name in ("symbol", "bar_interval", "horizon", "session"))
    return {
        "id": hashlib.sha256(f"{key} {VERSION}".encode()).hexdigest()[:16],
        **{name: beside[name] for name in same},
        "base_rate": told["base_rate"],
        "probability_up": probability_up(told["base_rate"], in_force_now.values()),
        "signals": in_force_now,
        "weights": dict(weights),
        "version": VERSION,
        "details": {"target_closes_at": told.get("target_closes_at")},
    }
