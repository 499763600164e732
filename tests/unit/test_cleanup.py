"""Clean-up on real folders: what piles up goes, what is in use stays, and the trash gives everything back."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import _cluttered
import _fleet
import pytest
from _cluttered import Clutter

from stockml.cleanup import trash
from stockml.clock import compact, parse_stamp, stamp
from stockml.environment import Environment, open_environment
from stockml.errors import BusyError, UsageError
from stockml.ledger import facts
from stockml.ledger import store as ledger_store
from stockml.pipeline import cleaning, undo
from stockml.pipeline.cleaning import Cleaned
from stockml.store import sizes, versions
from stockml.workspace import Workspace

WALL = datetime.now(UTC).replace(microsecond=0)


def on_disk(place: Workspace) -> int:
    """The bytes of a workspace by a walk of its own, each file once."""
    found = {}
    for folder in (place.data, place.logs):
        for root, _, names in os.walk(folder):
            found.update(dict(sizes.weight(os.lstat(os.path.join(root, name))) for name in names))
    return sum(found.values())


@pytest.fixture(autouse=True)
def reports_of_bugs_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's own folder for temporary files is not the tests' to clean."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


@pytest.mark.parametrize("seed", range(40))
def test_on_random_workspaces_nothing_protected_goes_and_the_budget_is_met_or_told_why_not(
    seed: int, tmp_path: Path
) -> None:
    budget = random.Random(seed).choice([5.0, 0.0007, 0.0004, 0.0000001])
    made = _cluttered.make(tmp_path / "a home", seed, max_disk_gb=budget, reserve_mb=0.0)
    dry = cleaning.clean(made.env, dry_run=True)
    before = on_disk(made.workspace)
    assert abs(dry.result["before"] - before) <= 65536, "a dry run changes nothing but what opening the ledger does"
    cleaned = cleaning.clean(made.env)
    assert not cleaned.result["failed"] and made.missing() == []
    assert not [path for path in made.goes if path.exists()]
    if budget == 5.0:  # else the ledger's own growth moves the line
        assert [one["name"] for one in cleaned.result["removed"]] == [one["name"] for one in dry.result["removed"]]
    assert cleaned.result["reached"] == (cleaned.result["after"] <= budget * 1e9) == (cleaned.status == 0)
    assert cleaned.result["reached"] or cleaned.errors[-1].kind == "budget"
    assert abs(on_disk(made.workspace) - cleaned.result["after"]) <= 131072, "but for notes, log and ledger"
    again = cleaning.clean(made.env)
    assert budget < 5.0 or not [one for one in again.result["removed"] if one["kind"] != "trash"]
    assert made.missing() == []


@pytest.mark.parametrize("seed", range(6))
def test_what_went_to_the_trash_comes_back_as_it_was_and_is_left_alone_then(seed: int, tmp_path: Path) -> None:
    made = _cluttered.make(tmp_path / "home", seed, keep_versions=1)
    cleaned = cleaning.clean(made.env)
    moved = [one for one in cleaned.result["removed"] if one["to_trash"]]
    assert moved and cleaned.result["trash"]
    (listed,) = undo.listed(made.env)["entries"]
    assert [one["name"] for one in listed["things"]] == [one["name"] for one in moved]
    back = undo.undo(made.env, "")
    assert back.status == 0 and len(back.result["restored"]) == len(moved) and made.missing() == []
    assert undo.listed(made.env)["entries"] == []
    again = cleaning.clean(made.env)
    assert not [one for one in again.result["removed"] if one["to_trash"]], "a person wanted them"
    stays = {one["why"] for one in again.result["stays"]}
    assert "it was taken out of the trash again" in stays
    with pytest.raises(UsageError, match="trash is empty"):
        undo.undo(made.env, "")


def small(home: Path, **cleanup: object) -> Workspace:
    """A workspace with three versions of a symbol, none in use, and an old log."""
    place = Workspace(home)
    place.data.mkdir(parents=True)
    rules = {"keep_versions": 1, "reserve_mb": 0.0, **cleanup}
    place.config_file.write_text(json.dumps({"symbols": ["AAA"], "cleanup": rules}))
    for days in (3, 2, 1):
        at = WALL - timedelta(days=days)
        path = place.symbol_folder("AAA") / "versions" / f"{compact(at)}-00000{days}"
        _cluttered.version(path, 10_000, None)
        os.utime(path, (at.timestamp(), at.timestamp()))
    _cluttered.put(place.logs / "training" / "stockml-20200101.log", 100, WALL - timedelta(days=90))
    return place


def clean(place: Workspace, dry_run: bool = False) -> Cleaned:
    return cleaning.clean(open_environment(place), dry_run=dry_run)


def aged(place: Workspace, days: float) -> None:
    """Let everything in the trash have been there for some days more."""
    for entry in trash.entries(place):
        note = json.loads((entry.path / trash.NOTE).read_text())
        note["at"] = stamp(parse_stamp(note["at"]) - timedelta(days=days))
        (entry.path / trash.NOTE).write_text(json.dumps(note))


def test_the_trash_is_emptied_after_its_days(tmp_path: Path) -> None:
    place = small(tmp_path)
    assert len(clean(place).result["removed"]) == 3
    aged(place, 6.9)
    assert clean(place).result["removed"] == []
    aged(place, 0.2)
    gone = clean(place).result["removed"]
    assert {one["kind"] for one in gone} == {"trash"}
    assert gone[0]["why"] == "longer in the trash than the 7 days it is kept"
    assert all(one["freed"] > 0 for one in gone)
    assert clean(place).result["removed"] == [], "a restore may be about to fill an empty one"
    (empty,) = trash.folder(place).iterdir()
    os.utime(empty, (0, 0))
    assert [one["why"] for one in clean(place).result["removed"]] == ["nothing is left in it"]
    assert os.listdir(trash.folder(place)) == []


def test_a_version_that_became_champion_between_plan_and_removal_stays(tmp_path: Path) -> None:
    place = small(tmp_path)
    env = open_environment(place)
    _, plan, _ = cleaning._look(env, cleaning.Scene(env, WALL))
    oldest = versions.names(place, "AAA")[0]
    assert oldest in {Path(one.thing.path).name for one in plan.removals}
    facts.record_promotion(env.ledger, "AAA", stamp(WALL), {"champion": oldest, "previous": None, "challenger": None},
                           "by hand", "a test")  # fmt: skip
    done = cleaning.removal.carry_out(cleaning.Scene(env, WALL), plan)
    assert [(Path(one.thing.path).name, why) for one, why in done.spared] == [(oldest, "champion")]
    assert oldest in versions.names(place, "AAA") and len(done.removed) == 2


def test_what_is_younger_than_an_hour_by_clock_or_disk_stays(tmp_path: Path) -> None:
    place = small(tmp_path)
    oldest = place.symbol_folder("AAA") / "versions" / versions.names(place, "AAA")[0]
    os.utime(oldest)
    made = clean(place)
    assert oldest.exists() and sum(one["kind"] == "versions" for one in made.result["removed"]) == 1
    assert "it is younger than an hour" in {one["why"] for one in made.result["stays"]}


def test_versions_made_after_the_clocks_present_are_none_of_its_business(tmp_path: Path) -> None:
    place = small(tmp_path)
    env = open_environment(place, (WALL - timedelta(days=30)).date().isoformat())
    cleaned = cleaning.clean(env, dry_run=True)
    assert [one["kind"] for one in cleaned.result["removed"]] == ["logs"], "logs have the machine's dates"
    assert "made after the present of the clock" in {one["why"] for one in cleaned.result["stays"]}


def test_nothing_of_a_symbol_in_training_is_touched_and_a_second_clean_up_is_busy(tmp_path: Path) -> None:
    place = small(tmp_path)
    with _fleet.lock_holder(place.symbol_folder("AAA") / "lock"):
        made = clean(place)
        assert {one["kind"] for one in made.result["removed"]} == {"logs"} and made.status == 0
        assert "its lock is held" in {one["why"] for one in made.result["stays"]}
    with _fleet.lock_holder(place.data / "clean.lock"), pytest.raises(BusyError, match=r"clean\.lock"):
        clean(place)
    assert clean(place, dry_run=True).status == 0, "looking needs no lock"


def test_a_symbol_that_a_training_takes_between_plan_and_removal_is_left_for_the_next_time(tmp_path: Path) -> None:
    place = small(tmp_path)
    env = open_environment(place)
    _, plan, _ = cleaning._look(env, cleaning.Scene(env, WALL))
    with _fleet.lock_holder(place.symbol_folder("AAA") / "lock"):
        done = cleaning.removal.carry_out(cleaning.Scene(env, WALL), plan)
    assert [error.kind for _, error in done.failed] == ["busy", "busy"]
    assert [one.thing.kind for one in done.removed] == ["logs"] and len(versions.names(place, "AAA")) == 3


def test_a_ledger_that_cannot_be_read_protects_every_version_and_keeps_nobody_from_cleaning_logs(
    tmp_path: Path
) -> None:
    place = small(tmp_path)
    place.ledger_file.write_bytes(b"not a database" * 100)
    made = clean(place)
    assert {one["kind"] for one in made.result["removed"]} == {"logs"} and made.warnings
    assert len(versions.names(place, "AAA")) == 3


def test_removed_things_are_in_ledger_and_log_with_the_reason_that_the_screen_shows(tmp_path: Path) -> None:
    place = small(tmp_path)
    made = clean(place)
    with ledger_store.connect(place.ledger_file) as ledger:
        rows = ledger.execute("SELECT name, reason, trash FROM removals ORDER BY number").fetchall()
        run = ledger.execute("SELECT command, exit_code FROM runs").fetchone()
    told = [(one["name"], one["why"], made.result["trash"]) for one in made.result["removed"]]
    assert [tuple(row) for row in rows] == told and tuple(run) == ("clean", 0)
    (log,) = (place.logs / "monitoring").iterdir()
    assert all(why in log.read_text() for _, why, _ in told)


def test_a_log_that_a_process_has_open_is_not_cut(tmp_path: Path) -> None:
    place = small(tmp_path)
    log = place.logs / "training" / "stockml-20200101.log"
    with log.open("rb"):
        assert log.name not in str(clean(place).result["removed"])
    assert log.name in str(clean(place).result["removed"])


def test_temporary_files_of_processes_that_are_gone_go_also_if_their_number_is_in_use_again(tmp_path: Path) -> None:
    place = small(tmp_path)
    old = WALL - timedelta(hours=2)
    dead = _cluttered.put(place.data / f".a.json.{_cluttered.DEAD}.part", 10, old)
    reused = _cluttered.put(place.data / f".b.json.{os.getpid()}.part", 10, WALL - timedelta(days=400))
    removed = {one["name"]: one["why"] for one in clean(place).result["removed"] if one["kind"] == "temporary"}
    assert removed[f"persistent_data/{dead.name}"].endswith("a process that is gone")
    assert f"persistent_data/{reused.name}" in removed and not dead.exists() and not reused.exists()


def test_databases_and_what_sqlite_keeps_beside_them_are_never_touched(tmp_path: Path) -> None:
    place = small(tmp_path, max_disk_gb=1e-9)
    at = WALL - timedelta(days=400)
    kept = [_cluttered.put(place.data / name, 5000, at) for name in ("market.db-wal", "market.db-journal", "mine.db")]
    made = clean(place)
    assert made.status == 1 and all(path.exists() for path in kept)
    assert made.result["why_not"][0].startswith("the workspace still holds")
    assert any("it holds what happened" in one for one in made.result["why_not"])


def test_reports_of_bugs_go_with_the_logs_and_foreign_files_never(
    tmp_path: Path, reports_of_bugs_elsewhere: Path
) -> None:
    place, at = small(tmp_path), WALL - timedelta(days=60)
    old = _cluttered.put(reports_of_bugs_elsewhere / "stockml-crash-abcd1234.txt", 10, at)
    fresh = _cluttered.put(reports_of_bugs_elsewhere / "stockml-crash-abcd1235.txt", 10, WALL - timedelta(days=2))
    other = _cluttered.put(reports_of_bugs_elsewhere / "stockml-crash-list.pdf", 10, at)
    (reports_of_bugs_elsewhere / "stockml-crash-link.txt").symlink_to(other)
    clean(place)
    assert not old.exists() and fresh.exists() and other.exists()
    assert (reports_of_bugs_elsewhere / "stockml-crash-link.txt").is_symlink()


def test_folders_that_are_no_symbol_and_names_that_are_no_version_are_left_alone(tmp_path: Path) -> None:
    place, at = small(tmp_path), WALL - timedelta(days=400)
    others = [
        place.models / "not a symbol" / "versions" / "20200101T000000Z-abcdef" / "x",
        place.symbol_folder("AAA") / "versions" / "my copy" / "x",
        place.symbol_folder("AAA") / "versions" / "20209901T000000Z-abcdef" / "x",
    ]
    for path in others:
        _cluttered.put(path, 10, at)
    (place.symbol_folder("AAA") / "versions" / "20200101T000000Z-abcdef").symlink_to(tmp_path)
    clean(place)
    assert all(path.exists() for path in others) and tmp_path.exists()
    assert (place.symbol_folder("AAA") / "versions" / "20200101T000000Z-abcdef").is_symlink()


def test_replays_go_with_the_logs_unless_one_runs_and_come_back(tmp_path: Path) -> None:
    place = small(tmp_path)
    old, fresh, foreign = (place.data / "replays" / name for name in
                           ("20230103-0123456789ab", "20230103-abcdef012345", "mine"))  # fmt: skip
    for folder, age in ((old, 60), (fresh, 2), (foreign, 60)):
        _cluttered.put(folder / "never" / "persistent_data" / "ledger.db", 5000, WALL - timedelta(days=age))
    with _fleet.lock_holder(old / "lock"):
        assert not [one for one in clean(place).result["removed"] if one["kind"] == "replays"]
    (gone,) = [one for one in clean(place).result["removed"] if one["kind"] == "replays"]
    assert gone["to_trash"] and not old.exists() and fresh.exists() and foreign.exists()
    assert undo.undo(open_environment(place), "").status == 0 and (old / "never").is_dir()


def test_bringing_back_refuses_to_overwrite_and_brings_back_the_rest(tmp_path: Path) -> None:
    place = small(tmp_path)
    clean(place)
    taken = place.logs / "training" / "stockml-20200101.log"
    taken.write_text("another")
    made = undo.undo(open_environment(place), "")
    assert made.status == 1 and taken.read_text() == "another" and len(versions.names(place, "AAA")) == 3
    assert "something else is at its place now" in made.errors[0].message
    (left,) = undo.listed(open_environment(place))["entries"]
    assert [one["name"] for one in left["things"]] == ["logs/training/stockml-20200101.log"]


@pytest.fixture
def other_disk() -> Iterator[Path]:
    """A folder on another file system than the tests' own."""
    shm = Path("/dev/shm")
    if not shm.is_dir() or not os.access(shm, os.W_OK):
        pytest.skip("there is no second file system to write to")
    folder = shm / f"stockml-test-{os.getpid()}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def test_models_on_another_file_system_go_to_the_trash_and_come_back(tmp_path: Path, other_disk: Path) -> None:
    if other_disk.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("both folders are on one file system")
    place = small(tmp_path)
    shutil.move(str(place.models), str(other_disk / "models"))
    place.models.symlink_to(other_disk / "models")
    before = {name: (place.symbol_folder("AAA") / "versions" / name) for name in versions.names(place, "AAA")}
    contents = {name: (path / "direction-1.lgb.txt").read_bytes() for name, path in before.items()}
    made = clean(place)
    assert sum(one["kind"] == "versions" for one in made.result["removed"]) == 2
    assert os.listdir(other_disk / "models" / "AAA" / "versions") == versions.names(place, "AAA")
    assert undo.undo(open_environment(place), "").status == 0
    assert {name: (path / "direction-1.lgb.txt").read_bytes() for name, path in before.items()} == contents


def test_a_shadowed_champion_is_protected(tmp_path: Path) -> None:
    from stockml.pipeline import shadow

    place = small(tmp_path)
    env, (first, second, third) = open_environment(place), versions.names(place, "AAA")
    for at, champion, previous in ((3, first, None), (2, second, first)):
        pointers = {"champion": champion, "previous": previous, "challenger": None}
        facts.record_promotion(env.ledger, "AAA", stamp(WALL - timedelta(days=at)), pointers, "train", "a test")
    standing = shadow.standing(env, "AAA")
    assert standing is not None and standing.previous == first
    clean(place)
    assert versions.names(place, "AAA") == [first, second, third]


def test_a_live_writer_in_another_process_keeps_its_temporary_file(tmp_path: Path) -> None:
    place = small(tmp_path)
    with _fleet.lock_holder(tmp_path / "any.lock") as holder:
        written = datetime.now(UTC)
        path = _cluttered.put(place.data / f".d.json.{holder.pid}.part", 10, written)
        later = Environment(place, open_environment(place).config)
        scene = cleaning.Scene(later, written + timedelta(hours=3))
        _, plan, _ = cleaning._look(later, scene)
        assert path.name not in str(plan.removals)
    _, plan, _ = cleaning._look(later, cleaning.Scene(later, written + timedelta(hours=3)))
    assert path.name in str(plan.removals)


def test_the_clutter_notices_what_is_missing(tmp_path: Path) -> None:
    """The positive control of `Clutter.missing`."""
    made: Clutter = _cluttered.make(tmp_path / "home", 1)
    assert made.missing() == [] and len(made.stays) > 20
    next(path for path, why in made.stays.items() if why == "of today").unlink()
    assert len(made.missing()) == 1
