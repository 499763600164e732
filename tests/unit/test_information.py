"""Information coefficients are scipy's correlations by date, and exist only where forecasts order symbols."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stockml.evaluation import information, ranks, significance


def _panel(seed=1, dates=300, symbols=7, edge=0.1):
    rng = np.random.default_rng(seed)
    session = np.repeat(np.arange(dates), symbols)
    forecast = np.round(rng.normal(size=len(session)), 1)  # rounded, so that some are tied
    realised = edge * forecast + rng.normal(size=len(session))
    order = rng.permutation(len(session))
    return forecast[order], realised[order], session[order]


def _found(forecast, realised, session, horizon=1):
    return information.coefficients(forecast, realised, significance.dates_of(session), horizon)


def test_both_are_the_mean_of_scipys_correlations_by_date():
    forecast, realised, session = _panel()
    days = [session == day for day in np.unique(session)]
    pearson = np.mean([stats.pearsonr(forecast[day], realised[day]).statistic for day in days])
    spearman = np.mean([stats.spearmanr(forecast[day], realised[day]).statistic for day in days])
    by_value, by_rank = _found(forecast, realised, session)
    assert by_value.mean == pytest.approx(pearson, abs=1e-12)
    assert by_rank.mean == pytest.approx(spearman, abs=1e-12)
    assert by_value.dates == by_rank.dates == 300


@pytest.mark.parametrize("horizon", [1, 5])
def test_t_and_interval_are_those_of_the_mean_over_dates(horizon):
    forecast, realised, session = _panel()
    values = np.array([
        stats.pearsonr(forecast[session == day], realised[session == day]).statistic for day in np.unique(session)
    ])  # fmt: skip
    test, span = significance.mean_test(values, horizon)
    found = _found(forecast, realised, session, horizon)[0]
    assert found.t == pytest.approx(test.t)
    assert (found.low, found.high) == pytest.approx(span)
    assert found.low < found.mean < found.high


def test_an_edge_in_order_takes_as_many_dates_as_one_in_direction():
    soon, late = (_found(*_panel(dates=dates))[1] for dates in (499, 500))
    assert soon.t > 2.33 and late.t > 2.33
    assert (soon.verdict, late.verdict) == ("cannot_tell", "better")


def test_a_base_rate_has_no_coefficient():
    forecast, realised, session = _panel()
    assert _found(np.full(len(forecast), 0.1 + 0.2), realised, session) == (information.NO_COEFFICIENT,) * 2
    # A rate of its own for each date is constant across symbols as well.
    assert _found(0.1 + session / 997, realised, session)[0].dates == 0


def test_dates_with_few_symbols_or_constant_forecasts_are_left_out():
    forecast, realised, session = _panel(dates=10, symbols=4)
    forecast[session == 3] = 0.3
    kept = ~((session == 5) & (np.cumsum(session == 5) == 1))  # one of the four symbols of date 5 is missing
    assert _found(forecast[kept], realised[kept], session[kept])[0].dates == 8


def test_a_few_dates_have_a_mean_but_no_interval():
    found = _found(*_panel(dates=30))[0]
    assert found.mean is not None and found.t is not None
    assert (found.low, found.high, found.verdict) == (None, None, "cannot_tell")


def test_three_symbols_have_no_cross_section():
    assert _found(*_panel(symbols=3))[1] == information.NO_COEFFICIENT


def test_mid_ranks_are_scipys_but_for_a_constant_by_group():
    rng = np.random.default_rng(2)
    values, group = rng.integers(0, 5, 200).astype(float), rng.integers(0, 6, 200)
    found = ranks.mid_ranks(values, group)
    for one in range(6):
        shift = found[group == one] - stats.rankdata(values[group == one])
        assert np.ptp(shift) == 0.0
