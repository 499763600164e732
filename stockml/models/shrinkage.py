"""Shrinks a model's log-odds towards the base rate by one fitted parameter. Near 0 is the honest "no edge"."""

from __future__ import annotations

import math

import numpy as np

from stockml.arrays import Floats

LIMIT = 2.0
FEWEST_ROWS = 250


def logit(probability: float) -> float:
    return math.log(probability / (1.0 - probability))


def base_rate(up: Floats) -> float:
    """Share of ups with one of each added, so that it is never 0 or 1."""
    return float((up.sum() + 1.0) / (len(up) + 2.0))


def shrink(log_odds: Floats, base: float, k: float) -> Floats:
    """Probability of up: logit p = logit base + k (log-odds - logit base)."""
    anchor = logit(base)
    probability: Floats = 1.0 / (1.0 + np.exp(-(anchor + k * (log_odds - anchor))))
    return probability


def fit(log_odds: Floats, up: Floats, base: Floats) -> float:
    """The k in [0, 2] with the least log loss on out-of-fold rows; 0 with fewer than 250 of them.

    `base` is the base rate each row's fold was trained with. The loss is convex in k, so the root of its
    slope is bisected: unlike a search for the least loss, that settles the last digits too.
    """
    if len(up) < FEWEST_ROWS:
        return 0.0
    anchor = np.log(base / (1.0 - base))
    excess = log_odds - anchor

    def slope(k: float) -> float:
        return float(np.mean((1.0 / (1.0 + np.exp(-(anchor + k * excess))) - up) * excess))

    if slope(0.0) >= 0.0:
        return 0.0
    if slope(LIMIT) <= 0.0:
        return LIMIT
    low, high = 0.0, LIMIT
    for _ in range(60):
        middle = (low + high) / 2.0
        low, high = (middle, high) if slope(middle) < 0.0 else (low, middle)
    return (low + high) / 2.0
