"""Volatility: an exponentially weighted variance, and the HAR-ratio regression that corrects it.

The HAR idea (Corsi 2009, heterogeneous autoregression of realised variance) applied to the ratio of
coming variance to the EWMA variance, pooled over symbols by weighted least squares.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from stockml.arrays import Floats
from stockml.bars.series import Series
from stockml.features._talib import talib
from stockml.features.market import Market

EWMA_SPAN = 32  # talib's EMA: weight 2 / 33 on the newest square, a decay of 0.939
FLOOR = 1e-8  # variance of one session below which a price counts as flat
HAR_LOOK_BACK = 252
RATIO_LIMITS = (0.1, 6.0)
TARGET_LIMIT, INPUT_LIMIT, RIDGE = 40.0, 25.0, 1e-3
HAR_INPUTS = (
    "constant",
    "square_1",
    "square_5",
    "square_21",
    "square_63",
    "square_252",
    "market_5",
    "parkinson_1",
    "parkinson_5",
    "parkinson_22",
)


def squares(series: Series) -> Floats:
    """Squared one-session log returns; NaN at the first bar."""
    out = np.full(len(series), np.nan)
    out[1:] = np.log(series.close[1:] / series.close[:-1]) ** 2
    return out


def _averaged(values: Floats, window: int, exponential: bool = False) -> Floats:
    """A moving average over values whose first entry is NaN; NaN until the window is full."""
    out = np.full(len(values), np.nan)
    if len(values) > window:
        average = talib().EMA if exponential else talib().SMA
        out[1:] = values[1:] if window == 1 else average(np.ascontiguousarray(values[1:]), window)
    return out


def ewma(series: Series) -> Floats:
    """EWMA variance of one session as known at its close; NaN for the first 32 returns."""
    variance = _averaged(squares(series), EWMA_SPAN, exponential=True)
    return np.maximum(variance, FLOOR)


def har_inputs(series: Series, variance: Floats, market: Market) -> Floats:
    """The regressors (len(HAR_INPUTS), n), each divided by the EWMA variance and clipped; NaN in warm-up."""
    square = squares(series)
    parkinson = np.log(series.high / series.low) ** 2 / (4.0 * math.log(2.0))
    parkinson[:1] = np.nan
    at = np.searchsorted(market.session, series.session)
    market_square = _averaged(np.concatenate([[np.nan], market.step[1:] ** 2]), 5)[at]
    columns = [
        square,
        _averaged(square, 5),
        _averaged(square, 21),
        _averaged(square, 63),
        _averaged(square, 252),
        market_square,
        parkinson,
        _averaged(parkinson, 5),
        _averaged(parkinson, 22),
    ]
    out = np.empty((len(HAR_INPUTS), len(series)))
    out[0] = 1.0
    for place, column in enumerate(columns, start=1):
        np.minimum(column / variance, INPUT_LIMIT, out=out[place])
    return out


def har_target(series: Series, variance: Floats, horizon: int) -> Floats:
    """Mean squared return of the next `horizon` sessions over the EWMA variance, clipped; NaN at the end."""
    square = squares(series)
    total = np.zeros(len(square))
    for ahead in range(1, horizon + 1):
        total += np.concatenate([square[ahead:], np.full(min(ahead, len(square)), np.nan)])
    return np.minimum(total / horizon / variance, TARGET_LIMIT)


def fit_har(inputs: Sequence[Floats], targets: Sequence[Floats]) -> list[float] | None:
    """Pooled weighted ridge regression; the coefficients, or None with too few rows to fit any.

    Weights 1 / (1 + square_21) keep turbulent rows from ruling the fit.
    """
    x = np.concatenate(inputs, axis=1) if inputs else np.empty((len(HAR_INPUTS), 0))
    y = np.concatenate(targets) if targets else np.empty(0)
    whole = np.isfinite(y) & np.isfinite(x).all(axis=0)
    x, y = x[:, whole], y[whole]
    if len(y) < 20 * len(HAR_INPUTS):
        return None
    weighted = x / (1.0 + x[3])
    gram = weighted @ x.T + RIDGE * len(y) * np.eye(len(HAR_INPUTS))
    # The penalty pulls towards "the EWMA is right" (constant 1), not towards zero variance.
    prior = np.zeros(len(HAR_INPUTS))
    prior[0] = RIDGE * len(y)
    return [float(value) for value in np.linalg.solve(gram, weighted @ y + prior)]


def har_ratio(inputs: Floats, coefficients: list[float]) -> Floats:
    """The fitted ratio per row. A plain sum in fixed order, so that one row and many give the same bits."""
    ratio = np.zeros(inputs.shape[1])
    for row, coefficient in zip(inputs, coefficients, strict=True):
        ratio += row * coefficient
    clipped: Floats = np.clip(ratio, *RATIO_LIMITS)
    return clipped
