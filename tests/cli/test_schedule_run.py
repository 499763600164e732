"""`schedule run`, `test` and `check`, and overdue jobs in `status` and `monitor`, as people and timers meet them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import _endpoints
import _fleet
import _jobs
import jsonschema
import pytest

from stockml.clock import Clock, recorded_at
from stockml.ledger import heartbeats
from stockml.schedule import jobs

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
DAILY = {"when": "0 3 * * *", "command": ["settle", "--offline"]}
BAD = {"when": "0 4 * * *", "command": ["predict", "NOPE"]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return _jobs.home(tmp_path / "home", {"mine": DAILY, "bad": BAD})


def asked(name: str, *words: str, home: Path, status: int = 0) -> dict[str, Any]:
    result = _fleet.result(*words, home=home, status=status)
    jsonschema.validate(result, json.loads((SCHEMAS / f"{name}.json").read_text()))
    return result


def test_a_job_run_by_hand_leaves_a_log_two_heartbeats_and_its_own_exit_status(place: Path) -> None:
    result = asked("schedule-run", "schedule", "run", "mine", home=place)
    (ran,) = result["ran"]
    assert (ran["event"], ran["exit_code"]) == ("ok", 0) and ran["duration_s"] > 0
    assert ran["occurrence"], "the last planned run was still to be done, and this is it"
    assert [event for event, _, _ in _jobs.beats(place, "mine")] == ["start", "ok"]
    text = Path(ran["log"]).read_text()
    assert text.count("\n--- ") == 1 and "settle --offline" in text and " ok: exit 0" in text
    again = asked("schedule-run", "schedule", "run", "mine", home=place)
    assert again["ran"][0]["event"] == "ok" and again["ran"][0]["occurrence"] is None, "now it stands for nothing"
    assert asked("schedule-run", "schedule", "run", "bad", home=place, status=2)["ran"][0]["event"] == "fail"


def test_a_timer_runs_what_is_due_and_is_quiet_about_what_is_not(place: Path) -> None:
    first = _fleet.stockml("schedule", "run", "mine", "--due", home=place)
    assert (first.returncode, first.stdout) == (0, ""), "cron mails what is said"
    for _ in range(2):
        again = _fleet.stockml("schedule", "run", "mine", "--due", home=place)
        assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert [event for event, _, _ in _jobs.beats(place, "mine")] == ["start", "ok"]
    switched_off = _fleet.stockml("schedule", "run", "backup", "--due", home=place)
    assert (switched_off.returncode, switched_off.stdout + switched_off.stderr) == (0, "")
    strange = _fleet.stockml("schedule", "run", "mien", home=place)
    assert strange.returncode == 2 and "there is no job 'mien'" in strange.stderr and "mine" in strange.stderr


def test_after_months_off_every_job_in_service_is_run_exactly_once(place: Path) -> None:
    _jobs.install(place, "mine", "bad")
    first = asked("schedule-run", "schedule", "run", "--missed", home=place, status=1)
    assert sorted((one["job"], one["event"]) for one in first["ran"]) == [("bad", "fail"), ("mine", "ok")]
    assert asked("schedule-run", "schedule", "run", "--missed", home=place)["ran"] == []
    assert len(_jobs.beats(place, "mine")) == len(_jobs.beats(place, "bad")) == 2


def test_a_failed_job_is_one_alert_until_it_runs_again(place: Path) -> None:
    _jobs.install(place, "mine", "bad")
    _fleet.stockml("schedule", "run", "--missed", home=place)
    _fleet.stockml("schedule", "run", "mine", home=place)
    opened = asked("alerts-list", "alerts", "list", home=place, status=1)["open"]
    assert [one["key"] for one in opened] == ["job:bad:failed"]
    assert "not in the configured fleet" in opened[0]["sentence"], "with what the command said"
    warned = _fleet.stockml("schedule", "run", "mine", home=place)
    assert warned.returncode == 0 and "overdue: bad failed the last time" in warned.stderr
    off = {job.name: {"enabled": False} for job in jobs.DEFAULTS}
    _jobs.change(place, schedule={"zone": "UTC", "jobs": {**off, "mine": DAILY, "bad": DAILY}})
    assert _fleet.stockml("schedule", "run", "bad", home=place).returncode == 0
    listed = asked("alerts-list", "alerts", "list", home=place)
    assert not listed["open"] and [one["key"] for one in listed["closed"]] == ["job:bad:failed"]


def test_a_dead_schedule_is_seen_by_status_and_monitor_and_a_living_one_is_not(place: Path) -> None:
    _fleet.stockml("train", "--all", home=place)
    bare = asked("status", "status", home=place)
    own = {one["name"]: one for one in bare["jobs"]}
    assert not own["mine"]["overdue"] and "schedule install" in own["mine"]["remark"]
    _jobs.install(place, "mine")
    late = asked("status", "status", home=place, status=1)
    (row,) = [one for one in late["jobs"] if one["overdue"]]
    assert row["name"] == "mine" and "has not been started since" in row["remark"] and row["last_ok"] is None
    told = asked("monitor", "monitor", "--offline", home=place, status=1)
    (found,) = [one for one in told["findings"] if one["check"] == "jobs"]
    assert found["state"] == "bad" and found["figures"] == {"job": "mine"}
    assert not [one for one in told["causes"] if "job" in one["key"]], "told in the area of the schedule, once"
    listed = _fleet.result("alerts", "list", home=place, status=1)
    assert [one["key"] for one in listed["open"] if one["area"] == "schedule"] == ["job:mine:silent"]
    _fleet.stockml("schedule", "run", "mine", home=place)
    well = asked("status", "status", home=place)
    (row,) = [one for one in well["jobs"] if one["name"] == "mine"]
    assert row["last_exit"] == 0 and row["last_ok"] and not row["overdue"]
    listed = json.loads(_fleet.stockml("--json", "alerts", "list", home=place).stdout)["result"]
    assert "schedule" not in [one["area"] for one in listed["open"]]


def test_the_first_line_of_status_tells_of_overdue_jobs_and_the_last_what_helps(place: Path) -> None:
    _jobs.install(place, "mine")
    ran = _fleet.stockml("status", home=place)
    assert "1 job overdue" in ran.stdout.splitlines()[0] and "mine" in ran.stdout
    assert ran.stdout.rstrip().endswith("next: stockml schedule run --missed")


def test_status_says_what_is_due_by_the_rule_of_train(place: Path) -> None:
    plan = {one["symbol"]: one["due"] for one in _fleet.result("train", "--dry-run", home=place)["symbols"]}
    status = {one["symbol"]: one["due"] for one in _fleet.result("status", home=place, status=1)["symbols"]}
    assert plan == status and set(plan) == {"AAA", "BBB", "CCC"}
    _fleet.stockml("train", "--all", home=place)
    _jobs.change(place, horizons=[1])
    held = _fleet.result("train", "--dry-run", home=place)
    assert not held["symbols"] and len(held["held"]) == 3
    told = {one["symbol"]: one["due"] for one in _fleet.result("status", home=place)["symbols"]}
    for one in held["held"]:
        assert told[one["symbol"]] == [*one["due"], *(f"held back: {why}" for why in one["blocked"])]


def test_secrets_come_from_the_users_file_and_jobs_ping(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config" / "stockml"
    settings.mkdir(parents=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    _jobs.change(place, as_of=None, alerts={"channels": [{"type": "healthchecks", "url_env": "PING_ADDRESS"}]})
    with _endpoints.hook() as hook:
        kept = settings / "environment"
        kept.write_text(f"PING_ADDRESS={hook.url}/canary-4711/{{job}}\n")
        kept.chmod(0o600)
        ran = _fleet.stockml("schedule", "run", "mine", home=place)
        assert ran.returncode in (0, 1) and "warning" not in ran.stderr, ran.stderr
        assert [path for path, _, _ in hook.heard] == ["/canary-4711/mine/start", "/canary-4711/mine"]
        _fleet.stockml("schedule", "run", "bad", home=place)
        assert [path for path, _, _ in hook.heard][2:] == ["/canary-4711/bad/start", "/canary-4711/bad/fail"]
        kept.chmod(0o644)
        refused = _fleet.stockml("schedule", "run", "mine", home=place)
        assert "can be read by others" in refused.stderr and len(hook.heard) == 4
    written = "".join(path.read_text() for path in (place / "logs").rglob("*.log"))
    assert "canary-4711" not in written + ran.stdout + ran.stderr + refused.stderr


def test_what_market_hours_or_a_refusing_source_hinder_is_left_out_with_its_reason(tmp_path: Path) -> None:
    table = {"mine": {"when": "0 3 * * *", "command": ["predict"]}}
    place = _jobs.home(tmp_path / "home", table, data={"providers": ["yahoo"], "benchmark": None})
    env = _jobs.opened(place)
    now = recorded_at().timestamp()
    from stockml.bars import breaker

    breaker.read_at(env.market, "yahoo.com")
    env.market.execute("INSERT INTO hosts VALUES('yahoo.com',1,?,?,'',0,0,'[]',0,0)", (now - 1, now + 3600))
    (ran,) = asked("schedule-run", "schedule", "run", "mine", "--due", home=place)["ran"]
    assert ran["event"] == "skip" and ran["reason"].startswith("source blocked: yahoo") and ran["log"] is None
    assert asked("schedule-run", "schedule", "run", "mine", "--due", home=place)["ran"][0]["event"] is None
    env.market.execute("UPDATE hosts SET open_until = ?", (now - 1,))
    again = heartbeats.newest(env.ledger, Clock())["mine"]["skip"]
    assert again.details["again_from"] > "2026" and again.exit_code is None


def test_new_yorks_clock_changes_and_the_sunday_the_first_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    place = _jobs.home(tmp_path / "home", {}, schedule={})
    found = asked("schedule-check", "schedule", "check", "--as-of", "2026-06-30", "--days", "400", home=place, status=1)
    told = [(one["kind"], one["jobs"], one["dates"]) for one in found["findings"]]
    assert told == [
        ("doubled", ["forced_training"], ["2026-11-01T01:00"]),
        ("skipped", ["smart_training"], ["2027-03-14T02:00"]),
        ("overlap", ["forced_training", "smart_training"], ["2026-11-01T02:00", "2027-08-01T02:00"]),
    ]
    assert all(one["harmless"] and "config set schedule.jobs." in one["fix"] for one in found["findings"])
    assert len(found["not_installed"]) == 8
    shown = _fleet.stockml("schedule", "check", "--as-of", "2026-06-30", home=place)
    assert "it can be left as it is" in shown.stdout and shown.returncode == 1


def test_what_is_installed_otherwise_than_configured_is_found(place: Path) -> None:
    env = _jobs.opened(place)
    then = Clock(datetime(2026, 1, 1, tzinfo=UTC))
    for name, when in (("mine", "0 3 * * *"), ("bad", "30 3 * * *")):
        details = {"keeper": "cron", "when": when, "zone": "UTC"}
        heartbeats.record(env.ledger, name, "enabled", then, details=details)
    heartbeats.record(env.ledger, "backup", "enabled", then, details={"keeper": "cron"})
    found = asked("schedule-check", "schedule", "check", home=place, status=1)["findings"]
    assert sorted(one["sentence"] for one in found) == [
        "backup: switched off in the configuration, but still installed",
        "bad: installed with another time than the configuration has",
    ]
    assert {one["fix"] for one in found} == {"stockml schedule install"}


def test_a_trial_runs_the_line_of_cron_in_its_bare_environment(place: Path) -> None:
    result = asked("schedule-test", "schedule", "test", "mine", home=place)
    assert set(result["variables"]) == {"SHELL", "PATH", "HOME", "LOGNAME"} and "--due" not in result["command"]
    assert result["exit_code"] == 0 and result["duration_s"] > 0 and "mine: done" in result["output"][0]
    assert [event for event, _, _ in _jobs.beats(place, "mine")] == ["start", "ok"]
    assert _fleet.stockml("schedule", "test", "bad", home=place).returncode == 2
