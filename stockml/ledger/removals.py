"""Appends what clean-up took away, and what a person took back, with the reasons; the table is made on first use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from stockml.clock import Clock, recorded_at, stamp
from stockml.ledger.store import transaction

_TABLE = (
    "CREATE TABLE IF NOT EXISTS removals("
    "number INTEGER PRIMARY KEY, run TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, "
    "bytes INTEGER NOT NULL, reason TEXT NOT NULL, trash TEXT, recorded_at TEXT NOT NULL)"
)


class Row(NamedTuple):
    """A thing that went or came back: why, its bytes, and the trash entry where it went to or came from."""

    kind: str
    name: str
    bytes: int
    reason: str
    trash: str | None


def record(ledger: sqlite3.Connection, run: str, clock: Clock, rows: Iterable[Row]) -> None:
    """Append what one run took away or brought back, as one fact."""
    now, wall = stamp(clock.now()), stamp(recorded_at())
    with transaction(ledger):
        ledger.execute(_TABLE)
        ledger.executemany(
            "INSERT INTO removals(run, at, kind, name, bytes, reason, trash, recorded_at) VALUES(?,?,?,?,?,?,?,?)",
            [(run, now, *row, wall) for row in rows],
        )
