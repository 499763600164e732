"""`stockml backup` as people and scripts use it: made, proved, restored elsewhere, refused over newer states."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import _fleet
import jsonschema
import pytest

from stockml.cleanup import trash
from stockml.clock import from_day
from stockml.ledger import store as ledger_store
from stockml.store import pointers, versions
from stockml.workspace import Workspace

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SYMBOLS = ("AAA", "BBB", "CCC")


def day(place: int) -> str:
    return from_day(int(_fleet.exchange_days(840)[place])).isoformat()


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet trained with trees five sessions before its newest bars, and backed up then."""
    bars = _fleet.fleet(count=840, days=_fleet.exchange_days(840), symbols=SYMBOLS)
    home = _fleet.csv_home(tmp_path_factory.mktemp("backup command") / "home", bars)
    _fleet.result("train", "--all", "--as-of", day(-5), home=home)
    told(home, "backup", "--as-of", day(-5))
    return home


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "a home"))


def told(home: Path, *words: str, status: int = 0) -> dict[str, Any]:
    """The envelope of a backup command, held against its schemas."""
    ran = _fleet.stockml("--json", *words, home=home)
    assert ran.returncode == status, ran.stdout[-2000:] + ran.stderr[-2000:]
    envelope: dict[str, Any] = json.loads(ran.stdout)
    jsonschema.validate(envelope, json.loads((SCHEMAS / "envelope.json").read_bytes()))
    name = words[1] if len(words) > 1 and not words[1].startswith("-") else "create"
    if envelope["result"] is not None:
        jsonschema.validate(envelope["result"], json.loads((SCHEMAS / f"backup-{name}.json").read_bytes()))
    return envelope


def forecasts(home: Path) -> str:
    ran = _fleet.stockml("--json", "predict", "--offline", "--as-of", day(-5), home=home)
    assert ran.returncode in (0, 1), ran.stderr
    return ran.stdout


def test_a_restore_onto_an_empty_machine_forecasts_the_same_bit_for_bit(home: Path, tmp_path: Path) -> None:
    """The forecasts are made after the backup: nothing of them is in it."""
    target = tmp_path / "another machine"
    told(home, "backup", "copy", "--to", str(tmp_path / "off site"))
    wanted = forecasts(home)
    shutil.rmtree(home)
    made = told(target, "backup", "restore", "--folder", str(tmp_path / "off site"))["result"]
    assert made["versions"] == 3 and made["files"] == ["ml_config.json", "ledger.db", "market.db"]
    assert {one["symbol"] for one in made["symbols"]} == set(SYMBOLS)
    assert forecasts(target) == wanted and '"price"' in wanted


def test_the_newest_is_listed_as_verified_after_it_was(home: Path) -> None:
    assert told(home, "backup", "list")["result"]["newest_verified"] is None
    assert told(home, "backup", "verify")["result"]["snapshots"][0]["champions"] == 3
    found = told(home, "backup", "list")["result"]
    assert found["newest_verified"] == found["snapshots"][-1]["snapshot"]
    assert told(home, "backup", "list", "--as-of", day(-30))["result"]["snapshots"] == []


def test_an_alias_and_its_full_name_do_the_same(home: Path) -> None:
    assert told(home, "backup", "--why", "spoken twice")["command"] == "backup create"
    assert told(home, "backup", "create")["result"]["added_bytes"] < 100_000
    shown = _fleet.stockml("backup", "list", home=home)
    assert "spoken twice" in shown.stdout and shown.returncode == 0
    assert _fleet.stockml("backup", "--help", home=home).returncode == 0


def test_a_lost_version_and_champion_come_back_on_record(home: Path) -> None:
    where = Workspace(home)
    live = pointers.read(where, "BBB")
    assert live is not None
    shutil.rmtree(versions.folder(where, "BBB", live["champion"]))
    pointers.live_file(where, "BBB").write_text("{")
    look = told(home, "backup", "restore", "BBB", "--dry-run")["result"]
    assert look["versions"] == 1 and look["dry_run"] and not versions.names(where, "BBB")
    made = told(home, "backup", "restore", "BBB")["result"]
    assert made["versions"] == 1
    assert made["symbols"] == [{"symbol": "BBB", "champion": live["champion"], "before": None}]
    again = pointers.read(where, "BBB")
    assert again is not None and again["champion"] == live["champion"] and "restored from the backup" in again["why"]
    ledger = ledger_store.connect(where.ledger_file)
    row = ledger.execute("SELECT who, reason FROM promotions WHERE symbol = 'BBB' ORDER BY number DESC").fetchone()
    ledger.close()
    assert row["who"] == "restore" and made["snapshot"] in row["reason"]
    assert (Path(made["set_aside"]) / "note.json").is_file()


def test_one_version_comes_back_and_the_pointers_stay(home: Path) -> None:
    where = Workspace(home)
    (name,) = versions.names(where, "AAA")
    before = pointers.live_file(where, "AAA").read_bytes()
    (versions.folder(where, "AAA", name) / "verdict.json").write_text("{}")
    made = told(home, "backup", "restore", "AAA", "--version", name)["result"]
    assert made["versions"] == 1 and made["symbols"] == [] and pointers.live_file(where, "AAA").read_bytes() == before
    versions.read(where, "AAA", name)
    told(home, "backup", "restore", "AAA", "--version", "20100101T000000Z-abcdef", status=2)
    told(home, "backup", "restore", "--version", name, status=2)
    told(home, "backup", "restore", "ZZZ", status=2)


def test_a_newer_state_is_restored_over_only_with_force_and_goes_to_the_trash(home: Path) -> None:
    wanted = forecasts(Path(shutil.copytree(home, home.with_name("as it was"))))
    assert told(home, "backup", "restore")["exit_code"] == 0, "nothing has gone on since"
    _fleet.result("predict", "--as-of", day(-4), home=home)
    refusal = told(home, "backup", "restore", status=1)["errors"][0]
    assert refusal["kind"] == "newer_state" and "forecasts were made after the snapshot" in refusal["message"]
    assert told(home, "backup", "restore", "--dry-run")["result"]["newer"]
    made = told(home, "backup", "restore", "--force")["result"]
    kept = Path(made["set_aside"])
    entry = trash.read(kept)
    assert entry is not None and {one.kind for one in entry.items} >= {"database"}, "`clean` knows it too"
    note = json.loads((kept / "note.json").read_bytes())
    ledger = next(one for one in note["things"] if one["origin"].endswith("ledger.db"))
    old = ledger_store.connect(kept / ledger["number"])
    assert old.execute("SELECT count(*) FROM forecasts_made").fetchone()[0] > 0, "what was replaced is kept"
    old.close()
    assert forecasts(home) == wanted
    assert _fleet.result("ledger", "verify", home=home)["ok"]


def test_a_promotion_after_the_snapshot_is_not_taken_back_without_force(home: Path) -> None:
    _fleet.result("train", "AAA", "--model", "naive", "--force", "--reason", "a test", "--as-of", day(-3), home=home)
    first = told(home, "backup", "list")["result"]["snapshots"][0]["snapshot"]
    refusal = told(home, "backup", "restore", "AAA", "--snapshot", first, status=1)["errors"][0]
    assert refusal["kind"] == "newer_state" and "AAA" in refusal["message"]
    made = told(home, "backup", "restore", "AAA", "--snapshot", first, "--force")["result"]
    assert made["symbols"][0]["before"] != made["symbols"][0]["champion"]
    live = pointers.read(Workspace(home), "AAA")
    assert live is not None and live["champion"] == made["symbols"][0]["champion"]


def test_a_training_backs_up_once_before_it_replaces_a_champion(home: Path) -> None:
    words = ("train", "AAA", "--model", "naive", "--force", "--reason", "a test", "--as-of", day(-3))
    _fleet.result(*words, home=home)
    found = told(home, "backup", "list")["result"]["snapshots"]
    assert [one["who"] for one in found] == ["by hand", "train"] and found[1]["why"] == "before promotions, AAA first"
    shelf = home / "persistent_data" / "backups"
    (shelf / "create.lock").unlink()
    (shelf / "create.lock").mkdir()
    ran = _fleet.stockml("--json", *words[:-1], day(-2), home=home)
    assert ran.returncode == 0, ran.stderr
    made = json.loads(ran.stdout)
    assert made["result"]["symbols"][0]["promoted"] and any("no backup was made" in one for one in made["warnings"])
    ledger = ledger_store.connect(Workspace(home).ledger_file)
    row = ledger.execute("SELECT exit_code, summary FROM runs WHERE command = 'backup' ORDER BY rowid DESC").fetchone()
    ledger.close()
    assert row["exit_code"] != 0 and "error" in row["summary"]


def test_no_backup_is_made_where_none_is_wanted_or_no_champion_is_replaced(home: Path) -> None:
    from stockml import workspace
    from stockml.environment import open_environment
    from stockml.pipeline.safekeeping import Guard

    env = open_environment(workspace.find(str(home)), day(-4))
    live = pointers.read(env.workspace, "AAA")
    assert live is not None
    guard = Guard(env)
    guard.before_promotion("AAA", live["champion"])  # the champion itself
    guard.before_promotion("DDD", live["champion"])  # the first of its symbol
    path = env.workspace.config_file
    path.write_text(json.dumps({**json.loads(path.read_text()), "backup": {"before_promotion": False}}))
    Guard(open_environment(env.workspace, day(-4))).before_promotion("AAA", "another")
    folder = home / "persistent_data" / "backups" / "snapshots"
    assert len(os.listdir(folder)) == 1
    guard.before_promotion("AAA", "another")
    guard.before_promotion("BBB", "another")
    assert len(os.listdir(folder)) == 2 and not guard.warnings


def test_a_workspace_whose_configuration_and_databases_are_ruined_is_restored(home: Path) -> None:
    where = Workspace(home)
    wanted = forecasts(Path(shutil.copytree(home, home.with_name("as it was"))))
    where.config_file.write_text("{nonsense")
    where.ledger_file.write_bytes(os.urandom(5000))
    where.market_file.write_bytes(b"")
    shutil.rmtree(where.models / "CCC")
    assert told(home, "backup", "restore")["result"]["versions"] == 1
    assert forecasts(home) == wanted


def test_an_interrupted_restore_stops_every_command_until_it_is_finished(home: Path) -> None:
    name = told(home, "backup", "list")["result"]["snapshots"][0]["snapshot"]
    (home / "persistent_data" / ".restoring.json").write_text(json.dumps({"snapshot": name}))
    ran = _fleet.stockml("--json", "status", home=home)
    assert ran.returncode == 3 and json.loads(ran.stdout)["errors"][0]["kind"] == "restoring"
    assert told(home, "backup", "restore")["result"]["snapshot"] == name
    assert _fleet.stockml("status", home=home).returncode in (0, 1)


def test_busy_locks_and_a_training_symbol_are_told_with_status_4(home: Path) -> None:
    with _fleet.lock_holder(home / "persistent_data" / "backups" / "create.lock"):
        told(home, "backup", status=4)
    with _fleet.lock_holder(Workspace(home).symbol_folder("AAA") / "lock"):
        told(home, "backup", "restore", status=4)
        told(home, "backup", "restore", "AAA", status=4)


def test_damage_is_told_with_status_1_and_wrong_usage_with_2(home: Path, tmp_path: Path) -> None:
    told(home, "backup", "restore", "--snapshot", "20100101T000000Z-abcdef", status=2)
    told(home, "backup", "restore", "--to", str(home), status=2)
    told(home, "backup", "copy", status=2)
    (pack,) = (home / "persistent_data" / "backups" / "packs").iterdir()
    pack.write_bytes(pack.read_bytes()[:-1])
    assert told(home, "backup", "verify", status=1)["result"]["problems"][0]["kind"] == "pack"
    assert "backup verify" in told(home, "backup", "restore", status=3)["errors"][0]["hint"]
    told(tmp_path / "nothing", "backup", status=3)
    told(tmp_path / "nothing", "backup", "restore", status=2)
    told(home, "backup", "prune", "--dry-run", status=1)
    assert not (tmp_path / "nothing").exists()


def test_pruning_by_the_command_proves_the_newest_and_tells_why_each_stays(home: Path) -> None:
    path = Workspace(home).config_file
    keep = {"keep_last": 1, "keep_daily": 0, "keep_weekly": 0, "keep_monthly": 0}
    path.write_text(json.dumps({**json.loads(path.read_text()), "backup": keep}))
    told(home, "backup")
    made = told(home, "backup", "prune")["result"]
    assert made["verified"]["ok"] and len(made["removed"]) == 1
    assert [one["keep"] for one in made["snapshots"]] == [False, True] and made["snapshots"][1]["reason"]
    path.write_text(json.dumps({**json.loads(path.read_text()), "backup": {**keep, "keep_last": 0}}))
    ran = _fleet.stockml("--json", "backup", "prune", home=home)
    assert ran.returncode == 2 and "keeps nothing" in json.loads(ran.stdout)["errors"][0]["message"]


@pytest.mark.parametrize("columns", ["60", "80", "200"])
def test_every_screen_fits_a_narrow_and_a_wide_terminal(home: Path, columns: str) -> None:
    import subprocess

    for words in (("backup",), ("backup", "list"), ("backup", "verify"), ("backup", "prune", "--dry-run")):
        ran = subprocess.run(
            _fleet.command(*words, home=home), capture_output=True, text=True, check=False,
            env={**os.environ, "NO_COLOR": "1", "COLUMNS": columns},
        )  # fmt: skip
        assert ran.returncode == 0 and "\x1b" not in ran.stdout and "Traceback" not in ran.stderr, ran.stderr
        table = [line for line in ran.stdout.splitlines() if line.startswith(" ")]
        assert all(len(line) <= int(columns) for line in table), ran.stdout
