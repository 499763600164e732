"""The long/flat back-test: costs and drawdown by hand, buy and hold beside it, no skill where there is none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from _rows import rows

from stockml.evaluation.backtest import backtest, sharpe_interval

FIRST = 17_532


def test_costs_are_paid_when_a_position_opens_or_closes() -> None:
    # One symbol, four sessions, in, in, out, in, at 100 basis points: by hand 1.10 - 0.01, 1.20, 1 - 0.01, 0.90 - 0.01.
    simple = np.array([0.10, 0.20, 0.30, -0.10])
    found = backtest(rows(np.log1p(simple), [0.6, 0.7, 0.5, 0.51], FIRST + np.arange(4)), 1, 100.0)
    assert found is not None
    assert (found["turnover"], found["invested"]) == (pytest.approx(3 / 4), pytest.approx(3 / 4))
    wealth = 1.09 * 1.20 * 0.99 * 0.89
    assert found["annual_return"] == pytest.approx(wealth ** (252 / 4) - 1)
    assert found["max_drawdown"] == pytest.approx(1 - 0.99 * 0.89)
    held = found["buy_and_hold"]
    assert held["turnover"] == pytest.approx(1 / 4) and held["invested"] == 1.0
    assert held["annual_return"] == pytest.approx((1.09 * 1.20 * 1.30 * 0.90) ** (252 / 4) - 1)
    assert found["excess"]["annual_return"] == pytest.approx(252 * (-0.01 - 0.30 - 0.01) / 4)
    assert found["note"].startswith("long or flat") and "best of" not in found["note"]


def test_weights_are_equal_over_the_symbols_of_a_session_and_rest_while_one_does_not_trade() -> None:
    # Symbol 1 begins a session later and pauses on the third; its pause is no trade, its beginning is one.
    found = backtest(rows(
        np.log1p([0.04, 0.02, 0.06, 0.10, 0.08, -0.02]), 0.9, FIRST + np.array([0, 1, 1, 2, 3, 3]), [0, 0, 1, 0, 0, 1]
    ), 1, 0.0)  # fmt: skip
    assert found is not None
    assert found["annual_return"] == pytest.approx((1.04 * 1.04 * 1.10 * 1.03) ** (252 / 4) - 1)
    assert found["turnover"] == pytest.approx((1 + 0.5) / 4)
    assert (found["sessions"], found["symbols"]) == (4, 2)
    # Always invested is buy and hold itself: no difference to test, nothing to deflate.
    assert found["excess"] == {"annual_return": 0.0, "t": 0.0, "information_ratio": None, "verdict": "cannot_tell"}
    assert found["deflated"]["dsr"] is None


def test_the_order_of_the_rows_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    session, symbol = FIRST + np.repeat(np.arange(300), 3), np.tile([0, 1, 2], 300)
    whole = rows(rng.normal(0, 0.01, 900), rng.random(900), session, symbol)
    shuffled = whole.where(rng.permutation(900))
    assert json.dumps(backtest(whole, 3)) == json.dumps(backtest(shuffled, 3))


def test_coin_flips_do_not_beat_buy_and_hold_and_foresight_does() -> None:
    rng = np.random.default_rng(2)
    verdicts = []
    for _ in range(40):
        realised = rng.normal(0.0005, 0.01, 2000)
        session, symbol = FIRST + np.repeat(np.arange(500), 4), np.tile(np.arange(4), 500)
        found = backtest(rows(realised, rng.random(2000), session, symbol), 1)
        assert found is not None
        verdicts.append(found["excess"]["verdict"])
    # By chance t > 2.33 in one of a hundred; flipping coins loses the costs and half of the drift.
    assert verdicts.count("better") <= 1
    knowing = backtest(rows(realised, 0.5 + 0.1 * np.sign(realised), session, symbol), 20)
    assert knowing is not None and knowing["excess"]["verdict"] == "better" and knowing["deflated"]["dsr"] > 0.99


def test_more_candidates_deflate_more_and_the_note_says_so() -> None:
    rng = np.random.default_rng(3)
    realised = rng.normal(0.0, 0.01, 600)
    some = rows(realised, 0.5 + 0.1 * np.sign(realised + rng.normal(0, 0.08, 600)), FIRST + np.arange(600))
    found = {trials: backtest(some, trials) for trials in (1, 10, 100)}
    chances = [one["deflated"]["dsr"] for one in found.values()]
    assert chances == sorted(chances, reverse=True) and chances[0] - chances[2] > 0.2
    assert found[1]["deflated"]["expected_best"] == 0.0
    assert "best of 100 candidates" in found[100]["note"]
    assert len({one["sharpe"] for one in found.values()}) == 1


def test_the_interval_of_a_sharpe_ratio_is_that_of_its_normal_theory() -> None:
    # Lo 2002, eq. 9: independent returns give a standard error of sqrt((1 + S^2 / 2) / T) per session.
    returns = np.random.default_rng(4).normal(0.001, 0.01, 2520)
    sharpe, low, high = sharpe_interval(returns)
    assert sharpe == pytest.approx(math.sqrt(252) * returns.mean() / returns.std(ddof=1))
    daily = sharpe / math.sqrt(252)
    expected = 2 * 1.96 * math.sqrt(252) * math.sqrt((1 + daily**2 / 2) / 2520)
    assert high - low == pytest.approx(expected, rel=0.2) and low < sharpe < high
    short = sharpe_interval(returns[:62])
    assert short[0] is not None and short[1:] == (None, None)


@pytest.mark.parametrize("count", [1, 2, 70])
def test_a_market_that_stands_still_gives_valid_json(count: int) -> None:
    found = backtest(rows(np.zeros(count), 0.2, FIRST + np.arange(count)), 5)
    json.dumps(found, allow_nan=False)
    assert found is not None and found["sharpe"] is None and found["invested"] == 0.0


def test_no_rows_no_back_test_and_only_one_session_ahead() -> None:
    empty = rows([], [], [])
    assert backtest(empty, 1) is None
    with pytest.raises(ValueError, match="one session"):
        backtest(rows([0.1], 0.6, [FIRST], horizon=5), 1)
    with pytest.raises(ValueError, match="cost"):
        backtest(rows([0.1], 0.6, [FIRST]), 1, -1.0)
