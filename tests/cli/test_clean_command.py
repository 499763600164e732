"""`clean` as people and scripts call it: what it says, its exit status, its JSON, and a trained workspace after it."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import _cluttered
import _fleet
import jsonschema
import pytest

from stockml import space
from stockml.clock import from_day
from stockml.errors import WorkspaceError

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "clean.json").read_text())


def told(*words: str, home: Path, status: int = 0) -> dict[str, Any]:
    """The result of `clean`, held to its schema."""
    result = _fleet.result("clean", *words, home=home, status=status)
    jsonschema.validate(result, SCHEMA)
    return result


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    return tmp_path / "a home"


def test_a_dry_run_changes_nothing_and_says_what_the_clean_up_then_does(home: Path) -> None:
    made = _cluttered.make(home, 3, keep_versions=1)
    before = sorted(str(path) for path in home.rglob("*"))
    dry = told("--dry-run", home=home)
    new = set(map(str, home.rglob("*"))) - set(before)
    assert {Path(path).name.split("-")[0] for path in new} <= {"ledger.db", "config"}, "opened and cached, not changed"
    ran = _fleet.stockml("clean", home=home)
    assert ran.returncode == 0 and made.missing() == []
    said = ran.stdout
    assert all(one["why"] in said for one in dry["removed"]), said
    listed = told("--list-trash", home=home)
    assert len(listed["entries"]) == 1
    back = told("--undo", listed["entries"][0]["id"], home=home)
    assert len(back["restored"]) == sum(one["to_trash"] for one in dry["removed"])


def test_a_budget_that_cannot_be_reached_exits_1_and_says_what_stands_in_the_way(home: Path) -> None:
    _cluttered.make(home, 5, max_disk_gb=0.00001)
    result = told(home=home, status=1)
    assert not result["reached"] and result["why_not"]
    ran = _fleet.stockml("clean", home=home)
    assert ran.returncode == 1 and "raise cleanup.max_disk_gb" in ran.stderr
    assert "it holds what happened" in ran.stdout


def test_a_second_clean_up_and_wrong_words_have_their_exit_status(home: Path) -> None:
    _cluttered.make(home, 6)
    with _fleet.lock_holder(home / "persistent_data" / "clean.lock"):
        ran = _fleet.stockml("clean", home=home)
        assert ran.returncode == 4 and "clean-up is busy" in ran.stderr
    for words, hint in ((("--undo", "nothing"), "--list-trash"), (("--dry-run", "--list-trash"), "choose one")):
        ran = _fleet.stockml("clean", *words, home=home)
        assert ran.returncode == 2 and hint in ran.stderr
    assert _fleet.stockml("clean", home=home / "none").returncode == 3


@pytest.mark.parametrize("columns", ["80", "200"])
def test_the_screen_fits_its_terminal(home: Path, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import subprocess

    _cluttered.make(home, 7, max_disk_gb=0.0005)
    settings = {**os.environ, "NO_COLOR": "1", "COLUMNS": columns}
    ran = subprocess.run(
        _fleet.command("clean", "--dry-run", home=home), env=settings, capture_output=True, text=True, check=False
    )
    tables = [line for line in ran.stdout.splitlines() if "; the workspace took" not in line]
    assert ran.returncode in (0, 1) and tables and max(map(len, tables)) <= int(columns)


def test_a_trained_workspace_forecasts_the_same_after_a_clean_up_and_superseded_versions_are_gone(home: Path) -> None:
    days = _fleet.exchange_days(840)
    _fleet.csv_home(home, _fleet.fleet(count=840, days=days, symbols=("AAA", "BBB", "CCC")), horizons=[1])
    settings = home / "persistent_data" / "ml_config.json"
    config = {**json.loads(settings.read_text()), "cleanup": {"keep_versions": 1}}
    last = from_day(int(days[-1])).isoformat()
    for number, place in enumerate((-60, -40, -20, -1)):
        settings.write_text(json.dumps({**config, "validation": {**config["validation"], "seed": number}}))
        session = from_day(int(days[place])).isoformat()
        _fleet.stockml("train", "--all", "--as-of", session, home=home)
    wanted = _fleet.result("predict", "--as-of", last, home=home)["forecasts"]
    removed = told("--as-of", last, home=home)["removed"]
    versions = home / "persistent_data" / "ml_models" / "AAA" / "versions"
    assert any(one["kind"] == "versions" for one in removed) and len(os.listdir(versions)) < 4
    assert _fleet.result("predict", "--as-of", last, home=home)["forecasts"] == wanted
    for words in (("why", "AAA"), ("versions", "AAA"), ("status",), ("history", "AAA")):
        ran = _fleet.stockml(*words, "--as-of", last, home=home)
        assert ran.returncode in (0, 1) and "bug" not in ran.stderr, ran.stderr
    found = _fleet.result("monitor", "--offline", "--as-of", last, home=home)
    (budget,) = [one for one in found["findings"] if one["check"] == "budget"]
    assert budget["state"] == "ok" and "the clean-up of" in budget["sentence"]


def test_training_begins_only_where_there_is_room_and_says_what_to_do(home: Path) -> None:
    days = _fleet.exchange_days(400)
    _fleet.csv_home(home, _fleet.fleet(count=400, days=days, symbols=("AAA",)))
    settings = home / "persistent_data" / "ml_config.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text()), "cleanup": {"reserve_mb": 1e9}}))
    ran = _fleet.stockml("train", "AAA", home=home)
    assert ran.returncode == 3 and "stockml clean" in ran.stderr and "reserve_mb" in ran.stderr
    assert not (home / "persistent_data" / "ml_models").exists()


def test_room_is_asked_for_three_times_what_is_written_and_the_reserve(tmp_path: Path) -> None:
    free = space.free_bytes(tmp_path / "not" / "there" / "yet")
    space.require(tmp_path, free // 4, "a test", 0.0)
    with pytest.raises(WorkspaceError, match="a test needs") as refused:
        space.require(tmp_path, free // 2, "a test", 0.0)
    assert refused.value.exit_status == 3 and refused.value.kind == "disk"
    with pytest.raises(WorkspaceError):
        space.require(tmp_path, 0, "a test", free / 1e6 + 1e6)


def test_a_full_disk_can_be_cleaned(home: Path) -> None:
    """A disk that has less than its reserve loses caches and old logs for good, since the trash would free nothing."""
    made = _cluttered.make(home, 9, reserve_mb=1e9)
    old = _cluttered.put(
        home / "logs" / "cron" / "stockml-20200101.log", 5000, datetime.now(UTC) - timedelta(days=400)
    )
    result = told(home=home, status=1)
    assert not old.exists() and result["trash"] is None and made.missing() == []
    assert not any(one["to_trash"] for one in result["removed"])
    assert "shall stay free" in result["why_not"][0]
