"""The alerts in the ledger: every change of one, the messages made of them, and how far each delivery got."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from stockml.clock import Clock, recorded_at, stamp
from stockml.ledger.store import has_table

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS alerts(
  number INTEGER PRIMARY KEY, at TEXT NOT NULL, area TEXT NOT NULL, key TEXT NOT NULL, change TEXT NOT NULL,
  level TEXT NOT NULL, title TEXT NOT NULL, sentence TEXT NOT NULL, symbols TEXT NOT NULL, told INTEGER NOT NULL,
  as_of TEXT, recorded_at TEXT NOT NULL)""",
    "CREATE INDEX IF NOT EXISTS alerts_area ON alerts(area, number)",
    """CREATE TABLE IF NOT EXISTS alert_messages(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL, area TEXT NOT NULL, message TEXT NOT NULL,
  recorded_at TEXT NOT NULL)""",
    """CREATE TABLE IF NOT EXISTS deliveries(
  message TEXT NOT NULL REFERENCES alert_messages(id), channel TEXT NOT NULL, state TEXT NOT NULL,
  attempts INTEGER NOT NULL, at TEXT, error TEXT NOT NULL, next_at TEXT, PRIMARY KEY(message, channel))
  WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS deliveries_state ON deliveries(state)",
)


@dataclass(frozen=True)
class Standing:
    """Where an alert stands. `told_level` is the worst level told since it opened, None if nobody was told;
    `last_told_at` is when one of this key was last told, recoveries aside.
    """

    area: str
    key: str
    level: str
    title: str
    sentence: str
    symbols: tuple[str, ...]
    opened_at: str
    closed_at: str | None
    told_level: str | None
    last_told_at: str | None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


def make_tables(ledger: sqlite3.Connection) -> None:
    """Make the tables where they are not there, inside the caller's transaction."""
    for statement in _SCHEMA:
        ledger.execute(statement)


def standing(ledger: sqlite3.Connection, clock: Clock, area: str | None = None) -> list[Standing]:
    """Every alert there was, of one area or of all, as it stands now: open ones and closed ones, by their keys.

    A run as of a session has alerts of its own: it sees what runs as of no later moment wrote, and is not
    seen by others. What is live is read in the order of writing, so that a clock set back hides nothing.
    """
    if not has_table(ledger, "deliveries"):
        return []
    wanted, values = ("area = ?", [area]) if area is not None else ("1", [])
    if clock.as_of is None:
        query = f"SELECT * FROM alerts WHERE {wanted} AND as_of IS NULL ORDER BY number"
    else:
        query = f"SELECT * FROM alerts WHERE {wanted} AND as_of IS NOT NULL AND at <= ? ORDER BY at, number"
        values = [*values, stamp(clock.now())]
    found: dict[tuple[str, str], Standing] = {}
    for row in ledger.execute(query, values):
        place = (row["area"], row["key"])
        found[place] = _after(found.get(place), row)
    return [found[place] for place in sorted(found)]


def _after(before: Standing | None, row: sqlite3.Row) -> Standing:
    """Where an alert stands after one more change."""
    if row["change"] == "closed" and before is not None:
        return replace(before, closed_at=row["at"])
    fresh = before is None or row["change"] == "opened"
    told_level = None if before is None or fresh else before.told_level
    last_told = None if before is None else before.last_told_at
    if row["told"]:
        told_level, last_told = row["level"], row["at"]
    opened = row["at"] if before is None or fresh else before.opened_at
    return Standing(
        row["area"], row["key"], row["level"], row["title"], row["sentence"], tuple(json.loads(row["symbols"])),
        opened, None, told_level, last_told,
    )  # fmt: skip


def append(ledger: sqlite3.Connection, clock: Clock, area: str, rows: Iterable[dict[str, Any]]) -> None:
    """Append changes {key, change, level, title, sentence, symbols, told}, inside the caller's transaction."""
    as_of = clock.as_of.isoformat() if clock.as_of else None
    for one in rows:
        ledger.execute(
            "INSERT INTO alerts(at, area, key, change, level, title, sentence, symbols, told, as_of, recorded_at) "
            "VALUES(?,?,?,?,?,?,?,?,?,?,?)",
            (
                stamp(clock.now()), area, one["key"], one["change"], one["level"], one["title"], one["sentence"],
                json.dumps(one["symbols"]), int(one["told"]), as_of, stamp(recorded_at()),
            ),
        )  # fmt: skip


def queue(ledger: sqlite3.Connection, message: dict[str, Any], channels: Iterable[str]) -> None:
    """Keep a message and one delivery of it for each channel, due at once, inside the caller's transaction."""
    ledger.execute(
        "INSERT INTO alert_messages(id, at, area, message, recorded_at) VALUES(?,?,?,?,?)",
        (message["id"], message["at"], message["area"], json.dumps(message), stamp(recorded_at())),
    )
    for channel in channels:
        ledger.execute("INSERT INTO deliveries VALUES(?,?,'waiting',0,NULL,'',NULL)", (message["id"], channel))


def deliveries(ledger: sqlite3.Connection, since: str | None = None) -> list[dict[str, Any]]:
    """Deliveries with their messages, oldest first: those that wait, and all of messages made since a stamp."""
    if not has_table(ledger, "deliveries"):
        return []
    rows = ledger.execute(
        "SELECT d.*, m.message AS document, m.at AS made_at "
        "FROM deliveries d JOIN alert_messages m ON m.id = d.message "
        "WHERE d.state = 'waiting' OR m.at >= ? ORDER BY m.number, d.channel",
        (since or "9999",),
    )
    return [{**dict(row), "document": json.loads(row["document"])} for row in rows]


def claim(ledger: sqlite3.Connection, one: dict[str, Any], now: datetime, next_at: datetime) -> bool:
    """Count one more attempt before it is made, so that no other process makes it too; whether it is ours."""
    done = ledger.execute(
        "UPDATE deliveries SET attempts = attempts + 1, at = ?, next_at = ? "
        "WHERE message = ? AND channel = ? AND state = 'waiting' AND attempts = ?",
        (stamp(now), stamp(next_at), one["message"], one["channel"], one["attempts"]),
    )
    return done.rowcount == 1


def settle(ledger: sqlite3.Connection, one: dict[str, Any], state: str, error: str) -> None:
    """Record what became of an attempt: delivered, waiting for another one, or given up."""
    ledger.execute(
        "UPDATE deliveries SET state = ?, error = ?, next_at = CASE ? WHEN 'waiting' THEN next_at END "
        "WHERE message = ? AND channel = ? AND state = 'waiting'",
        (state, error, state, one["message"], one["channel"]),
    )
