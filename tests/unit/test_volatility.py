"""Volatility: the EWMA against a plain loop, the HAR correction against planted coefficients."""

from __future__ import annotations

import _fleet
import numpy as np
import pytest

from stockml.features import market
from stockml.models import volatility
from stockml.models.volatility import EWMA_SPAN, FLOOR, HAR_INPUTS, RATIO_LIMITS


def test_the_ewma_variance_is_a_plain_loop_started_with_the_mean_of_32_squares() -> None:
    one = _fleet.series(_fleet.fleet(count=300))["AAA"]
    squares = np.log(one.close[1:] / one.close[:-1]) ** 2
    wanted = [np.nan] * EWMA_SPAN + [squares[:EWMA_SPAN].mean()]
    for square in squares[EWMA_SPAN:]:
        wanted.append(wanted[-1] + 2 / 33 * (square - wanted[-1]))
    assert volatility.ewma(one) == pytest.approx(wanted, rel=1e-12, nan_ok=True)


def test_a_flat_price_has_the_floor_as_variance() -> None:
    from dataclasses import replace

    one = _fleet.series(_fleet.fleet(count=100, symbols=("AAA", "BBB")))["AAA"]
    assert (volatility.ewma(replace(one, close=np.ones(100)))[EWMA_SPAN:] == FLOOR).all()


@pytest.mark.parametrize("cut", [300, 301, 555, 899])
def test_inputs_and_ratio_of_a_prefix_are_the_prefix_of_the_whole(cut: int) -> None:
    bars = _fleet.fleet(count=900, symbols=("AAA", "BBB"))
    day = int(bars["AAA"].session[cut])
    coefficients = np.random.default_rng(0).normal(0.2, 0.1, len(HAR_INPUTS)).tolist()
    found = []
    for through in (None, day):
        fleet = tuple(_fleet.series(bars, through).values())
        variance = volatility.ewma(fleet[0])
        columns = volatility.har_inputs(fleet[0], variance, market.context(fleet, None))
        found.append(
            (variance[: cut + 1], columns[:, : cut + 1], volatility.har_ratio(columns, coefficients)[: cut + 1])
        )
    for whole, short in zip(*found, strict=True):
        assert _fleet.same_bits(whole, short)


def test_planted_coefficients_are_recovered() -> None:
    """50,000 rows, noise of 0.1: the weighted standard error is below 0.005 and the ridge costs below 0.03."""
    rng = np.random.default_rng(4)
    x = rng.gamma(2.0, 0.5, (len(HAR_INPUTS), 50_000))
    x[0] = 1.0
    planted = np.array([0.4, 0.05, 0.1, 0.2, 0.1, 0.05, 0.1, 0.0, 0.05, -0.05])
    found = volatility.fit_har([x], [planted @ x + rng.normal(0.0, 0.1, 50_000)])
    assert found == pytest.approx(planted.tolist(), abs=0.03)


def test_rows_with_a_gap_are_left_out_and_too_few_rows_fit_nothing() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.gamma(2.0, 0.5, (len(HAR_INPUTS), 400)), rng.gamma(2.0, 0.5, 400)
    gaps = np.concatenate([x, np.full((len(HAR_INPUTS), 50), np.nan)], axis=1)
    assert volatility.fit_har([gaps], [np.concatenate([y, np.ones(50)])]) == volatility.fit_har([x], [y])
    assert volatility.fit_har([x[:, :199]], [y[:199]]) is None
    assert volatility.fit_har([], []) is None


def test_the_ratio_of_one_row_has_the_bits_of_many_and_stays_within_its_limits() -> None:
    rng = np.random.default_rng(6)
    x, coefficients = rng.normal(size=(len(HAR_INPUTS), 50)) * 3, rng.normal(size=len(HAR_INPUTS)).tolist()
    many = volatility.har_ratio(x, coefficients)
    assert [volatility.har_ratio(x[:, [i]], coefficients)[0] for i in range(50)] == many.tolist()
    assert many.min() >= RATIO_LIMITS[0] and many.max() <= RATIO_LIMITS[1]


def test_the_target_is_the_mean_coming_square_over_the_variance() -> None:
    one = _fleet.series(_fleet.fleet(count=300, symbols=("AAA", "BBB")))["AAA"]
    variance, square = volatility.ewma(one), volatility.squares(one)
    found = volatility.har_target(one, variance, 5)
    for t in (40, 100, 294):
        assert found[t] == pytest.approx(min(square[t + 1 : t + 6].mean() / variance[t], volatility.TARGET_LIMIT))
    assert np.isnan(found[295:]).all()
