"""Forward log returns and the five volatility-scaled classes. Arrays only."""

from __future__ import annotations

import numpy as np

from stockml.arrays import Floats, Small

CLASSES = ("strong_sell", "sell", "hold", "buy", "strong_buy")


def forward(close: Floats, horizon: int) -> Floats:
    """ln(close[t + horizon] / close[t]) at t; NaN where that session is not there yet. Same length."""
    out = np.full(len(close), np.nan)
    if len(close) > horizon:
        out[:-horizon] = np.log(close[horizon:] / close[:-horizon])
    return out


def class_cuts(scaled: Floats) -> list[float]:
    """The four quintile bounds of returns scaled by their forecast volatility, from a training window."""
    return [float(cut) for cut in np.quantile(scaled, [0.2, 0.4, 0.6, 0.8])]


def classify(scaled: Floats, cuts: list[float]) -> Small:
    """Index into `CLASSES` of each scaled return; a value on a bound belongs to the upper class."""
    return np.searchsorted(np.asarray(cuts), scaled, side="right").astype(np.int8)
