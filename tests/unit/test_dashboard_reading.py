"""What the dashboard reads of real workspaces, little by little, and what it says when there is nothing to read."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import time
from pathlib import Path

import _watched
import pytest

from stockml import files, logbook
from stockml.clock import Clock
from stockml.dashboard import reading as room
from stockml.dashboard import symbol as symbol_room
from stockml.dashboard.reading import Reading
from stockml.dashboard.seen import Wanted
from stockml.dashboard.trainings import Trainings
from stockml.dashboard.watching import Watching
from stockml.ledger import facts
from stockml.workspace import Workspace

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four symbols trained 80 sessions ago; of the first, 30 forecasts, each fifth outside, the last two open."""
    made = _watched.home(tmp_path_factory.mktemp("lived"), SYMBOLS)
    env = _watched.opened(made)
    _watched.say(env, "AAA", [place % 5 > 0 for place in range(30)], pending=2)
    env.ledger.close()
    return made


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "workspace"))


def test_the_first_look_sees_the_whole_fleet_and_its_first_symbol(home: Path) -> None:
    seen = Reading(Workspace(home), None).look(Wanted())
    assert seen.trouble == "" and [row["symbol"] for row in seen.rows] == list(SYMBOLS)
    assert seen.detail is not None and seen.detail.symbol == "AAA" and len(seen.detail.closes) == symbol_room.CLOSES
    assert seen.as_of is not None and set(seen.host) == {"cpu", "memory", "disk"}


def test_forecasts_stand_at_their_target_sessions_with_their_outcomes(home: Path) -> None:
    detail = Reading(Workspace(home), None).look(Wanted("AAA", 1)).detail
    assert detail is not None
    assert [one.inside for one in detail.past] == [0 if place % 5 == 0 else 80 for place in range(28)] + [None, None]
    for one in detail.past:
        assert detail.sessions[one.made] == one.session and detail.sessions[one.target] == one.target_session
    assert {one.kind for one in detail.events} >= {"settled", "forecast", "judged", "deployed"}


def test_prices_of_before_a_split_are_on_the_scale_of_after_it(home: Path) -> None:
    from stockml.bars import store

    env = _watched.opened(home)
    bars = store.read(env.market, "AAA", "1d")
    assert bars is not None
    place = len(bars) - 40
    changed = {name: getattr(bars, name).copy() for name in ("open", "high", "low", "close", "split")}
    for name in ("open", "high", "low", "close"):
        changed[name][place:] /= 4.0
    changed["split"][place] = 4.0
    given = {name: changed.get(name, getattr(bars, name)) for name in (
        "session", "open", "high", "low", "close", "volume", "dividend", "split")}  # fmt: skip
    store.write(env.market, type(bars)("AAA", **given), "1d", source="csv", fetched_at="2019-12-20T22:00:00Z",
                checked_through=int(bars.session[-1]), outcome="ok", message="", fingerprint="x")  # fmt: skip
    detail = symbol_room.look(env, "AAA", 1)
    # prices in four: what was 100 when it was forecast is drawn at 25
    assert detail.closes[-41] == pytest.approx(float(bars.close[place - 1]) / 4.0)
    before = next(one for one in detail.past if one.made < len(detail.closes) - 41)
    assert before.price == pytest.approx(25.0) and before.hi90 == pytest.approx(103.0 / 4.0)


def test_nothing_is_looked_at_twice_until_the_ledger_was_written(home: Path) -> None:
    reading = Reading(Workspace(home), None)
    first = reading.look(Wanted("AAA"))
    second = reading.look(Wanted("AAA"))
    assert second.fleet is first.fleet and second.detail is first.detail
    other = _watched.opened(home)
    facts.count_trial(other.ledger, "AAA", "0" * 64, other.clock)
    reading.fleet_turn.earliest = reading.detail_turn.earliest = 0.0
    third = reading.look(Wanted("AAA"))
    assert third.fleet is not first.fleet and third.detail is not first.detail


def test_a_look_that_cost_much_is_not_had_again_soon() -> None:
    turn = room._Turn()
    turn.took("before", 2.0)
    now = time.monotonic()
    assert not turn.is_due("after", now + 2.0 / room.SHARE - 1.0)
    assert turn.is_due("after", now + 2.0 / room.SHARE + 1.0)
    assert turn.latest >= turn.earliest, "however long it took, its share is kept"


def test_another_symbol_is_looked_at_at_once(home: Path) -> None:
    reading = Reading(Workspace(home), None)
    reading.look(Wanted("AAA"))
    detail = reading.look(Wanted("CCC")).detail
    assert detail is not None and detail.symbol == "CCC"


def test_why_is_asked_only_while_it_is_wanted(home: Path) -> None:
    reading = Reading(Workspace(home), None)
    assert reading.look(Wanted("AAA")).why is None
    told = reading.look(Wanted("AAA", why=True)).why
    assert told is not None and told["symbol"] == "AAA"


def test_a_workspace_that_vanishes_is_told_and_found_again(home: Path) -> None:
    reading = Reading(Workspace(home), None)
    before = reading.look(Wanted())
    aside = home.with_name("aside")
    home.rename(aside)
    gone = reading.look(Wanted())
    assert "is gone" in gone.trouble and gone.rows == before.rows, "what was seen stays"
    assert not home.exists(), "looking makes nothing"
    aside.rename(home)
    again = reading.look(Wanted())
    assert again.trouble == "" and again.fleet is not before.fleet


def test_a_ledger_that_is_replaced_is_opened_anew(home: Path) -> None:
    reading = Reading(Workspace(home), None)
    reading.look(Wanted())
    ledger = home / "persistent_data" / "ledger.db"
    before = reading.env
    ledger.rename(ledger.with_suffix(".old"))
    seen = reading.look(Wanted())
    assert seen.fleet is not None and reading.env is not before
    assert not ledger.exists(), "a missing ledger is told, not made"


def test_a_ledger_that_is_being_written_is_read_all_the_same(home: Path) -> None:
    holder = sqlite3.connect(home / "persistent_data" / "ledger.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert Reading(Workspace(home), None).look(Wanted()).trouble == ""
    holder.close()


def test_a_ledger_that_is_held_whole_is_told_after_a_moment_and_read_when_it_is_free(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PATIENCE_S", 0.05)
    reading = Reading(Workspace(home), None)
    before = reading.look(Wanted())
    reading.close()
    holder = sqlite3.connect(home / "persistent_data" / "ledger.db", isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    seen = reading.look(Wanted())
    assert "busy" in seen.trouble and seen.rows == before.rows and time.monotonic() - began < 10.0
    holder.close()
    assert reading.look(Wanted()).trouble == ""


def test_a_mistake_in_the_configuration_is_told_and_its_mending_seen(home: Path) -> None:
    reading = Reading(Workspace(home), None)
    reading.look(Wanted())
    path = home / "persistent_data" / "ml_config.json"
    right = path.read_text()
    path.write_text("{")
    assert "ml_config.json" in reading.look(Wanted()).trouble
    path.write_text(json.dumps({**json.loads(right), "symbols": ["BBB"]}))
    seen = reading.look(Wanted())
    assert seen.trouble == "" and [row["symbol"] for row in seen.rows] == ["BBB"]


def test_a_log_is_read_on_when_it_is_cut_and_when_it_is_replaced(home: Path) -> None:
    place = Workspace(home)
    reading = Reading(place, None)
    reading.look(Wanted())
    logbook.log(place, "monitoring", "first")
    assert reading.look(Wanted()).log[-1].text == "first"
    (path,) = (home / "logs" / "monitoring").glob("stockml-*.log")
    path.write_text("")
    reading.look(Wanted())
    logbook.log(place, "monitoring", "second")
    assert reading.look(Wanted()).log[-1].text == "second"
    files.rotate(path, 1)
    logbook.log(place, "monitoring", "third")
    assert reading.look(Wanted()).log[-1].text == "third"


def test_as_of_a_session_nothing_later_is_seen(home: Path) -> None:
    detail = Reading(Workspace(home), None).look(Wanted("AAA", 1)).detail
    assert detail is not None
    middle = detail.past[10].session
    then = Reading(Workspace(home), middle).look(Wanted("AAA", 1)).detail
    assert then is not None and then.sessions[-1] == middle and then.past[-1].session <= middle
    assert then.past[-1].inside is None


def begun(home: Path, pid: int | None) -> tuple[Workspace, str, logbook.Events]:
    place = Workspace(home)
    env = _watched.opened(home)
    run = facts.start_run(env.ledger, "train", env.clock)
    events = logbook.Events(place, run, Clock())
    size = {"symbols": 2, "fleet": 4, "quick": False, "tune": 0}
    events.stage("collect", 0.0, **({"pid": pid} if pid else {}), **size)
    return place, run, events


def test_a_training_of_another_process_is_followed_from_its_event_log_to_its_end(home: Path) -> None:
    place, run, events = begun(home, os.getpid())
    env = _watched.opened(home)
    trainings = Trainings(place)
    (one, *_) = trainings.look(env.ledger)
    assert (one.id, one.state, one.stage, one.symbols) == (run, "running", "collect", 2)
    events.stage("train", 0.5, "fit 3 of 6", "AAA")
    (one, *_) = trainings.look(env.ledger)
    assert one.percent == 65.0 and one.stages["collect"] == 1.0 and one.stages["train"] == 0.5
    assert one.about == "AAA fit 3 of 6" and one.lines[-1].endswith("AAA fit 3 of 6")
    facts.end_run(env.ledger, run, env.clock, 130, {"error": "interrupted"})
    (one, *_) = trainings.look(env.ledger)
    assert (one.state, one.exit_code, one.told) == ("ended", 130, "interrupted")


def test_a_training_whose_process_is_gone_was_killed(home: Path) -> None:
    from stockml import processes

    dead = max(int(name) for name in os.listdir(processes.PROC) if name.isdigit()) + 50_000
    place, _, _ = begun(home, dead)
    assert Trainings(place).look(_watched.opened(home).ledger)[0].state == "killed"


def test_lines_that_are_no_events_are_passed_over(home: Path) -> None:
    place, run, events = begun(home, os.getpid())
    path = place.logs / "training" / f"run-{run}.jsonl"
    for line in ("{", "[]", '{"stage": "dance", "recorded_at": "2026-01-01T00:00:00Z", "percent": 1}', '{"stage": 3}',
                 '{"stage": "train", "recorded_at": "yesterday", "percent": 1}', "\x1b[2J"):  # fmt: skip
        files.append_line(path, line)
    events.stage("features", 0.5)
    (one, *_) = Trainings(place).look(_watched.opened(home).ledger)
    assert one.stage == "features" and len(one.lines) == 2


def test_the_fleet_is_looked_at_at_once_when_a_training_ends(home: Path) -> None:
    place, run, _ = begun(home, os.getpid())
    reading = Reading(place, None)
    before = reading.look(Wanted())
    assert before.trainings[0].is_running
    reading.fleet_turn.earliest = reading.fleet_turn.latest = time.monotonic() + 1000.0
    env = _watched.opened(home)
    facts.end_run(env.ledger, run, env.clock, 0, {})
    assert reading.look(Wanted()).fleet is not before.fleet


def test_the_thread_looks_when_something_else_is_wanted_and_keeps_its_failure(home: Path) -> None:
    import threading

    told = threading.Event()
    watching = Watching(Reading(Workspace(home), None), 60.0, told.set)
    watching.begin()
    assert told.wait(20.0)
    told.clear()
    watching.want(Wanted("DDD"))
    assert told.wait(20.0)
    assert watching.seen.detail is not None and watching.seen.detail.symbol == "DDD"
    told.clear()
    watching.reading.trainings = None  # type: ignore[assignment]
    watching.nudge()
    assert told.wait(20.0) and isinstance(watching.failure, AttributeError)
    watching.end()


def test_what_is_urgent_is_not_forgotten_when_something_else_is_wanted(home: Path) -> None:
    watching = Watching(Reading(Workspace(home), None), 60.0, lambda: None)
    watching.nudge()
    watching.want(Wanted("BBB"))
    assert watching._is_urgent, "until the next look"
