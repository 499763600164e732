"""Conformal intervals: empirical quantiles of realised standardised scores, corrected as outcomes arrive.

The correction is adaptive conformal inference (Gibbs and Candes 2021): after each outcome the share of
misses aimed at moves by `step` x (nominal share - was it a miss).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from stockml.arrays import Floats, Places

SCORES = 1000  # realised scores behind an interval, and points of every score grid
FEWEST_SCORES = 250  # fewer realised scores of its own than this: the pooled grid answers
FULL_HISTORY = 750  # bars from which a symbol's own volatility model and scores are used
STEP = {1: 0.01}  # at longer horizons outcomes overlap and 0.01 costs sharpness
STEP_LONGER = 0.002
MISS_LIMITS = (0.005, 0.6)
_LEVELS = np.linspace(0.0, 1.0, SCORES)
NOMINAL = {"80": 0.20, "90": 0.10}


def step_for(horizon: int) -> float:
    return STEP.get(horizon, STEP_LONGER)


def grid_of(scores: Floats) -> Floats:
    """Sort scores onto a grid of `SCORES` evenly spaced quantiles (itself, if there are as many)."""
    ordered = np.sort(scores)
    if len(ordered) == SCORES:
        return ordered
    resampled: Floats = np.interp(_LEVELS, _even(len(ordered)), ordered)
    return resampled


@functools.lru_cache(maxsize=SCORES)
def _even(count: int) -> Floats:
    """Levels of a grid of so many scores; young symbols ask for one length after the other, and all symbols alike."""
    return np.linspace(0.0, 1.0, count)


def grids(scores: Floats, first_score: int, origins: Places, horizon: int, pooled: Floats) -> Floats:
    """The score grid (len(origins), SCORES) of each origin, from scores realised by then.

    `scores[t]` is the standardised return from t, realised at t + horizon; those before `first_score`
    do not exist. Origins without enough history of their own get the pooled grid.
    """
    end = origins - horizon + 1  # scores of origins up to t - horizon are realised at t
    start = np.maximum(end - SCORES, first_score)
    full = (end - start == SCORES) & (origins + 1 >= FULL_HISTORY)
    if len(scores) >= SCORES:
        windows = np.lib.stride_tricks.sliding_window_view(scores, SCORES)
        out = windows[np.where(full, start, 0)]
        out[~full] = 0.0
        out.sort(axis=1)
    else:
        out = np.empty((len(origins), SCORES))
    for place in np.flatnonzero(~full):
        own = end[place] - start[place] >= FEWEST_SCORES and origins[place] + 1 >= FULL_HISTORY
        out[place] = grid_of(scores[start[place] : end[place]]) if own else pooled
    # An interval always has room on both sides of no change.
    out[:, 0] = np.minimum(out[:, 0], -0.05)
    out[:, -1] = np.maximum(out[:, -1], 0.05)
    return out


@dataclass(frozen=True)
class Levels:
    """The grid levels (fractions of the grid) at which each origin's interval ends are read."""

    lo90: Floats
    lo80: Floats
    zero: Floats
    hi80: Floats
    hi90: Floats
    miss80: Floats
    miss90: Floats


def zero_level(grid: Floats) -> Floats:
    """The level of no change on each grid, strictly inside (0, 1); the middle where the grid is flat there."""
    below = (grid < 0.0).sum(axis=1)
    not_above = (grid <= 0.0).sum(axis=1)
    rows = np.arange(len(grid))
    left, right = grid[rows, np.maximum(below - 1, 0)], grid[rows, np.minimum(not_above, SCORES - 1)]
    inside = np.where(right > left, -left / np.where(right > left, right - left, 1.0), 0.5)
    level: Floats = (below - 1 + inside * (not_above - below + 1)) / (SCORES - 1)
    return level


def adapt(
    grid: Floats, scores: Floats, origins: Places, horizon: int, start: dict[str, list[float]], step: float
) -> Levels:
    """Roll the miss shares along consecutive origins and return the levels each origin's interval uses.

    `start` gives, for "80" and "90", the shares of the first `horizon` origins (the oldest first); later
    origins learn from the outcome that became known that session, `horizon` origins before.
    """
    zero = zero_level(grid)
    # Plain lists and floats: each step needs the one before, and numpy's scalars are slow one by one.
    lows, highs, misses = ({name: list[float]() for name in NOMINAL} for _ in range(3))
    inner = zip((zero * 0.98).tolist(), (1.0 - (1.0 - zero) * 0.98).tolist(), strict=True)
    issued, cell, shares = scores[origins].tolist(), grid.item, list(NOMINAL.items())
    for place, (low_limit, high_limit) in enumerate(inner):
        past = place - horizon
        for name, nominal in shares:
            if past < 0:
                share = start[name][place]
            else:
                score, ends = issued[past], (lows[name][past], highs[name][past])
                missed = not _read(cell, past, ends[0]) <= score <= _read(cell, past, ends[1])
                share = misses[name][-1] + step * (nominal - missed)
                share = min(max(share, MISS_LIMITS[0]), MISS_LIMITS[1])
            misses[name].append(share)
            low, high = min(share / 2, low_limit), max(1 - share / 2, high_limit)
            lows[name].append(low)
            highs[name].append(high)
            low_limit, high_limit = low * 0.98, 1.0 - (1.0 - high) * 0.98
    found = (lows["90"], lows["80"], zero, highs["80"], highs["90"], misses["80"], misses["90"])
    return Levels(*(np.asarray(one, dtype=np.float64) for one in found))


def _read(cell: Callable[[int, int], float], row: int, level: float) -> float:
    place = level * (SCORES - 1)
    left = min(int(place), SCORES - 2)
    weight = place - left
    return cell(row, left) * (1.0 - weight) + cell(row, left + 1) * weight


def read(grid: Floats, level: Floats) -> Floats:
    """The value of each row's grid at its level, by linear interpolation."""
    place = level * (SCORES - 1)
    left = np.minimum(place.astype(np.int64), SCORES - 2)
    weight = place - left
    rows = np.arange(len(grid))
    value: Floats = grid[rows, left] * (1.0 - weight) + grid[rows, left + 1] * weight
    return value


def level_of(grid: Floats, value: Floats) -> Floats:
    """The level at which each row's grid reaches a value: 0 below the grid, 1 above it."""
    count = (grid < value[:, None]).sum(axis=1)
    rows = np.arange(len(grid))
    left, right = grid[rows, np.maximum(count - 1, 0)], grid[rows, np.minimum(count, SCORES - 1)]
    gap = right - left
    inside = np.where(gap > 0, (value - left) / np.where(gap > 0, gap, 1.0), 1.0)
    level: Floats = np.where(count == 0, 0.0, np.where(count == SCORES, 1.0, (count - 1 + inside) / (SCORES - 1)))
    return level
