"""Scores of forecasts, each on plain arrays and each with the source of its formula.

Every function returns None where its figure does not exist (no rows, one class only, a naive forecast
without error): a missing figure must never look like a number.
"""

from __future__ import annotations

import math

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation import ranks


def mean(values: Floats | Flags) -> float | None:
    """The arithmetic mean, or None if there are no values or it is not finite."""
    return number(float(values.mean())) if len(values) else None


def number(value: float) -> float | None:
    """The value itself, or None if it is NaN or infinite, which JSON does not have."""
    return value if math.isfinite(value) else None


def skill(score: float | None, naive: float | None) -> float | None:
    """1 - score / naive for a score where less is better: 0 is naive, 1 is perfect, negative is worse.

    Source: Murphy 1988, Monthly Weather Review 116, eq. 4, with a perfect score of zero.
    """
    part = ratio(score, naive)
    return None if part is None else 1.0 - part


def ratio(score: float | None, naive: float | None) -> float | None:
    """score / naive, or None if either is missing or the naive one is zero."""
    if score is None or naive is None or naive <= 0.0:
        return None
    return number(score / naive)


def accuracy(forecast: Flags | Integers, outcome: Flags | Integers) -> float | None:
    """Share of forecasts equal to their outcome, a fraction."""
    return mean(forecast == outcome)


def auc(score: Floats, positive: Flags) -> float | None:
    """Probability that a positive scores above a negative, ties counting half; None with one class only.

    The Mann-Whitney statistic over n1 n0, as the mean placement of the positives (Hanley & McNeil 1982, Radiology 143).
    """
    placed = ranks.placements(score, positive)
    return None if placed is None else float(placed[positive].mean())


def brier_losses(probability: Floats, outcome: Flags) -> Floats:
    """(p - o)^2 of each row, o being 1 or 0 (Brier 1950, one-sided form); shape (n,)."""
    return np.square(probability - outcome)


def log_losses(probability: Floats, outcome: Flags) -> Floats:
    """-ln of the probability given to what happened, in nats, each row; shape (n,) (Good 1952, "Rational Decisions").

    Probabilities are strictly between 0 and 1, as those of a logistic model are.
    """
    losses: Floats = -np.log(np.where(outcome, probability, 1.0 - probability))
    return losses


def price_losses(forecast: Floats, realised: Floats) -> Floats:
    """|forecast price - realised price| / realised price of each row, fractions; shape (n,).

    Both prices are given as log returns from the same last close, which cancels:
    |exp(f) - exp(r)| / exp(r) = |exp(f - r) - 1|. Their mean is the MAPE (Hyndman & Koehler 2006, sec. 2.2);
    the naive forecast, the last close, is f = 0.
    """
    with np.errstate(over="ignore"):
        return np.abs(np.expm1(forecast - realised))


def covered(lower: Floats, upper: Floats, realised: Floats) -> Flags:
    """Whether each outcome lies in its closed interval; the mean is the coverage."""
    return (lower <= realised) & (realised <= upper)


def winkler_losses(lower: Floats, upper: Floats, realised: Floats, level: float) -> Floats:
    """Interval score of each row in the bounds' own unit, log returns; less is better; shape (n,).

    (u - l) + 2/a (l - x)+ + 2/a (x - u)+ with a = 1 - level (Gneiting & Raftery 2007, JASA 102, eq. 43;
    Winkler 1972). `level` is the nominal coverage, 0.9 for a 90 % interval.
    """
    missed = np.maximum(lower - realised, 0.0) + np.maximum(realised - upper, 0.0)
    return (upper - lower) + 2.0 / (1.0 - level) * missed


def pinball_losses(quantile: Floats, realised: Floats, level: float) -> Floats:
    """Quantile loss of each row: level (x - q)+ + (1 - level) (q - x)+; shape (n,).

    Source: Koenker & Bassett 1978, Econometrica 46; proper by Gneiting & Raftery 2007, sec. 6.1.
    """
    above = realised - quantile
    return np.maximum(level * above, (level - 1.0) * above)


def ranked_probability_losses(probabilities: Floats, outcome: Integers) -> Floats:
    """Ranked probability score of each row of ordered classes, not divided by classes - 1; shape (n,).

    Sum over k of (P(class <= k) - [outcome <= k])^2 for (n, classes) probabilities and outcomes 0, 1, …
    (Epstein 1969, Journal of Applied Meteorology 8; Murphy 1971). The `skill` of two means is the RPSS.
    """
    forecast = np.cumsum(probabilities, axis=1)[:, :-1]
    happened = outcome[:, None] <= np.arange(forecast.shape[1])
    losses: Floats = np.square(forecast - happened).sum(axis=1)
    return losses
