"""Backups of somebody else's making: whatever they say, nothing is written outside the target, and nothing is run."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import _backups
import pytest

from stockml import files
from stockml.backup import compression, contents, facts, objects, packs, restoring, snapshots, verification
from stockml.backup.contents import Contents
from stockml.backup.pieces import Piece
from stockml.backup.shelf import PACKS, SNAPSHOTS, Local
from stockml.backup.snapshots import Snapshot
from stockml.clock import Clock
from stockml.errors import StockmlError
from stockml.store import versions
from stockml.workspace import Workspace


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = _backups.copied(_backups.template(tmp_path_factory), tmp_path_factory.mktemp("hostile") / "home")
    _backups.create(made)
    return made


@pytest.fixture
def shelf(template: Path, tmp_path: Path) -> Local:
    return Local(_backups.copied(template, tmp_path / "home") / "persistent_data" / "backups")


def told(shelf: Local) -> tuple[Snapshot, Any]:
    snapshot = snapshots.read_all(shelf)[0][-1]
    return snapshot, json.loads(objects.read(shelf, snapshot.contents))


def plant(shelf: Local, content: bytes, **changes: Any) -> None:
    """A sealed snapshot, newer than the others, whose contents are these bytes."""
    snapshot = snapshots.read_all(shelf)[0][-1]
    with objects.taking(shelf, set(objects.places(shelf)), compress=False) as intake:
        piece = intake.add(content)
    row = json.loads((shelf.root / SNAPSHOTS / f"{snapshot.name}.json").read_bytes())
    del row["seal"], row["format"]
    snapshots.write(shelf, {**row, "number": row["number"] + 1, "contents": piece.as_json(), **changes})


def everything(folder: Path) -> dict[str, tuple[int, int, int]]:
    """All that is below a folder, but for locks: (mode, size, time of change)."""
    found = {}
    for path in folder.rglob("*"):
        if path.name not in ("lock", "create.lock", ".restore.lock"):
            seen, is_file = path.lstat(), path.is_file()
            found[str(path)] = (seen.st_mode, seen.st_size * is_file, seen.st_mtime_ns * is_file)
    return found


def refused(shelf: Local, tmp_path: Path) -> StockmlError:
    """Neither a new home nor the workspace itself is given anything of the newest snapshot."""
    home = shelf.root.parents[1]
    before, target = everything(tmp_path), tmp_path / "target"
    with pytest.raises(StockmlError) as refusal:
        restoring.restore(shelf, Workspace(home), None, to=target)
    assert not (target / "persistent_data").exists() and not (target / ".stage-restore").exists()
    if target.exists():
        (target / ".restore.lock").unlink(missing_ok=True)
        target.rmdir()
    with pytest.raises(StockmlError):
        restoring.restore(shelf, Workspace(home), None, force=True)
    assert everything(tmp_path) == before, "not a file was touched"
    return refusal.value


def put(*path: Any) -> Callable[[Any], None]:
    """A change: the last of the arguments goes where the others lead."""

    def change(told: Any) -> None:
        for step in path[:-2]:
            told = told[step]
        told[path[-2]] = path[-1]

    return change


def moved(*path: Any) -> Callable[[Any], None]:
    """A change: what is under the last key but one gets the last as its name."""

    def change(told: Any) -> None:
        for step in path[:-2]:
            told = told[step]
        told[path[-1]] = told.pop(path[-2])

    return change


SHA = "a" * 64
CONTENTS: dict[str, Callable[[Any], None]] = {
    "absolute symbol": moved("symbols", "BBB", "/etc"),
    "symbol that climbs": moved("symbols", "BBB", ".."),
    "symbol that climbs further": moved("symbols", "BBB", "../../../x"),
    "symbol in small letters": moved("symbols", "BBB", "bbb"),
    "symbol with a newline": moved("symbols", "BBB", "BBB\n"),
    "symbol that is an option": moved("symbols", "BBB", "-RF"),
    "empty symbol": moved("symbols", "BBB", ""),
    "version that climbs": put("symbols", "BBB", "versions", "../../../../x", [SHA, 10]),
    "version that is absolute": put("symbols", "BBB", "versions", "/tmp/x", [SHA, 10]),
    "version in Arabic digits": put("symbols", "BBB", "versions", "٢0191220T223000Z-abcdef", [SHA, 10]),
    "hidden version": put("symbols", "BBB", "versions", ".stage-x", [SHA, 10]),
    "version of huge size": put("symbols", "BBB", "versions", "20191220T223000Z-abcdef", [SHA, 2**62]),
    "version of no size": put("symbols", "BBB", "versions", "20191220T223000Z-abcdef", [SHA, -1]),
    "version of true size": put("symbols", "BBB", "versions", "20191220T223000Z-abcdef", [SHA, True]),
    "version that is a path": put("symbols", "BBB", "versions", "20191220T223000Z-abcdef", ["../../x", 10]),
    "pointers to nowhere": put("symbols", "AAA", "live", "champion", "20191220T223000Z-abcdef"),
    "pointers that climb": put("symbols", "AAA", "live", "champion", "../../../../etc"),
    "pointers with more keys": put("symbols", "AAA", "live", "run", "x"),
    "pointers that are a list": put("symbols", "AAA", "live", []),
    "pointers since a number": put("symbols", "AAA", "live", "since", 1),
    "database of another name": moved("databases", "ledger.db", "../ledger.db"),
    "database that is the configuration": moved("databases", "ledger.db", "ml_config.json"),
    "database of huge size": put("databases", "ledger.db", "bytes", 2**60),
    "database of huge size, blocks too": put(
        "databases", "ledger.db", {"bytes": 2**43, "block": 2**30, "blocks": [SHA, 2**18]}
    ),
    "database with other blocks": put("databases", "ledger.db", "block", 512),
    "configuration of huge size": put("config", [SHA, 2**30]),
    "configuration that is missing": put("config", [SHA, 30]),
    "configuration that is text": put("config", "/etc/passwd"),
    "symbols in a list": put("symbols", []),
    "another key": put("links", {"x": "/etc"}),
    "heads of text": put("heads", {"forecasts": "x"}),
}  # fmt: skip


@pytest.mark.parametrize("change", CONTENTS)
def test_a_list_of_contents_that_says_what_it_must_not_is_refused(shelf: Local, tmp_path: Path, change: str) -> None:
    made = told(shelf)[1]
    CONTENTS[change](made)
    plant(shelf, files.canonical_json(made))
    assert "Traceback" not in refused(shelf, tmp_path).message
    assert not verification.verify(shelf, Workspace(tmp_path), Clock(_backups.NOW))["ok"]


@pytest.mark.parametrize("content", [
    b"", b"{}", b"[]", b"null", b"1e999", b"[" * 100_000, b'{"config":null,"config":null}', b'\xff\xfe', b'"\\ud800"',
    b'{"config":null,"databases":{},"heads":{},"symbols":{}} ',
    b'{"config":NaN,"databases":{},"heads":{},"symbols":{}}',
    b"9" * 5000,
])  # fmt: skip
def test_contents_that_are_no_list_are_refused(shelf: Local, tmp_path: Path, content: bytes) -> None:
    plant(shelf, content)
    refused(shelf, tmp_path)


FILES: dict[str, Callable[[Any], None]] = {
    "file that climbs": moved("files", "report.json", "../../../../../report.json"),
    "absolute file": moved("files", "report.json", "/tmp/report.json"),
    "hidden file": moved("files", "report.json", ".bashrc"),
    "file in a folder": moved("files", "report.json", "a/b"),
    "file of no name": moved("files", "report.json", ""),
    "two dots": moved("files", "report.json", ".."),
    "file with a null": moved("files", "report.json", "a\0b"),
    "manifest twice": moved("files", "report.json", "manifest.json"),
    "huge file": put("files", "report.json", "bytes", 2**50),
    "file of another size": put("files", "report.json", "bytes", 1),
    "file that is missing": put("files", "report.json", "sha256", SHA),
    "files in a list": put("files", ["report.json"]),
    "file with a mode": put("files", "report.json", {"bytes": 1, "sha256": SHA, "mode": 0o4755}),
    "file that is text": put("files", "report.json", "x"),
    "manifest of another symbol": put("symbol", "AAA"),
    "manifest of another version": put("version", "20191220T223000Z-abcdef"),
    "manifest of another format": put("schema", 99),
}  # fmt: skip


@pytest.mark.parametrize("change", FILES)
def test_a_manifest_that_lists_what_it_must_not_is_refused(shelf: Local, tmp_path: Path, change: str) -> None:
    made = told(shelf)[1]
    name, piece = sorted(made["symbols"]["BBB"]["versions"].items())[-1]
    manifest = json.loads(objects.read(shelf, Piece(*piece)))
    FILES[change](manifest)
    content = versions.sealed(manifest)
    with objects.taking(shelf, set(), compress=False) as intake:
        made["symbols"]["BBB"]["versions"][name] = intake.add(content).as_json()
    plant(shelf, files.canonical_json(made))
    refused(shelf, tmp_path)


@pytest.mark.parametrize(("key", "value"), [
    ("number", -1), ("number", 1.5), ("number", True), ("made_at", "now"), ("recorded_at", "2019"), ("why", None),
    ("files", 2**70), ("bytes", "1"), ("left_out", {}), ("left_out", [["x"]]), ("contents", ["x", 1]), ("host", 5),
    ("contents", ["../x", 1]), ("more", 1),
])  # fmt: skip
def test_a_snapshot_with_wrong_values_is_none(shelf: Local, key: str, value: object) -> None:
    before = snapshots.read_all(shelf)[0]
    path = shelf.root / SNAPSHOTS / f"{before[0].name}.json"
    made = {**json.loads(path.read_bytes()), key: value, "seal": ""}
    import hashlib

    made["seal"] = hashlib.sha256(files.canonical_json(made)).hexdigest()
    name = f"20191221T120000Z-{made['seal'][:6]}"
    (shelf.root / SNAPSHOTS / f"{name}.json").write_bytes(files.canonical_json(made) + b"\n")
    found, problems = snapshots.read_all(shelf)
    assert found == before and [file for file, _ in problems] == [f"{name}.json"]


@pytest.mark.parametrize("name", ["x.json", "../x.json", "20191221T120000Z-abcdef.json", "20191221T120000Z-abcdef"])
def test_a_file_of_another_name_is_no_snapshot(shelf: Local, name: str) -> None:
    path = next((shelf.root / SNAPSHOTS).iterdir())
    (shelf.root / SNAPSHOTS / Path(name).name).write_bytes(path.read_bytes())
    assert len(snapshots.read_all(shelf)[0]) == 1 and len(snapshots.read_all(shelf)[1]) == 1


def test_links_and_devices_in_the_store_are_not_followed(shelf: Local, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("a secret")
    path = next((shelf.root / SNAPSHOTS).iterdir())
    path.rename(tmp_path / path.name)
    path.symlink_to(tmp_path / path.name)
    os.mkfifo(shelf.root / SNAPSHOTS / "20191221T120000Z-aaaaaa.json")
    (shelf.root / SNAPSHOTS / "20191221T120000Z-bbbbbb.json").symlink_to("/dev/zero")
    found, problems = snapshots.read_all(shelf)
    assert found == () and len(problems) == 3


def test_a_target_that_is_a_link_or_holds_one_is_not_written_through(shelf: Local, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / ".stage-restore").symlink_to(tmp_path / "precious")
    made = restoring.restore(shelf, Workspace(tmp_path / "none"), None, to=tmp_path / "target")
    assert made["versions"] > 4 and os.listdir(tmp_path / "precious") == []
    for path in (tmp_path / "target" / "persistent_data").rglob("*"):
        assert not path.is_symlink() and (path.is_dir() or path.stat().st_mode & 0o777 == 0o600)


def corrupt(path: Path, rng: random.Random) -> str:
    """Damage one file of a store in one of many ways; which one."""
    content = path.read_bytes()
    place, length = rng.randrange(len(content)), rng.randrange(1, 40)
    ways: dict[str, Callable[[], object]] = {
        "bit": lambda: path.write_bytes(
            content[:place] + bytes([content[place] ^ (1 << rng.randrange(8))]) + content[place + 1 :]
        ),
        "zeros": lambda: path.write_bytes(
            content[:place] + bytes(len(content[place : place + length])) + content[place + length :]
        ),
        "cut": lambda: path.write_bytes(content[:place]),
        "grown": lambda: path.write_bytes(content + rng.randbytes(length)),
        "piece lost": lambda: path.write_bytes(content[:place] + content[place + length :]),
        "piece more": lambda: path.write_bytes(content[:place] + rng.randbytes(length) + content[place:]),
        "gone": path.unlink,
        "empty": lambda: path.write_bytes(b""),
        "renamed": lambda: path.rename(path.with_name("0" * 64 if path.parent.name == PACKS else "x" + path.name)),
        "folder": lambda: (path.unlink(), path.mkdir()),
    }  # fmt: skip
    way = rng.choice(sorted(ways))
    ways[way]()
    return way


def look(template: Path, tmp_path: Path, seed: int) -> None:
    """One random corruption: `verify` finds it, and no restore gives anything else than what was backed up."""
    rng = random.Random(seed)
    home = _backups.copied(template, tmp_path / "home")
    before = {one: one.read_bytes() for one in _backups.store_files(home)}
    path = rng.choice([one for one in before if rng.random() < 0.5 or one.parent.name == PACKS])
    while True:
        way = corrupt(path, rng)
        if not path.is_file() or path.read_bytes() != before[path]:
            break  # zeros over zeros change nothing
    if path.name == "facts.jsonl" and way in ("gone", "renamed", "empty"):
        return  # nothing is said any more; the snapshots are as they were, and not verified
    shelf = Local(home / "persistent_data" / "backups")
    wanted = _backups.state(home)
    try:
        restoring.restore(shelf, Workspace(home), None, to=tmp_path / "restored")
        found = _backups.state(tmp_path / "restored")
        assert found == wanted, f"{way} of {path.name}: restored silently"
    except StockmlError:
        assert not (tmp_path / "restored" / "persistent_data").exists()
    result = verification.verify(Local(shelf.root), Workspace(home), Clock(_backups.NOW))
    assert not result["ok"], f"{way} of {path.name} was not found"


@pytest.fixture(scope="module")
def stores(template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same workspace backed up twice, plain and (where that can be) compressed, and verified."""
    made = []
    for compress in {False, compression.is_there()}:
        home = _backups.copied(template, tmp_path_factory.mktemp("stores") / "home")
        _backups.env(home, compress=compress)
        (home / "persistent_data" / "ml_models" / "AAA" / "lock").touch()
        _backups.create(home, 1)
        assert verification.verify(_backups.shelf(home), Workspace(home), Clock(_backups.NOW))["ok"]
        made.append(home)
    return made


@pytest.mark.parametrize("seed", range(24))
def test_a_corruption_is_found_and_never_restored(stores: list[Path], tmp_path: Path, seed: int) -> None:
    look(stores[seed % len(stores)], tmp_path, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1300))
def test_three_hundred_corruptions_are_found_and_never_restored(stores: list[Path], tmp_path: Path, seed: int) -> None:
    look(stores[seed % len(stores)], tmp_path, seed)


def test_a_damaged_line_of_facts_counts_for_nothing(shelf: Local) -> None:
    name = snapshots.read_all(shelf)[0][-1].name
    forged = {"at": "2019-12-21T12:00:00Z", "recorded_at": "x", "snapshot": name, "what": "verified", "check": "0"}
    shelf.append(files.canonical_json(forged).decode())
    shelf.append('{"half')
    assert facts.read(shelf)[1] == 2 and snapshots.read_all(shelf)[0][-1].verified_at is None


def test_the_guard_of_these_tests_sees_a_write(shelf: Local, tmp_path: Path) -> None:
    before = everything(tmp_path)
    (tmp_path / "outside").write_text("x")
    assert everything(tmp_path) != before
    held = contents.parse(objects.read(shelf, snapshots.read_all(shelf)[0][-1].contents))
    assert isinstance(replace(held, config=None), Contents) and packs.MAGIC
