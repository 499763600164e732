"""The replaced champion in shadow: it forecasts on, both are settled, and the worse of the two goes."""

from __future__ import annotations

from pathlib import Path

import _fleet
import _naive
import pytest
from _naive import FIRST, SESSIONS

from stockml.environment import Environment
from stockml.ledger import alerts, forecasts
from stockml.pipeline import due, explain, predict, promotion, settle, shadow
from stockml.store import pointers

CHANGED = SESSIONS[-13]  # when the new champions were deployed


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str], dict[str, str]]:
    """A fleet whose first champions were replaced by newer ones: the workspace, the old versions, the new."""
    home = _naive.make(tmp_path_factory.mktemp("shadow"))
    env = _naive.at(home, FIRST)
    old = {one: str((pointers.standing(env.workspace, env.ledger, one, env.clock) or {})["champion"]) for one in FLEET}
    made = _fleet.result("train", "--all", "--as-of", CHANGED, home=home)["symbols"]
    new = {one["symbol"]: one["version"] for one in made}
    env = _naive.at(home, CHANGED)
    for symbol, version in new.items():
        pointers.promote(env.workspace, env.ledger, symbol, version, env.clock, "train", "passed")
    _fleet.result("data", "fetch", "--as-of", SESSIONS[-1], home=home)
    return home, old, new


FLEET = _fleet.SYMBOLS


@pytest.fixture
def home(trained: tuple[Path, dict[str, str], dict[str, str]], tmp_path: Path) -> Path:
    return _naive.copy(trained[0], tmp_path)


def champions(env: Environment) -> dict[str, str]:
    found = {one: pointers.standing(env.workspace, env.ledger, one, env.clock) for one in FLEET}
    return {symbol: str(live["champion"]) for symbol, live in found.items() if live}


def test_the_replaced_champion_forecasts_aside_and_is_settled_but_is_not_the_answer(home, trained):
    _, old, new = trained
    env = _naive.at(home, SESSIONS[-9])
    made = predict.predict(env, list(FLEET))
    assert {one["version"] for one in made["forecasts"]} == set(new.values())
    assert {one["version"] for one in made["shadows"]} == set(old.values())
    told = [(one["symbol"], one["horizon"]) for one in made["forecasts"]]
    assert sorted(told) == sorted((one["symbol"], one["horizon"]) for one in made["shadows"])
    again = predict.predict(env, list(FLEET))
    assert [one["id"] for one in again["shadows"]] == [one["id"] for one in made["shadows"]]
    assert forecasts.last(env.ledger, "AAA", "1d", env.clock)["version"] == new["AAA"]
    done = settle.settle(_naive.at(home, SESSIONS[-8]))
    assert done["settled"] == 8 and done["rollbacks"] == [], "one ahead, four symbols, two versions"


def test_the_shadow_ends_after_its_sessions_and_without_sessions_there_is_none(home):
    assert shadow.standing(_naive.at(home, SESSIONS[-1]), "AAA").passed == 12
    _naive.configure(home, shadow={"sessions": 10})
    standing = shadow.standing(_naive.at(home, SESSIONS[-1]), "AAA")
    assert standing is not None and not standing.forecasts, "its outcomes are still waited for"
    _naive.configure(home, shadow={"sessions": 5})
    assert shadow.standing(_naive.at(home, SESSIONS[-1]), "AAA") is None
    _naive.configure(home, shadow={"sessions": 0})
    assert shadow.standing(_naive.at(home, CHANGED), "AAA") is None


def test_what_a_person_decides_is_not_put_to_the_test(home, trained):
    _, old, _ = trained
    env = _naive.at(home, SESSIONS[-12])
    promotion.rollback(env, "AAA", "I know better")
    assert champions(env)["AAA"] == old["AAA"] and shadow.standing(env, "AAA") is None
    assert shadow.standing(env, "BBB") is not None


def test_a_new_champion_that_does_credibly_worse_goes_back_with_all_its_run_promoted(home, trained):
    _, old, new = trained
    _naive.speak(home, old, 1.0, range(-13, -1))
    _naive.speak(home, new, 0.05, range(-13, -1))
    settle.settle(_naive.at(home, SESSIONS[-11]))
    assert champions(_naive.at(home, SESSIONS[-11])) == new, "two sessions are no evidence"
    env = _naive.at(home, SESSIONS[-2])
    [done] = settle.settle(env)["rollbacks"]
    assert done["symbols"] == list(FLEET) and done["failed"] == []
    assert done["sentence"].startswith("worse than what it replaced: the interval loss 1 ahead is ")
    assert champions(env) == old
    said = explain.why(env, "AAA")
    codes = {one["code"] for one in said["reasons"]}
    assert {"by_review", "no_shadow"} <= codes and said["previous"] == new["AAA"]
    assert said["promotions"][0]["who"] == "shadow review" and said["promotions"][0]["figures"]["odds"] >= 20.0
    assert due.facts_of(env, "AAA").cooling_hours == 120.0
    [alert] = [one for one in alerts.standing(env.ledger, env.clock, "shadow") if one.is_open]
    assert alert.symbols == FLEET and "worse than what it replaced" in alert.sentence
    assert settle.settle(env)["rollbacks"] == [], "what came back is not put to the test"


def test_a_new_champion_that_does_as_well_stays_and_why_tells_how_it_stands(home, trained):
    _, old, new = trained
    _naive.speak(home, old, 1.0, range(-13, -1))
    _naive.speak(home, new, 1.02, range(-13, -1))
    env = _naive.at(home, SESSIONS[-1])
    assert settle.settle(env)["rollbacks"] == []
    assert champions(env) == new
    said = explain.why(env, "AAA")
    assert said["shadow"]["compared"] == 12 and said["shadow"]["odds"] < 20 and len(said["shadow"]["symbols"]) == 4
    told = next(one for one in said["reasons"] if one["about"] == "shadow")
    assert told["code"] == "shadow_forecasts" and "12 of 40 sessions, 4 symbols: the " in told["sentence"]


def test_a_busy_symbol_keeps_its_champion_and_the_rest_goes_back(home, trained):
    _, old, new = trained
    _naive.speak(home, old, 1.0, range(-13, -1))
    _naive.speak(home, new, 0.05, range(-13, -1))
    env = _naive.at(home, SESSIONS[-1])
    with _fleet.lock_holder(env.workspace.symbol_folder("BBB") / "lock"):
        done = settle.settle(env)
    assert champions(env) == {**old, "BBB": new["BBB"]}
    assert done["rollbacks"][0]["failed"][0].startswith("BBB: ") and done["warnings"]
