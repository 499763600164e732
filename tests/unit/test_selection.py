"""The deflated Sharpe ratio and the probability of back-test overfitting, against published and constructed cases."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from stockml.evaluation.selection import deflated_sharpe, expected_maximum_sharpe, pbo, probabilistic_sharpe


def test_the_papers_worked_example() -> None:
    # Bailey & Lopez de Prado 2014: annual Sharpe 2.5 over five years of 250 days, best of 100 trials whose annual
    # Sharpe ratios vary by 1/2, skewness -3, kurtosis 10. They give a threshold of 0.1132 a day and a DSR of 0.9004.
    threshold = expected_maximum_sharpe(100, 0.5 / 250)
    assert threshold == pytest.approx(0.1132, abs=5e-5)
    assert probabilistic_sharpe(2.5 / math.sqrt(250), 1250, -3.0, 10.0, threshold) == pytest.approx(0.9004, abs=5e-4)
    # The same paper: with 46 trials the threshold would have been 0.1010 a day, and the DSR 0.9505.
    fewer = expected_maximum_sharpe(46, 0.5 / 250)
    assert probabilistic_sharpe(2.5 / math.sqrt(250), 1250, -3.0, 10.0, fewer) == pytest.approx(0.9505, abs=2e-3)


def test_the_expected_maximum_is_that_of_simulated_normals() -> None:
    draws = np.random.default_rng(1).standard_normal((20_000, 48)).max(axis=1).mean()
    assert expected_maximum_sharpe(48, 1.0) == pytest.approx(draws, abs=0.03)
    assert expected_maximum_sharpe(48, 0.04) == pytest.approx(0.2 * expected_maximum_sharpe(48, 1.0))
    assert expected_maximum_sharpe(1, 1.0) == 0.0


def test_the_best_of_many_coin_flips_is_deflated_to_a_coin_flip() -> None:
    rng = np.random.default_rng(2)
    raw, deflated = [], []
    for _ in range(200):
        grid = rng.normal(0.0, 0.01, (750, 50))
        best = grid[:, grid.mean(axis=0).argmax()]
        for trials, out in ((1, raw), (50, deflated)):
            found = deflated_sharpe(best, trials)
            assert found is not None
            out.append(found.probability)
    assert np.mean(raw) > 0.95
    assert 0.4 < np.mean(deflated) < 0.6


def test_one_trial_is_the_probability_that_its_sharpe_ratio_is_positive() -> None:
    returns = np.tile([0.03, -0.01], 50)
    found = deflated_sharpe(returns, 1)
    assert found is not None
    # By hand: mean 0.01, standard deviation 0.02 sqrt(100 / 99), no skew, kurtosis 1, so that the spread is 1.
    sharpe = 0.5 * math.sqrt(0.99)
    assert found.sharpe == pytest.approx(sharpe)
    assert found.probability == pytest.approx(0.5 * math.erfc(-sharpe * math.sqrt(99) / math.sqrt(2)))


def test_no_figure_without_returns_that_vary() -> None:
    assert deflated_sharpe(np.full(100, 0.001), 5) is None
    assert deflated_sharpe(np.zeros(100), 5) is None
    assert deflated_sharpe(np.array([0.01, 0.02]), 5) is None
    assert pbo(np.random.default_rng(3).normal(size=(100, 1))) is None
    assert pbo(np.random.default_rng(3).normal(size=(31, 5))) is None


def test_choosing_among_coin_flips_is_overfitting() -> None:
    rng = np.random.default_rng(4)
    found = [pbo(rng.normal(0.0, 0.01, (500, 40)), blocks=10) for _ in range(40)]
    # What one half says of pure noise nothing says of the other; each single grid wanders widely.
    assert 0.4 < float(np.mean([one for one in found if one is not None])) < 0.7


def test_a_truly_better_trial_is_no_overfitting() -> None:
    grid = np.random.default_rng(5).normal(0.0, 0.01, (1000, 20))
    grid[:, 7] += 0.003
    found = pbo(grid)
    assert found is not None and found < 0.01


def test_trials_that_are_all_the_same_rank_in_the_middle() -> None:
    one = np.random.default_rng(6).normal(0.0, 0.01, 400)
    assert pbo(np.column_stack([one, one, one])) == 1.0


def test_pbo_is_what_a_plain_loop_gives() -> None:
    grid = np.random.default_rng(7).normal(0.0, 0.01, (83, 5))
    parts = [grid[start:end] for start, end in itertools.pairwise([one * 83 // 6 for one in range(7)])]
    bad = []
    for half in itertools.combinations(range(6), 3):
        inside = np.concatenate([parts[one] for one in half])
        outside = np.concatenate([parts[one] for one in range(6) if one not in half])
        best = int((inside.mean(axis=0) / inside.std(axis=0)).argmax())
        ratios = outside.mean(axis=0) / outside.std(axis=0)
        relative = ((ratios < ratios[best]).sum() + 1) / 6
        bad.append(math.log(relative / (1 - relative)) <= 1e-12)
    assert pbo(grid, blocks=6) == pytest.approx(np.mean(bad))


def test_an_odd_number_of_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="even"):
        pbo(np.zeros((100, 3)), blocks=5)
