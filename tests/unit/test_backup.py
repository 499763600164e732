"""Making, listing, verifying, copying and pruning backups of a small real workspace."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path

import _backups
import _fleet
import pytest

from stockml.backup import (
    contents,
    copying,
    creation,
    databases,
    known,
    listing,
    objects,
    pruning,
    restoring,
    snapshots,
    verification,
)
from stockml.backup.shelf import PACKS, SNAPSHOTS, Local, open_shelf
from stockml.clock import Clock
from stockml.errors import BackupError, BusyError, StockmlError
from stockml.ledger import facts
from stockml.ledger import store as ledger_store
from stockml.store import pointers, versions
from stockml.workspace import Workspace

LATER = _backups.NOW + timedelta(days=2)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _backups.template(tmp_path_factory)


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Path:
    return _backups.copied(template, tmp_path / "a home")


def verify(home: Path, **more: object) -> dict[str, object]:
    return verification.verify(_backups.shelf(home), Workspace(home), Clock(_backups.NOW), **more)  # type: ignore[arg-type]


def test_backups_tell_how_far_they_are_stage_by_stage(home: Path, tmp_path: Path) -> None:
    told: list[tuple[str, float, float, str]] = []

    def tell(*step: object) -> None:
        told.append(step)  # type: ignore[arg-type]

    _backups.create(home, tell=tell, copies=[str(tmp_path / "away")])
    verify(home, tell=tell)
    restoring.restore(_backups.shelf(home), Workspace(home), None, force=True, tell=tell)
    stages = list(dict.fromkeys(stage for stage, *_ in told))
    assert stages == ["databases", "symbols", "copy", "read packs", "restore", "use", "compare"]
    assert all(0 <= done < total for _, done, total, _ in told)
    assert {about for stage, *_, about in told if stage == "symbols"} >= {"AAA", "BBB"}


def test_a_second_backup_costs_next_to_nothing_and_both_are_listed(home: Path) -> None:
    first, second = _backups.create(home, why="one"), _backups.create(home, 1, why="two")
    assert first["added_bytes"] > 200_000 and second["added_bytes"] == 0 and not first["left_out"]
    found = snapshots.listed(home / "persistent_data" / "backups")
    wanted = [(first["snapshot"], "one", 1), (second["snapshot"], "two", 2)]
    assert [(one.name, one.why, one.number) for one in found] == wanted
    assert found[0].bytes == first["bytes"] and found[0].made_at == "2019-12-21T12:00:00Z"
    assert found[0].workspace == found[1].workspace != "" and found[0].verified_at is None


def test_what_changed_a_little_costs_a_little(home: Path) -> None:
    _backups.create(home)
    ledger = ledger_store.connect(Workspace(home).ledger_file)
    facts.end_run(ledger, facts.start_run(ledger, "a test", Clock(_backups.NOW)), Clock(_backups.NOW), 0, {})
    ledger.close()
    size = os.path.getsize(Workspace(home).ledger_file)
    assert 0 < _backups.create(home, 1)["added_bytes"] < max(0.8 * size, 5 * contents.BLOCK)


@pytest.mark.parametrize("closed", [True, False])
def test_bars_that_came_since_are_in_the_next_backup(home: Path, tmp_path: Path, closed: bool) -> None:
    """Whether they are in the database yet or still in its log."""
    long_ago = _backups.NOW.timestamp()
    path = Workspace(home).market_file
    os.utime(path, (long_ago, long_ago))
    assert _backups.create(home)["added_bytes"] and "market.db" in known.load(Workspace(home))
    market = sqlite3.connect(path)
    market.execute("CREATE TABLE news(x)")
    market.execute("INSERT INTO news VALUES('today')")
    market.commit()
    if closed:
        market.close()
    _backups.create(home, 1)
    restoring.restore(_backups.shelf(home), Workspace(home), None, to=tmp_path / "out")
    with sqlite3.connect(Workspace(tmp_path / "out").market_file) as restored:
        assert restored.execute("SELECT x FROM news").fetchall() == [("today",)]
    market.close()


def test_bars_that_did_not_change_are_not_copied_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long_ago = _backups.NOW.timestamp()
    os.utime(Workspace(home).market_file, (long_ago, long_ago))
    first = _backups.create(home)
    opened: list[str] = []
    copied = databases.copied
    monkeypatch.setattr(databases, "copied", lambda path, room: (opened.append(path.name), copied(path, room))[1])
    second = _backups.create(home, 1)
    assert opened == ["ledger.db"] and (second["bytes"], second["files"]) == (first["bytes"], first["files"])
    assert verify(home, every=True)["ok"]


def test_nothing_is_in_a_snapshot_that_does_not_belong_there(home: Path) -> None:
    (home / "persistent_data" / "secret.env").write_text("KEY=canary-1234567890")
    (home / "persistent_data" / "ml_models" / "AAA" / "notes.txt").write_text("canary-1234567890")
    (home / "persistent_data" / "ml_models" / "not a symbol").mkdir()
    _backups.create(home)
    for path in _backups.store_files(home):
        assert b"canary" not in path.read_bytes()
    shelf = _backups.shelf(home)
    held = snapshots.contents_of(shelf, snapshots.read_all(shelf)[0][-1])
    assert set(held.symbols) == set(_fleet.SYMBOLS) and set(held.databases) == {"ledger.db", "market.db"}


def test_verification_restores_and_uses_the_newest_and_says_so(home: Path) -> None:
    _backups.create(home)
    name = _backups.create(home, 1)["snapshot"]
    told = verify(home)
    assert told["ok"] and not told["problems"]
    (proved,) = told["snapshots"]
    assert (proved["snapshot"], proved["champions"], proved["ok"]) == (name, 4, True) and proved["forecasts"] > 0
    folder = home / "persistent_data" / "backups"
    newest = snapshots.newest_verified(folder)
    assert newest is not None and newest.name == name and newest.verified_at == "2019-12-21T12:00:00Z"
    assert [one["ok"] for one in verify(home, every=True)["snapshots"]] == [True, True]
    assert not [one for one in os.listdir(home / "persistent_data" / ".cache") if one.startswith("drill")]


def test_a_file_that_was_altered_on_the_disk_is_told_and_kept_as_it_was(home: Path) -> None:
    """The cache of known versions looks at times: a change behind the store's back is a change of a time."""
    _backups.create(home)
    live = pointers.read(Workspace(home), "AAA")
    assert live is not None
    path = versions.folder(Workspace(home), "AAA", live["champion"]) / "report.json"
    good = path.read_bytes()
    path.write_bytes(good.replace(b"AAA", b"AAB"))
    made = _backups.create(home, 1)
    assert [one["what"] for one in made["left_out"]] == [f"AAA/{live['champion']}"]
    assert "report.json was altered" in made["left_out"][0]["why"] and "as the one before" in made["left_out"][0]["why"]
    assert verify(home)["ok"], "the snapshot holds the good bytes"


def test_bit_rot_that_leaves_the_times_alone_is_found_by_reading_again(home: Path) -> None:
    _backups.create(home)
    (version,) = {one for one in versions.names(Workspace(home), "BBB") if one.startswith("20191220T2230")}
    path = versions.folder(Workspace(home), "BBB", version) / "verdict.json"
    before = os.stat(path)
    path.write_bytes(path.read_bytes().replace(b"BBB", b"BBC"))
    rows = known.load(Workspace(home))
    rows[f"BBB/{version}"] = rows[f"BBB/{version}"]._replace(mark=known.look(str(path.parent)))  # as if no time changed
    known.save(Workspace(home), rows)
    assert before.st_size == os.stat(path).st_size
    assert not _backups.create(home, 1)["left_out"]
    assert [one["what"] for one in _backups.create(home, 2, reread=True)["left_out"]] == [f"BBB/{version}"]


def test_a_version_that_was_never_whole_is_left_out_with_the_pointers_that_name_it(home: Path) -> None:
    live = pointers.read(Workspace(home), "AAA")
    assert live is not None
    (versions.folder(Workspace(home), "AAA", live["champion"]) / "parameters.json").unlink()
    made = _backups.create(home)
    assert {one["what"] for one in made["left_out"]} == {f"AAA/{live['champion']}", "AAA/live.json"}
    assert verify(home)["ok"] and verify(home)["snapshots"][0]["champions"] == 3


def test_damaged_pointers_are_left_out_and_told(home: Path) -> None:
    pointers.live_file(Workspace(home), "CCC").write_text("{")
    made = _backups.create(home)
    assert [one["what"] for one in made["left_out"]] == ["CCC/live.json"] and verify(home)["ok"]


@pytest.mark.parametrize(
    "damage", ["cache gone", "cache is nonsense", "cache has a digit changed", "cache names other objects"]
)
def test_the_cache_of_known_versions_is_only_a_cache(home: Path, damage: str) -> None:
    first = _backups.create(home)
    path = Workspace(home).cache / "backup-1.json"
    if damage == "cache gone":
        path.unlink()
    elif damage == "cache is nonsense":
        path.write_bytes(b'{"AAA/x": [1]}')
    elif damage == "cache has a digit changed":
        path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    else:
        rows = known.load(Workspace(home))
        known.save(Workspace(home), {key: row._replace(objects=("a" * 64,)) for key, row in rows.items()})
    second = _backups.create(home, 1)
    assert (second["files"], second["bytes"], second["added_bytes"]) == (first["files"], first["bytes"], 0)
    assert verify(home)["ok"]


def test_a_pack_that_is_lost_is_written_again_by_the_next_backup(home: Path) -> None:
    _backups.create(home)
    (pack,) = (home / "persistent_data" / "backups" / PACKS).iterdir()
    pack.unlink()
    assert not verify(home)["ok"]
    assert _backups.create(home, 1)["added_bytes"] > 200_000 and verify(home)["snapshots"][0]["ok"]


def test_what_is_whole_of_a_damaged_pack_is_saved_and_the_rest_is_written_again(home: Path) -> None:
    name = _backups.create(home)["snapshot"]
    (pack,) = (home / "persistent_data" / "backups" / PACKS).iterdir()
    content = pack.read_bytes()
    pack.write_bytes(content[:1000] + bytes([content[1000] ^ 1]) + content[1001:])
    told = verify(home)
    assert {one["kind"] for one in told["problems"]} == {"pack", "object"}
    assert told["set_aside"] == [f"packs/{pack.name}"]
    lost = len(content) - sum(_backups.shelf(home).sizes(PACKS).values())
    assert 0 < lost < 0.6 * len(content), "one object is lost"
    again = _backups.create(home, 1)
    assert 0 < again["added_bytes"] < lost + 20_000 and not again["left_out"]
    assert verify(home, every=True)["ok"] and name in {one["snapshot"] for one in verify(home, every=True)["snapshots"]}


def test_a_snapshot_that_somebody_deleted_is_missed(home: Path) -> None:
    name = _backups.create(home)["snapshot"]
    _backups.create(home, 1)
    (home / "persistent_data" / "backups" / SNAPSHOTS / f"{name}.json").unlink()
    assert [(one["kind"], one["what"]) for one in verify(home)["problems"]] == [("gone", name)]


def test_compressed_and_plain_backups_live_side_by_side(home: Path) -> None:
    pytest.importorskip("zstandard")
    plain = _backups.create(home)
    _backups.env(home, compress=True)
    ledger = ledger_store.connect(Workspace(home).ledger_file)
    facts.start_run(ledger, "x" * 30000, Clock(_backups.NOW))
    ledger.close()
    packed = _backups.create(home, 1)
    assert 0 < packed["added_bytes"] < 0.5 * plain["added_bytes"] and verify(home, every=True)["ok"]


def test_without_the_library_it_is_stored_plain_with_a_warning(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    made = creation.create(_backups.env(home, compress=True))
    assert "zstandard is not installed" in made["warnings"][0] and verify(home)["ok"]


def test_one_backup_at_a_time_and_none_while_something_is_removed(home: Path) -> None:
    _backups.create(home)
    root = home / "persistent_data" / "backups"
    with _fleet.lock_holder(root / "create.lock"):
        with pytest.raises(BusyError):
            _backups.create(home, 1)
        assert verify(home)["ok"], "reading goes on"
    with _fleet.lock_holder(root / "lock"):
        for act in (lambda: _backups.create(home, 1), lambda: verify(home), lambda: pruning.prune(_backups.env(home))):
            with pytest.raises(BusyError):
                act()
    shelf = _backups.shelf(home)
    with shelf.reading(), pytest.raises(BusyError):
        pruning.prune(_backups.env(home))


def test_pruning_removes_by_policy_and_frees_what_nobody_needs(home: Path) -> None:
    _backups.env(home, keep_last=2, keep_daily=0, keep_weekly=0, keep_monthly=0)
    names = [_backups.create(home)["snapshot"]]
    market = sqlite3.connect(Workspace(home).market_file)
    market.execute("CREATE TABLE ballast(x BLOB)")
    for turn in range(3):
        market.execute("DELETE FROM ballast")
        market.execute("INSERT INTO ballast VALUES(?)", (os.urandom(400_000),))
        market.commit()
        names.append(_backups.create(home, 1 + turn)["snapshot"])
    market.close()
    shelf = _backups.shelf(home)
    before = sum(shelf.sizes(PACKS).values())
    look = pruning.prune(_backups.env(home, LATER), dry_run=True)
    assert look["removed"] == [] and {one["reason"] for one in look["snapshots"]} == {
        "the newest backup is not verified, so all stay"
    }
    verify(home)
    look = pruning.prune(_backups.env(home, LATER), dry_run=True)
    assert look["removed"] == names[:2] and len(snapshots.listed(shelf.root)) == 4
    done = pruning.prune(_backups.env(home, LATER))
    assert done["removed"] == names[:2] and not done["problems"]
    left = sum(shelf.sizes(PACKS).values())
    assert done["freed_bytes"] == before - left > 350_000 and abs(look["freed_bytes"] - done["freed_bytes"]) < 50_000
    assert verify(home, every=True)["ok"] and len(snapshots.listed(shelf.root)) == 2
    again = pruning.prune(_backups.env(home, LATER))
    assert again["removed"] == [] and again["freed_bytes"] == 0 and sum(shelf.sizes(PACKS).values()) == left


def test_pruning_proves_the_newest_first_and_removes_nothing_if_that_fails(home: Path) -> None:
    _backups.env(home, keep_last=1, keep_daily=0, keep_weekly=0, keep_monthly=0)
    first = _backups.create(home)["snapshot"]
    _backups.create(home, 1)
    root = home / "persistent_data" / "backups"
    for pack in (root / PACKS).iterdir():
        pack.rename(root / pack.name)
    failed = pruning.prune(_backups.env(home, LATER))
    assert failed["verified"]["ok"] is False and failed["removed"] == []
    for pack in root.glob("?" * 64):
        pack.rename(root / PACKS / pack.name)
    done = pruning.prune(_backups.env(home, LATER))
    assert done["verified"]["ok"] and done["removed"] == [first]


def test_a_pack_written_anew_before_a_kill_is_not_lost_to_the_next_pruning(home: Path) -> None:
    """What is live may stand in two packs after a kill, and be written a third time under the name of the second."""
    _backups.create(home)
    shelf = _backups.shelf(home)
    live = [place.piece for place in objects.places(shelf).values()]
    kept = live[: len(live) // 2]
    for _ in range(2):
        with objects.taking(shelf, set(), compress=False) as intake:
            for piece in kept:
                intake.keep(objects.read_stored(shelf, piece))
        pruning._thin(shelf, {piece.sha for piece in kept}, dry_run=False)
        for piece in kept:
            objects.read(Local(shelf.root), piece)
    assert len(shelf.sizes(PACKS)) == 1


def test_removal_by_name_keeps_what_is_protected(home: Path) -> None:
    names = [_backups.create(home, hours)["snapshot"] for hours in range(3)]
    assert pruning.remove(_backups.env(home), names)["removed"] == []
    verify(home)
    done = pruning.remove(_backups.env(home), names)
    assert done["removed"] == names[:2]
    assert {one["snapshot"]: one["reason"] for one in done["snapshots"] if one["keep"]} == {names[2]: "the newest"}


def test_a_copy_is_complete_and_only_what_is_new_is_sent(home: Path, tmp_path: Path) -> None:
    _backups.create(home)
    target = Local(tmp_path / "else where")
    sent = copying.copy(_backups.shelf(home), target, Clock(_backups.NOW))
    assert len(sent["snapshots"]) == 1 and sent["bytes"] > 200_000
    _backups.create(home, 1)
    again = copying.copy(_backups.shelf(home), target, Clock(_backups.NOW))
    assert len(again["snapshots"]) == 1 and again["bytes"] == 0
    assert verification.verify(target, Workspace(tmp_path / "none"), Clock(_backups.NOW), every=True)["ok"]
    assert listing.listing(target, Clock(_backups.NOW))["newest_verified"] == again["snapshots"][0]


def test_a_copy_by_address_verifies_restores_and_prunes(home: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    address = f"memory://backups-{os.getpid()}-{id(home)}"
    made = _backups.create(home, copies=[address])
    assert made["copies"][0]["error"] is None and made["copies"][0]["objects"] > 10
    target = open_shelf(address, home)
    told = verification.verify(target, Workspace(home), Clock(_backups.NOW))
    assert told["ok"] and snapshots.read_all(target)[0][-1].verified_at
    _backups.create(home, 1, copies=[address])
    later = _backups.env(home, LATER, keep_last=1, keep_daily=0, keep_weekly=0, keep_monthly=0)
    pruned = pruning.prune_shelf(target, later)
    assert pruned["removed"] == [made["snapshot"]] and not pruned["problems"]
    system = fsspec.filesystem("memory")
    (pack,) = list(system.ls(f"{target.root}/packs", detail=False))
    content = system.cat_file(pack)
    system.pipe_file(pack, content[:100] + b"!" + content[101:])
    assert not verification.verify(open_shelf(address, home), Workspace(home), Clock(_backups.NOW))["ok"]


def test_a_copy_that_fails_is_told_and_the_backup_stands(home: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    made = _backups.create(home, copies=[str(tmp_path / "file" / "below"), "nonsense://there"])
    assert [one["error"]["kind"] for one in made["copies"]] == ["workspace", "backup"] and verify(home)["ok"]


def test_secrets_of_an_address_are_never_shown() -> None:
    pytest.importorskip("fsspec")
    try:
        shown = open_shelf("ftp://user:hunter2@127.0.0.1:1/x", Path("/")).name
    except BackupError as error:
        shown = error.message
    assert "hunter2" not in shown


def test_the_clock_may_go_back_and_the_order_stays(home: Path) -> None:
    names = [_backups.create(home, hours)["snapshot"] for hours in (0, 1000, -1000)]
    assert [one.name for one in snapshots.listed(_backups.shelf(home).root)] == names
    then = Clock(_backups.NOW, _backups.NOW.date())
    assert [one["snapshot"] for one in listing.listing(_backups.shelf(home), then)["snapshots"]] == [names[0], names[2]]


def test_backups_made_while_champions_change_restore_to_a_sound_workspace(home: Path, tmp_path: Path) -> None:
    """A thread promotes, challenges and rolls back all the while; each snapshot obeys docs/format.md."""
    where, stop = Workspace(home), threading.Event()
    names = versions.names(where, "AAA")

    def promote() -> None:
        ledger = ledger_store.connect(where.ledger_file)
        turn = 0
        while not stop.is_set():
            turn += 1
            clock = Clock(_backups.NOW + timedelta(seconds=turn))
            pointers.promote(where, ledger, "AAA", names[turn % len(names)], clock, "train", "a test")
        ledger.close()

    worker = threading.Thread(target=promote)
    worker.start()
    try:
        for turn in range(8):
            _backups.create(home, turn)
    finally:
        stop.set()
        worker.join()
    told = verify(home, every=True)
    assert told["ok"], told["problems"]


@pytest.mark.parametrize("limit", [0, 1000, 100_000])
def test_a_full_disk_leaves_what_there_was(home: Path, limit: int) -> None:
    """RLIMIT_FSIZE stands in for a disk that takes no more: a write fails in the midst."""
    import subprocess
    import sys

    first = _backups.create(home)["snapshot"]
    (home / "persistent_data" / "backups" / PACKS).rename(home / "packs")
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import _backups; from pathlib import Path; from stockml.errors import StockmlError\n"
        "home = Path(sys.argv[1]); env = _backups.env(home); env.ledger\n"
        "from stockml.backup import creation\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "try: creation.create(env); print('made')\n"
        "except StockmlError as error: print(error.kind, error.exit_status)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, str(home)], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])},
    )  # fmt: skip
    assert ran.stdout.strip() in ("disk 3", "backup 3", "disk 1"), ran.stdout + ran.stderr
    root = home / "persistent_data" / "backups"
    assert [one.name for one in snapshots.listed(root)] == [first]
    assert not [one for one in root.rglob("*") if ".part" in one.name], "nothing half-made is left"


def test_symbols_that_came_after_the_snapshot_keep_their_versions_and_lose_their_pointers(home: Path) -> None:
    name = _backups.create(home)["snapshot"]
    where = Workspace(home)
    shutil.copytree(where.symbol_folder("AAA"), where.symbol_folder("EEE"))
    with pytest.raises(StockmlError):
        restoring.restore(_backups.shelf(home), where, None, snapshot="20100101T000000Z-abcdef")
    made = restoring.restore(_backups.shelf(home), where, None, snapshot=name)
    assert pointers.read(where, "EEE") is None and len(versions.names(where, "EEE")) == 3
    note = json.loads((Path(made["set_aside"]) / "note.json").read_bytes())
    assert "persistent_data/ml_models/EEE/live.json" in {one["origin"] for one in note["things"]}


def test_a_symbol_alone_is_unpacked_into_a_folder_of_its_own(home: Path, tmp_path: Path) -> None:
    _backups.create(home)
    made = restoring.restore(_backups.shelf(home), Workspace(home), None, symbols=["AAA"], to=tmp_path / "out")
    assert made["files"] == [] and made["versions"] == 3
    live = pointers.read(Workspace(tmp_path / "out"), "AAA")
    assert live == pointers.read(Workspace(home), "AAA") and os.listdir(tmp_path / "out" / "persistent_data") == [
        "ml_models"
    ]


def test_versions_of_one_fit_share_their_files_again_after_a_restore(home: Path, tmp_path: Path) -> None:
    _backups.create(home)
    restoring.restore(_backups.shelf(home), Workspace(home), None, to=tmp_path / "out")
    for name in versions.names(Workspace(home), "BBB")[1:]:
        path = versions.folder(Workspace(tmp_path / "out"), "BBB", name) / "parameters.json"
        assert path.stat().st_nlink == 2


def test_a_medium_that_cannot_be_written_is_verified_and_restored_from(home: Path, tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root writes everywhere")
    _backups.create(home)
    root = home / "persistent_data" / "backups"
    for path in (*root.rglob("*"), root):
        path.chmod(0o500 if path.is_dir() else 0o400)
    assert verify(home)["ok"] and not verify(home)["snapshots"][0]["recorded"]
    restoring.restore(_backups.shelf(home), Workspace(home), None, to=tmp_path / "out")
    for path in (root, *root.rglob("*")):
        path.chmod(0o700)


def fleet_of(home: Path, symbols: int, count: int) -> None:
    """Versions as a pooled recipe leaves them: trees shared as hard links, reports of each symbol's own."""
    rng = random.Random(3)
    where = Workspace(home)
    for turn in range(count):
        written: dict[str, Path] = {}
        models = {
            "parameters.json": rng.randbytes(50_000),
            **{f"direction-{h}.lgb.txt": rng.randbytes(370_000) for h in (1, 5)},
        }
        for number in range(symbols):
            reports = {name: rng.randbytes(12_000) for name in versions.REPORTS}
            moment = _backups.NOW - timedelta(days=count - turn)
            versions.publish(where, f"S{number:02d}", moment, models, reports, {"made_at": "x", "golden": []}, written)


def cost_of_second(home: Path, symbols: int, count: int) -> float:
    """Bytes of a backup after a promotion, a run and a forecast's worth of rows, over those of the one before."""
    fleet_of(home, symbols, count)
    first = _backups.create(home)["added_bytes"]
    ledger = ledger_store.connect(Workspace(home).ledger_file)
    name = versions.names(Workspace(home), "S00")[0]
    pointers.promote(Workspace(home), ledger, "S00", name, Clock(_backups.NOW), "train", "a test")
    run = facts.start_run(ledger, "a test", Clock(_backups.NOW))
    facts.end_run(ledger, run, Clock(_backups.NOW), 0, {"rows": 26})
    for horizon in range(26):
        facts.record_abstention(ledger, "S00", horizon, "2019-12-20", "stale_data", Clock(_backups.NOW))
    ledger.close()
    root = home / "persistent_data" / "backups"
    before = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    _backups.create(home, 1)
    return (sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) - before) / first


def test_a_second_backup_takes_a_small_share_of_the_first(home: Path) -> None:
    """A third of the fleet: what is new is the same, so that its share of all is larger than of the whole fleet."""
    assert cost_of_second(home, 13, 6) < 0.03


@pytest.mark.long
def test_a_second_backup_of_thirteen_symbols_with_twenty_versions_takes_under_a_hundredth(home: Path) -> None:
    assert cost_of_second(home, 13, 20) < 0.01
