"""What state a symbol is in, and which trouble comes first: pure decisions from plain facts."""

from __future__ import annotations

import dataclasses
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml.pipeline import standing, troubles
from stockml.pipeline.standing import Known, Limits, Standing
from stockml.pipeline.troubles import Alert, Damage, Facts

LIMITS = Limits(stale_sessions=5, expire_days=90.0)
WELL = Known(made_at="2026-05-01T20:30:00Z", age_days=10.0, expires_at="2026-07-30T20:30:00Z", through="2026-05-29",
             lag=0, outcome="ok")  # fmt: skip
FLEET = ("AAA", "BBB", "CCC", "DDD", "EEE")
GOOD = dict.fromkeys(FLEET, Standing("healthy"))


@pytest.mark.parametrize(("change", "state", "kind"), [
    ({}, "healthy", ""),
    ({"problem": "live.json is damaged", "lag": 99, "age_days": 999.0}, "failed", "champion"),
    ({"lag": 6}, "stale", "stale"),
    ({"lag": 6, "outcome": "source_error", "message": "no answer"}, "stale", "source"),
    ({"lag": 6, "outcome": "delisted"}, "stale", "gone"),
    ({"lag": 5}, "healthy", ""),
    ({"lag": None}, "stale", "no_bars"),
    ({"lag": None, "made_at": None, "age_days": None}, "untrained", "untrained"),
    ({"made_at": None, "age_days": None}, "untrained", "untrained"),
    ({"age_days": 90.1}, "expired", "expired"),
    ({"age_days": 90.1, "lag": 6}, "stale", "stale"),
    ({"outcome": "rate_limited", "message": "until noon"}, "degraded", "source"),
    ({"accused": ("coverage: too low", "2026-05-20T21:00:00Z")}, "degraded", "evidence"),
    ({"is_quick": True}, "degraded", "quick"),
])  # fmt: skip
def test_a_symbol_is_in_the_worst_state_that_holds(change: dict[str, object], state: str, kind: str) -> None:
    found = standing.of(dataclasses.replace(WELL, **change), LIMITS)  # type: ignore[arg-type]
    assert (found.state, found.kind) == (state, kind)
    assert bool(found.sentence) == (state != "healthy")
    assert found.since or state in ("healthy", "untrained", "failed")


def test_without_trouble_there_is_nothing_to_do() -> None:
    found = troubles.of(Facts(FLEET, GOOD, forecast_of="2026-05-29", data_of="2026-05-29"))
    assert found == [] and troubles.next_command(found) == ""


def test_after_training_what_is_left_is_to_forecast() -> None:
    found = troubles.of(Facts(FLEET, GOOD, forecast_of="2026-05-28", data_of="2026-05-29"))
    assert [(one.kind, one.level, one.command) for one in found] == [("forecast", "note", "stockml predict")]


def test_the_worst_comes_first_and_decides_what_to_do() -> None:
    facts = Facts(
        FLEET, {**GOOD, "AAA": Standing("failed", "champion", "altered"), "BBB": Standing("untrained", "untrained")},
        repairs={"AAA": "stockml rollback AAA"}, damaged=[Damage("ledger", "ledger.db is gone", None, "restore it")],
        host={"disk": 0.97, "memory": 0.5}, limits={"disk": 0.9, "memory": 0.9},
        overdue=[("clean was due", "2026-05-01T00:00:00Z"), ("settle was due", "2026-04-01T00:00:00Z")],
        is_scheduled=False, pinned=("2026-05-29", "2026-05-30T00:00:00Z"),
    )  # fmt: skip
    found = troubles.of(facts)
    assert [one.kind for one in found] == ["ledger", "disk", "champion", "jobs", "untrained", "schedule", "clock"]
    assert troubles.next_command(found) == "restore it"
    assert found[3].since == "2026-04-01T00:00:00Z" and "and 1 more" in found[3].sentence


def test_a_pinned_clock_is_told_and_is_no_task() -> None:
    found = troubles.of(Facts(FLEET, GOOD, pinned=("2013-03-01", "2026-05-30T00:00:00Z")))
    assert [one.kind for one in found] == ["clock"] and troubles.next_command(found) == ""


def test_one_symbol_without_news_can_be_left_out_but_most_of_the_fleet_is_the_sources() -> None:
    gone = Standing("stale", "gone", "nothing newer", "2026-05-01")
    (one,) = troubles.of(Facts(FLEET, {**GOOD, "CCC": gone}))
    assert shlex.split(one.command) == ["stockml", "config", "set", "symbols", '["AAA","BBB","DDD","EEE"]']
    (all_,) = troubles.of(Facts(FLEET, dict.fromkeys(FLEET, gone)))
    assert all_.command == "stockml data fetch" and all_.symbols == FLEET
    many = tuple(f"S{place:03d}" for place in range(100))
    (few,) = troubles.of(Facts(many, {**dict.fromkeys(many, Standing("healthy")), "S007": gone}))
    assert few.command == "stockml data check S007", "a list too long to type is not written out"


def test_evidence_is_trained_away_if_training_would_take_it_and_explained_if_not() -> None:
    accused = Standing("degraded", "evidence", "coverage: too low", "2026-05-20T21:00:00Z")
    facts = Facts(FLEET, {**GOOD, "BBB": accused})
    assert troubles.of(facts)[0].command == "stockml why BBB"
    due = dataclasses.replace(facts, due={"BBB": "evidence: coverage"})
    assert troubles.of(due)[0].command == "stockml train" and len(troubles.of(due)) == 1


def test_an_alert_about_what_is_seen_here_anyway_is_not_told_twice_but_says_since_when() -> None:
    alerts = [
        Alert("host:disk", "disk use is 97%", (), "2026-05-20T12:00:00Z"),
        Alert("bars:stale:AAA", "old", ("AAA",), "2026-05-19T12:00:00Z"),
        Alert("age:untrained:BBB", "no champion", ("BBB",), "2026-05-18T12:00:00Z"),
        Alert("runs:killed:train", "the last train has no end", (), "2026-05-17T12:00:00Z"),
    ]
    facts = Facts(FLEET, {**GOOD, "BBB": Standing("untrained", "untrained", "never")}, host={"disk": 0.97},
                  limits={"disk": 0.9}, alerts=alerts)  # fmt: skip
    told = {one.kind: one for one in troubles.of(facts)}
    assert set(told) == {"disk", "untrained", "alert"}
    assert told["disk"].since == "2026-05-20T12:00:00Z" and told["untrained"].since == "2026-05-18T12:00:00Z"
    assert told["alert"].command == "stockml logs" and told["alert"].level == "warn"


SOME = st.sampled_from([
    Standing("healthy"), Standing("failed", "champion", "altered", "2026-05-01T00:00:00Z"),
    Standing("stale", "source", "fails", "2026-05-02"), Standing("stale", "gone", "nothing newer", "2026-05-03"),
    Standing("expired", "expired", "old", "2026-05-04T00:00:00Z"), Standing("untrained", "untrained", "never"),
    Standing("degraded", "quick", "tiny", "2026-05-05T00:00:00Z"), Standing("stale", "no_bars", "none", None),
])  # fmt: skip


@given(st.lists(SOME, min_size=1, max_size=40))
def test_every_unwell_symbol_is_in_one_trouble_that_says_what_to_type(standings: list[Standing]) -> None:
    fleet = tuple(f"S{place}" for place in range(len(standings)))
    found = troubles.of(Facts(fleet, dict(zip(fleet, standings, strict=True))))
    unwell = [symbol for symbol, one in zip(fleet, standings, strict=True) if one.state != "healthy"]
    assert sorted(symbol for one in found for symbol in one.symbols) == sorted(unwell)
    for one in found:
        assert shlex.split(one.command)[0] == "stockml" and len(one.command) < 300 and one.sentence
    ranks = [troubles.RANK.index(one.kind) for one in found]
    assert ranks == sorted(ranks)
