"""`train` without symbols: every trigger and every brake, gathered from a real workspace."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import _fleet
import _naive
import pytest
from _naive import FIRST, SESSIONS

from stockml.bars import store
from stockml.ledger import triggers as fired
from stockml.pipeline import due
from stockml.store import pointers, versions

LATER = SESSIONS[-10]  # five sessions, seven days later, not eight
OLD = {"validation.window_years": 2.0}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _naive.make(tmp_path_factory.mktemp("smart"))


@pytest.fixture
def home(trained: Path, tmp_path: Path) -> Path:
    return _naive.copy(trained, tmp_path)


def plan(home: Path, session: str = LATER) -> due.Plan:
    return due.plan(_naive.at(home, session), None)


def champion(home: Path, symbol: str) -> str:
    env = _naive.at(home, LATER)
    return str((pointers.standing(env.workspace, env.ledger, symbol, env.clock) or {})["champion"])


def revise(home: Path, symbol: str, moment: str) -> None:
    env = _naive.at(home, SESSIONS[-1])
    at = int(datetime.fromisoformat(moment).timestamp())
    columns = "symbol, bar_interval, session, kind, source, known_from, replaced_at"
    env.market.execute(
        f"INSERT INTO revisions({columns}, open, high, low, close, volume, dividend, split) "
        "VALUES(?,?,?,?,?,?,?,1,1,1,1,1,0,1)",
        (symbol, "1d", 17000, "revised", 1, 0, at),
    )


def test_nothing_is_due_of_a_young_fleet_and_everything_by_age(home: Path) -> None:
    assert plan(home, SESSIONS[-13]) == due.Plan({}, {})
    assert set(plan(home, SESSIONS[-8]).wanted) == set(_fleet.SYMBOLS)
    assert plan(home, SESSIONS[-8]).wanted["AAA"][0].startswith("age: the champion is ")


def test_age_counts_from_the_last_candidate_even_if_it_only_waits(home: Path) -> None:
    _naive.judged(_naive.at(home, SESSIONS[-9]), "AAA", champion(home, "AAA"), "cannot_tell")
    wanted = plan(home, SESSIONS[-8]).wanted
    assert "AAA" not in wanted and "BBB" in wanted
    told = plan(home, SESSIONS[-1]).wanted["AAA"][0]
    assert "days old, the last training" in told


def test_a_quick_candidate_answers_nothing(home: Path) -> None:
    _naive.judged(_naive.at(home, SESSIONS[-9]), "AAA", champion(home, "AAA"), "cannot_tell", quick=True)
    assert "AAA" in plan(home, SESSIONS[-8]).wanted


def test_evidence_is_heeded_after_the_cool_down_and_answered_by_a_training(home: Path) -> None:
    env = _naive.at(home, SESSIONS[-14])
    fired.record(env.ledger, {"AAA": ["coverage 1 ahead: 70 % of 40"]}, env.clock)
    assert plan(home, SESSIONS[-14]) == due.Plan({}, {}), "trained yesterday"
    assert plan(home, LATER).wanted == {"AAA": ["evidence: coverage 1 ahead: 70 % of 40"]}
    _naive.judged(_naive.at(home, LATER), "AAA", champion(home, "AAA"), "cannot_tell")
    assert "AAA" not in plan(home, SESSIONS[-9]).wanted


def test_a_revision_is_a_reason_until_a_candidate_has_seen_it(home: Path) -> None:
    revise(home, "BBB", f"{SESSIONS[-12]}T12:00:00+00:00")
    assert plan(home).wanted == {"BBB": ["data revised: the source changed 1 bar since the last training"]}
    _naive.judged(_naive.at(home, SESSIONS[-11]), "BBB", champion(home, "BBB"), "fail")
    assert plan(home).wanted == {}


def test_a_changed_fit_is_a_reason_and_other_keys_are_not(home: Path) -> None:
    _naive.configure(home, expire_days=80, alerts={"cooldown_hours": 1})
    assert plan(home).wanted == {}
    _naive.configure(home, validation={"refit_sessions": 60, "window_years": 3.0})
    told = ["config changed: validation.window_years since the last training"]
    assert plan(home).wanted == dict.fromkeys(_fleet.SYMBOLS, told)


def test_an_expired_champion_is_due_and_an_untrained_symbol_too(home: Path) -> None:
    _naive.configure(home, expire_days=6, symbols=[*_fleet.SYMBOLS, "NEW"])
    wanted = plan(home).wanted
    assert wanted["NEW"] == ["untrained"] and wanted["AAA"][0].startswith("expired: ")


def test_a_refused_symbol_waits_for_the_next_day(home: Path) -> None:
    other = champion(home, "AAA")[:-1] + "f"
    _naive.configure(home, validation={"refit_sessions": 60, "window_years": 3.0}, retrain={"min_age_hours": 0.0})
    _naive.judged(_naive.at(home, LATER), "AAA", other, "fail", config=OLD)
    held = plan(home).held["AAA"]["blocked"]
    assert held == ["cool-down: 2.5 hours left after a refusal"], "the session settles at 21:30 UTC"
    assert "AAA" in plan(home, SESSIONS[-9]).wanted


def test_a_rollback_cools_down_for_days(home: Path) -> None:
    old = champion(home, "AAA")
    later = _naive.at(home, SESSIONS[-13])
    path = versions.folder(later.workspace, "AAA", old)
    revise(home, "AAA", f"{SESSIONS[-11]}T12:00:00+00:00")
    ours = (later.workspace, later.ledger, "AAA")
    new = _trained(home, SESSIONS[-13])["AAA"]
    pointers.promote(*ours, new, later.clock, "train", "a test")
    back = _naive.at(home, SESSIONS[-12])
    pointers.promote(*ours, old, back.clock, "by hand", "it was better")
    assert path.exists() and plan(home, LATER).held["AAA"]["blocked"][0].startswith("cool-down: ")
    assert "AAA" in plan(home, SESSIONS[-8]).wanted, "five days later"


def _trained(home: Path, session: str) -> dict[str, str]:
    made = _fleet.result("train", "--all", "--as-of", session, home=home)["symbols"]
    return {one["symbol"]: one["version"] for one in made}


def test_too_many_and_too_young(home: Path) -> None:
    _naive.configure(home, retrain={"max_per_day": 2, "max_age_days": 0.1, "min_age_hours": 0.0})
    for _ in range(2):
        _naive.judged(_naive.at(home, SESSIONS[-8]), "AAA", champion(home, "AAA"), "cannot_tell")
    revise(home, "AAA", f"{SESSIONS[-8]}T23:00:00+00:00")
    soon = datetime.fromisoformat(f"{SESSIONS[-8]}T23:30:00+00:00")
    held = due.plan(_naive.live(home, soon), None).held["AAA"]
    assert held["blocked"] == ["daily maximum: 2 trainings in 24 hours, limit 2"]
    _naive.configure(home, retrain={"max_age_days": 0.1})
    held = due.plan(_naive.live(home, soon), None).held["AAA"]
    assert held["blocked"] == ["minimum age: trained 2.0 hours ago, not again before 4"]


def test_a_source_that_fails_while_bars_grow_old_holds_back_one_symbol_or_the_fleet(home: Path) -> None:
    env = _naive.at(home, SESSIONS[-1])
    env.market.execute("UPDATE series SET outcome = 'source_error' WHERE symbol = 'AAA'")
    held = plan(home, SESSIONS[-1]).held
    assert set(held) == {"AAA"}
    assert held["AAA"]["blocked"] == ["data fault: source_error, and its newest bar is 14 sessions old, limit 5"]
    env.market.execute("UPDATE series SET outcome = 'source_error' WHERE symbol IN ('BBB', 'CCC')")
    held = plan(home, SESSIONS[-1]).held
    assert set(held) == set(_fleet.SYMBOLS) and "source: 3 of 4 symbols get no new bars" in held["DDD"]["blocked"][0]
    assert store.newest_of(env.market, "NONE", "1d") is None


def test_an_open_exchange_holds_back_if_that_is_wanted(home: Path) -> None:
    noon = datetime.fromisoformat(f"{SESSIONS[-5]}T18:00:00+00:00")
    env = _naive.live(home, noon)
    assert "AAA" in due.plan(env, None).wanted
    held = due.plan(env, ["AAA"], respect=True).held["AAA"]["blocked"]
    assert held == [f"market hours: XNYS is open until {SESSIONS[-5]}T21:00:00Z"]
    evening = _naive.live(home, noon.replace(hour=22))
    assert "AAA" in due.plan(evening, ["AAA"], respect=True).wanted
    _naive.configure(home, retrain={"avoid_market_hours": True})
    assert "AAA" in due.plan(_naive.live(home, noon), None).held


def test_the_plan_is_told_and_changes_nothing(home: Path) -> None:
    revise(home, "BBB", f"{SESSIONS[-12]}T12:00:00+00:00")
    _naive.judged(_naive.at(home, LATER), "CCC", champion(home, "CCC"), "cannot_tell", config=OLD)
    _naive.configure(home, validation={"refit_sessions": 60, "window_years": 3.0})
    said = _fleet.stockml("train", "--dry-run", "--as-of", LATER, home=home)
    assert said.returncode == 0
    lines = said.stdout.splitlines()
    assert lines[1].startswith("BBB      data revised: the source changed 1 bar") and "config changed" in lines[1]
    assert lines[-1].startswith("CCC      held back: minimum age: trained 0.0 hours ago")
    assert _fleet.stockml("train", "--dry-run", "--as-of", FIRST, home=home).stdout.splitlines()[0] == "Nothing is due."
