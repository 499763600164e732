"""Opens `ledger.db` and holds its tables. WAL, synchronous FULL: one transaction is one fact, and survives."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from stockml import files
from stockml.errors import BusyError, WorkspaceError

FORMAT = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS runs(
  id TEXT PRIMARY KEY, command TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, as_of TEXT,
  exit_code INTEGER, summary TEXT, recorded_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS forecasts(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, symbol TEXT NOT NULL, bar_interval TEXT NOT NULL,
  horizon INTEGER NOT NULL, made_at TEXT NOT NULL, session TEXT NOT NULL, target_session TEXT NOT NULL,
  last_close REAL NOT NULL, price REAL NOT NULL, probability_up REAL NOT NULL, class TEXT NOT NULL,
  class_probabilities TEXT NOT NULL, lo80 REAL NOT NULL, hi80 REAL NOT NULL, lo90 REAL NOT NULL, hi90 REAL NOT NULL,
  confidence REAL NOT NULL, regime TEXT NOT NULL, version TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending', settled_close REAL, settled_at TEXT, error_pct REAL, direction_hit INTEGER,
  prev_hash TEXT NOT NULL, hash TEXT NOT NULL, details TEXT NOT NULL, recorded_at TEXT NOT NULL,
  UNIQUE(symbol, bar_interval, horizon, session, version));
CREATE INDEX IF NOT EXISTS forecasts_pending ON forecasts(status, target_session);
CREATE TABLE IF NOT EXISTS outcomes(
  forecast TEXT PRIMARY KEY REFERENCES forecasts(id), status TEXT NOT NULL, settled_close REAL,
  settled_at TEXT NOT NULL, error_pct REAL, direction_hit INTEGER, reason TEXT, recorded_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS abstentions(
  symbol TEXT NOT NULL, horizon INTEGER NOT NULL, session TEXT NOT NULL, reason TEXT NOT NULL, made_at TEXT NOT NULL,
  recorded_at TEXT NOT NULL, PRIMARY KEY(symbol, horizon, session, reason)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS trials(
  number INTEGER PRIMARY KEY, symbol TEXT NOT NULL, model_hash TEXT NOT NULL, made_at TEXT NOT NULL,
  recorded_at TEXT NOT NULL, UNIQUE(symbol, model_hash));
CREATE TABLE IF NOT EXISTS decisions(
  number INTEGER PRIMARY KEY, run TEXT NOT NULL, symbol TEXT NOT NULL, version TEXT NOT NULL, made_at TEXT NOT NULL,
  result TEXT NOT NULL, verdict TEXT NOT NULL, reasons TEXT NOT NULL, figures TEXT NOT NULL, recorded_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS promotions(
  number INTEGER PRIMARY KEY, symbol TEXT NOT NULL, at TEXT NOT NULL, champion TEXT NOT NULL, previous TEXT,
  challenger TEXT, who TEXT NOT NULL, reason TEXT NOT NULL, recorded_at TEXT NOT NULL, figures TEXT);
CREATE INDEX IF NOT EXISTS promotions_at ON promotions(symbol, at);
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the ledger, making it if it is not there. Raises `WorkspaceError` if it is not a ledger we know."""
    new = not path.exists()
    if new:
        files.make_folder(path.parent)
    try:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = FULL")
        if new or not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'promotions_at'").fetchone():
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(
                "BEGIN;" + _SCHEMA + f"INSERT OR IGNORE INTO meta VALUES('format','{FORMAT}');COMMIT;"
            )
        if not connection.execute("SELECT 1 FROM pragma_table_info('promotions') WHERE name = 'figures'").fetchone():
            connection.execute("ALTER TABLE promotions ADD COLUMN figures TEXT")  # what older versions did not write
        found = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    except sqlite3.DatabaseError as error:
        raise WorkspaceError(
            f"{path}: not a readable ledger ({error})", symbol=str(path), hint="restore it from a backup"
        ) from error
    if not found or found[0] != str(FORMAT):
        raise WorkspaceError(
            f"{path}: ledger format {found and found[0]}, this stockml reads {FORMAT}", hint="upgrade stockml"
        )
    return connection


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block as one transaction. Raises `BusyError` if another process holds the ledger too long."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        raise BusyError("the ledger is busy: another process is writing", hint="try again in a moment") from error
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
