"""One predictive distribution per forecast, from which interval, median, classes and direction all follow.

The standardised score grid gives the shape; a monotone, piecewise linear map of its levels makes the
conformal interval ends sit at their nominal levels and no change at one minus the probability of up.
Because everything is read off this one distribution, no two figures of a forecast can contradict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from stockml.arrays import Floats, Small
from stockml.models.intervals import Levels, level_of, read

PROBABILITY_LIMITS = (0.15, 0.85)  # inside the 80 % interval's levels, so that the map stays monotone
NOMINAL_LEVELS = (0.0, 0.05, 0.10, None, 0.90, 0.95, 1.0)  # None: the level of no change


@dataclass(frozen=True)
class Distribution:
    """Log total returns over the horizon, one entry per forecast; `classes` has shape (n, 5)."""

    probability_up: Floats
    median: Floats
    lo80: Floats
    hi80: Floats
    lo90: Floats
    hi90: Floats
    classes: Floats
    class_index: Small


def describe(grid: Floats, levels: Levels, sigma: Floats, probability_up: Floats, class_bounds: Floats) -> Distribution:
    """Build the distribution of each row.

    `sigma` scales the grid to log returns; `class_bounds` (n, 4) are the class bounds in log returns.
    """
    up = np.clip(probability_up, *PROBABILITY_LIMITS)
    knots = np.stack(
        [np.zeros_like(up), levels.lo90, levels.lo80, levels.zero, levels.hi80, levels.hi90, np.ones_like(up)], axis=1
    )
    nominal = np.empty_like(knots)
    for place, level in enumerate(NOMINAL_LEVELS):
        nominal[:, place] = 1.0 - up if level is None else level
    median = sigma * read(grid, _through(nominal, knots, np.full_like(up, 0.5)))
    tiny = 1e-6 * sigma
    median = np.where(up > 0.5, np.maximum(median, tiny), np.where(up < 0.5, np.minimum(median, -tiny), 0.0))
    below = np.stack(
        [_through(knots, nominal, level_of(grid, class_bounds[:, place] / sigma)) for place in range(4)], axis=1
    )
    edges = np.concatenate([np.zeros((len(up), 1)), below, np.ones((len(up), 1))], axis=1)
    return Distribution(
        up, median,
        sigma * read(grid, levels.lo80), sigma * read(grid, levels.hi80),
        sigma * read(grid, levels.lo90), sigma * read(grid, levels.hi90),
        np.diff(edges, axis=1), (median[:, None] >= class_bounds).sum(axis=1).astype(np.int8),
    )  # fmt: skip


def _through(x_knots: Floats, y_knots: Floats, x: Floats) -> Floats:
    """Row-wise piecewise linear interpolation through rising knots (n, k)."""
    piece = np.clip((x_knots <= x[:, None]).sum(axis=1) - 1, 0, x_knots.shape[1] - 2)
    rows = np.arange(len(x))
    x0, x1 = x_knots[rows, piece], x_knots[rows, piece + 1]
    y0, y1 = y_knots[rows, piece], y_knots[rows, piece + 1]
    gap = x1 - x0
    value: Floats = y0 + np.where(gap > 0, (x - x0) / np.where(gap > 0, gap, 1.0), 0.0) * (y1 - y0)
    return value
