"""The test of a new champion against the one before: false rollbacks stay below 5 %, broken ones are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from stockml.evaluation.replacement import Pairs, _winkler, judge

SYMBOLS, SESSIONS = 13, 40


def fleet(seed: int, *, width: float = 1.0, noise: float = 0.0, wobble: float = 0.06) -> dict[int, Pairs]:
    """Two models of a simulated fleet: fat tails, common days, clustered volatility, each with errors of its own.

    The new one's intervals are `width` times as wide as they should be; `noise` is put on its probabilities of up.
    """
    rng = np.random.default_rng(seed)
    days = SESSIONS + 5
    common = rng.standard_t(4, (days, 1)) / np.sqrt(2)
    volatility = 0.015 * np.exp(0.5 * np.cumsum(rng.normal(0, 0.06, (days, 1)), axis=0))
    returns = volatility * (0.6 * common + 0.8 * rng.standard_t(4, (days, SYMBOLS)) / np.sqrt(2))
    return {h: _pairs(rng, returns, volatility, h, width, noise, wobble) for h in (1, 5)}


def _pairs(
    rng: Any, returns: Any, volatility: Any, horizon: int, width: float, noise: float, wobble: float
) -> Pairs:
    count = len(returns) - horizon
    realised = np.array([returns[t + 1 : t + 1 + horizon].sum(axis=0) for t in range(count)])
    half = 1.55 * np.sqrt(horizon) * volatility[:count]

    def error() -> Any:
        return np.exp(rng.normal(0, wobble, (1, SYMBOLS)) + rng.normal(0, wobble / 2, (count, SYMBOLS)))

    new, old = half * error() * width, half * error()
    ups = [0.53 + rng.normal(0, 0.005, (1, SYMBOLS)) * np.ones((count, 1)) for _ in range(2)]
    ups[0] = np.clip(ups[0] + rng.normal(0, noise, (count, SYMBOLS)), 0.02, 0.98)
    day = np.repeat(np.arange(count), SYMBOLS)
    return Pairs(day, *(one.ravel() for one in (realised, *ups, -new, new, -old, old)))


def rate(count: int, **kinds: float) -> float:
    return sum(judge(fleet(seed, **kinds)).worse for seed in range(count)) / count


@pytest.mark.parametrize("kinds", [{}, {"wobble": 0.15}, {"width": 1.1}])
def test_a_champion_that_is_no_worse_goes_back_in_less_than_one_of_twenty_cases(kinds: dict[str, float]) -> None:
    # Ville's inequality and Bonferroni over four bets: 5 % at most. Measured over 400 fleets: 0 %.
    assert rate(100, **kinds) <= 0.05


def test_a_broken_champion_is_found_within_its_sessions() -> None:
    # Measured over 100 fleets and 40 sessions: 100 % at 0.4 of the width, 75 % at 0.6, 98 % of overfitted directions.
    assert rate(40, width=0.4) >= 0.95
    assert rate(40, width=0.6) >= 0.5
    assert rate(40, noise=0.25) >= 0.9


def test_equal_forecasts_bet_nothing_and_none_are_no_verdict() -> None:
    one = fleet(1)[1]
    same = one._replace(new_up=one.old_up, new_low=one.old_low, new_high=one.old_high)
    found = judge({1: same})
    assert not found.worse and found.odds == pytest.approx(0.5) and found.loss == pytest.approx(1.0)
    assert judge({}) == (False, 0.0, "", 0, 0, None)


def test_four_sessions_are_never_enough() -> None:
    whole = fleet(3, width=0.05)[1]
    few = Pairs(*(column[: 4 * SYMBOLS] for column in whole))
    assert judge({1: few}).odds == 0.0 and judge({1: whole}).worse


@pytest.mark.parametrize("seed", range(5))
def test_no_outcome_lets_the_stake_owe(seed: int) -> None:
    """The bound of the Winkler difference, against a fine grid of outcomes."""
    rng = np.random.default_rng(seed)
    new, old = (np.sort(rng.normal(0, 1, 2)) for _ in range(2))
    realised = np.linspace(-9, 9, 4001)
    full = np.ones_like(realised)
    ends = [end * full for end in (*new, *old)]
    losses = _winkler(Pairs(np.arange(4001), realised, 0.5 * full, 0.5 * full, *ends))
    assert (losses.new - losses.old >= losses.least - 1e-9).all()
