"""A cache of what the champions' manifests say, checked against the files at every use, never trusted blindly.

For each symbol it remembers the pointer file and the champion's manifest by inode, size and times of change.
Where any differs, the files are read again; where all agree, two `stat` calls replace two reads. Each row
carries a checksum, so that a damaged row counts as none.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from stockml import files
from stockml.errors import ModelError, StockmlError
from stockml.store import pointers, versions
from stockml.workspace import Workspace

FORMAT = 3
_SCHEMA = """
CREATE TABLE IF NOT EXISTS champions(
  symbol TEXT PRIMARY KEY, live TEXT NOT NULL, champion TEXT NOT NULL, manifest TEXT NOT NULL, made_at TEXT NOT NULL,
  quick TEXT NOT NULL, says BLOB NOT NULL, crc INTEGER NOT NULL) WITHOUT ROWID;
"""
DIRECTION = ("n", "accuracy", "low", "high", "naive")
PRICE = ("n", "mape", "naive_mape", "skill", "verdict")
INTERVAL = ("n", "coverage", "low", "high", "winkler_ratio")

Row = tuple[str, str, str, str, str, str, bytes, int]


class Brief(NamedTuple):
    """What is needed of every champion: when it was made (a stamp), whether with a tiny budget, and its name."""

    made_at: str
    is_quick: bool
    champion: str


@dataclass(frozen=True)
class Checked:
    """The champions of some symbols, each checked against its files just now.

    `brief` holds little of each; `problems` what is wrong where one cannot be read. The rest is parsed for
    those asked for: for 10,000 symbols parsing would cost as much as all the checks.
    """

    brief: dict[str, Brief]
    problems: dict[str, str]
    _says: dict[str, bytes]

    def full(self, symbols: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Of each symbol that has a champion: {"pointers", "summary"}, or {"problem"}."""
        found: dict[str, dict[str, Any]] = {}
        for symbol in symbols:
            if symbol in self.problems:
                found[symbol] = {"problem": self.problems[symbol]}
            elif symbol in self._says:
                found[symbol] = json.loads(self._says[symbol])
        return found


def champions(workspace: Workspace, symbols: list[str]) -> dict[str, dict[str, Any]]:
    """The champion of each symbol that has one: {"pointers", "summary"}, or {"problem"} where it cannot be read."""
    return check(workspace, symbols).full(symbols)


def check(workspace: Workspace, symbols: list[str]) -> Checked:
    """Look at the files of every symbol's champion; read those the index does not know as they are."""
    known = _load(workspace)
    checked = Checked({}, {}, {})
    fresh: list[Row] = []
    models = str(workspace.models)
    for symbol in symbols:
        folder = f"{models}/{symbol}"
        live = _mark(f"{folder}/live.json")
        if live is None:
            continue
        row = known.get(symbol)
        if not (row and row[1] == live and row[3] == _manifest_mark(folder, row[2]) and row[7] == _crc(*row[:7])):
            row = _read(workspace, symbol, live, checked.problems)
            if row is None:
                continue
            fresh.append(row)
        checked.brief[symbol] = Brief(row[4], row[5] == "True", row[2])
        checked._says[symbol] = row[6]
    if fresh:
        _store(workspace, fresh)
    return checked


def _mark(path: str) -> str | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return f"{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}"


def _manifest_mark(folder: str, version: str) -> str | None:
    return _mark(f"{folder}/versions/{version}/{versions.MANIFEST}")


def _crc(symbol: str, live: str, champion: str, manifest: str, made_at: str, quick: str, says: bytes) -> int:
    return zlib.crc32(says, zlib.crc32(f"{symbol} {live} {champion} {manifest} {made_at} {quick}".encode()))


def _read(workspace: Workspace, symbol: str, live: str, problems: dict[str, str]) -> Row | None:
    """Read the files themselves; a row to remember, or None and what is wrong with them."""
    try:
        pointing = pointers.read(workspace, symbol)
        if pointing is None:
            raise ModelError(f"{symbol}: live.json vanished while it was read")
        champion = str(pointing["champion"])
        path = versions.folder(workspace, symbol, champion) / versions.MANIFEST
        mark = _mark(str(path))  # before reading: a file that changes meanwhile will not agree next time
        summary = summarise(versions.parse_manifest(path.read_bytes(), symbol, champion))
    except ModelError as error:
        problems[symbol] = error.message
        return None
    except OSError as error:
        problems[symbol] = f"its champion cannot be read ({error.strerror})"
        return None
    says = files.canonical_json({"pointers": pointing, "summary": summary})
    made_at, quick = summary["made_at"], str(bool(summary["quick"]))
    return (*(texts := (symbol, live, champion, str(mark), made_at, quick)), says, _crc(*texts, says))


def summarise(manifest: dict[str, Any]) -> dict[str, Any]:
    """What a screen needs of a manifest: its making, its verdict, its held-out figures at the shortest horizon."""
    validation, shortest = manifest["validation"], str(min(manifest["horizons"]))
    own = validation["symbol"][shortest]
    wide = own["interval"]["90"]
    return {
        "made_at": manifest["made_at"],
        "recipe": manifest["recipe"],
        "quick": manifest["quick"],
        "verdict": manifest["gate"]["verdict"],
        "direction": {key: own["direction"][key] for key in DIRECTION},
        "pooled_direction_verdict": validation["pooled"][shortest]["direction"]["verdict"],
        "price": {key: own["price"][key] for key in PRICE},
        "interval": {key: wide[key] for key in INTERVAL},
        "confidence": own["confidence"],
    }


def _load(workspace: Workspace) -> dict[str, Row]:
    path = _file(workspace)
    if not path.exists():
        return {}
    try:
        connection = sqlite3.connect(path, timeout=5)
        try:
            rows = connection.execute("SELECT * FROM champions").fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return {}  # only a cache: a damaged one is the same as none
    return {row[0]: row for row in rows}


def _store(workspace: Workspace, rows: list[Row]) -> None:
    try:
        files.make_folder(workspace.cache)
        _write(_file(workspace), rows)
    except (sqlite3.Error, StockmlError):
        pass  # a cache that cannot be written costs time, nothing else


def _write(path: Any, rows: list[Row]) -> None:
    connection = sqlite3.connect(path, timeout=5)
    try:
        connection.executescript(_SCHEMA)
        with connection:
            connection.executemany("INSERT OR REPLACE INTO champions VALUES(?,?,?,?,?,?,?,?)", rows)
    finally:
        connection.close()


def _file(workspace: Workspace) -> Any:
    return workspace.cache / f"champions-{FORMAT}.db"
