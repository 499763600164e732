"""Scores agree with scikit-learn, with numbers worked out by hand, and with numpy's quantiles."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    mean_absolute_percentage_error,
    mean_pinball_loss,
    roc_auc_score,
)

from stockml.errors import DataError
from stockml.evaluation import metrics
from stockml.evaluation.naive import expanding_quantiles


@pytest.fixture
def forecasts():
    rng = np.random.default_rng(3)
    probability = np.round(rng.uniform(0.3, 0.7, 4000), 2)  # rounded, so that many are tied
    return probability, rng.random(4000) < probability


def test_auc_with_ties_is_that_of_scikit_learn(forecasts):
    probability, up = forecasts
    assert metrics.auc(probability, up) == pytest.approx(roc_auc_score(up, probability), abs=1e-12)


def test_auc_counts_pairs_by_hand():
    # Positives .6 .4, negatives .4 .1: three pairs won, one tied.
    assert metrics.auc(np.array([0.6, 0.4, 0.4, 0.1]), np.array([True, True, False, False])) == 3.5 / 4


@pytest.mark.parametrize("outcomes", [[True, True], [False], []])
def test_auc_of_one_class_does_not_exist(outcomes):
    assert metrics.auc(np.full(len(outcomes), 0.5), np.array(outcomes, dtype=bool)) is None


def test_brier_and_accuracy_are_those_of_scikit_learn(forecasts):
    probability, up = forecasts
    brier = metrics.mean(metrics.brier_losses(probability, up))
    assert brier == pytest.approx(brier_score_loss(up, probability), abs=1e-12)
    assert metrics.accuracy(probability > 0.5, up) == pytest.approx(accuracy_score(up, probability > 0.5))


def test_skill_is_zero_for_the_naive_forecast_and_missing_without_one():
    assert metrics.skill(0.25, 0.25) == 0.0
    assert metrics.skill(0.2, 0.25) == pytest.approx(0.2)
    assert metrics.skill(0.2, 0.0) is None
    assert metrics.skill(None, 0.25) is None


def test_price_error_is_relative_to_the_realised_price():
    # Last close 100, forecast 102, then 104: 2 / 104. The naive forecast misses by 4 / 104.
    forecast, realised = np.log([1.02]), np.log([1.04])
    assert metrics.price_losses(forecast, realised)[0] == pytest.approx(2 / 104)
    assert metrics.price_losses(np.zeros(1), realised)[0] == pytest.approx(4 / 104)


def test_price_error_is_the_mape_of_scikit_learn():
    forecast, realised = np.random.default_rng(4).normal(0.0, 0.03, (2, 500))
    expected = mean_absolute_percentage_error(70 * np.exp(realised), 70 * np.exp(forecast))
    assert metrics.mean(metrics.price_losses(forecast, realised)) == pytest.approx(expected, rel=1e-12)


def test_winkler_by_hand():
    lower, upper = np.full(3, -0.02), np.full(3, 0.03)
    realised = np.array([0.0, -0.05, 0.04])
    # Width .05; below by .03 and above by .01, each times 2 / .1 at 90 %, times 2 / .2 at 80 %.
    assert metrics.winkler_losses(lower, upper, realised, 0.9) == pytest.approx([0.05, 0.65, 0.25])
    assert metrics.winkler_losses(lower, upper, realised, 0.8) == pytest.approx([0.05, 0.35, 0.15])


def test_winkler_is_the_sum_of_both_bounds_pinball_losses():
    rng = np.random.default_rng(1)
    realised, lower, upper = rng.normal(size=200), np.full(200, -1.0), np.full(200, 1.5)
    both = metrics.pinball_losses(lower, realised, 0.05) + metrics.pinball_losses(upper, realised, 0.95)
    assert metrics.winkler_losses(lower, upper, realised, 0.9) == pytest.approx(both * 2 / 0.1)


def test_pinball_is_that_of_scikit_learn():
    rng = np.random.default_rng(2)
    realised, quantile = rng.normal(size=500), rng.normal(size=500)
    expected = mean_pinball_loss(realised, quantile, alpha=0.2)
    assert metrics.pinball_losses(quantile, realised, 0.2).mean() == pytest.approx(expected)


def test_bounds_belong_to_the_interval():
    inside = metrics.covered(np.zeros(4), np.ones(4), np.array([0.0, 1.0, -0.1, 1.1]))
    assert inside.tolist() == [True, True, False, False]


def test_ranked_probability_score_by_hand():
    probabilities = np.array([[0.1, 0.2, 0.4, 0.2, 0.1], [1.0, 0.0, 0.0, 0.0, 0.0]])
    # Cumulated .1 .3 .7 .9 against outcome 3 (0 0 0 1): .01 + .09 + .49 + .01.
    # Certain of 0, outcome 4: off by one in all four places.
    losses = metrics.ranked_probability_losses(probabilities, np.array([3, 4]))
    assert losses == pytest.approx([0.6, 4.0])


def test_ranked_probability_score_of_the_right_certainty_is_zero():
    assert metrics.ranked_probability_losses(np.eye(5), np.arange(5)).tolist() == [0.0] * 5


def test_no_rows_no_figure():
    assert metrics.mean(np.empty(0)) is None


def _simple(returns, levels, wanted, minimum):
    return np.array([
        np.quantile(returns[: t + 1][np.isfinite(returns[: t + 1])], levels)
        if t + 1 >= minimum else np.full(len(levels), np.nan)
        for t in wanted
    ])  # fmt: skip


@pytest.mark.parametrize("horizon", [1, 5])
def test_expanding_quantiles_are_numpys(horizon):
    rng = np.random.default_rng(5)
    close = np.exp(np.cumsum(rng.standard_t(3, 3000) * 0.01))
    returns = np.full(3000, np.nan)
    returns[horizon:] = np.log(close[horizon:] / close[:-horizon])
    wanted, levels = rng.permutation(np.arange(900, 3000, 3)), (0.05, 0.1, 0.9, 0.95)
    found = expanding_quantiles(returns, levels, horizon, wanted)
    np.testing.assert_allclose(found, _simple(returns, levels, wanted, 1000), rtol=0, atol=1e-12)


@given(
    st.lists(st.floats(-1, 1) | st.just(math.nan), min_size=3, max_size=30),
    st.lists(st.floats(0, 1), min_size=1, max_size=3),
    st.lists(st.integers(0, 29), max_size=6),
)
def test_expanding_quantiles_of_any_history(history, levels, origins):
    returns = np.array([math.nan, 0.5, *history])
    wanted = np.array([origin % len(returns) for origin in origins], dtype=np.int64)
    found = expanding_quantiles(returns, levels, 1, wanted, minimum=2)
    expected = _simple(returns, levels, wanted, 2) if len(wanted) else np.empty((0, len(levels)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_expanding_quantiles_do_not_know_the_future():
    rng = np.random.default_rng(6)
    returns = rng.normal(size=1500)
    changed = returns.copy()
    changed[1201:] = 9.0
    before = expanding_quantiles(returns, (0.1, 0.9), 5, np.array([1100, 1200]))
    assert np.array_equal(before, expanding_quantiles(changed, (0.1, 0.9), 5, np.array([1100, 1200])))


def test_returns_that_began_before_the_history_are_left_out():
    returns = np.array([9.0, 9.0, 1.0, 2.0, 3.0])
    found = expanding_quantiles(returns, (1.0,), 2, np.array([1, 2, 4]), minimum=1)
    np.testing.assert_array_equal(found[:, 0], [np.nan, 1.0, 3.0])


def test_expanding_quantiles_begin_at_the_minimum():
    found = expanding_quantiles(np.zeros(1200), (0.5,), 1, np.array([998, 999]))
    assert np.isnan(found[0, 0])
    assert found[1, 0] == 0.0


@pytest.mark.parametrize(("levels", "wanted"), [((0.5,), [10]), ((0.5,), [-1]), ((1.5,), [3])])
def test_expanding_quantiles_refuse_what_cannot_be(levels, wanted):
    with pytest.raises(DataError):
        expanding_quantiles(np.zeros(10), levels, 1, np.array(wanted))
