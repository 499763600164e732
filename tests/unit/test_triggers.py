"""What makes training due, what holds it back, and what would make it due next."""

from __future__ import annotations

import pytest

from stockml.config.schema import Retrain
from stockml.triggers import Facts, Watched, blockers, distance, due

RULES = Retrain()  # 7 days, 4 hours, 6 a day

AGE = "age: the champion is 7.1 days old, limit 7"
REVISED = "data revised: the source changed 1 bar since the last training"
CONFIG = "config changed: model.recipe, features.extra since the last training"


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        (Facts(None), ["untrained"]),
        (Facts(None, trained_today=6), []),
        (Facts(None, cooling_hours=5.0), ["untrained"]),
        (Facts(None, trained_hours=3.9), []),
        (Facts(None, trained_hours=4.0), ["untrained"]),
        (Facts(7.0), []),
        (Facts(7.1), [AGE]),
        (Facts(1.0, revised=1), [REVISED]),
        (Facts(1.0, config_changed=("model.recipe", "features.extra")), [CONFIG]),
        (Facts(1.0, evidence=("coverage 81 %",)), ["evidence: coverage 81 %"]),
        (Facts(0.1, revised=9), []),
        (Facts(1.0), []),
        (Facts(1.0, watched=(Watched("coverage", "holds", 40),)), []),
    ],
)
def test_each_reason_and_each_brake(facts: Facts, reasons: list[str]) -> None:
    assert due(facts, RULES) == reasons


@pytest.mark.parametrize(
    ("brake", "told"),
    [
        ({"data_fault": "the source is down"}, "data fault: the source is down"),
        ({"trained_today": 6}, "daily maximum: 6 trainings in 24 hours, limit 6"),
        ({"trained_hours": 1.5}, "minimum age: trained 1.5 hours ago, not again before 4"),
        ({"cooling_hours": 30.0}, "cool-down: 30.0 hours left after a rollback"),
    ],
)
def test_every_brake_holds_back_every_reason_of_a_champion(brake: dict[str, object], told: str) -> None:
    facts = Facts(30.0, revised=2, evidence=("one",), config_changed=("model.recipe",), **brake)
    assert due(facts, RULES) == []
    assert blockers(facts, RULES) == [told]


def test_all_reasons_are_told_in_one_order() -> None:
    facts = Facts(7.1, revised=1, config_changed=("model.recipe", "features.extra"), evidence=("one", "two"))
    assert due(facts, RULES) == [AGE, "evidence: one", "evidence: two", REVISED, CONFIG]


def test_a_refused_candidate_does_not_make_the_next_one_due_at_once() -> None:
    assert due(Facts(30.0, trained_hours=2.0), RULES) == []
    assert due(Facts(30.0, trained_hours=26.0), RULES) == [], "age counts from the last training"
    told = "age: the champion is 30.0 days old, the last training 7.5, limit 7"
    assert due(Facts(30.0, trained_hours=180.0), RULES) == [told]


def test_an_expired_champion_is_due_after_every_training_that_did_not_replace_it() -> None:
    told = "expired: the champion is 91.0 days old and does not forecast any more"
    assert due(Facts(91.0, trained_hours=5.0, is_expired=True, cooling_hours=20.0), RULES) == [told]
    refused = Facts(91.0, trained_hours=5.0, is_expired=True, cooling_hours=20.0, cooling_after="a refusal")
    assert blockers(refused, RULES) == ["cool-down: 20.0 hours left after a refusal"]


def test_training_waits_for_the_exchange_to_close() -> None:
    assert due(Facts(None, market_open="XNYS is open"), RULES) == []
    assert blockers(Facts(None, market_open="XNYS is open"), RULES) == ["market hours: XNYS is open"]


def test_the_distance_says_what_comes_next_the_nearest_evidence_first() -> None:
    watched = (Watched("direction", "never", None), Watched("coverage", "82 % so far", 40), Watched("price", "", 12))
    found = distance(Facts(2.0, watched=watched), RULES)
    assert [(one["name"], one["left"], one["unit"], one["due"]) for one in found] == [
        ("age", 5.0, "days", False),
        ("evidence: price", 12.0, "outcomes", False),
        ("evidence: coverage", 40.0, "outcomes", False),
        ("evidence: direction", None, "outcomes", False),
        ("data revised", None, None, False),
        ("config changed", None, None, False),
    ]


def test_the_distance_of_what_is_due_is_zero_and_the_brakes_say_how_long_they_hold() -> None:
    facts = Facts(8.0, 6, 1, 1.0, ("model.recipe",), ("coverage",), (), 10.0, "no bars")
    found = distance(facts, RULES)
    triggers = [one for one in found if one["kind"] == "trigger"]
    assert [one["name"] for one in triggers] == ["age", "evidence", "data revised", "config changed"]
    assert all(one["due"] and one["left"] == 0.0 for one in triggers[1:])
    assert not triggers[0]["due"], "the last training was an hour ago"
    assert [(one["name"], one["left"]) for one in found if one["kind"] == "blocker"] == [
        ("data fault", None), ("daily maximum", None), ("minimum age", 3.0), ("cool-down", 10.0),
    ]  # fmt: skip


def test_an_untrained_symbol_is_one_trigger_away_from_nothing() -> None:
    assert distance(Facts(None), RULES) == [
        {"kind": "trigger", "name": "untrained", "due": True, "left": 0.0, "unit": None,
         "sentence": "there is no champion"},
    ]  # fmt: skip


def test_the_sentences_of_the_distance_are_those_of_the_reasons() -> None:
    facts = Facts(7.1, revised=1, evidence=("coverage 81 %: fires",))
    told = [f"{one['name']}: {one['sentence']}" for one in distance(facts, RULES) if one["due"]]
    assert told == due(facts, RULES)
