"""One forecast and its outcome: the price scale, total returns, waiting, void ones; and the rule signals' weights."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml.bars.series import Bars, adjust
from stockml.clock import from_day
from stockml.evaluation import metrics
from stockml.evidence import SIGNAL_GROWTH
from stockml.forecasts import signals
from stockml.forecasts.settle import Evidence, interval_score, outcome
from stockml.forecasts.weights import past, weights

AT = "2019-12-20T21:30:00Z"
FIRST = 18000  # 2019-04-14; the days count on, weekends or not


def bars(close: list[float], *, days: list[int] | None = None, split: Any = None, dividend: Any = None) -> Bars:
    n, values = len(close), np.array(close, dtype=np.float64)
    session = np.array(days or range(n), dtype=np.int32) + FIRST
    return Bars(
        "AAA", session, values, values, values, values, np.ones(n),
        np.zeros(n) if dividend is None else np.array(dividend), np.ones(n) if split is None else np.array(split),
    )  # fmt: skip


def forecast(session: int = 0, target: int = 1, **changes: Any) -> dict[str, Any]:
    made = {
        "id": "x", "session": from_day(FIRST + session).isoformat(), "horizon": target - session,
        "target_session": from_day(FIRST + target).isoformat(), "last_close": 100.0, "price": 101.0,
        "probability_up": 0.6, "base_rate": 0.4, "lo80": 97.0, "hi80": 103.0, "lo90": 95.0, "hi90": 105.0,
    }  # fmt: skip
    return {**made, **changes}


def known(of: Bars, **changes: Any) -> Evidence:
    days = range(FIRST - 5, FIRST + 60)
    last = int(of.session[-1])
    given_ = {
        "unconfirmed": frozenset[int](), "passed": {day: max(0, last - day) for day in days},
        "held": dict.fromkeys(days, True), "patience": 5,
    }  # fmt: skip
    return Evidence(of, adjust(of).close, **{**given_, **changes})


def settled(one: dict[str, Any], of: Bars, **changes: Any) -> dict[str, Any]:
    found = outcome(one, known(of, **changes), AT)
    assert found is not None
    return found


def test_a_forecast_is_settled_by_the_close_of_its_target_session() -> None:
    found = settled(forecast(), bars([100.0, 104.0, 50.0]))
    assert (found["status"], found["settled_close"], found["settled_at"]) == ("settled", 104.0, AT)
    assert found["error_pct"] == 3.0 / 104.0 and found["naive_error_pct"] == 4.0 / 104.0
    assert (found["direction_hit"], found["naive_hit"], found["in80"], found["in90"]) == (1, 0, 0, 1)
    assert found["total_return"] == math.log(1.04) and found["reason"] is None


def test_splits_in_between_are_undone_in_prices_and_do_not_count_in_returns() -> None:
    found = settled(forecast(0, 3), bars([100.0, 51.0, 17.0, 17.5], split=[1.0, 2.0, 3.0, 1.0]))
    assert found["settled_close"] == 105.0 and found["total_return"] == pytest.approx(math.log(1.05))
    assert found["in90"] == 1 and found["direction_hit"] == 1


def test_a_dividend_counts_in_direction_and_coverage_but_not_in_the_price() -> None:
    found = settled(forecast(probability_up=0.4), bars([100.0, 99.5], dividend=[0.0, 1.0]))
    assert found["settled_close"] == 99.5 and found["total_return"] == pytest.approx(math.log(99.5 / 99.0))
    assert found["direction_hit"] == 0, "up, in total return, though the price fell"


def test_no_change_at_all_is_not_up() -> None:
    assert settled(forecast(probability_up=0.5), bars([100.0, 100.0]))["direction_hit"] == 1


def test_the_ends_of_an_interval_belong_to_it_and_its_score_is_the_evaluations() -> None:
    found = settled(forecast(hi80=104.0, hi90=103.9), bars([100.0, 104.0]))
    assert (found["in80"], found["in90"]) == (1, 0)
    low, high, realised = math.log(0.95), math.log(1.039), math.log(1.04)
    parts = (np.array([one]) for one in (low, high, realised))
    assert found["winkler90"] == pytest.approx(float(metrics.winkler_losses(*parts, 0.9)[0]))
    assert interval_score(-1.0, 1.0, 0.0, 0.9) == 2.0


@pytest.mark.parametrize("count", [1, 2])
def test_a_forecast_waits_while_its_target_session_has_no_bar_and_no_later_one_exists(count: int) -> None:
    assert outcome(forecast(0, 2), known(bars([100.0, 101.0][:count]), passed={FIRST + 2: 30}), AT) is None


def test_a_missing_bar_is_waited_for_and_then_the_forecast_is_void_with_its_reason() -> None:
    of = bars([100.0, 101.0, 102.0], days=[0, 2, 7])
    for passed, status in ((5, None), (6, "void")):
        found = outcome(forecast(), known(of, passed={FIRST + 1: passed}), AT)
        assert (found and found["status"]) == status
    assert found is not None and "no bar of" in found["reason"] and "2 later sessions" in found["reason"]
    assert found["settled_close"] is None and found["direction_hit"] is None and found["settled_at"] == AT


def test_a_day_that_was_no_session_after_all_is_settled_by_the_count_of_sessions_and_says_so() -> None:
    of = bars([100.0, 103.0, 109.0], days=[0, 2, 3])
    found = settled(forecast(), of, held={FIRST + 1: False}, passed={FIRST + 1: 2})
    assert found["settled_close"] == 103.0 and found["settled_session"] == from_day(FIRST + 2).isoformat()
    assert "there was no session" in found["reason"]


def test_a_target_that_is_not_the_horizons_session_is_settled_on_its_day_and_says_so() -> None:
    found = settled(forecast(0, 3), bars([100.0, 101.0, 102.0], days=[0, 1, 3]))
    assert found["settled_close"] == 102.0 and found["reason"] == "2 stored sessions later, not 3"


def test_a_forecast_whose_own_bar_is_gone_is_void_after_the_wait() -> None:
    of = bars([101.0, 102.0], days=[1, 2])
    assert outcome(forecast(0, 1), known(of, passed={FIRST + 1: 1}), AT) is None
    assert settled(forecast(0, 1), of, passed={FIRST + 1: 9})["status"] == "void"


def test_a_jump_that_nothing_has_confirmed_is_waited_for_and_then_counts_with_a_remark() -> None:
    of = bars([100.0, 300.0, 99.0])
    strange = {"unconfirmed": frozenset({FIRST + 1})}
    assert outcome(forecast(), known(of, **strange, passed={FIRST + 1: 5}), AT) is None
    found = settled(forecast(), of, **strange, passed={FIRST + 1: 6})
    assert found["settled_close"] == 300.0 and "no later session confirmed" in found["reason"]


def test_a_history_moved_to_another_scale_keeps_the_forecasts_own() -> None:
    found = settled(forecast(), bars([10.0, 10.4]))
    assert found["settled_close"] == pytest.approx(104.0) and "another scale" in found["reason"]
    assert settled(forecast(), bars([101.0, 104.0]))["settled_close"] == 104.0, "a corrected close is no scale"


def test_a_signals_forecast_has_a_direction_only() -> None:
    one = {key: value for key, value in forecast().items() if key[:2] not in ("lo", "hi", "pr") or key[:3] == "pro"}
    found = settled(one, bars([100.0, 104.0]))
    assert found["direction_hit"] == 1 and found["error_pct"] is None and found["in90"] is None


RULES = {"uptrend": 0.4, "rsi_overbought": -0.3}
Seen = st.lists(
    st.tuples(st.lists(st.sampled_from(sorted(RULES)), unique=True), st.floats(0.4, 0.6), st.booleans()), max_size=60
)


def _weights(history: list[Any], horizon: int = 1) -> dict[str, float]:
    return weights(past(history, tuple(RULES)), RULES, horizon)


@given(Seen, st.integers(1, 5))
def test_weights_keep_their_sign_and_their_bounds(seen: list[Any], horizon: int) -> None:
    for name, weight in _weights(seen, horizon).items():
        assert 0.0 <= weight / RULES[name] <= SIGNAL_GROWTH


@given(Seen, st.sampled_from(sorted(RULES)))
def test_one_more_session_that_agreed_never_weakens_a_signal(seen: list[Any], name: str) -> None:
    up = RULES[name] > 0
    agreed, not_agreed = (_weights([*seen, ((name,), 0.5, one)])[name] for one in (up, not up))
    assert abs(agreed) >= abs(not_agreed)


def test_nothing_seen_leaves_the_start_and_a_session_without_the_signal_changes_nothing() -> None:
    assert _weights([]) == RULES
    assert _weights([((), 0.5, True), (("rsi_overbought",), 0.5, True)])["uptrend"] == 0.4


def test_a_weak_signal_fades_and_an_accurate_one_grows_to_its_bound() -> None:
    weak = [(("uptrend",), 0.5, bool(turn % 2)) for turn in range(1000)]
    assert 0.0 <= _weights(weak)["uptrend"] < 0.05
    assert _weights([(("uptrend",), 0.5, True)] * 1000)["uptrend"] == 0.8
    assert _weights([(("uptrend",), 0.5, False)] * 1000)["uptrend"] == 0.0
    # 250 coin flips: (125 + 100 x 0.5987) / 350 = 0.5282, log-odds 0.1129, three tenths of 0.4.
    assert _weights(weak[:250])["uptrend"] == pytest.approx(0.1129, abs=1e-4)


def test_longer_horizons_move_weights_more_slowly_because_they_overlap() -> None:
    seen = [(("uptrend",), 0.5, False)] * 50
    assert _weights(seen, 1)["uptrend"] < _weights(seen, 5)["uptrend"] < 0.4


def test_the_signals_probability_is_the_logistic_of_base_and_weights() -> None:
    assert signals.probability_up(0.53, ()) == pytest.approx(0.53)
    assert signals.probability_up(0.5, (0.4, 0.2, -0.3)) == pytest.approx(1 / (1 + math.exp(-0.3)))
