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

    `base` is the base rate each row's fold was trained with. Golden-section search of a convex function.
    """
    if len(up) < FEWEST_ROWS:
        return 0.0
    anchor = np.log(base / (1.0 - base))
    excess = log_odds - anchor

    def loss(k: float) -> float:
        score = anchor + k * excess
        return float(np.mean(np.logaddexp(0.0, score) - up * score))

    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    low, high = 0.0, LIMIT
    for _ in range(40):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(left) <= loss(right):
            high = right
        else:
            low = left
    best = (low + high) / 2
    return 0.0 if loss(0.0) <= loss(best) else best
