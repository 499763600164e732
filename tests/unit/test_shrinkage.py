"""Shrinkage: nothing for noise, all of it for log-odds that mean what they say."""

from __future__ import annotations

import numpy as np
import pytest

from stockml.models import shrinkage


def test_noise_is_shrunk_to_the_base_rate() -> None:
    """The loss falls by chance only: k stays below two standard errors, 1 / sqrt(n p (1 - p)) of unit scores."""
    rng = np.random.default_rng(1)
    n = 20_000
    for _ in range(5):
        up = (rng.random(n) < 0.53).astype(float)
        k = shrinkage.fit(shrinkage.logit(0.53) + rng.normal(size=n), up, np.full(n, 0.53))
        assert 0.0 <= k < 2.0 / np.sqrt(n * 0.25)


def test_scores_that_point_the_wrong_way_get_exactly_nothing() -> None:
    rng = np.random.default_rng(2)
    score = rng.normal(size=5000)
    up = (rng.random(5000) < 1 / (1 + np.exp(score))).astype(float)
    assert shrinkage.fit(score, up, np.full(5000, 0.5)) == 0.0


@pytest.mark.parametrize("true", [0.3, 1.0, 1.5])
def test_the_k_the_outcomes_were_drawn_with_is_recovered(true: float) -> None:
    """Standard error of a logistic slope at n = 40,000 and unit scores is about 0.012; 0.05 is four of them."""
    rng = np.random.default_rng(3)
    n, base = 40_000, 0.52
    anchor = shrinkage.logit(base)
    score = anchor + rng.normal(size=n)
    up = (rng.random(n) < shrinkage.shrink(score, base, true)).astype(float)
    assert shrinkage.fit(score, up, np.full(n, base)) == pytest.approx(true, abs=0.05)


def test_too_few_rows_fit_nothing() -> None:
    up = np.ones(249)
    assert shrinkage.fit(np.full(249, 3.0), up, np.full(249, 0.5)) == 0.0


def test_no_shrinkage_at_one_and_the_base_rate_at_zero() -> None:
    odds = np.array([-2.0, 0.0, 0.7])
    assert shrinkage.shrink(odds, 0.55, 0.0) == pytest.approx([0.55] * 3)
    assert shrinkage.shrink(odds, 0.55, 1.0) == pytest.approx(1 / (1 + np.exp(-odds)))
    assert shrinkage.base_rate(np.array([1.0, 1.0])) == 3 / 4  # Laplace's rule of succession: (2 + 1) / (2 + 2)
