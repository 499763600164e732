"""`why`: every reason code is reached, its screen fits a terminal of 80 columns and says what a person asks."""

from __future__ import annotations

import dataclasses
import io
import os
from pathlib import Path
from typing import Any

import _fleet
import _naive
import pytest
from _naive import FIRST, SESSIONS

from stockml import gate, triggers
from stockml.config.schema import Gate, Retrain
from stockml.ledger import facts
from stockml.ledger import triggers as fired
from stockml.pipeline import codes, explain, predict, promotion, settle
from stockml.store import pointers
from stockml.triggers import Facts
from stockml.view import why as view

REACHED: set[str] = set()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _naive.make(tmp_path_factory.mktemp("why"))


@pytest.fixture
def home(trained: Path, tmp_path: Path) -> Path:
    return _naive.copy(trained, tmp_path)


def told(home: Path, session: str = FIRST, symbol: str = "AAA") -> dict[str, str]:
    """The code of what `why` says about each thing; of several the first."""
    found: dict[str, str] = {}
    for one in explain.why(_naive.at(home, session), symbol)["reasons"]:
        REACHED.add(one["code"])
        assert one["code"] in codes.CODES and one["sentence"]
        found.setdefault(one["about"], one["code"])
    return found


def test_of_training() -> None:
    rules = Retrain()
    speaks = [Facts(None), Facts(99.0, is_expired=True), Facts(9.0), Facts(1.0, evidence=("x",)),
              Facts(1.0, revised=1), Facts(1.0, config_changed=("seed",))]  # fmt: skip
    forbids = Facts(1.0, 9, trained_hours=1.0, cooling_hours=2.0, data_fault="x", market_open="x")
    sentences = [triggers.reasons(one, rules)[0] for one in speaks] + triggers.blockers(forbids, rules)
    found = [codes.of_trigger(one) for one in sentences]
    assert found == [
        "untrained", "expired", "age", "evidence", "data_revised", "config_changed",
        "data_fault", "daily_maximum", "minimum_age", "cool_down", "market_hours",
    ]  # fmt: skip
    REACHED.update(found)


def block(**changes: Any) -> dict[str, Any]:
    direction = {"n": 3000, "accuracy": 0.51, "auc": 0.51, "brier_skill": 0.0, "verdict": "no_edge", "shown": True,
                 "dm": {"t": 0.1}}  # fmt: skip
    wide = {"coverage": 0.90, "low": 0.89, "high": 0.91, "winkler_ratio": 0.9, "dm": {"t": 3.0}}
    made = {"direction": direction, "interval": {"90": wide}, "price": {"dm": {"t": 0.0}, "mape": 0.01},
            "confidence": {"ece": 0.01, "ece_noise": 0.02}}  # fmt: skip
    for path, value in changes.items():
        place: Any = made
        *way, last = path.split("__")
        for name in way:
            place = place[name.removeprefix("p")]
        place[last] = value
    return made


def decided(facts_: dict[str, Any], rules: Gate | None = None, **changes: Any) -> str:
    pooled = {1: block(**changes), 5: block()}
    known = gate.Facts(13, 504, pooled, {}, **{"loads": True, **facts_})
    decision = gate.decide(known, rules or Gate())
    return codes.of_decision(dataclasses.asdict(decision))


@pytest.mark.parametrize(
    ("code", "given", "changes"),
    [
        ("passed", {}, {}),
        ("deployed_undecided", {"symbols": 2}, {}),
        ("waits", {"champion": "standing", "rivalry": gate.Rivalry(False, 13, 5, 0.1, 0.1)}, {}),
        ("leak_alarm", {}, {"direction__auc": 0.9}),
        ("does_not_load", {"loads": False}, {}),
        ("data_unhealthy", {"data_problem": "a jump"}, {}),
        ("outside_band", {}, {"interval__p90__coverage": 0.7, "interval__p90__high": 0.75}),
        ("worse_than_naive", {}, {"interval__p90__dm": {"t": -3.0}}),
        ("worse_than_champion", {"champion": "standing", "rivalry": gate.Rivalry(False, 13, 504, -3.0, 0.1)}, {}),
        ("quick_stays_behind", {"champion": "standing", "quick": True}, {}),
    ],
)
def test_of_the_gate(code: str, given: dict[str, Any], changes: dict[str, Any]) -> None:
    if "symbols" in given:
        known = gate.Facts(2, 504, {1: block(), 5: block()}, {}, loads=True)
        found = codes.of_decision(dataclasses.asdict(gate.decide(known, Gate())))
    else:
        found = decided(given, **changes)
    assert found == code
    REACHED.add(found)


def test_of_floors_force_and_a_symbol_never_judged() -> None:
    floor = decided({}, Gate(min_accuracy=0.75))
    refused = gate.Decision("fail", "worse", False, ["leak alarm: x"])
    forced = codes.of_decision(dataclasses.asdict(gate.forced(refused, "I want it")))
    assert (floor, forced, codes.of_decision(None)) == ("beyond_floor", "forced", "never_judged")
    REACHED.update({floor, forced, "never_judged"})


def test_of_a_trained_symbol_before_and_after_its_forecast(home: Path) -> None:
    found = told(home)
    assert found == {
        "training": "nothing_due", "held back": "minimum_age", "decision": "deployed_undecided",
        "champion": "by_training", "shadow": "no_shadow", "data": "current", "forecast": "no_forecast",
    }  # fmt: skip
    predict.predict(_naive.at(home, FIRST), ["AAA"])
    assert told(home)["forecast"] == "forecast"
    assert told(home, SESSIONS[-13])["data"] == "behind" and told(home, SESSIONS[-1])["data"] == "stale"


def test_of_a_symbol_without_anything(home: Path) -> None:
    _naive.configure(home, symbols=[*_fleet.SYMBOLS, "NEW"])
    found = told(home, FIRST, "NEW")
    assert found["champion"] == "no_champion" and found["data"] == "no_bars" and found["decision"] == "never_judged"


@pytest.mark.parametrize("reason", ["unsettled_data", "stale_data", "no_champion", "expired", "outside_training_range"])
def test_of_an_abstention(home: Path, reason: str) -> None:
    env = _naive.at(home, SESSIONS[-13])
    facts.record_abstention(env.ledger, "AAA", 1, SESSIONS[-13], reason, env.clock)
    assert told(home, SESSIONS[-13])["forecast"] in (reason, f"abstained_{reason}")


def test_of_evidence_that_waits_and_a_source_that_failed(home: Path) -> None:
    env = _naive.at(home, SESSIONS[-13])
    fired.record(env.ledger, {"AAA": ["coverage 1 ahead: 70 % of 40"]}, env.clock)
    env.market.execute("UPDATE series SET outcome = 'rate_limited' WHERE symbol = 'AAA'")
    found = told(home, SESSIONS[-13])
    assert found["held back"] == "evidence_waits" and found["data"] == "source_failed"
    distance = explain.why(_naive.at(home, SESSIONS[-13]), "AAA")["distance"]
    assert any("counts again in 3.0 days" in one["sentence"] for one in distance)


def test_of_a_person_a_shadow_a_review_and_a_damaged_champion(home: Path) -> None:
    made = _fleet.result("train", "--all", "--as-of", SESSIONS[-13], home=home)["symbols"]
    env = _naive.at(home, SESSIONS[-13])
    new = {one["symbol"]: one["version"] for one in made}
    ours = (env.workspace, env.ledger)
    pointers.promote(*ours, "AAA", new["AAA"], env.clock, "train", "passed")
    pointers.promote(*ours, "BBB", new["BBB"], env.clock, "train", "passed")
    pointers.promote(*ours, "CCC", new["CCC"], env.clock, "train", "passed")
    old = str((pointers.standing(*ours, "CCC", env.clock) or {})["previous"])
    pointers.promote(*ours, "CCC", old, env.clock, "shadow review", "worse than what it replaced")
    promotion.rollback(env, "BBB", "I know better")
    assert told(home, SESSIONS[-13])["shadow"] == "shadow_forecasts"
    assert told(home, SESSIONS[-13], "BBB")["champion"] == "by_hand"
    assert told(home, SESSIONS[-13], "CCC")["champion"] == "by_review"
    _naive.configure(home, shadow={"sessions": 10})
    assert told(home, SESSIONS[-1])["shadow"] == "shadow_waits"
    manifest = env.workspace.symbol_folder("AAA") / "versions" / new["AAA"] / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-9])
    assert told(home, SESSIONS[-13])["champion"] == "unreadable"


def test_every_code_was_reached() -> None:
    source = Path(__file__).read_text()
    asserted = {code for code in codes.CODES if f'"{code}"' in source or f"{code.removeprefix('abstained_')}" in source}
    assert asserted == set(codes.CODES)
    if "PYTEST_XDIST_WORKER" in os.environ or len(REACHED) < 20:
        return  # other tests of this file ran elsewhere, or not at all
    assert set(codes.CODES) == REACHED


def test_the_screen_fits_eighty_columns_and_one_page(home: Path) -> None:
    from rich.console import Console

    _fleet.result("data", "fetch", "--as-of", SESSIONS[-1], home=home)
    env = _naive.at(home, FIRST)
    version = str((pointers.standing(env.workspace, env.ledger, "AAA", env.clock) or {})["champion"])
    _naive.speak(home, dict.fromkeys(_fleet.SYMBOLS, version), 1.0, range(-15, -3))
    env = _naive.at(home, SESSIONS[-3])
    settle.settle(env)
    result = explain.why(env, "AAA")
    assert result["live"]["1"]["n"] == 12
    told_ = io.StringIO()
    view.screen(result)(Console(file=told_, width=80, no_color=True))
    lines = told_.getvalue().splitlines()
    assert max(map(len, lines)) <= 80 and len(lines) <= 32
    page = told_.getvalue()
    for part in ("AAA: champion 2019", "training  age: ", "1 live", "What would train it next", "coverage 1 ahead",
                 "misses in a row", "promoted 2019", "data      through 2019-12-18, up to date"):  # fmt: skip
        assert part in page, page
