"""The index of champions: it answers from memory only while the files are the ones it remembers."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from stockml import files
from stockml.store import index, versions
from stockml.workspace import Workspace

FIRST, SECOND = "20260101T000000Z-aaaaaa", "20260102T000000Z-bbbbbb"
SYMBOLS = ["AAA", "BBB"]


def manifest(symbol: str, version: str, accuracy: float = 0.5) -> dict[str, Any]:
    own = {
        "direction": dict.fromkeys(index.DIRECTION, accuracy),
        "price": dict.fromkeys(index.PRICE, 0.01),
        "interval": {"90": dict.fromkeys(index.INTERVAL, 0.9)},
        "confidence": {"mean": 0.5, "ece": None, "ece_noise": None},
    }
    validation = {"symbol": {"1": own}, "pooled": {"1": {"direction": {"verdict": "no_edge"}}}}
    made = {"made_at": "2026-01-01T00:00:00Z", "recipe": "pooled", "quick": False, "horizons": [1, 5]}
    told = {"validation": validation, "gate": {"verdict": "no_edge"}, "schema": versions.SCHEMA}
    sealed: dict[str, Any] = json.loads(versions.sealed({**made, **told, "symbol": symbol, "version": version}))
    return sealed


def write_version(workspace: Workspace, symbol: str, version: str, accuracy: float = 0.5) -> Path:
    folder = versions.folder(workspace, symbol, version)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / versions.MANIFEST
    path.write_bytes(files.canonical_json(manifest(symbol, version, accuracy)) + b"\n")
    return path


def point(workspace: Workspace, symbol: str, champion: str) -> None:
    pointing = {"champion": champion, "previous": None, "challenger": None, "since": "", "why": "a test"}
    files.replace(workspace.symbol_folder(symbol) / "live.json", files.pretty_json(pointing))


@pytest.fixture
def fleet(tmp_path: Path) -> Workspace:
    """Two symbols with two versions each, indexed."""
    workspace = Workspace(tmp_path)
    for symbol in SYMBOLS:
        write_version(workspace, symbol, FIRST)
        write_version(workspace, symbol, SECOND, 0.6)
        point(workspace, symbol, FIRST)
    assert index.champions(workspace, SYMBOLS)["AAA"]["summary"]["direction"]["accuracy"] == 0.5
    return workspace


def accuracy(workspace: Workspace, symbol: str = "AAA") -> float:
    found: float = index.champions(workspace, SYMBOLS)[symbol]["summary"]["direction"]["accuracy"]
    return found


def test_unchanged_files_are_not_read_again(fleet: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = index.champions(fleet, SYMBOLS)

    def fail(*_: object) -> None:
        raise AssertionError("a file was read although nothing changed")

    monkeypatch.setattr(index, "_read", fail)
    assert index.champions(fleet, SYMBOLS) == fresh


def test_a_changed_pointer_is_noticed(fleet: Workspace) -> None:
    point(fleet, "AAA", SECOND)
    assert accuracy(fleet) == 0.6
    assert accuracy(fleet, "BBB") == 0.5
    point(fleet, "AAA", FIRST)
    assert accuracy(fleet) == 0.5


def test_changed_manifest_bytes_are_refused_even_with_the_same_size_and_time(fleet: Workspace) -> None:
    path = versions.folder(fleet, "AAA", FIRST) / versions.MANIFEST
    before = path.stat()
    content = path.read_bytes()
    path.write_bytes(content.replace(b'"accuracy":0.5', b'"accuracy":0.9'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert "altered" in index.champions(fleet, SYMBOLS)["AAA"]["problem"]
    path.write_bytes(content)
    assert accuracy(fleet) == 0.5


def test_a_replaced_manifest_with_an_intact_seal_is_read_again(fleet: Workspace) -> None:
    write_version(fleet, "AAA", FIRST, 0.7)
    assert accuracy(fleet) == 0.7


def test_a_deleted_version_is_a_problem_and_a_deleted_pointer_is_no_champion(fleet: Workspace) -> None:
    shutil.rmtree(versions.folder(fleet, "AAA", FIRST))
    (fleet.symbol_folder("BBB") / "live.json").unlink()
    found = index.champions(fleet, SYMBOLS)
    assert "cannot be read" in found["AAA"]["problem"]
    assert "BBB" not in found


def test_a_damaged_pointer_is_a_problem(fleet: Workspace) -> None:
    (fleet.symbol_folder("AAA") / "live.json").write_bytes(b"{")
    assert "damaged" in index.champions(fleet, SYMBOLS)["AAA"]["problem"]


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + bytes(200)])
def test_a_damaged_index_file_counts_as_none(fleet: Workspace, content: bytes) -> None:
    fresh = index.champions(fleet, SYMBOLS)
    index._file(fleet).write_bytes(content)
    assert index.champions(fleet, SYMBOLS) == fresh


@pytest.mark.parametrize("damage", ["0.4", "not json ["])
def test_a_damaged_row_is_read_again_and_mended(fleet: Workspace, damage: str) -> None:
    connection = sqlite3.connect(index._file(fleet))
    with connection:
        says = connection.execute("SELECT says FROM champions WHERE symbol = 'AAA'").fetchone()[0]
        wrong = says.replace(b"0.5", damage.encode())
        connection.execute("UPDATE champions SET says = ? WHERE symbol = 'AAA'", (wrong,))
    connection.close()
    assert accuracy(fleet) == 0.5
    connection = sqlite3.connect(index._file(fleet))
    mended = connection.execute("SELECT says FROM champions WHERE symbol = 'AAA'").fetchone()[0]
    connection.close()
    assert json.loads(mended) == json.loads(says)


def test_an_index_that_names_another_version_is_not_believed(fleet: Workspace) -> None:
    connection = sqlite3.connect(index._file(fleet))
    with connection:
        connection.execute("UPDATE champions SET champion = ? WHERE symbol = 'AAA'", (SECOND,))
    connection.close()
    assert index.champions(fleet, SYMBOLS)["AAA"]["pointers"]["champion"] == FIRST


def test_a_folder_that_cannot_hold_the_index_costs_time_and_nothing_else(fleet: Workspace) -> None:
    fresh = index.champions(fleet, SYMBOLS)
    shutil.rmtree(fleet.cache)
    fleet.cache.write_text("a file where the folder should be")
    assert index.champions(fleet, SYMBOLS) == fresh
    assert index.champions(fleet, SYMBOLS) == fresh


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes where others may not")
def test_a_read_only_cache_is_answered_from_the_files(fleet: Workspace) -> None:
    fresh = index.champions(fleet, SYMBOLS)
    index._file(fleet).unlink()
    fleet.cache.chmod(0o500)
    try:
        assert index.champions(fleet, SYMBOLS) == fresh
    finally:
        fleet.cache.chmod(0o700)


def test_a_read_only_index_still_answers(fleet: Workspace) -> None:
    fresh = index.champions(fleet, SYMBOLS)
    index._file(fleet).chmod(0o400)
    point(fleet, "BBB", SECOND)
    found = index.champions(fleet, SYMBOLS)
    assert found["AAA"] == fresh["AAA"]
    assert found["BBB"]["pointers"]["champion"] == SECOND
