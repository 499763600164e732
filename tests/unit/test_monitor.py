"""What a round of watching finds, what it calls one cause, and that many rounds cost no more than the first."""

from __future__ import annotations

import gc
import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import _fleet
import _watched
import jsonschema
import psutil
import pytest
from _watched import SYMBOLS

from stockml import monitor as room
from stockml import processes
from stockml.clock import Clock, from_day
from stockml.environment import Environment
from stockml.errors import WorkspaceError
from stockml.ledger import facts, triggers
from stockml.monitor import causes, checks
from stockml.monitor.checks import answers
from stockml.monitor.finding import Finding
from stockml.pipeline import monitor, watching
from stockml.store import versions
from stockml.view import monitor_page

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "monitor.json").read_text())
COUNT = 70  # outcomes of a symbol
Homes = Callable[[], Environment]


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen symbols with champions and no forecasts. Read it only."""
    return _watched.home(tmp_path_factory.mktemp("watched") / "home")


@pytest.fixture
def env(deployed: Path, tmp_path: Path) -> Environment:
    """A copy of the test's own, offline, as of its last session."""
    return _watched.opened(Path(shutil.copytree(deployed, tmp_path / "home")))


@pytest.fixture(autouse=True)
def a_machine_with_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """How busy the machine is that runs the tests must not decide them."""
    monkeypatch.setattr("stockml.monitor.host.read", lambda home: {"cpu": 0.1, "memory": 0.2, "disk": 0.3, "load": 0.1})


def of(result: dict[str, Any], check: str, symbol: str | None = None) -> dict[str, Any]:
    """The finding of a check about a symbol, or about everything."""
    [one] = [one for one in result["findings"] if (one["check"], one["symbol"]) == (check, symbol)]
    return one


def look(env: Environment, *symbols: str) -> dict[str, Any]:
    """A round, held to its schema on the way."""
    result = monitor.round(env, symbols)
    jsonschema.validate({**result, "trained": None}, SCHEMA)
    return result


def everyone(env: Environment, rate: float, but: dict[str, list[bool]] | None = None) -> None:
    """Forecasts of every symbol of which a share held, but for some symbols given."""
    for seed, symbol in enumerate(SYMBOLS):
        _watched.say(env, symbol, (but or {}).get(symbol) or _watched.held(rate, COUNT, seed))


def wake(env: Environment, *, channels: tuple[dict[str, Any], ...] = ({"type": "log"},)) -> Environment:
    """The same workspace on a living clock that stands where the pinned one did, and with alerts."""
    path = env.workspace.config_file
    settings = json.loads(path.read_text())
    path.write_text(json.dumps({**settings, "as_of": None, "alerts": {"channels": list(channels)}}))
    alive = _watched.opened(env.workspace.home, offline=False)
    alive.__dict__["clock"] = Clock(env.clock.now())
    return alive


def test_a_check_is_a_file_and_its_name_is_the_files() -> None:
    assert len(checks.names()) == len(list((Path(str(room.__file__)).parent / "checks").glob("[a-z]*.py"))) == 16
    assert all(name == checks.load(name).NAME for name in checks.names())


def test_a_fleet_without_outcomes_is_no_breach_and_says_that_it_cannot_tell(env: Environment) -> None:
    result = look(env)
    assert result["state"] == "cannot_tell" and not result["causes"] and not result["triggers"]
    assert {one["state"] for one in result["symbols"]} == {"cannot_tell"}
    assert of(result, "answers")["figures"]["answered"] == 13


def test_a_symbol_whose_intervals_miss_fires_alone_and_triggers_its_training_until_it_is_trained(
    env: Environment,
) -> None:
    everyone(env, 0.9, {"S03": _watched.held(0.55, COUNT, 3)})
    result = look(env)
    assert result["state"] == "bad" and list(result["triggers"]) == ["S03"]
    assert [one["key"] for one in result["causes"]] == ["coverage:fires:S03"]
    assert result["causes"][0]["level"] == "warning"
    assert of(result, "coverage", "S00")["figures"]["needed"] > 0, "silence of 70 outcomes says nothing yet"
    [told] = triggers.open_for(env.ledger, "S03", env.clock)
    assert told.startswith("coverage 1 ahead: ") and not triggers.open_for(env.ledger, "S00", env.clock)
    look(env)
    assert triggers.open_for(env.ledger, "S03", env.clock) == [told], "the same evidence is recorded once"
    later = Clock(env.clock.now() + timedelta(hours=1))
    decided = {"result": "fail", "verdict": "worse", "reasons": [], "figures": {}}
    facts.record_decision(env.ledger, "run", "S03", "20191220T223000Z-000000", later, decided)
    assert not triggers.open_for(env.ledger, "S03", later) and triggers.open_for(env.ledger, "S03", env.clock)


def test_a_fleet_that_loses_its_coverage_together_is_found_before_any_symbol_is(env: Environment) -> None:
    everyone(env, 0.8)
    result = look(env)
    fleet = of(result, "coverage")
    assert fleet["kind"] == "fleet" and fleet["state"] == "bad" and fleet["figures"]["n"] == 13 * COUNT
    single = [one for one in result["findings"] if one["kind"] == "fires" and one["symbol"]]
    assert len(single) < 8 and len(result["triggers"]) >= 8, "the fleet's evidence accuses most of its symbols"


def test_sessions_on_which_most_of_the_fleet_missed_are_an_event_and_no_fault_of_the_models(env: Environment) -> None:
    stormy = set(range(24, 40))
    for seed, symbol in enumerate(SYMBOLS):
        calm = _watched.held(0.97, COUNT, seed)
        _watched.say(env, symbol, [held and place not in stormy for place, held in enumerate(calm)])
    result = look(env)
    assert {one["kind"] for one in result["findings"] if one["check"] == "coverage"} == {"event"}
    assert not result["triggers"] and result["blocked"] and not triggers.open_for(env.ledger, "S00", env.clock)
    assert [one["key"] for one in result["causes"]] == ["coverage:event"], "one cause"


def test_outcomes_on_bars_that_were_refused_or_changed_since_are_no_evidence(env: Environment) -> None:
    missed = set(range(20, 32))
    everyone(env, 0.9, {"S05": [place not in missed for place in range(COUNT)]})
    assert list(look(env)["triggers"]) == ["S05"]
    days = _fleet.exchange_days(700)[-_watched.DEPLOYED :]
    for place in missed:
        env.market.execute(
            "INSERT INTO quarantine VALUES('S05','1d',?,'csv','a price is not positive','{}','2019-12-01T00:00:00Z')",
            (int(days[place + 1]),),
        )
    result = look(env)
    assert not result["triggers"] and of(result, "settlement")["figures"]["left_out"] == len(missed) + 1


def test_a_round_as_of_a_day_does_not_see_later_outcomes(env: Environment) -> None:
    everyone(env, 0.9, {"S03": [place < 40 for place in range(COUNT)]})
    day = from_day(int(_fleet.exchange_days(700)[-_watched.DEPLOYED + 35])).isoformat()
    before = look(_watched.opened(env.workspace.home, as_of=day))
    assert not before["triggers"] and of(before, "coverage", "S03")["figures"]["1"]["n"] == 34, (
        "the outcome of the day itself is settled two minutes later"
    )
    assert list(look(env)["triggers"]) == ["S03"]


@pytest.mark.parametrize(
    ("evidence", "count", "error", "state"),
    [("none", 20, 0.09, "bad"), ("required", 20, 0.09, "cannot_tell"), ("required", 70, 0.09, "bad"),
     ("required", 70, 0.011, "ok")],
)  # fmt: skip
def test_a_threshold_fires_on_evidence_or_raw_as_configured(
    env: Environment, evidence: str, count: int, error: float, state: str
) -> None:
    wanted = json.loads(env.workspace.config_file.read_text())
    wanted["triggers"] = {"evidence": evidence, "min_confidence": 0.0, "max_degradation": 5.0}
    env.workspace.config_file.write_text(json.dumps(wanted))
    fresh = _watched.opened(env.workspace.home)
    noise = [True] * count
    _watched.say(fresh, "S01", noise, error=error)
    found = of(look(fresh, "S01"), "thresholds", "S01")
    assert found["state"] == state, found["sentence"]
    if state == "cannot_tell":
        assert found["figures"]["needed"] == 63 - count  # three blocks of 21 sessions


def test_thirteen_symbols_with_one_bad_source_are_one_alert_that_names_it_and_so_is_the_end(env: Environment) -> None:
    alive = wake(env)
    prices = env.workspace.home / "prices"
    sound = {path: path.read_text() for path in prices.glob("*.csv")}
    for path, text in sound.items():
        *rows, last = text.splitlines()
        day, *cells, volume = last.split(",")
        broken = ",".join([day, *(str(10 * float(cell)) for cell in cells), volume])
        path.write_text("\n".join([*rows, broken]) + "\n")
    env.market.execute("DELETE FROM series")
    env.market.execute("DELETE FROM blocks")
    found = look(alive)
    assert [one["key"] for one in found["causes"]] == ["bars:unhealthy"] and len(found["causes"][0]["symbols"]) == 13
    assert found["causes"][0]["title"] == "13 of 13 symbols: the newest bars are not sound" and found["blocked"]
    assert found["alerts"]["opened"] == ["bars:unhealthy"] and found["alerts"]["message"]
    assert look(alive)["alerts"]["message"] is None, "told once"
    for path, text in sound.items():
        path.write_text(text)
    env.market.execute("DELETE FROM series")
    env.market.execute("DELETE FROM blocks")
    gone = look(alive)
    assert gone["alerts"]["closed"] == ["bars:unhealthy"] and gone["alerts"]["message"] and not gone["causes"]
    told = "".join(path.read_text() for path in (env.workspace.logs / "monitoring").glob("*.log"))
    assert told.count("look at the source") == 1


def test_evidence_waits_while_the_source_is_down_and_while_a_symbols_own_bars_are_not_sound(env: Environment) -> None:
    everyone(env, 0.9, {"S03": _watched.held(0.55, COUNT, 3)})
    env.market.execute("UPDATE series SET outcome = 'source_error', message = 'no route', last = last - 10")
    result = look(env)
    assert result["causes"][0]["key"] == "bars:source" and result["blocked"]
    assert not result["triggers"] and of(result, "coverage", "S03")["kind"] == "fires"


def test_named_symbols_are_looked_at_without_telling_anybody(env: Environment) -> None:
    result = look(env, "S01", "S02")
    assert [one["symbol"] for one in result["symbols"]] == ["S01", "S02"] and result["alerts"] is None


def test_an_altered_champion_is_refused_and_an_expired_one_is_told(env: Environment) -> None:
    pointing = facts.pointers_as_of(env.ledger, "S04", "2019-12-31T00:00:00Z")
    assert pointing is not None
    path = versions.folder(env.workspace, "S04", pointing["champion"]) / versions.PARAMETERS
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    wanted = json.loads(env.workspace.config_file.read_text())
    env.workspace.config_file.write_text(json.dumps({**wanted, "expire_days": 100.0}))
    result = look(_watched.opened(env.workspace.home))
    assert of(result, "answers", "S04")["state"] == "bad"
    aged = [one for one in result["findings"] if one["check"] == "age"]
    assert {one["kind"] for one in aged} == {"expired"}
    assert "age:expired" in [one["key"] for one in result["causes"]] and not result["blocked"], (
        "age is no fault of data"
    )


def test_the_ledgers_end_is_held_to_its_head(env: Environment) -> None:
    everyone(env, 0.9)
    assert of(look(env), "ledger")["state"] == "ok"
    env.ledger.execute("UPDATE forecasts_made SET price = 1.0 WHERE number = (SELECT max(number) FROM forecasts_made)")
    assert "altered" in of(look(env), "ledger")["sentence"]
    env.ledger.execute("DELETE FROM forecasts_made WHERE number = (SELECT max(number) FROM forecasts_made)")
    assert of(look(env), "ledger")["state"] == "bad"


def test_a_held_lock_is_told_with_its_holder_and_is_not_touched(env: Environment) -> None:
    with _fleet.lock_holder(env.workspace.data / "settle.lock") as holder:
        found = of(look(env), "locks")
        assert found["figures"]["pid"] == holder.pid and found["state"] == "ok"
    assert of(look(env), "locks")["kind"] == "free"
    assert processes.parse_locks(
        "1: FLOCK  ADVISORY  WRITE 7 08:01:99 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 8 08:01:99 0 EOF\n"
    ) == {(8, 1, 99): 7}


def test_a_killed_run_and_forecasts_that_nobody_settled_are_told(env: Environment) -> None:
    _watched.say(env, "S00", [True] * 30, pending=10)
    facts.start_run(env.ledger, "settle", Clock(env.clock.now() - timedelta(hours=30)))
    result = look(env)
    assert of(result, "runs")["kind"] == "killed" and of(result, "settlement")["figures"]["due"] == 10
    assert of(result, "settlement")["state"] == "warn"
    facts.end_run(env.ledger, facts.start_run(env.ledger, "settle", env.clock), env.clock, 0, {})
    assert of(look(env), "runs")["state"] == "ok", "a later run came to its end"


def test_a_full_disk_is_bad_and_a_busy_moment_is_not(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "stockml.monitor.host.read", lambda home: {"cpu": 1.0, "memory": 0.2, "disk": 0.95, "load": 0.5}
    )
    result = look(env)
    found = [one for one in result["findings"] if one["check"] == "host"]
    assert [one["kind"] for one in found] == ["disk"] and result["state"] == "bad"
    assert result["host"]["cpu"] == 1.0 and result["causes"][0]["level"] == "critical"


def test_the_real_host_is_read_as_fractions(env: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    seen = look(env)["host"]
    assert set(seen) == {"cpu", "memory", "disk", "load"} and all(0.0 <= seen[name] <= 1.0 for name in ("cpu", "disk"))


def test_every_champion_of_a_large_fleet_has_its_turn() -> None:
    fleet = [f"S{number}" for number in range(130)]
    seen = {symbol for number in range(6) for symbol in answers.turn(fleet, number)}
    assert seen == set(fleet) and answers.turn(fleet[:20], 3) == fleet[:20]


@pytest.mark.parametrize(
    ("hit", "fleet", "common"), [(2, 2, False), (3, 3, True), (3, 4, True), (7, 13, False), (8, 13, True)]
)
def test_sixty_percent_of_the_fleet_and_three_symbols_at_least_are_one_cause(
    hit: int, fleet: int, common: bool
) -> None:
    names = [f"S{number}" for number in range(fleet)]
    found = [Finding("bars", "unhealthy", name, "bad", "broken") for name in names[:hit]]
    judged = causes.judge(found, names, None)
    assert (len(judged.causes) == 1) is common and bool(judged.blocked) is common


def test_a_fault_of_the_benchmark_alone_blocks_too() -> None:
    found = [Finding("bars", "unhealthy", "SPY", "bad", "jumped")]
    assert causes.judge(found, SYMBOLS, "SPY").blocked and not causes.judge(found, SYMBOLS, None).blocked


def test_the_page_holds_every_text_escaped_and_nothing_active(env: Environment) -> None:
    result = look(env)
    result["findings"][0]["sentence"] = '<script>alert("x")</script>'
    result["triggers"] = {"S00": ["a & b"]}
    page = monitor_page.page(result, "/home/<b>")
    assert "<script" not in page and "&lt;script&gt;" in page and "a &amp; b" in page and "/home/&lt;b&gt;" in page
    assert "http" not in page.replace("http-equiv", "") and page.startswith("<!DOCTYPE html>")


def rounds_of(env: Environment, count: int, look: Callable[[Environment], dict[str, Any]]) -> list[str]:
    """The lines of so many rounds, five minutes of the clock between them."""
    lines: list[str] = []
    moment = [env.clock.now()]

    def pause() -> bool:
        moment[0] += timedelta(minutes=5)
        env.__dict__["clock"] = Clock(moment[0])
        return True

    watching.keep(env, look, pause, lambda result, words: lines.append(words), count)
    return lines


def test_fifty_rounds_leave_memory_and_descriptors_as_they_were(env: Environment) -> None:
    everyone(env, 0.9, {"S03": _watched.held(0.55, COUNT, 3)})
    alive = wake(env)
    alive.__dict__["offline"] = True
    process = psutil.Process()
    assert len(rounds_of(alive, 10, monitor.round)) == 10
    gc.collect()
    memory, descriptors = process.memory_info().rss, process.num_fds()
    lines = rounds_of(alive, 50, monitor.round)
    gc.collect()
    assert len(lines) == 50 and all("bad" in words for words in lines)
    assert process.num_fds() == descriptors
    assert process.memory_info().rss <= 1.05 * memory


def test_a_round_that_fails_is_told_and_the_next_one_goes_on(env: Environment) -> None:
    calls = []

    def shaky(where: Environment) -> dict[str, Any]:
        calls.append(where)
        if len(calls) == 2:
            raise sqlite3.OperationalError("database is locked")
        return monitor.round(where)

    lines = rounds_of(env, 3, shaky)
    assert lines[1] == "failed: OperationalError: database is locked" and "cannot_tell" in lines[2]
    assert calls[0] is calls[2], "nothing is opened anew"


def test_a_changed_configuration_is_read_and_a_workspace_that_is_gone_ends_it(env: Environment) -> None:
    seen: list[int] = []

    def note(where: Environment) -> dict[str, Any]:
        seen.append(len(where.config.symbols))
        result = monitor.round(where)
        if len(seen) == 1:
            wanted = json.loads(where.workspace.config_file.read_text())
            where.workspace.config_file.write_text(json.dumps({**wanted, "symbols": ["S00", "S01"]}))
            os.utime(where.workspace.config_file, (1, 1))
        else:
            where.workspace.home.rename(where.workspace.home.with_name("gone"))
        return result

    with pytest.raises(WorkspaceError):
        rounds_of(env, 5, note)
    assert seen == [13, 2]
