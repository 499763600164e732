"""Conformal intervals: against a plain re-computation, and their coverage on scores of known distribution."""

from __future__ import annotations

import numpy as np
import pytest

from stockml.models import intervals
from stockml.models.intervals import (
    FEWEST_SCORES,
    FULL_HISTORY,
    MISS_LIMITS,
    NOMINAL,
    SCORES,
    adapt,
    grid_of,
    grids,
    read,
)


def fresh(horizon: int) -> dict[str, list[float]]:
    return {name: [share] * horizon for name, share in NOMINAL.items()}


@pytest.mark.parametrize("horizon", [1, 5])
def test_grids_are_the_sorted_scores_realised_by_each_origin(horizon: int) -> None:
    rng = np.random.default_rng(1)
    scores, first, pooled = rng.normal(size=2300), 252, np.sort(rng.normal(size=SCORES))
    origins = np.array([100, 500, 748, 749, 900, 1250, 1251, 1252, 1255, 1256, 1257, 1700, 2299])
    for origin, found in zip(origins, grids(scores, first, origins, horizon, pooled), strict=True):
        known = [scores[s] for s in range(first, len(scores)) if s + horizon <= origin][-SCORES:]
        if len(known) < FEWEST_SCORES or origin + 1 < FULL_HISTORY:
            wanted = pooled
        else:
            wanted = np.quantile(known, np.linspace(0, 1, SCORES))  # numpy's default: linear between order statistics
        assert found == pytest.approx(wanted, abs=1e-12), origin


def test_a_grid_always_leaves_room_on_both_sides_of_no_change() -> None:
    found = grids(np.full(2000, 3.0), 0, np.array([1500]), 1, np.zeros(SCORES))
    assert found[0, 0] == -0.05 and found[0, -1] == 3.0


@pytest.mark.parametrize("horizon", [1, 5])
def test_coverage_holds_though_the_scale_of_the_scores_moves(horizon: int) -> None:
    """Scores whose scale swings by a factor of 1.8. Deviation of n outcomes: at most 1 / (step n) by the
    telescoping sum of Gibbs and Candes (2021, proposition 4.1), here 1 / (0.01 x 6000) = 0.017."""
    rng = np.random.default_rng(5)
    count, begin = 7300, 1300
    scores = rng.standard_t(5, count) * np.exp(0.6 * np.sin(np.arange(count) / 400.0))
    origins = np.arange(begin, count - horizon)
    grid = grids(scores, 0, origins, horizon, np.sort(rng.normal(size=SCORES)))
    levels = adapt(grid, scores, origins, horizon, fresh(horizon), 0.01)
    for low, high, nominal in ((levels.lo90, levels.hi90, 0.90), (levels.lo80, levels.hi80, 0.80)):
        inside = (read(grid, low) <= scores[origins]) & (scores[origins] <= read(grid, high))
        assert abs(inside.mean() - nominal) < 0.017


def test_the_miss_share_follows_the_published_rule_outcome_by_outcome() -> None:
    """alpha(t + 1) = alpha(t) + step x (alpha - missed(t)), Gibbs and Candes 2021, equation 2."""
    rng = np.random.default_rng(6)
    scores, horizon, step = rng.normal(size=1400), 5, 0.02
    origins = np.arange(1200, 1300)
    grid = grids(scores, 0, origins, horizon, np.zeros(SCORES))
    levels = adapt(grid, scores, origins, horizon, fresh(horizon), step)
    low, high = read(grid, levels.lo90), read(grid, levels.hi90)
    assert levels.miss90[:horizon].tolist() == [0.10] * horizon
    for place in range(horizon, len(origins)):
        past = place - horizon
        missed = not low[past] <= scores[origins[past]] <= high[past]
        assert levels.miss90[place] == pytest.approx(levels.miss90[place - 1] + step * (0.10 - missed), abs=1e-12)


@pytest.mark.parametrize(("score", "limit"), [(50.0, MISS_LIMITS[0]), (0.0, MISS_LIMITS[1])])
def test_miss_shares_stay_within_their_limits_and_the_intervals_nested(score: float, limit: float) -> None:
    scores = np.full(3000, score)
    origins = np.arange(1000, 2900)
    grid = np.sort(np.random.default_rng(2).normal(size=(1, SCORES)), axis=1).repeat(len(origins), axis=0)
    levels = adapt(grid, scores, origins, 1, fresh(1), 0.01)
    for share in (levels.miss80, levels.miss90):
        assert share[-1] == limit and share.min() >= MISS_LIMITS[0] and share.max() <= MISS_LIMITS[1]
    assert (levels.lo90 < levels.lo80).all() and (levels.hi80 < levels.hi90).all()
    assert (levels.lo80 < levels.zero).all() and (levels.zero < levels.hi80).all()


def test_rolling_on_from_a_stored_state_is_rolling_through() -> None:
    rng = np.random.default_rng(8)
    scores, horizon = rng.normal(size=1600), 5
    origins = np.arange(1100, 1500)
    grid = grids(scores, 0, origins, horizon, np.zeros(SCORES))
    whole = adapt(grid, scores, origins, horizon, fresh(horizon), 0.002)
    at = 200
    stored = {"80": whole.miss80[at : at + horizon].tolist(), "90": whole.miss90[at : at + horizon].tolist()}
    rest = adapt(grid[at:], scores, origins[at:], horizon, stored, 0.002)
    for name in vars(whole):
        assert np.array_equal(getattr(whole, name)[at:], getattr(rest, name)), name


def test_a_grid_of_as_many_scores_is_the_scores_themselves() -> None:
    scores = np.random.default_rng(3).normal(size=SCORES)
    assert np.array_equal(grid_of(scores), np.sort(scores))
    assert intervals.step_for(1) == 0.01 and intervals.step_for(5) == intervals.step_for(20) == 0.002
