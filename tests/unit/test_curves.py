"""What reports draw of forecasts: bands that hold what they promise, bins and windows that lose no forecast."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from _rows import make_rows, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from stockml.evaluation import curves, metrics


def test_the_binomial_band_is_that_of_the_tables() -> None:
    # Binomial(20, 0.5): P(X <= 5) = 0.0207, P(X <= 6) = 0.0577, P(X <= 14) = 0.9793 (any table of the distribution).
    assert curves.binomial_band(20, 0.5) == (6 / 20, 14 / 20)
    # Binomial(100, 0.9): P(X <= 83) = 0.0206, P(X <= 84) = 0.0399, P(X <= 95) = 0.9763.
    assert curves.binomial_band(100, 0.9) == (84 / 100, 95 / 100)


@given(st.integers(1, 3000), st.floats(0.001, 0.999))
@settings(max_examples=60, deadline=None)
def test_a_binomial_band_holds_95_percent_and_its_mean(n: int, share: float) -> None:
    low, high = curves.binomial_band(n, share)
    counts = range(round(low * n), round(high * n) + 1)
    held = sum(math.exp(math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
                        + k * math.log(share) + (n - k) * math.log1p(-share)) for k in counts)  # fmt: skip
    assert 0.9499 <= held <= 1.0 + 1e-6 and low <= share + 1 / n and high >= share - 1 / n


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_certain_share_has_no_band(share: float) -> None:
    assert curves.binomial_band(10, share) == (share, share)


def test_every_forecast_is_in_one_bin_and_the_bins_are_in_order() -> None:
    made = make_rows(dates=300, symbols=4, seed=1)
    told = curves.reliability(made, made.probability_up)
    bins = told["bins"]
    assert len(bins) == 10 and sum(one["n"] for one in bins) == told["n"] == len(made)
    assert [one["said"] for one in bins] == sorted(one["said"] for one in bins)
    whole = sum(one["n"] * one["rose"] for one in bins) / len(made)
    assert whole == pytest.approx(float(made.up.mean()))


def test_one_probability_for_all_is_one_point_and_too_few_forecasts_are_none() -> None:
    made = make_rows(dates=100, symbols=2)
    (one,) = curves.reliability(made, np.full(len(made), 0.53))["bins"]
    assert one["n"] == 200 and one["said"] == pytest.approx(0.53)
    few = made.where(np.arange(24))
    told = curves.reliability(few, few.probability_up)
    assert told["bins"] == [] and told["n"] == 24 and 1.0 <= told["independent"] <= 24.0


def test_a_handful_of_rare_probabilities_makes_no_point_of_its_own() -> None:
    made = make_rows(dates=100, symbols=1)
    said = np.where(np.arange(100) < 3, 0.3, np.where(np.arange(100) < 98, 0.5, 0.9))
    assert [one["n"] for one in curves.reliability(made, said)["bins"]] == [100]


def test_the_windows_hold_every_session_once_and_their_coverage_is_the_whole() -> None:
    made = make_rows(dates=230, symbols=3)
    told = curves.coverage(made, 0.9)
    windows = told["windows"]
    assert len(windows) == 230 // 21 and sum(one["n"] for one in windows) == len(made)
    assert all(one["to"] < other["from"] for one, other in itertools.pairwise(windows))
    inside = metrics.covered(made.lo90, made.hi90, made.realised)
    assert sum(one["n"] * one["coverage"] for one in windows) / len(made) == pytest.approx(float(inside.mean()))
    assert len(curves.coverage(make_rows(dates=2100, symbols=1), 0.9)["windows"]) == 40


def test_fewer_than_21_sessions_are_no_window() -> None:
    assert curves.coverage(make_rows(dates=20, symbols=5), 0.9)["windows"] == []


def test_where_all_hit_nothing_is_known_of_how_they_hang_together() -> None:
    made = rows(np.zeros(120), 0.6, np.repeat(np.arange(60), 2), np.tile([0, 1], 60), horizon=5)
    told = curves.coverage(made, 0.9)
    assert told["independent"] == 60 / 5 and all(one["high"] == 1.0 for one in told["windows"])


def _clustered(seed: int, share: float = 0.9, symbols: int = 8, dates: int = 252):
    """Calibrated intervals of symbols whose returns share a market (correlation 0.5)."""
    rng = np.random.default_rng(seed)
    market = np.repeat(rng.normal(size=dates), symbols)
    realised = math.sqrt(0.5) * market + math.sqrt(0.5) * rng.normal(size=dates * symbols)
    end = 1.6448536 if share == 0.9 else 1.2815516
    bounds = {"lo90": -end, "hi90": end, "lo80": -1.2815516, "hi80": 1.2815516}
    session = np.repeat(np.arange(dates) + 17_532, symbols)
    said = np.tile(np.linspace(0.45, 0.55, symbols), dates)
    return rows(realised, said, session, np.tile(np.arange(symbols), dates), probability_up=said, **bounds)


def test_windows_of_a_sound_fleet_lie_outside_the_band_about_as_often_as_promised() -> None:
    told = [one for seed in range(24) for one in curves.coverage(_clustered(seed), 0.9)["windows"]]
    outside = sum(not one["within"] for one in told) / len(told)
    assert 0.01 <= outside <= 0.08, "5 % are promised; binomial of all rows would leave out more than a tenth"
    bands = [curves.binomial_band(one["n"], 0.9) for one in told]
    misled = sum(not low <= one["coverage"] <= high for one, (low, high) in zip(told, bands, strict=True))
    assert misled > 0.1 * len(told)


def test_points_of_calibrated_forecasts_lie_outside_their_bars_about_as_often_as_promised() -> None:
    rng = np.random.default_rng(5)
    told = []
    for _ in range(40):
        said = rng.uniform(0.4, 0.65, 400)
        realised = np.where(rng.random(400) < said, 0.01, -0.01)
        made = rows(realised, said, np.arange(400), probability_up=said)
        told += curves.reliability(made, said)["bins"]
    assert 0.01 <= sum(not one["within"] for one in told) / len(told) <= 0.08


def test_the_model_has_a_diagram_of_its_own_only_where_something_else_was_shown() -> None:
    made = make_rows(dates=60, symbols=4)
    assert curves.curves(made)["reliability"]["model"] is None
    shown = rows(made.realised, made.model_up, made.session, made.symbol_id, probability_up=0.52)
    assert curves.curves(shown)["reliability"]["model"]["n"] == len(made)


def test_no_forecast_at_all_is_an_empty_drawing() -> None:
    empty = make_rows(dates=30).where(np.empty(0, dtype=np.int64))
    told = curves.curves(empty)
    assert told["reliability"]["told"] == {"n": 0, "independent": 0.0, "bins": []}
    assert told["coverage"]["90"]["windows"] == []
