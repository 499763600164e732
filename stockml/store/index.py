"""A cache of what the champions' manifests say, checked against the files at every use, never trusted blindly.

For each symbol it remembers the pointer file and the champion's manifest by inode, size and modification
time. Where any differs, the files are read again; where all agree, two `stat` calls replace two reads.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable
from typing import Any

from stockml import files
from stockml.errors import ModelError, StockmlError
from stockml.store import pointers, versions
from stockml.workspace import Workspace

FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS champions(
  symbol TEXT PRIMARY KEY, live TEXT NOT NULL, manifest TEXT NOT NULL, pointers TEXT NOT NULL, summary TEXT NOT NULL
) WITHOUT ROWID;
"""


def champions(workspace: Workspace, symbols: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The champion of each symbol that has one: {"pointers", "summary"}, or {"problem"} where it cannot be read."""
    known = _load(workspace)
    found: dict[str, dict[str, Any]] = {}
    fresh: list[tuple[str, str, str, str, str]] = []
    models = str(workspace.models)
    for symbol in symbols:
        live = _mark(f"{models}/{symbol}/live.json")
        if live is None:
            continue
        row = known.get(symbol)
        if row is not None and row[0] == live:
            champion = json.loads(row[2])["champion"]
            if row[1] == _mark(f"{models}/{symbol}/versions/{champion}/{versions.MANIFEST}"):
                found[symbol] = {"pointers": json.loads(row[2]), "summary": json.loads(row[3])}
                continue
        found[symbol] = _read(workspace, symbol, live, fresh)
    if fresh:
        _store(workspace, fresh)
    return found


def _mark(path: str) -> str | None:
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return f"{facts.st_ino}:{facts.st_size}:{facts.st_mtime_ns}:{facts.st_ctime_ns}"


def _read(workspace: Workspace, symbol: str, live: str, fresh: list[tuple[str, str, str, str, str]]) -> dict[str, Any]:
    """Read the files themselves, and remember what they say if they are whole."""
    try:
        pointing = pointers.read(workspace, symbol)
        if pointing is None:
            return {"problem": "live.json vanished while it was read"}
        path = versions.folder(workspace, symbol, pointing["champion"]) / versions.MANIFEST
        mark = _mark(str(path))
        summary = summarise(versions.parse_manifest(path.read_bytes(), symbol, pointing["champion"]))
    except (OSError, ModelError) as error:
        return {
            "problem": error.message
            if isinstance(error, ModelError)
            else f"its champion cannot be read ({error.strerror})"
        }
    if mark is not None:
        fresh.append((symbol, live, mark, json.dumps(pointing), json.dumps(summary)))
    return {"pointers": pointing, "summary": summary}


def summarise(manifest: dict[str, Any]) -> dict[str, Any]:
    """What a screen needs of a manifest."""
    validation = manifest["validation"]
    shortest = str(min(manifest["horizons"]))
    return {
        "made_at": manifest["made_at"],
        "recipe": manifest["recipe"],
        "quick": manifest["quick"],
        "data": manifest["data"],
        "verdict": manifest["gate"]["verdict"],
        "warnings": manifest["gate"]["warnings"],
        "own": validation["symbol"][shortest],
        "pooled": validation["pooled"][shortest],
    }


def _load(workspace: Workspace) -> dict[str, tuple[str, str, str, str]]:
    path = _file(workspace)
    if not path.exists():
        return {}
    try:
        connection = sqlite3.connect(path, timeout=5)
        rows = connection.execute("SELECT symbol, live, manifest, pointers, summary FROM champions").fetchall()
        connection.close()
    except sqlite3.DatabaseError:
        return {}  # only a cache: a damaged one is the same as none
    return {row[0]: row[1:] for row in rows}


def _store(workspace: Workspace, rows: list[tuple[str, str, str, str, str]]) -> None:
    try:
        files.make_folder(workspace.cache)
        connection = sqlite3.connect(_file(workspace), timeout=5)
        connection.executescript(_SCHEMA)
        with connection:
            connection.executemany("INSERT OR REPLACE INTO champions VALUES(?,?,?,?,?)", rows)
        connection.close()
    except (sqlite3.DatabaseError, StockmlError):
        pass  # a cache that cannot be written costs time, nothing else


def _file(workspace: Workspace) -> Any:
    return workspace.cache / f"champions-{FORMAT}.db"
