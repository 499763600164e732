"""Whether a workspace has gone on since a snapshot: what a restore would take back, in sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from stockml.backup import databases
from stockml.backup.contents import Contents
from stockml.backup.snapshots import Snapshot
from stockml.errors import ModelError
from stockml.ledger import chain
from stockml.ledger.schema import CHAINS
from stockml.store import pointers
from stockml.workspace import Workspace

_WORDS = {"forecasts": "forecasts were made", "signals": "forecasts of the rule signals were made",
          "outcomes": "outcomes were settled"}  # fmt: skip


def of_workspace(workspace: Workspace, snapshot: Snapshot, held: Contents) -> list[str]:
    """What the ledger and the pointers hold that the snapshot does not. A ledger nobody can read holds nothing."""
    try:
        with databases.opened(workspace.ledger_file, "rw") as ledger:
            return _rows(ledger, snapshot, held.heads)
    except sqlite3.Error:
        pass  # not there or damaged: the pointers alone can tell
    told = []
    for symbol in held.symbols:
        live = _live(workspace, symbol)
        if live and live["since"] > snapshot.made_at:
            told.append(f"{symbol}: {live['champion']} is champion since {live['since']}, after the snapshot")
    return told


def of_symbol(ledger: sqlite3.Connection, symbol: str, snapshot: Snapshot, held: Contents) -> list[str]:
    """The promotions of one symbol that came after the snapshot."""
    known = held.heads.get("promotions", 0)
    if (snapshot.workspace != _identity(ledger)) or known > _promotions(ledger):
        known = 1 << 62  # numbers of another history: only the time tells
    rows = ledger.execute(
        "SELECT champion, at, who FROM promotions WHERE symbol = ? AND (number > ? OR at > ?) ORDER BY number",
        (symbol, known, snapshot.made_at),
    ).fetchall()
    return [f"{symbol}: {row[0]} became champion at {row[1]} ({row[2]}), after the snapshot" for row in rows]


def _rows(ledger: sqlite3.Connection, snapshot: Snapshot, heads: Mapping[str, Any]) -> list[str]:
    """The rows of a ledger beyond the ends that the snapshot names; or that it is another ledger altogether."""
    told = []
    found = _identity(ledger)
    if found is not None and found != snapshot.workspace:
        told.append("the ledger here is of another workspace")
    for one in CHAINS:
        known = heads.get(one.name, {"number": 0, "hash": chain.GENESIS})
        end = chain.head(ledger, one)
        if end.number > known["number"]:
            told.append(f"{end.number - known['number']} {_WORDS[one.name]} after the snapshot")
        row = ledger.execute(f"SELECT hash FROM {one.table} WHERE number = ?", (known["number"],)).fetchone()
        if row is not None and row[0] != known["hash"]:
            told.append(f"the {one.name} here are not those of the snapshot gone on")
    more = _promotions(ledger) - heads.get("promotions", 0)
    return told + ([f"{more} promotions were made after the snapshot"] if more > 0 else [])


def _identity(ledger: sqlite3.Connection) -> str | None:
    row = ledger.execute("SELECT value FROM meta WHERE key = 'workspace'").fetchone()
    return None if row is None else str(row[0])


def _promotions(ledger: sqlite3.Connection) -> int:
    return int(ledger.execute("SELECT coalesce(max(number), 0) FROM promotions").fetchone()[0])


def _live(workspace: Workspace, symbol: str) -> dict[str, Any] | None:
    try:
        return pointers.read(workspace, symbol)
    except (ModelError, OSError):
        return None
