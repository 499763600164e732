"""`doctor` on workspaces that are new, lived in, damaged, another's or not there: always words, never a traceback."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import _fleet
import jsonschema
import pytest

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schemas/doctor.json").read_text())
KEY = "tiingo-secret-4711"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with bars, champions and forecasts, its clock pinned. Read it only."""
    days = _fleet.exchange_days(840)
    bars = _fleet.fleet(count=840, days=days, symbols=("AAA", "BBB"))
    home = _fleet.csv_home(tmp_path_factory.mktemp("doctor") / "my fleet", bars)
    file = home / "persistent_data/ml_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "as_of": "2019-12-20"}))
    for command in ("train", "predict"):
        _fleet.result(command, home=home)
    (home / "persistent_data").chmod(0o700)
    return home


@pytest.fixture
def home(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "my fleet"))


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder for temporary files of the test's own: reports of bugs of others are none of its business."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    for name in ("TIINGO_API_KEY", "CREDENTIALS_DIRECTORY", "TZ"):
        monkeypatch.delenv(name, raising=False)


def examined(home: Path, *words: str) -> dict[str, Any]:
    """The result of `doctor`, held to its schema, its exit status to its level."""
    ran = _fleet.stockml("--json", "doctor", *words, home=home)
    envelope = json.loads(ran.stdout)
    assert "Traceback" not in ran.stderr and envelope["errors"] == [], ran.stdout + ran.stderr
    result: dict[str, Any] = envelope["result"]
    jsonschema.validate(result, SCHEMA)
    assert ran.returncode == envelope["exit_code"] == int(result["level"] in ("bad", "warning")), ran.stdout
    return result


def levels(result: dict[str, Any]) -> dict[str, str]:
    """The findings as check:kind -> level."""
    return {f"{one['check']}:{one['kind']}": one["level"] for one in result["findings"]}


def unwell(result: dict[str, Any]) -> set[str]:
    return {name for name, level in levels(result).items() if level in ("bad", "warning")}


def change(home: Path, **wanted: Any) -> None:
    file = home / "persistent_data/ml_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **wanted}))


def tree(folder: Path) -> dict[str, bytes]:
    """Every file's content, but for caches and what SQLite makes to read a database."""
    found = (path for path in folder.rglob("*") if path.is_file() and ".cache" not in path.parts)
    return {str(path): path.read_bytes() for path in found if not path.name.endswith(("-wal", "-shm"))}


def test_a_lived_in_workspace_is_well_and_looking_at_it_changes_nothing(home: Path) -> None:
    before = tree(home)
    result = examined(home)
    assert unwell(result) - {"backups:none"} <= {"filesystem:fleeting", "machine:memory", "packages:untested"}
    found = levels(result)
    assert found["ledger:whole"] == found["market:whole"] == found["models:there"] == found["source:fetched"] == "ok"
    assert found["workspace:pinned"] == found["schedule:none"] == found["alerts:none"] == "note"
    assert tree(home) == before


def test_no_workspace_is_bad_where_one_was_named_and_a_note_where_none_was(tmp_path: Path) -> None:
    result = examined(tmp_path / "nothing here")
    assert levels(result)["workspace:missing"] == "bad" and result["workspace"] is None
    assert not (tmp_path / "nothing here").exists()
    elsewhere = {**os.environ, "HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share"), "NO_COLOR": "1"}
    line = _fleet.command("doctor", "--json", home=tmp_path)
    words = [one for one in line if one not in ("--home", str(tmp_path))]
    ran = subprocess.run(words, cwd=tmp_path, env=elsewhere, capture_output=True, text=True, check=False)
    assert levels(json.loads(ran.stdout)["result"])["workspace:missing"] == "note"


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"symbols": ["../x"]}', b'{"train": {"x": 7}}', b"\xff"])
def test_a_broken_configuration_is_told_and_the_rest_is_looked_at_all_the_same(content: bytes, home: Path) -> None:
    (home / "persistent_data/ml_config.json").write_bytes(content)
    result = examined(home)
    assert levels(result)["workspace:configuration"] == "bad"
    assert {"machine", "disk", "ledger", "market", "locks"} <= {one["check"] for one in result["findings"]}


def test_a_configuration_that_is_gone_is_told(home: Path) -> None:
    (home / "persistent_data/ml_config.json").unlink()
    assert levels(examined(home))["workspace:configuration"] == "bad"


@pytest.mark.parametrize(("name", "check"), [("ledger.db", "ledger"), ("market.db", "market")])
@pytest.mark.parametrize("seed", range(3))
def test_a_damaged_database_is_told_and_never_a_traceback(name: str, check: str, seed: int, home: Path) -> None:
    path = home / "persistent_data" / name
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    random.seed(seed)
    for _ in range(40):
        place = random.randrange(100, len(content), 1)
        content[place : place + 64] = random.randbytes(64)
    path.write_bytes(content[: len(content) // (seed + 1)])
    assert any(one["check"] == check and one["level"] in ("bad", "warning") for one in examined(home)["findings"])


@pytest.mark.parametrize("content", [b"", b"not a database at all, but text" * 200])
def test_files_that_are_no_databases_are_told(content: bytes, home: Path) -> None:
    for name in ("ledger.db", "market.db"):
        for path in (home / "persistent_data").glob(f"{name}*"):
            path.unlink()
        (home / "persistent_data" / name).write_bytes(content)
    assert {"ledger", "market"} <= {name.partition(":")[0] for name in unwell(examined(home))}


def test_an_edited_end_of_a_chain_is_told_with_the_command_that_tells_more(home: Path) -> None:
    with sqlite3.connect(home / "persistent_data/ledger.db") as connection:
        connection.execute("DELETE FROM forecasts_made WHERE number = (SELECT max(number) FROM forecasts_made)")
    found = next(one for one in examined(home)["findings"] if one["check"] == "ledger")
    assert found["level"] == "bad" and "chain of forecasts" in found["sentence"] and "ledger verify" in found["advice"]


def test_champions_that_cannot_be_read_or_are_not_there_are_told(home: Path) -> None:
    models = home / "persistent_data/ml_models"
    (models / "AAA/live.json").write_text("{}")
    shutil.rmtree(models / "BBB")
    found = levels(examined(home))
    assert (found["models:refused"], found["models:untrained"]) == ("bad", "warning")


def test_a_held_lock_is_told_with_its_process_and_left_alone(home: Path) -> None:
    with _fleet.lock_holder(home / "persistent_data/settle.lock") as holder:
        (found,) = (one for one in examined(home)["findings"] if one["check"] == "locks")
        assert (found["kind"], found["level"], found["figures"]["pid"]) == ("held", "note", holder.pid)
    assert levels(examined(home))["locks:free"] == "ok"


def test_a_workspace_that_others_can_read_or_change_is_told(home: Path) -> None:
    (home / "persistent_data").chmod(0o755)
    assert "permissions:readable" in unwell(examined(home))
    (home / "persistent_data").chmod(0o777)
    assert levels(examined(home))["permissions:writable"] == "bad"


def test_a_key_is_told_by_its_name_and_never_shown(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    change(home, data={"providers": ["tiingo"], "benchmark": None})
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert levels(examined(home))["secrets:missing"] == "bad"
    file = tmp_path / "config/stockml/environment"
    file.parent.mkdir(parents=True)
    file.write_text(f"TIINGO_API_KEY={KEY}\n")
    file.chmod(0o640)
    found = examined(home)
    assert levels(found)["secrets:file"] == "bad" and KEY not in json.dumps(found)
    file.chmod(0o600)
    assert levels(examined(home))["secrets:jobs_only"] == "note"
    monkeypatch.setenv("TIINGO_API_KEY", KEY)
    found = examined(home)
    assert levels(found)["secrets:there"] == "ok" and KEY not in json.dumps(found)


def test_what_a_killed_process_left_and_reports_of_bugs_are_told(home: Path, tmp_path: Path) -> None:
    child = subprocess.Popen(["true"])
    child.wait()
    half = home / f"persistent_data/.ml_config.json.{child.pid}.part"
    half.write_text("{")
    os.utime(half, (1.6e9, 1.6e9))  # what is younger than an hour is left alone
    (tmp_path / "tmp/stockml-crash-abc.txt").write_text("Traceback")
    found = levels(examined(home))
    assert found["leftovers:temporary"] == found["leftovers:bugs"] == "note"


def test_the_source_is_asked_only_where_that_is_wanted(home: Path) -> None:
    shutil.move(home / "prices", home / "moved")
    assert "source:unanswered" not in levels(examined(home))
    assert levels(examined(home, "--online"))["source:unanswered"] == "bad"
    shutil.move(home / "moved", home / "prices")
    assert levels(examined(home, "--online"))["source:answered"] == "ok"


def test_a_disk_that_is_mounted_read_only_is_told_and_no_reason_to_fail(home: Path) -> None:
    mount = f"mount --bind '{home}' '{home}' && mount -o remount,bind,ro '{home}' && "
    line = " ".join(f"'{word}'" for word in _fleet.command("--json", "doctor", home=home))
    ran = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", mount + line], capture_output=True, text=True, check=False
    )
    if not ran.stdout:
        pytest.skip(f"no mounts of our own can be made here: {ran.stderr.strip()[:100]}")
    result = json.loads(ran.stdout)["result"]
    found = levels(result)
    assert found["filesystem:read_only"] == found["permissions:unwritable"] == "bad"
    assert found["ledger:whole"] == found["market:whole"] == "ok", result


def test_a_check_that_meets_what_nobody_foresaw_is_a_finding_and_the_others_go_on(home: Path) -> None:
    shutil.rmtree(home / "persistent_data/ml_models")
    (home / "persistent_data/ml_models").write_text("a file where a folder should be")
    (home / "logs").rename(home / "old logs")
    (home / "logs").write_text("")
    (home / "persistent_data/.trash").write_text("")
    assert len(examined(home)["findings"]) >= 15


def test_the_screen_fits_80_columns_puts_the_worst_first_and_ends_with_what_to_do(home: Path) -> None:
    (home / "persistent_data/ml_models/AAA/live.json").write_text("{}")
    ran = subprocess.run(
        _fleet.command("doctor", home=home), capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
    )  # fmt: skip
    rows = [row.rstrip() for row in ran.stdout.splitlines()]
    assert ran.returncode == 1 and ran.stderr == "" and "\x1b" not in ran.stdout
    assert max(map(len, rows[1:-1])) <= 80 and rows[1].startswith("bad     models: AAA")
    assert rows[-1].startswith("first: stockml rollback AAA")
    words = [row.split()[0] for row in rows[1:-1] if not row.startswith(" ")]
    assert words == sorted(words, key=["bad", "warning", "note", "ok"].index)
