"""Strongly regularised logistic regression: fitted by scikit-learn, stored and applied as plain numbers."""

from __future__ import annotations

import functools
import json

import numpy as np

from stockml import files
from stockml.arrays import Floats, Floats32

# Largest slope of the mean loss at which Newton's steps end; the next one moved no weight by more than a ten-thousandth
# of the largest on 13 companies at three moments.
SLOPE = 1e-5
CLIP = 5.0  # standard deviations; a feature never pulls harder than that


def fit(rows: Floats32, up: Floats, *, strength: float) -> bytes:
    """Fit on rows (n_features, n) and return the model as JSON text.

    Standardisation is fitted on these rows; missing values count as the mean. `strength` is C of
    scikit-learn: the inverse weight of the L2 penalty.
    """
    from sklearn.linear_model import LogisticRegression

    mean, spread = np.empty(len(rows)), np.empty(len(rows))
    standard = np.empty(rows.shape)
    for place, row in enumerate(rows):  # feature by feature: what is worked on stays in the cache
        wide = row.astype(np.float64)
        there = np.isfinite(wide)
        known = wide if there.all() else wide[there]
        mean[place] = known.mean() if len(known) else 0.0
        deviation = float(np.sqrt(np.mean(np.square(known - mean[place])))) if len(known) else 0.0
        spread[place] = deviation if deviation >= 1e-12 else np.inf
        standard[place] = standardise(wide[None], mean[place : place + 1], spread[place : place + 1])[0]
    model = LogisticRegression(C=strength, solver="newton-cholesky", tol=SLOPE).fit(standard.T, up > 0)
    return files.canonical_json(
        {
            "mean": mean.tolist(),
            "spread": [value if np.isfinite(value) else None for value in spread.tolist()],
            "weights": model.coef_[0].tolist(),
            "intercept": float(model.intercept_[0]),
        }
    )


def standardise(wide: Floats, mean: Floats, spread: Floats) -> Floats:
    """(x - mean) / spread, clipped; missing values become 0."""
    standard = (wide - mean[:, None]) / spread[:, None]
    standard[~np.isfinite(standard)] = 0.0
    return np.clip(standard, -CLIP, CLIP, out=standard)


@functools.lru_cache(maxsize=32)
def parse(content: bytes) -> Logistic:
    """A regression of checked bytes; the same bytes are parsed once."""
    return Logistic(content)


class Logistic:
    """A stored regression, ready to score rows."""

    def __init__(self, content: bytes) -> None:
        stored = json.loads(content)
        self.mean = np.asarray(stored["mean"], dtype=np.float64)
        self.spread = np.asarray([np.inf if value is None else value for value in stored["spread"]], dtype=np.float64)
        self.weights = [float(value) for value in stored["weights"]]
        self.intercept = float(stored["intercept"])

    def log_odds(self, rows: Floats32) -> Floats:
        """Log-odds of up for rows (n_features, n). Summed in fixed order: one row gives the bits of many."""
        standard = standardise(rows.astype(np.float64), self.mean, self.spread)
        total = np.full(rows.shape[1], self.intercept)
        for row, weight in zip(standard, self.weights, strict=True):
            total += row * weight
        return total
