"""What systemd's call after a failed unit records: what the job itself could not, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from stockml import environment, files
from stockml.clock import Clock
from stockml.errors import UsageError
from stockml.ledger import alerts, heartbeats
from stockml.schedule import failures, lateness, runner, units
from stockml.workspace import Workspace

NOON = Clock(datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1))


@pytest.fixture
def env(tmp_path: Path) -> environment.Environment:
    workspace = Workspace(tmp_path)
    workspace.data.mkdir()
    workspace.config_file.write_text(json.dumps({"symbols": ["AAA"]}))
    made = environment.open_environment(workspace)
    heartbeats.record(made.ledger, "backup", "enabled", Clock(NOON.now() - timedelta(days=9)))
    return made


def unit(env: environment.Environment, job: str = "backup") -> str:
    return f"{units.prefix(env.workspace)}-{job}.service"


def newest(env: environment.Environment) -> dict[heartbeats.Event, heartbeats.Beat]:
    return heartbeats.newest(env.ledger, Clock())["backup"]


def test_a_killed_run_gets_its_end_and_may_be_begun_once_more(env, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITOR_SERVICE_RESULT", "oom-kill")
    heartbeats.record(env.ledger, "backup", "start", NOON, occurrence=NOON.now(), run="r1")
    result = failures.tell(env, unit(env))
    told = newest(env)["fail"]
    assert result["recorded"] == ["backup"] and told.run == "r1" and told.occurrence == NOON.now()
    assert "oom-kill" in told.reason and unit(env) in told.reason and told.details[lateness.AGAIN]
    assert [one.key for one in alerts.standing(env.ledger, Clock()) if one.is_open and "backup" in one.key]
    assert failures.tell(env, unit(env))["recorded"] == []


def test_a_failure_that_the_job_told_itself_is_not_told_again(env) -> None:
    heartbeats.record(env.ledger, "backup", "start", NOON, run="r1")
    heartbeats.record(env.ledger, "backup", "fail", NOON, run="r1", exit_code=3, reason="exit 3")
    assert failures.tell(env, unit(env))["recorded"] == [] and newest(env)["fail"].reason == "exit 3"


def test_a_unit_that_failed_before_its_job_began_is_a_failure_of_the_job(env) -> None:
    heartbeats.record(env.ledger, "backup", "ok", NOON, run="r0")
    assert failures.tell(env, unit(env))["recorded"] == ["backup"]
    assert newest(env)["fail"].number > newest(env)["ok"].number


def test_a_job_that_runs_again_by_now_is_left_alone(env) -> None:
    heartbeats.record(env.ledger, "backup", "start", NOON, run="r2")
    with files.lock(runner.lock_file(env.workspace, "backup"), what="the job"):
        assert failures.tell(env, unit(env))["recorded"] == []


def test_the_unit_that_catches_up_stands_for_whatever_it_was_running(env) -> None:
    heartbeats.record(env.ledger, "backup", "start", NOON, occurrence=NOON.now(), run="r1")
    assert failures.tell(env, unit(env, "missed-runs"))["recorded"] == ["backup"]
    assert failures.tell(env, unit(env, "missed-runs"))["recorded"] == [], "no job that was not running"


@pytest.mark.parametrize("name", ["stockml-other-123456-backup.service", "ssh.service", "../x", ""])
def test_other_units_are_none_of_ours(env, name: str) -> None:
    with pytest.raises(UsageError, match="no unit of this workspace"):
        failures.tell(env, name)
