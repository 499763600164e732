"""The sequential tests: their arithmetic by hand, their error rates simulated, and what they say of few outcomes."""

from __future__ import annotations

import numpy as np
import pytest

from stockml.evidence import COVERAGE_BETS, DIRECTION_BETS
from stockml.monitor import sequential

SHARES = np.array(COVERAGE_BETS) / 0.9


def _inside(rate, shape, seed=1):
    return np.random.default_rng(seed).random(shape) < rate


def test_the_winnings_are_the_mean_likelihood_ratio_by_hand():
    outcomes = np.array([True, True, False])
    wanted = np.mean([(q / 0.9) ** 2 * (1 - q) / 0.1 for q in COVERAGE_BETS])
    assert sequential.winnings(outcomes, np.full(3, 0.9), SHARES)[-1] == pytest.approx(wanted, rel=1e-12)
    rates = np.array([0.5, 0.55, 0.6])  # the promise may change from one forecast to the next
    ratios = [
        (share * rates[0] / rates[0]) * share * (1 - share * rates[2]) / (1 - rates[2]) for share in DIRECTION_BETS
    ]
    found = sequential.winnings(outcomes, rates, np.array(DIRECTION_BETS))[-1]
    assert found == pytest.approx(np.mean(ratios), rel=1e-12)


@pytest.mark.parametrize("rate", [0.9, 0.95])
def test_a_bet_against_a_promise_that_is_kept_wins_nothing_on_average(rate):
    # Exact expectation over all 2^8 sequences of outcomes.
    every = (np.arange(256)[:, None] >> np.arange(8)) & 1
    weight = np.prod(np.where(every == 1, rate, 1 - rate), axis=1)
    worth = weight @ sequential.winnings(every.astype(float), np.full(8, 0.9), SHARES)[:, -1]
    assert worth == pytest.approx(1.0) if rate == 0.9 else worth < 1.0


def test_false_alarms_and_delays_are_those_measured():
    """1,260 outcomes at 20 to 1: 4 % false alarms, 0.80 found after 64 and 0.70 after 18 (medians, skill.md 4c)."""

    def first(rate):
        path = sequential.winnings(_inside(rate, (800, 1260)), np.full(1260, 0.9), SHARES)
        return np.where((path >= 20).any(axis=1), (path >= 20).argmax(axis=1) + 1, 9999)

    assert np.mean(first(0.90) < 9999) <= 0.055
    assert 50 <= np.median(first(0.80)) <= 78
    assert 12 <= np.median(first(0.70)) <= 24


def test_hits_are_watched_with_the_same_promise():
    """Against one half: 4 % false alarms in 1,260; 0.40 found after 142 outcomes, 0.30 after 33 (skill.md 4c)."""
    promised, shares = np.full(1260, 0.5), np.array(DIRECTION_BETS)

    def first(rate):
        path = sequential.winnings(_inside(rate, (800, 1260), 2), promised, shares)
        return np.where((path >= 20).any(axis=1), (path >= 20).argmax(axis=1) + 1, 9999)

    assert np.mean(first(0.50) < 9999) <= 0.055
    assert 115 <= np.median(first(0.40)) <= 175
    assert 22 <= np.median(first(0.30)) <= 45


def test_the_threshold_grows_with_the_symbols_and_an_alarm_stays():
    broken = np.concatenate([_inside(0.5, 60), np.ones(500, dtype=bool)])
    found = sequential.coverage(broken, 1, 13)
    assert found.threshold == 260.0 and found.verdict == "fires" and found.alarmed
    assert found.e_value < 260.0 <= found.highest  # it recovered, the alarm stands until the next deployment
    path = sequential.winnings(broken, np.full(560, 0.9), SHARES)
    assert found.alarmed_at == np.flatnonzero(path >= 260.0)[0]
    assert found.needed is None


def test_more_outcomes_never_move_an_earlier_alarm():
    inside = _inside(0.75, 400, 3)
    places = [sequential.coverage(inside[:n], 1, 13).alarmed_at for n in range(400)]
    first = next(place for place in places if place is not None)
    assert places[: first + 1] == [None] * (first + 1) and set(places[first + 1 :]) == {first}


def test_overlapping_outcomes_count_once_a_horizon():
    inside = _inside(0.7, 400, 4)
    found = sequential.coverage(inside, 5, 4)
    apart = sequential.coverage(inside[::5], 1, 4)
    assert found.n == 80 and found.e_value == apart.e_value
    assert found.alarmed_at == apart.alarmed_at * 5


def test_silence_means_something_only_after_enough_outcomes():
    fine = sequential.coverage(_inside(0.93, 400), 1, 13)
    assert fine.verdict == "holds" and fine.needed is None
    few = sequential.coverage(_inside(0.93, fine.telling_from - 1), 1, 13)
    assert few.verdict == "cannot_tell"
    assert 100 < fine.telling_from < 200  # a coverage of 0.80 is found after about 137 at 260 to 1


def test_needed_is_when_the_present_rate_would_fire():
    so_far = np.array([True, True, True, False] * 10)
    found = sequential.coverage(so_far, 1, 13)
    assert found.verdict == "cannot_tell" and found.needed is not None
    longer = np.concatenate([so_far, [True, True, True, False] * 200])
    assert sequential.coverage(longer, 1, 13).alarmed_at == pytest.approx(40 + found.needed, abs=4)


def test_without_outcomes_nothing_is_claimed():
    none = np.empty(0, dtype=bool)
    for found in (
        sequential.coverage(none, 1, 13), sequential.direction(none, np.empty(0), 5, 13),
        sequential.fleet_coverage(np.empty((0, 0)), 1), sequential.fleet_coverage(np.full((3, 9), np.nan), 1),
    ):  # fmt: skip
        assert (found.n, found.rate, found.verdict, found.alarmed_at) == (0, None, "cannot_tell", None)
        assert found.e_value == found.highest == 1.0


def test_a_symbols_alarm_is_an_alarm_of_its_fleet():
    inside = _inside(0.9, (13, 300)).astype(float)
    inside[4] = _inside(0.6, 300, 5)
    alone, together = sequential.coverage(inside[4], 1, 13), sequential.fleet_coverage(inside, 1)
    assert alone.alarmed_at is not None and together.threshold == 20.0
    assert together.alarmed_at <= alone.alarmed_at


def test_a_gap_changes_nothing_and_is_not_counted():
    inside = _inside(0.8, 200, 6).astype(float)
    gaps = np.full(250, np.nan)
    gaps[np.sort(np.random.default_rng(7).permutation(250)[:200])] = inside
    found, whole = sequential.fleet_coverage(gaps[None], 1), sequential.fleet_coverage(inside[None], 1)
    assert (found.n, found.e_value) == (200, pytest.approx(whole.e_value))


def test_misses_that_all_symbols_share_do_not_break_the_fleets_error_rate():
    """The same outcomes for all 13 symbols: the worst dependence between symbols there is."""
    rng = np.random.default_rng(8)
    fired = [
        sequential.fleet_coverage(np.repeat(rng.random((1, 1260)) < 0.9, 13, axis=0), 1).alarmed for _ in range(150)
    ]
    assert np.mean(fired) <= 0.08  # 5 % and two standard errors of 150
