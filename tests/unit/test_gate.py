"""The gate: every rule, its order, and the sentence it gives as reason."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from stockml.config.schema import Gate
from stockml.gate import Facts, decide


def block(**changes: Any) -> dict[str, Any]:
    """The figures of an honest model without edge; `changes` name a part and a field, as direction_auc."""
    made: dict[str, Any] = {
        "direction": {"n": 1000, "accuracy": 0.52, "auc": 0.51, "verdict": "cannot_tell", "dm": {"t": 0.1}},
        "interval": {"90": {"coverage": 0.90, "low": 0.88, "high": 0.92, "dm": {"t": 0.2}}},
        "price": {"dm": {"t": 0.0}},
    }
    for name, value in changes.items():
        part, key = name.split("_", 1)
        target = made["interval"]["90"] if part == "interval" else made[part]
        target[key] = {"t": value} if key == "dm" else value
    return made


def facts(horizon: int = 1, **changes: Any) -> Facts:
    pooled = {1: block(), 5: block()}
    pooled[horizon] = block(**changes)
    return Facts(symbols=4, dates=250, pooled=pooled, symbol={1: block(), 5: block()}, loads=True)


LEAKS = [
    (1, {"direction_auc": 0.601}, "AUC 0.601 at horizon 1 is above 0.60"),
    (5, {"direction_auc": 0.651}, "AUC 0.651 at horizon 5 is above 0.65"),
    (1, {"direction_accuracy": 0.581}, "accuracy 0.581 at horizon 1 is above 0.58"),
]
REFUSED = [
    *LEAKS,
    (1, {"interval_coverage": 0.80, "interval_low": 0.75, "interval_high": 0.87},
     "coverage of the 90 % interval at horizon 1"),
    (5, {"interval_coverage": 0.97, "interval_low": 0.93, "interval_high": 0.99},
     "coverage of the 90 % interval at horizon 5"),
    (1, {"direction_dm": -1.65}, "direction at horizon 1 is worse than naive (Diebold-Mariano t -1.65)"),
    (5, {"interval_dm": -2.0}, "interval at horizon 5 is worse than naive"),
    (1, {"price_dm": -3.0}, "price at horizon 1 is worse than naive"),
]  # fmt: skip


@pytest.mark.parametrize(("horizon", "changes", "reason"), REFUSED, ids=[str(one[1]) for one in REFUSED])
def test_each_rule_refuses_and_says_why(horizon: int, changes: dict[str, Any], reason: str) -> None:
    decision = decide(facts(horizon, **changes), Gate())
    assert (decision.result, decision.verdict, decision.deploy) == ("fail", "worse", False)
    assert reason in decision.reasons[0]


PASSED = [
    (1, {"direction_auc": 0.60}), (5, {"direction_auc": 0.64}), (1, {"direction_accuracy": 0.58}),
    (5, {"direction_accuracy": 0.60}), (1, {"interval_coverage": 0.87, "interval_low": 0.85, "interval_high": 0.89}),
    (1, {"direction_dm": -1.64}), (1, {"direction_dm": None}), (5, {"direction_auc": None, "direction_accuracy": None}),
]  # fmt: skip


@pytest.mark.parametrize(("horizon", "changes"), PASSED, ids=[str(one[1]) for one in PASSED])
def test_what_is_on_the_right_side_of_a_limit_or_within_chance_passes(horizon: int, changes: dict[str, Any]) -> None:
    decision = decide(facts(horizon, **changes), Gate())
    assert (decision.result, decision.verdict, decision.deploy) == ("pass", "no_edge", True)
    assert "direction shows no edge" in decision.reasons[0]


def test_an_edge_is_named_with_its_number_of_forecasts() -> None:
    decision = decide(facts(direction_verdict="better"), Gate())
    assert (decision.result, decision.verdict, decision.deploy) == ("pass", "better", True)
    assert decision.reasons == ["direction beats the base rate over 1000 forecasts"]


def test_an_edge_at_the_longer_horizon_alone_is_no_edge() -> None:
    assert decide(facts(5, direction_verdict="better"), Gate()).verdict == "no_edge"


def test_a_version_that_does_not_load_is_refused() -> None:
    assert "does not load" in decide(replace(facts(), loads=False), Gate()).reasons[0]


def test_unhealthy_data_refuse_with_the_problem_in_words() -> None:
    decision = decide(replace(facts(), data_problem="12 sessions missing"), Gate())
    assert not decision.deploy and decision.reasons == ["data unhealthy: 12 sessions missing"]


@pytest.mark.parametrize("has", [False, True])
@pytest.mark.parametrize("few", [{"symbols": 3}, {"dates": 249}])
def test_too_little_evidence_keeps_a_champion_and_deploys_a_first_model_as_no_edge(
    few: dict[str, int], has: bool
) -> None:
    decision = decide(replace(facts(), has_champion=has, **few), Gate())
    assert decision.result == "cannot_tell" and decision.deploy is not has
    assert decision.verdict == ("cannot_tell" if has else "no_edge")
    assert decision.reasons[0].endswith("the champion stays" if has else "first model, deployed as no_edge")
    assert f"{few.get('symbols', 4)} symbols over {few.get('dates', 250)} sessions" in decision.reasons[0]


def test_a_quick_model_never_replaces_a_full_champion_but_may_replace_a_quick_one() -> None:
    quick = replace(facts(), quick=True, has_champion=True, champion_is_quick=False)
    assert decide(quick, Gate()).reasons == ["a quick model never replaces a full champion by itself"]
    assert not decide(quick, Gate()).deploy
    assert decide(replace(quick, champion_is_quick=True), Gate()).deploy
    assert decide(replace(quick, quick=False), Gate()).deploy


@pytest.mark.parametrize(("floor", "deploy"), [(None, True), (0.52, True), (0.53, False), (0.75, False)])
def test_the_floor_on_accuracy_is_off_unless_set(floor: float | None, deploy: bool) -> None:
    decision = decide(facts(), Gate(min_accuracy=floor))
    assert decision.deploy is deploy
    assert deploy or f"below gate.min_accuracy {floor}" in decision.reasons[0]


def test_the_rules_are_asked_in_their_order_and_the_first_refusal_is_the_reason() -> None:
    """Leak, loading, data, coverage, naive, floor: each is taken away in turn and the next one speaks."""
    everything = facts(direction_auc=0.9, direction_dm=-9.0, interval_coverage=0.5, interval_low=0.4, interval_high=0.6)
    everything = replace(everything, loads=False, data_problem="bad")
    rules, heard = Gate(min_accuracy=0.9), []
    for part, key, value in (
        ("direction", "auc", 0.5), ("", "loads", True), ("", "data_problem", ""), ("interval", "low", 0.85),
        ("direction", "dm", {"t": 0.0}),
    ):  # fmt: skip
        heard.append(decide(everything, rules).reasons[0].split(" ")[0])
        if not part:
            everything = replace(everything, **{key: value})
            continue
        pooled = copy.deepcopy(everything.pooled)
        (pooled[1]["interval"]["90"] if part == "interval" else pooled[1][part])[key] = value
        if key == "low":
            pooled[1]["interval"]["90"]["high"] = 0.95
        everything = replace(everything, pooled=pooled)
    heard.append(decide(everything, rules).reasons[0].split(" ")[0])
    assert heard == ["leak", "the", "data", "coverage", "direction", "accuracy"]


def test_one_symbol_outside_its_band_only_warns() -> None:
    symbol = {1: block(interval_coverage=0.80), 5: block(interval_coverage=None)}
    decision = decide(replace(facts(), symbol=symbol), Gate())
    assert decision.deploy and len(decision.warnings) == 1 and "for this symbol" in decision.warnings[0]
