"""The circuit breaker and the budget: decisions on plain numbers, then the table that processes share."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from stockml.bars import breaker
from stockml.bars.breaker import Budget, State, closed, decide, opened, seconds_for, seconds_of
from stockml.errors import SourceError

HOST = "prices.example"
NOW = 1_790_000_000.0
BUDGET = Budget(per_minute=3, per_day=None, backoff_s=60.0)


def refuse_times(count, chance=0.0, retry_after_s=0.0):
    """The state after so many refusals, each met as soon as the circuit let a request through, and the pauses."""
    state, now, pauses = State(), NOW, []
    for _ in range(count):
        verdict, state = decide(state, BUDGET, now, "me")
        assert verdict.granted
        state = opened(state, BUDGET, now, now, retry_after_s, chance)
        pauses.append(state.open_until - now)
        now = state.open_until
    return state, now, pauses


def test_the_pause_doubles_with_every_refusal_up_to_six_hours():
    _, _, pauses = refuse_times(12)
    assert pauses == [60, 120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600, 21600]


def test_chance_adds_up_to_a_half():
    assert refuse_times(1, chance=1.0)[2] == [90] and refuse_times(1, chance=0.5)[2] == [75]


def test_a_retry_after_is_obeyed_when_it_is_longer():
    assert refuse_times(1, retry_after_s=1.0)[2] == [60] and refuse_times(1, retry_after_s=500.0)[2] == [500]
    assert refuse_times(1, retry_after_s=1e300)[2] == [breaker.OBEYED_S]


def test_an_open_circuit_refuses_and_says_until_when():
    state, until, _ = refuse_times(1)
    verdict, same = decide(state, BUDGET, until - 0.001, "me")
    assert not verdict.granted and verdict.until == until and same == state


def test_after_the_pause_one_alone_may_try_and_its_success_lets_all_in():
    state, now, _ = refuse_times(2)
    verdict, state = decide(state, BUDGET, now, "one")
    assert verdict.granted
    verdict, _ = decide(state, BUDGET, now + 1, "two")
    assert not verdict.granted and verdict.until > now + 1
    state = closed(state, now, now + 2)
    assert state.failures == 0 and decide(state, BUDGET, now + 3, "two")[0].granted


def test_a_prober_that_died_is_replaced_when_its_claim_lapses():
    state, now, _ = refuse_times(1)
    _, state = decide(state, BUDGET, now, "dead")
    assert decide(state, BUDGET, state.probe_until, "next")[0].granted


def test_a_host_not_heard_from_is_asked_by_one_while_the_others_wait():
    _, state = decide(State(), BUDGET, NOW, "one")
    verdict, _ = decide(state, BUDGET, NOW, "two")
    assert not verdict.granted and verdict.wait_s == breaker.TURN_S
    assert decide(closed(state, NOW, NOW + 1), BUDGET, NOW + 1, "two")[0].granted


def test_a_request_under_way_when_another_was_refused_neither_doubles_nor_closes():
    state = opened(State(), BUDGET, NOW, NOW + 1, 0.0, 0.0)
    assert opened(state, BUDGET, NOW, NOW + 2, 0.0, 0.0).failures == 1
    assert closed(state, NOW, NOW + 2) == state


def test_no_minute_holds_more_requests_than_the_budget():
    state, now, sent = replace(State(), trusted_until=NOW + 1e9), NOW, []
    while len(sent) < 12:
        verdict, state = decide(replace(state, trusted_until=now + 30), BUDGET, now, "me")
        if verdict.granted:
            sent.append(now)
        now += verdict.wait_s or 0.25
    assert all(sent[i + 3] - sent[i] >= 60 - 1e-6 for i in range(len(sent) - 3))


def test_a_day_s_budget_ends_at_midnight():
    budget = Budget(per_minute=60, per_day=2)
    state = State()
    for _ in range(2):
        verdict, state = decide(state, budget, NOW, "me")
        assert verdict.granted
    verdict, _ = decide(state, budget, NOW + 1, "me")
    assert not verdict.granted and "2 requests a day" in verdict.reason and verdict.until % 86400 == 0
    assert decide(state, budget, verdict.until, "me")[0].granted


def test_a_machine_s_clock_set_back_does_not_lock_a_host_out():
    state, _, _ = refuse_times(9)
    assert decide(state, BUDGET, NOW - 1e6, "me")[0].granted


def test_the_estimate_counts_what_the_budget_makes_wait():
    assert seconds_for(State(), Budget(per_minute=60), 60, NOW) == 0
    assert seconds_for(State(), Budget(per_minute=60), 1000, NOW) == 16 * 60
    assert seconds_for(State(recent=(NOW - 50,)), Budget(per_minute=1), 2, NOW) == pytest.approx(70)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), (" 7 ", 7), (None, 0), ("", 0), ("soon", 0), ("-5", 0), ("9" * 40, 0), ("1e9", 0)],
)
def test_retry_after_in_seconds(text, seconds):
    assert seconds_of(text, NOW) == seconds


def test_retry_after_as_a_date():
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT", 1445412470.0) == pytest.approx(10)
    assert seconds_of("Wed, 21 Oct 2015 07:28:00 GMT", NOW) == 0


def test_the_table_is_shared_and_the_message_names_host_time_and_source(tmp_path):
    with breaker.gate(tmp_path, HOST, BUDGET, "ABC", "tiingo") as one:
        one.admit()
        error = one.refused("100000", "too many")
    assert error.outcome == "rate_limited" and HOST in error.message and "too many" in error.message
    with breaker.gate(tmp_path, HOST, BUDGET, "XYZ", "tiingo") as two, pytest.raises(SourceError) as caught:
        two.admit()
    assert caught.value.outcome == "rate_limited" and "tiingo" in caught.value.message
    assert "before 20" in caught.value.message and caught.value.message.startswith("XYZ")


def test_a_claim_without_an_answer_is_given_back(tmp_path):
    with pytest.raises(OSError), breaker.gate(tmp_path, HOST, BUDGET, "ABC", "x") as one:
        one.admit()
        raise OSError
    with breaker.gate(tmp_path, HOST, BUDGET, "ABC", "x") as two:
        two.admit()
        two.answered()


def test_of_many_that_ask_at_once_after_a_pause_one_is_let_through(tmp_path):
    budget = Budget(backoff_s=0.001)
    with breaker.gate(tmp_path, HOST, budget, "ABC", "x") as first:
        first.admit()
        first.refused()
    time.sleep(0.01)
    let, told = [], []
    start = threading.Barrier(8)

    def one():
        with breaker.gate(tmp_path, HOST, budget, "ABC", "x") as gate:
            start.wait()
            try:
                gate.admit()
                let.append(gate.who)
            except SourceError as error:
                told.append(error.outcome)
            start.wait()

    threads = [threading.Thread(target=one) for _ in range(8)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(let) == 1 and told == ["rate_limited"] * 7


def test_waiting_for_the_budget_can_be_interrupted(tmp_path, monkeypatch):
    budget = Budget(per_minute=1)

    def interrupt(seconds):
        assert 0 < seconds <= breaker.NAP_S
        raise KeyboardInterrupt

    with breaker.gate(tmp_path, HOST, budget, "ABC", "x") as gate:
        gate.admit()
        gate.answered()
        monkeypatch.setattr(breaker.time, "sleep", interrupt)
        with pytest.raises(KeyboardInterrupt):
            gate.admit()
