"""Drift and trend are information: right against scipy and numpy, and silent on few values."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stockml.monitor import drift, trend


def _normal(n, mean=0.0, seed=1):
    return np.random.default_rng(seed).normal(mean, 1.0, n)


def test_the_wasserstein_distance_is_scipys():
    one, other = np.sort(_normal(700)), np.sort(_normal(150, 0.4, 2))
    assert drift.wasserstein(one, other) == pytest.approx(stats.wasserstein_distance(one, other), rel=1e-10)


def test_the_stability_index_is_its_formula_over_deciles():
    old, new = np.sort(_normal(2000)), np.sort(_normal(400, 0.5, 2))
    edges = old[(np.arange(1, 10) * 2000) // 10]
    counts = [np.histogram(one, np.concatenate([[-np.inf], edges, [np.inf]]))[0] + 0.5 for one in (old, new)]
    r, a = (one / one.sum() for one in counts)
    index, noise = drift.stability(old, new)
    assert index == pytest.approx(np.sum((a - r) * np.log(a / r)), rel=1e-12)
    assert noise == pytest.approx(9 * (1 / 2000 + 1 / 400))


def test_equal_samples_show_the_noise_and_are_rarely_flagged():
    found = [drift.drift("x", _normal(2000, seed=k), _normal(100, seed=1000 + k)) for k in range(300)]
    assert np.mean([one.psi for one in found]) == pytest.approx(found[0].psi_noise, rel=0.1)
    assert np.mean([one.band != "steady" for one in found]) <= 0.05


@pytest.mark.parametrize(("shift", "band"), [(0.0, "steady"), (0.5, "moved"), (2.0, "far")])
def test_the_bands(shift, band):
    assert drift.drift("x", _normal(5000), _normal(1000, shift, 2)).band == band


def test_small_samples_never_flag():
    far = np.full(99, 50.0)
    for found in (
        drift.drift("x", _normal(5000), far), drift.drift("x", _normal(499), np.full(1000, 50.0)),
        drift.drift("x", np.zeros(5000), np.full(1000, 50.0)),
        drift.drift("x", _normal(5000), np.concatenate([far, np.full(500, np.nan)])),
    ):  # fmt: skip
        assert (found.band, found.psi, found.wasserstein) == ("too_few", None, None)


def test_the_farthest_comes_first_and_the_unknown_last():
    old = np.vstack([_normal(2000, seed=k) for k in range(3)])
    new = np.vstack([np.full(300, np.nan), _normal(300, 0.1, 8), _normal(300, 1.5, 9)])
    assert [one.name for one in drift.drifts(("a", "b", "c"), old, new)] == ["c", "b", "a"]


def test_a_slope_is_least_squares_and_of_the_right_size():
    dates, shares = np.arange(500), np.linspace(0.65, 0.35, 500)
    hits = np.random.default_rng(1).random(500) < shares
    found = trend.trend(hits, dates, 1)
    assert found.slope == pytest.approx(21 * np.polyfit(dates, hits.astype(float), 1)[0], rel=1e-9)
    assert found.low < 21 * (shares[1] - shares[0]) < found.high < 0.0


def test_a_trend_that_is_none_is_seldom_called_one():
    rng = np.random.default_rng(2)
    t = [trend.trend(rng.random(250) < 0.5, np.arange(250), 1).t for _ in range(400)]
    assert np.mean(np.abs(t) > 1.96) <= 0.11  # 5 % asymptotically; Bartlett weights give 7 to 8 % on 250 dates


def test_rolling_shares_pool_the_symbols_of_a_date():
    session = np.repeat(np.arange(50), 2)
    hits = np.arange(100) % 4 != 0
    found = trend.trend(hits, session, 1, window=10)
    assert len(found.rolling) == 41 and found.rolling[0] == pytest.approx(hits[:20].mean())
    assert found.slope is None and found.dates == 50


def test_nothing_has_no_trend():
    assert trend.trend(np.empty(0, dtype=bool), np.empty(0, dtype=np.int32), 1).rolling == ()
