"""The calibration error, and what a calibrated forecaster shows of it, by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from stockml.evaluation import calibration, significance


def test_calibration_error_by_hand():
    confidence = np.array([0.52, 0.54, 0.72, 0.74, 1.0])
    hit = np.array([True, False, True, True, True])
    # Bins [.50, .55): 1 hit against 1.06; [.70, .75): 2 against 1.46; [.95, 1]: 1 against 1.
    assert calibration.calibration_error(confidence, hit) == pytest.approx((0.06 + 0.54 + 0.0) / 5)


@pytest.mark.parametrize("n", [1, 30, 400, 5000])
def test_calibration_noise_is_what_a_calibrated_forecaster_shows(n):
    rng = np.random.default_rng(n)
    confidence = rng.uniform(0.5, 0.8, n)
    shown = [calibration.calibration_error(confidence, rng.random(n) < confidence) for _ in range(2000)]
    assert calibration.calibration_noise(confidence) == pytest.approx(np.mean(shown), rel=0.05)


def test_certainty_has_no_calibration_noise():
    assert calibration.calibration_noise(np.ones(10)) == 0.0


@pytest.mark.parametrize("n", [60, 1000])
def test_the_noise_of_one_in_twenty_is_what_a_calibrated_forecaster_exceeds_so_often(n):
    rng = np.random.default_rng(n)
    confidence = rng.uniform(0.5, 0.8, n)
    shown = [calibration.calibration_error(confidence, rng.random(n) < confidence) for _ in range(2000)]
    found = calibration.calibration_noise_high(confidence, n)
    assert found == pytest.approx(np.quantile(shown, 0.95), rel=0.06)
    assert found == calibration.calibration_noise_high(confidence, n)  # seeded


def test_fewer_independent_rows_make_more_noise():
    confidence = np.random.default_rng(1).uniform(0.5, 0.6, 4000)
    whole, quarter = (calibration.calibration_noise_high(confidence, worth) for worth in (4000, 1000))
    assert quarter == pytest.approx(2 * whole, rel=0.1)
    assert calibration.calibration_noise_high(confidence, 9e9) == whole


def test_independent_rows_by_hand():
    # A share of one half with a standard error of 0.05 is that of 0.25 / 0.0025 = 100 coin flips.
    half = 1.959963984540054 * 0.05
    assert calibration.independent_rows(500, 1000, (0.5 - half, 0.5 + half)) == pytest.approx(100)
    assert calibration.independent_rows(50, 100, (0.5 - half / 9, 0.5 + half / 9)) == 100
    assert calibration.independent_rows(0, 100, (0.0, 1.0)) == 1.0


def _rejected(draws, dates=400, symbols=8, horizon=5):
    """Shares of calibrated pools called worse, with rows counted as independent and as what they are worth."""
    wrong = np.zeros(2)
    for seed in range(draws):
        rng = np.random.default_rng(seed)
        long = dates + horizon - 1
        shocks = np.sqrt(0.4) * rng.normal(size=(long, 1)) + np.sqrt(0.6) * rng.normal(size=(long, symbols))
        overlapping = sum(shocks[k : dates + k] for k in range(horizon)) / np.sqrt(horizon)
        chance = np.clip(0.54 + 0.03 * rng.normal(size=(dates, symbols)), 0.2, 0.8)
        hit = ((chance > 0.5) == (overlapping < norm.ppf(chance))).ravel()
        confidence = np.maximum(chance, 1 - chance).ravel()
        (span,) = significance.share_intervals(hit[:, None], np.repeat(np.arange(dates), symbols), horizon)
        error = calibration.calibration_error(confidence, hit)
        for k, worth in enumerate((len(hit), calibration.independent_rows(int(hit.sum()), len(hit), span))):
            high = calibration.calibration_noise_high(confidence, worth)
            wrong[k] += calibration.verdict(error, high, len(hit)) == "worse"
    return wrong / draws


def test_calibrated_pools_of_overlapping_forecasts_are_rarely_called_worse():
    unaware, aware = _rejected(100)
    assert unaware > 0.25  # simulated: about one half
    assert aware <= 0.12  # 5 in 100 meant; 13 or more have a chance below one in a thousand


@pytest.mark.parametrize(
    ("error", "high", "n", "word"),
    [
        (0.02, 0.03, 250, "no_edge"), (0.03, 0.03, 250, "no_edge"), (0.031, 0.03, 250, "worse"),
        (0.5, 0.03, 249, "cannot_tell"), (None, None, 0, "cannot_tell"),
    ],
)  # fmt: skip
def test_verdict(error, high, n, word):
    assert calibration.verdict(error, high, n) == word


def test_no_rows_no_figure():
    none = np.empty(0)
    assert calibration.calibration_error(none, none) is calibration.calibration_noise(none) is None
    assert calibration.calibration_noise_high(none, 5.0) is None
