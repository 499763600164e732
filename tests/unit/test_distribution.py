"""The one distribution of a forecast: whatever it is built from, its figures cannot contradict each other."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stockml.models.distribution import PROBABILITY_LIMITS, Distribution, describe
from stockml.models.intervals import MISS_LIMITS, NOMINAL, SCORES, Levels, adapt, level_of, read

MANY = settings(max_examples=150, deadline=None, derandomize=True)


def made(seed: int, ties: bool) -> tuple[np.ndarray, Levels, np.ndarray, np.ndarray, np.ndarray, Distribution]:
    """(grid, levels, sigma, probability, bounds, distribution) of ten random rows."""
    rng = np.random.default_rng(seed)
    n = 10
    grid = np.sort(rng.standard_t(4, (n, SCORES)) + rng.normal(0.0, 0.2, (n, 1)), axis=1)
    if ties:  # scores as prices on a coarse tick give them, with many zeros
        grid = np.round(grid * 4) / 4
    grid[:, 0], grid[:, -1] = np.minimum(grid[:, 0], -0.05), np.maximum(grid[:, -1], 0.05)
    start = {name: [float(rng.uniform(*MISS_LIMITS))] for name in NOMINAL}
    levels = adapt(grid, rng.standard_t(4, n), np.arange(n), 1, start, 0.05)
    sigma = rng.lognormal(-4.0, 0.5, n)
    up = rng.choice([0.5, 0.4999999, 0.5000001, 0.0, 1.0, rng.uniform(), rng.uniform()], n)
    bounds = np.sort(rng.normal(0.0, 1.0, (n, 4)), axis=1) * sigma[:, None]
    return grid, levels, sigma, up, bounds, describe(grid, levels, sigma, up, bounds)


seeds = given(st.integers(0, 10**6), st.booleans())


@MANY
@seeds
def test_intervals_nest_and_contain_the_median_and_no_change(seed: int, ties: bool) -> None:
    shape = made(seed, ties)[-1]
    for point in (shape.median, np.zeros_like(shape.median)):
        assert (shape.lo90 <= shape.lo80).all() and (shape.lo80 <= point).all()
        assert (point <= shape.hi80).all() and (shape.hi80 <= shape.hi90).all()


@MANY
@seeds
def test_class_probabilities_are_a_distribution_and_the_class_is_the_band_of_the_median(seed: int, ties: bool) -> None:
    *_, bounds, shape = made(seed, ties)
    assert (shape.classes >= 0.0).all()
    assert np.abs(shape.classes.sum(axis=1) - 1.0).max() <= 1e-12
    edges = np.concatenate([np.full((10, 1), -np.inf), bounds, np.full((10, 1), np.inf)], axis=1)
    rows = np.arange(10)
    assert (edges[rows, shape.class_index] <= shape.median).all()
    assert (shape.median < edges[rows, shape.class_index + 1]).all()


@MANY
@seeds
def test_up_is_likelier_than_not_exactly_when_the_median_is_positive(seed: int, ties: bool) -> None:
    shape = made(seed, ties)[-1]
    assert ((shape.probability_up > 0.5) == (shape.median > 0.0)).all()
    assert ((shape.probability_up < 0.5) == (shape.median < 0.0)).all()
    low, high = PROBABILITY_LIMITS
    assert ((shape.probability_up >= low) & (shape.probability_up <= high)).all()


@MANY
@given(st.integers(0, 10**6))
def test_classes_agree_with_the_intervals_distribution(seed: int) -> None:
    """A class bound put on an interval end has that end's nominal share below it; on no change, 1 - p."""
    grid, levels, sigma, up, _, shape = made(seed, False)
    ends = np.stack([shape.lo90, shape.lo80, shape.hi80, shape.hi90], axis=1)
    below = np.cumsum(describe(grid, levels, sigma, up, ends).classes, axis=1)[:, :4]
    assert np.abs(below - [0.05, 0.10, 0.90, 0.95]).max() < 1e-9  # rounding of reading a level and finding it again
    middle = np.stack([shape.lo90, np.zeros(10), shape.hi80, shape.hi90], axis=1)
    below = np.cumsum(describe(grid, levels, sigma, up, middle).classes, axis=1)
    assert np.abs(below[:, 1] - (1.0 - shape.probability_up)).max() < 1e-9


@MANY
@given(st.integers(0, 10**6))
def test_half_of_the_distribution_lies_below_the_median(seed: int) -> None:
    grid, levels, sigma, up, _, shape = made(seed, False)
    bounds = np.stack([shape.lo90, shape.median, shape.hi80, shape.hi90], axis=1)
    bounds = np.sort(bounds, axis=1)
    below = np.cumsum(describe(grid, levels, sigma, up, bounds).classes, axis=1)[:, 1]
    inside = np.abs(shape.median) > 2e-6 * sigma  # nearer to no change the sign decides, not the level
    assert np.abs(below[inside] - 0.5).max(initial=0.0) < 1e-9


@MANY
@given(st.integers(0, 10**6))
def test_reading_a_level_and_finding_the_level_of_a_value_are_inverse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = np.sort(rng.normal(size=(20, SCORES)), axis=1)
    level = rng.uniform(0.0, 1.0, 20)
    assert np.abs(level_of(grid, read(grid, level)) - level).max() < 1e-9
    assert (level_of(grid, grid[:, 0] - 1.0) == 0.0).all() and (level_of(grid, grid[:, -1] + 1.0) == 1.0).all()
