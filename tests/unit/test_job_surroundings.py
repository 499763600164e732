"""What a job runs in and leaves behind: its variables, the file of secrets, its log, its hindrances."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import _jobs
import pytest

from stockml.clock import Clock, parse_stamp, recorded_at
from stockml.config.schema import Config
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.ledger import heartbeats
from stockml.ledger import store as ledger_store
from stockml.schedule import hindrances, joblog, standing, surroundings
from stockml.schedule.jobs import Job
from stockml.workspace import Workspace

TRAINING = Job("t", "t", "0 3 * * *", ("train", "--respect-market-hours"))
HOOK = {"type": "webhook", "url_env": "STOCKML_HOOK"}


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "environment"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_job_gets_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    config = Config(alerts=type(Config().alerts)(channels=(HOOK,)))
    wanted = {"STOCKML_HOOK": "https://h/1", "TIINGO_API_KEY": "k", "TZ": "UTC"}
    kept = surroundings.Secrets({"MASSIVE_API_KEY": "m"})
    given = {**wanted, "LD_PRELOAD": "/x.so", "PATH": "/strange"}
    found = surroundings.build(config, Workspace(tmp_path), "backup", given, kept)
    assert {**found, **wanted, "MASSIVE_API_KEY": "m", "STOCKML_JOB": "backup"} == found
    assert "LD_PRELOAD" not in found and found["PATH"].startswith(os.path.dirname(sys.executable))
    assert found["LANG"] == "C.UTF-8" and found["STOCKML_HOME"] == str(tmp_path)


def test_a_file_of_secrets_is_read_and_one_that_others_can_read_is_refused(tmp_path: Path) -> None:
    text = "# mine\n\nTIINGO_API_KEY=abc=d\nexport HOOK='https://x y'\nnonsense secretvalue\n"
    found = surroundings.secrets(written(tmp_path, text))
    assert dict(found.values) == {"TIINGO_API_KEY": "abc=d", "HOOK": "https://x y"}
    assert len(found.problems) == 1 and "line 5" in found.problems[0] and "secretvalue" not in found.problems[0]
    for mode in (0o640, 0o604, 0o660):
        refused = surroundings.secrets(written(tmp_path, text, mode))
        assert not refused.values and "can be read by others" in refused.problems[0]
    assert surroundings.secrets(tmp_path / "none") == surroundings.Secrets({})
    assert surroundings.secrets(tmp_path).problems, "a folder is none"


def test_a_log_keeps_its_size_its_last_lines_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = joblog.begin(Workspace(tmp_path), "mine", lambda line: line.replace("hunter22", "***"), "run x")
    made.room = 2_000
    for number in range(1000):
        made.feed(f"line {number} hunter".encode())
        made.feed(b"22\n")
    made.feed(b"without an end")
    made.end("run x ok")
    text = made.path.read_text()
    assert "hunter22" not in text and len(text) < 5_000
    assert "line 0 ***" in text and "line 999 ***\nwithout an end\n" in text and "bytes were cut" in text
    whole = sum(len(f"line {n} ***\n") for n in range(1000)) + len("without an end\n")
    assert made.cut_bytes == whole - (2_000 - made.room), "what is kept and what was cut are all there was"
    monkeypatch.setattr(joblog, "LARGEST", 100)
    joblog.begin(Workspace(tmp_path), "mine", str, "run y")
    assert made.path.with_name(f"{made.path.name}.1").read_text() == text and "run y" in made.path.read_text()


def test_a_log_that_cannot_be_written_fails_no_job(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    made = joblog.begin(Workspace(tmp_path), "mine", str, "run x")
    made.feed(b"words\n" * 10)
    made.end("run x ok")
    assert made.problem and list(made.tail) == ["words"] * 10


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return _jobs.home(tmp_path / "home", {"mine": {"when": "0 3 * * *", "command": ["settle"]}})


def test_training_waits_while_every_exchange_is_open_and_no_longer(place: Path) -> None:
    env = _jobs.opened(place)
    for text, until in (
        ("2019-12-20T14:29:00Z", None), ("2019-12-20T14:30:00Z", "2019-12-20T21:00:00Z"),
        ("2019-12-20T20:59:00Z", "2019-12-20T21:00:00Z"), ("2019-12-20T21:00:00Z", None),
        ("2019-12-21T15:00:00Z", None),
    ):  # fmt: skip
        found = hindrances.find(env, TRAINING, Clock(parse_stamp(text)))
        assert (found.until if found else None) == (parse_stamp(until) if until else None), text
    trades = Clock(parse_stamp("2019-12-20T15:00:00Z"))
    assert hindrances.find(env, Job("t", "t", "0 3 * * *", ("train",)), trades) is None
    assert hindrances.find(env, Job("t", "t", "0 3 * * *", ("settle",)), trades) is None
    _jobs.change(place, data={"providers": ["csv"], "benchmark": None, "calendars": {"AAA": "XBOM"}})
    assert hindrances.find(_jobs.opened(place), TRAINING, trades) is None, "some could be trained"


def test_a_job_that_asks_for_bars_waits_for_sources_that_refuse(place: Path) -> None:
    _jobs.change(place, data={"providers": ["yahoo", "tiingo"], "benchmark": None})
    env = _jobs.opened(place)
    now = recorded_at().timestamp()
    job = Job("f", "f", "0 3 * * *", ("predict",))
    assert hindrances.find(env, job, Clock()) is None
    for host, ends in (("yahoo.com", now + 900), ("api.tiingo.com", now + 600)):
        assert hindrances.find(env, job, Clock()) is None
        _open(env.market, host, now - 1, ends)
    found = hindrances.find(env, job, Clock())
    assert found is not None and found.until is not None and abs(found.until.timestamp() - now - 600) < 1
    assert hindrances.find(env, Job("m", "m", "0 3 * * *", ("monitor",)), Clock()) is None
    _jobs.change(place, data={"providers": ["yahoo", "csv"], "benchmark": None})
    assert hindrances.find(_jobs.opened(place), job, Clock()) is None, "files never refuse"


def _open(market: sqlite3.Connection, host: str, since: float, until: float) -> None:
    with ledger_store.transaction(market):
        market.execute("INSERT INTO hosts VALUES(?,1,?,?,'',0,0,'[]',0,0)", (host, since, until))


def test_heartbeats_of_a_ledger_that_has_none_are_none(place: Path) -> None:
    env = _jobs.opened(place)
    assert heartbeats.newest(env.ledger, Clock()) == {} and heartbeats.durations(env.ledger, "mine", Clock()) == []
    assert not any(one.overdue.kind for one in standing.of_all(env, Clock()))


def test_a_commit_that_fails_leaves_no_transaction_open(tmp_path: Path) -> None:
    ledger = ledger_store.connect(tmp_path / "ledger.db")
    ledger.execute("PRAGMA foreign_keys = ON")
    ledger.execute("CREATE TABLE a(x INTEGER PRIMARY KEY)")
    ledger.execute("CREATE TABLE b(x REFERENCES a(x) DEFERRABLE INITIALLY DEFERRED)")
    with pytest.raises(sqlite3.IntegrityError), ledger_store.transaction(ledger):
        ledger.execute("INSERT INTO b VALUES(1)")  # which only COMMIT finds wrong
    assert not ledger.in_transaction
    with ledger_store.transaction(ledger):
        ledger.execute("INSERT INTO a VALUES(1)")
    assert ledger.execute("SELECT count(*) FROM b").fetchone()[0] == 0


def test_a_disk_that_is_full_at_commit_leaves_no_transaction_open(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    ledger = ledger_store.connect(path)
    ledger.execute("CREATE TABLE t(x)")
    pages = ledger.execute("PRAGMA page_count").fetchone()[0]
    ledger.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(StockmlError), ledger_store.transaction(ledger):
        ledger.execute("INSERT INTO t VALUES(zeroblob(100000))")
    assert not ledger.in_transaction
    with ledger_store.transaction(ledger):
        ledger.execute("INSERT INTO t VALUES(1)")


def test_an_environment_without_as_of_keeps_jobs_on_the_machines_time(place: Path) -> None:
    pinned = _jobs.opened(place)
    assert pinned.clock.as_of is not None and standing.clock_of(pinned).fixed is None
    asked = Environment(pinned.workspace, pinned.config, "2019-12-18")
    assert standing.clock_of(asked).as_of is not None
