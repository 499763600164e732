"""The gate: every rule, its order, its limits on both sides, and the sentence it gives as reason."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from stockml.config.schema import Gate
from stockml.gate import Facts, Rivalry, decide, forced


def block(**changes: Any) -> dict[str, Any]:
    """The figures of an honest model whose direction has no edge; `changes` name a part and a field: direction_auc."""
    made: dict[str, Any] = {
        "direction": {
            "n": 1000, "accuracy": 0.52, "auc": 0.51, "brier_skill": -0.001, "verdict": "no_edge", "shown": 0.0,
            "dm": {"t": 0.1},
        },
        "interval": {"90": {"coverage": 0.90, "low": 0.88, "high": 0.92, "winkler_ratio": 0.9, "dm": {"t": 0.2}}},
        "price": {"mape": 0.015, "dm": {"t": 0.0}},
        "confidence": {"ece": 0.03, "ece_noise": 0.02},
    }  # fmt: skip
    for name, value in changes.items():
        part, key = name.split("_", 1)
        target = made["interval"]["90"] if part == "interval" else made[part]
        target[key] = {"t": value} if key == "dm" else value
    return made


def facts(horizon: int = 1, **changes: Any) -> Facts:
    pooled = {1: block(), 5: block()}
    pooled[horizon] = block(**changes)
    return Facts(symbols=4, dates=250, pooled=pooled, symbol={1: block(), 5: block()}, loads=True)


SHOWN = {"direction_shown": 1.0}
REFUSED = [
    (1, {"direction_auc": 0.601}, "leak alarm: AUC 0.601 at horizon 1 is above 0.60"),
    (5, {"direction_auc": 0.651}, "leak alarm: AUC 0.651 at horizon 5 is above 0.65"),
    (1, {"direction_accuracy": 0.581}, "leak alarm: accuracy 0.581 at horizon 1 is above 0.58"),
    (1, {"interval_coverage": 0.80, "interval_low": 0.75, "interval_high": 0.87},
     "coverage of the 90 % interval at horizon 1 is 0.800 [0.750, 0.870], outside 0.88 to 0.92"),
    (5, {"interval_coverage": 0.97, "interval_low": 0.93, "interval_high": 0.99},
     "coverage of the 90 % interval at horizon 5"),
    (1, {"direction_dm": -1.65, **SHOWN}, "direction at horizon 1 is worse than naive (Diebold-Mariano t -1.65)"),
    (5, {"interval_dm": -2.0}, "interval at horizon 5 is worse than naive"),
    (1, {"price_dm": -3.0}, "price at horizon 1 is worse than naive"),
]  # fmt: skip


@pytest.mark.parametrize(("horizon", "changes", "reason"), REFUSED, ids=[str(one[1]) for one in REFUSED])
def test_each_rule_refuses_and_says_why(horizon: int, changes: dict[str, Any], reason: str) -> None:
    decision = decide(facts(horizon, **changes), Gate())
    assert (decision.result, decision.verdict, decision.deploy, decision.waits) == ("fail", "worse", False, False)
    assert decision.reasons[0].startswith(reason)


PASSED = [
    (1, {"direction_auc": 0.60}), (5, {"direction_auc": 0.64}), (1, {"direction_accuracy": 0.58}),
    (5, {"direction_accuracy": 0.60}), (1, {"interval_coverage": 0.87, "interval_low": 0.85, "interval_high": 0.89}),
    (1, {"direction_dm": -1.64, **SHOWN}), (1, {"direction_dm": None}), (5, {"price_dm": -1.64}),
    (5, {"direction_auc": None, "direction_accuracy": None}), (5, {"interval_dm": -1.645}),
    (1, {"interval_coverage": None, "interval_low": None, "interval_high": None}),
]  # fmt: skip


@pytest.mark.parametrize(("horizon", "changes"), PASSED, ids=[str(one[1]) for one in PASSED])
def test_what_is_on_the_right_side_of_a_limit_or_within_chance_passes(horizon: int, changes: dict[str, Any]) -> None:
    decision = decide(facts(horizon, **changes), Gate())
    assert (decision.result, decision.verdict, decision.deploy) == ("pass", "no_edge", True)
    assert "direction shows no edge" in decision.reasons[0]


def test_a_bad_direction_model_that_is_not_shown_is_told_and_does_no_harm() -> None:
    decision = decide(facts(5, direction_dm=-3.0), Gate())
    assert decision.deploy and decision.verdict == "no_edge"
    assert decision.warnings == [
        "the direction model at horizon 5 is worse than the base rate (t -3.00), which is shown instead"
    ]


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


@pytest.mark.parametrize("few", [{"symbols": 3}, {"dates": 249}, {"audit": "inconclusive", "audit_detail": "x"}])
@pytest.mark.parametrize(
    ("champion", "instead"),
    [("none", "first model"), ("expired", "the champion has expired"), ("vanished", "the champion cannot be read"),
     ("quick", "the champion is a quick one")],
)  # fmt: skip
def test_too_little_evidence_deploys_as_no_edge_where_nothing_is_in_service(
    few: dict[str, Any], champion: Any, instead: str
) -> None:
    decision = decide(replace(facts(), champion=champion, **few), Gate())
    assert (decision.result, decision.verdict, decision.deploy) == ("cannot_tell", "no_edge", True)
    assert decision.reasons[0].endswith(f"{instead}, deployed as no_edge")


@pytest.mark.parametrize("few", [{"symbols": 3}, {"dates": 249}, {"audit": "inconclusive", "audit_detail": "x"}])
def test_too_little_evidence_keeps_a_champion_in_service_and_lets_the_candidate_wait(few: dict[str, Any]) -> None:
    decision = decide(replace(facts(), champion="standing", rivalry=Rivalry(True), **few), Gate())
    assert (decision.result, decision.verdict) == ("cannot_tell", "cannot_tell")
    assert not decision.deploy and decision.waits and decision.reasons[0].endswith("the champion stays")


def test_few_symbols_are_not_judged_by_the_leak_alarm_but_by_the_audit() -> None:
    lucky = replace(facts(direction_auc=0.9), symbols=3)
    assert decide(lucky, Gate()).deploy
    found = decide(replace(lucky, audit="failed", audit_detail="feature x sees the future"), Gate())
    assert found.reasons == ["leak alarm: the look-ahead audit failed: feature x sees the future"]
    assert found.result == "fail" and not found.deploy


def test_without_any_naive_interval_there_is_nothing_to_judge_by() -> None:
    young = facts()
    for one in young.pooled.values():
        one["interval"]["90"]["dm"] = {"t": None}
    decision = decide(young, Gate())
    assert decision.result == "cannot_tell" and decision.deploy and "no naive interval" in decision.reasons[0]


def beside(**changes: Any) -> Facts:
    """A sound candidate of another recipe beside a champion in service, compared over 250 sessions of 4 symbols."""
    rivalry = Rivalry(False, 4, 250, 0.5, -0.5)._replace(**changes)
    return replace(facts(), champion="standing", rivalry=rivalry)


RIVALS = [
    ({}, True, "not worse than the champion over 250 sessions of 4 symbols (direction t +0.50, interval t -0.50)"),
    ({"direction_t": -1.645}, True, "not worse than the champion"),
    ({"direction_t": -1.65}, False, "direction is worse than the champion's over 250 sessions of 4 symbols"),
    ({"interval_t": -1.65}, False, "interval is worse than the champion's"),
    ({"direction_t": None}, True, "not worse than the champion over 250 sessions of 4 symbols (interval t -0.50)"),
    ({"dates": 125, "symbols": 8, "direction_t": -1.65}, False, "direction is worse than the champion's over 125"),
    ({"dates": 125, "symbols": 8}, True, "not worse than the champion over 125 sessions of 8 symbols"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "deploy", "reason"), RIVALS, ids=[str(one[0]) for one in RIVALS])
def test_a_candidate_must_not_be_worse_than_the_champion(changes: dict[str, Any], deploy: bool, reason: str) -> None:
    decision = decide(beside(**changes), Gate())
    assert decision.deploy is deploy and decision.result == ("pass" if deploy else "fail")
    assert any(one.startswith(reason) for one in decision.reasons), decision.reasons


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"dates": 249}, "has 249 sessions, it takes 250"), ({"dates": 124, "symbols": 8}, "124 sessions, it takes 125"),
     ({"dates": 249, "direction_t": -9.0}, "it takes 250"), ({"direction_t": None, "interval_t": None}, "250")],
)  # fmt: skip
def test_a_comparison_on_too_few_sessions_keeps_the_champion(changes: dict[str, Any], reason: str) -> None:
    decision = decide(beside(**changes), Gate())
    assert decision.result == "cannot_tell" and decision.waits and not decision.deploy
    assert reason in decision.reasons[0]
    expired = decide(replace(beside(**changes), champion="expired"), Gate())
    assert expired.deploy and expired.verdict == "no_edge"


def test_a_champion_whose_recipe_is_gone_stays_until_it_expires() -> None:
    gone = replace(facts(), champion="standing", rivalry=None)
    assert decide(gone, Gate()).waits and "cannot be fitted any more" in decide(gone, Gate()).reasons[0]
    assert decide(replace(gone, champion="expired"), Gate()).deploy


def test_the_same_recipe_on_newer_data_replaces_the_champion() -> None:
    decision = decide(replace(facts(), champion="standing", rivalry=Rivalry(True)), Gate())
    assert decision.deploy and decision.reasons[1] == "the champion has the same recipe: what is new is the data"


def test_an_expired_champion_still_defends_against_a_worse_candidate() -> None:
    assert decide(replace(beside(direction_t=-2.0), champion="expired"), Gate()).result == "fail"


@pytest.mark.parametrize(("champion", "told"), [("vanished", "cannot be read"), ("quick", "is a quick one")])
def test_a_champion_that_is_vanished_or_quick_defends_nothing(champion: Any, told: str) -> None:
    decision = decide(replace(facts(), champion=champion, rivalry=None), Gate())
    assert decision.result == "pass" and decision.deploy and told in decision.reasons[1]


@pytest.mark.parametrize(
    ("champion", "deploy"),
    [("standing", False), ("expired", False), ("quick", True), ("none", True), ("vanished", True)],
)
def test_a_quick_model_never_replaces_a_full_champion(champion: Any, deploy: bool) -> None:
    decision = decide(replace(facts(), quick=True, champion=champion), Gate())
    assert decision.deploy is deploy
    assert deploy or decision.reasons == ["a quick model never replaces a full champion by itself"]


FLOORS = [
    ("min_accuracy", 0.52, 0.53, "accuracy 0.52 is below gate.min_accuracy 0.53"),
    ("min_accuracy", 0.0, 0.75, "below gate.min_accuracy 0.75"),
    ("min_auc", 0.51, 0.515, "AUC 0.51 is below gate.min_auc 0.515"),
    ("min_brier_skill", -0.001, 0.0, "Brier skill -0.001 is below gate.min_brier_skill 0.0"),
    ("max_mape", 0.015, 0.01, "MAPE 0.015 is above gate.max_mape 0.01"),
    ("max_winkler_ratio", 0.9, 0.85, "Winkler ratio 0.9 is above gate.max_winkler_ratio 0.85"),
    ("max_ece", 0.0101, 0.005, "calibration error above its noise 0.01 is above gate.max_ece 0.005"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "kept", "missed", "reason"), FLOORS, ids=[f"{one[0]}={one[2]}" for one in FLOORS])
def test_floors_and_ceilings_are_off_unless_set(key: str, kept: float, missed: float, reason: str) -> None:
    assert getattr(Gate(), key) is None and decide(facts(), Gate()).deploy
    assert decide(facts(), Gate(**{key: kept})).deploy
    decision = decide(facts(), Gate(**{key: missed}))
    assert decision.result == "fail" and not decision.deploy and reason in decision.reasons[0]


def test_a_missing_figure_fails_its_floor() -> None:
    assert "AUC missing is below gate.min_auc 0.5" in decide(facts(direction_auc=None), Gate(min_auc=0.5)).reasons[0]


def test_without_a_band_coverage_is_not_judged_and_that_is_told() -> None:
    wide = facts(1, interval_coverage=0.5, interval_low=0.4, interval_high=0.6)
    decision = decide(wide, Gate(coverage_band={}))
    assert decision.deploy and decision.warnings == [
        "gate.coverage_band has no band for pooled: coverage was not judged"
    ]


def test_the_rules_are_asked_in_their_order_and_the_first_refusal_is_the_reason() -> None:
    """Audit, leak, loading, data, coverage, naive, champion, floor: each is taken away and the next one speaks."""
    everything = facts(
        direction_auc=0.9, direction_dm=-9.0, interval_coverage=0.5, interval_low=0.4, interval_high=0.6, **SHOWN
    )
    everything = replace(
        everything, loads=False, data_problem="bad", audit="failed", champion="standing",
        rivalry=Rivalry(False, 4, 250, -9.0, -9.0),
    )  # fmt: skip
    rules, heard = Gate(min_accuracy=0.9), []
    for part, key, value in (
        ("", "audit", ""), ("direction", "auc", 0.5), ("", "loads", True), ("", "data_problem", ""),
        ("interval", "low", 0.85), ("direction", "dm", {"t": 0.0}), ("", "rivalry", Rivalry(True)),
    ):  # fmt: skip
        heard.append(" ".join(decide(everything, rules).reasons[0].split(" ")[:3]))
        if not part:
            everything = replace(everything, **{key: value})
            continue
        pooled = copy.deepcopy(everything.pooled)
        (pooled[1]["interval"]["90"] if part == "interval" else pooled[1][part])[key] = value
        if key == "low":
            pooled[1]["interval"]["90"]["high"] = 0.95
        everything = replace(everything, pooled=pooled)
    heard.append(" ".join(decide(everything, rules).reasons[0].split(" ")[:3]))
    assert heard == [
        "leak alarm: the", "leak alarm: AUC", "the published version", "data unhealthy: bad", "coverage of the",
        "direction at horizon", "direction is worse", "accuracy 0.52 is",
    ]  # fmt: skip


def test_one_symbol_outside_its_band_only_warns() -> None:
    symbol = {1: block(interval_coverage=0.80), 5: block(interval_coverage=None)}
    decision = decide(replace(facts(), symbol=symbol), Gate())
    assert decision.deploy and len(decision.warnings) == 1 and "for this symbol" in decision.warnings[0]


def test_a_person_may_deploy_over_a_refusal_and_what_the_gate_said_stays() -> None:
    refused = decide(facts(direction_auc=0.9), Gate())
    found = forced(refused, "a test of ours")
    assert found.deploy and (found.result, found.verdict) == (refused.result, refused.verdict)
    assert found.reasons == ["forced: a test of ours", *refused.reasons]
