"""The adapters of the skill report: they must give the product's own numbers where the product has them."""

from __future__ import annotations

import functools
import sys
from dataclasses import replace
from pathlib import Path

import _fleet
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import _calibration
import _learners
import _quantile_methods
import _skill_intervals
import _skill_range
import _walked
from _walked import Walked

from stockml.models import shrinkage

PLACE = {"lo90": 0, "lo80": 1, "hi80": -2, "hi90": -1}


@functools.cache
def walked() -> Walked:
    """Four synthetic symbols walked over their last sessions with fits of ten rounds."""
    plan = _fleet.plan("pooled")
    inputs = _fleet.build(_fleet.fleet(), plan)
    first, last = (str(inputs.sessions[place].astype("datetime64[D]")) for place in (900, -1))
    return _walked.walk("test", replace(plan, refit_sessions=60), inputs, first, last)


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("end", sorted(PLACE))
def test_the_quantiles_of_the_product_are_the_ends_it_publishes(horizon: int, end: str) -> None:
    quantiles = _walked.gathered(walked(), horizon, lambda piece: _quantile_methods.product(walked(), horizon, piece))
    assert np.array_equal(quantiles[:, PLACE[end]], getattr(walked().rows[horizon], end))


@pytest.mark.parametrize("name", sorted(_quantile_methods.METHODS))
def test_quantiles_rise_with_their_level(name: str) -> None:
    quantiles = _quantile_methods.all_methods(walked(), 5)[name]
    known = np.isfinite(quantiles[:, 0])
    assert (np.diff(quantiles[known], axis=1) >= 0).all()


def test_rolling_quantiles_are_those_of_the_returns_known_by_then() -> None:
    piece = next(one for one in walked().pieces[5] if len(one.rows) > 3)
    close, origin = walked().inputs.fleet[piece.index].close, int(piece.rows[3])
    seen = np.log(close[origin - 249 : origin + 1] / close[origin - 254 : origin - 4])
    made = _quantile_methods.rolling(250)(walked(), 5, piece)[3]
    assert np.allclose(made, np.quantile(seen, _quantile_methods.LEVELS), rtol=1e-12)


def test_the_ensemble_shrunk_by_the_stored_k_is_the_products_probability() -> None:
    learner, rows = _learners.ensemble(walked()), walked().rows[1]
    own = {piece.cut: piece.model.of(1) for piece in walked().pieces[1]}

    def shrunk(piece: _walked.Piece) -> np.ndarray:
        fit = own[piece.cut]
        odds = learner.odds(walked(), 1, piece, fit["base_rate"])
        return shrinkage.shrink(odds, fit["base_rate"], fit["k"])

    assert np.allclose(_walked.gathered(walked(), 1, shrunk), rows.model_up, rtol=1e-12)


def test_calibration_rests_on_the_rows_that_the_product_fits_its_shrinkage_on() -> None:
    made = _calibration.calibrated(walked(), _learners.ensemble(walked()), 1)  # raises if the k differ
    assert set(made) == {"raw", "Platt", "temperature", "isotonic", "shrink"}
    assert all(((one >= 0) & (one <= 1)).all() and len(one) == len(walked().rows[1]) for one in made.values())


def test_calibrations_undo_log_odds_that_claim_twice_too_much() -> None:
    rng = np.random.default_rng(1)
    odds = rng.normal(0.0, 1.0, 20_000)
    up = rng.random(20_000) < _calibration.logistic(odds)
    for method in _calibration.METHODS.values():
        made = method(2.0 * odds, up)(2.0 * np.array([-1.0, 0.0, 1.0]))
        assert np.allclose(made, _calibration.logistic(np.array([-1.0, 0.0, 1.0])), atol=0.05)


def test_narrowed_inputs_hold_the_first_symbols_only() -> None:
    few = _learners.narrowed(walked().inputs, 2)
    assert few.symbols == walked().inputs.symbols[:2] and len(few.blocks) == len(few.fleet) == len(few.place) == 2


def test_a_forecast_of_the_median_alone_has_the_pinball_of_half_the_absolute_error() -> None:
    rows = walked().rows[1]
    flat = np.zeros((len(rows), len(_quantile_methods.LEVELS)))
    expected = 0.5 * np.abs(rows.realised)  # mean over levels symmetric about one half
    assert np.allclose(_skill_intervals.pinball(flat, rows), expected)


def test_a_trailing_mean_leaves_out_missing_days_and_needs_half_of_them() -> None:
    values = np.array([1.0, np.nan, 3.0, np.nan, np.nan, np.nan, 5.0])
    made = _skill_range.trailing_mean(values, 4)
    assert np.allclose(made, [np.nan, np.nan, np.nan, 2.0, np.nan, np.nan, np.nan], equal_nan=True)
