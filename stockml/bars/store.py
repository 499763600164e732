"""`market.db`: one compact array block per symbol and interval, what was refused, and session times.

A block is the concatenation of its columns' raw little-endian bytes, in the order and with the types
that its `columns` text names, so that columns can be added without rewriting what is stored.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from stockml import files
from stockml.errors import DataError, WorkspaceError

if TYPE_CHECKING:
    from stockml.bars.series import Bars

FORMAT = 1
LAYOUT = "session:i4 open:f8 high:f8 low:f8 close:f8 volume:f8 dividend:f8 split:f8"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series(
  symbol TEXT NOT NULL, bar_interval TEXT NOT NULL, source TEXT NOT NULL, rows INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, checked_through INTEGER NOT NULL, fetched_at TEXT NOT NULL,
  outcome TEXT NOT NULL, message TEXT NOT NULL, fingerprint TEXT NOT NULL,
  PRIMARY KEY(symbol, bar_interval)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blocks(
  id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, bar_interval TEXT NOT NULL,
  columns TEXT NOT NULL, rows INTEGER NOT NULL, crc INTEGER NOT NULL, bytes BLOB NOT NULL,
  UNIQUE(symbol, bar_interval));
CREATE TABLE IF NOT EXISTS quarantine(
  symbol TEXT NOT NULL, bar_interval TEXT NOT NULL, session INTEGER NOT NULL, source TEXT NOT NULL,
  reason TEXT NOT NULL, bar TEXT NOT NULL, known_at TEXT NOT NULL,
  PRIMARY KEY(symbol, bar_interval, session, reason)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calendars(
  name TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL, exact_through INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions(
  calendar TEXT NOT NULL, session INTEGER NOT NULL, close_at INTEGER NOT NULL,
  PRIMARY KEY(calendar, session)) WITHOUT ROWID;
"""


def connect(path: Path) -> sqlite3.Connection:
    """Open the market store, making it if it is not there. Raises `WorkspaceError` if it cannot be read."""
    new = not path.exists()
    if new:
        files.make_folder(path.parent)
    try:
        connection = sqlite3.connect(path, timeout=30, isolation_level=None)
        if new or not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").fetchone():
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(
                "BEGIN;" + _SCHEMA + f"INSERT OR IGNORE INTO meta VALUES('format','{FORMAT}');COMMIT;"
            )
        found = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    except sqlite3.DatabaseError as error:
        raise WorkspaceError(
            f"{path}: not a readable market store ({error})",
            symbol=str(path),
            hint="restore it from a backup, or move it away and run 'stockml data fetch'",
        ) from error
    if not found or found[0] != str(FORMAT):
        raise WorkspaceError(
            f"{path}: market store format {found and found[0]}, this stockml reads {FORMAT}", hint="upgrade stockml"
        )
    return connection


def read(connection: sqlite3.Connection, symbol: str, interval: str, through: int | None = None) -> Bars | None:
    """Read one symbol's bars up to a day, or None if there are none.

    The cut happens here, before any arithmetic. Raises `DataError` if the block is damaged.
    """
    import numpy as np

    from stockml.bars.series import Bars

    row = connection.execute(
        "SELECT columns, rows, crc, bytes FROM blocks WHERE symbol = ? AND bar_interval = ?", (symbol, interval)
    ).fetchone()
    if row is None:
        return None
    columns, rows, crc, content = row
    if zlib.crc32(content) != crc:
        raise DataError(
            f"{symbol}: the stored bars are damaged",
            symbol=symbol,
            hint="restore market.db from a backup, or remove it and run 'stockml data fetch'",
        )
    arrays, offset = {}, 0
    for column in columns.split():
        name, kind = column.split(":")
        arrays[name] = np.frombuffer(content, dtype="<" + kind, count=rows, offset=offset)
        offset += arrays[name].nbytes
    bars = Bars(symbol, *(arrays[column.split(":")[0]] for column in LAYOUT.split()))
    return bars if through is None else bars.through(through)


def write(
    connection: sqlite3.Connection,
    bars: Bars,
    interval: str,
    *,
    source: str,
    fetched_at: str,
    checked_through: int,
    outcome: str,
    message: str,
    fingerprint: str,
    refused: Iterable[tuple[int, str, dict[str, Any]]] = (),
) -> None:
    """Replace a symbol's bars and facts in one transaction; `refused` rows go to the quarantine."""
    import numpy as np

    columns = [column.split(":") for column in LAYOUT.split()]
    content = b"".join(np.ascontiguousarray(getattr(bars, name), dtype="<" + kind).tobytes() for name, kind in columns)
    first, last = (int(bars.session[0]), int(bars.session[-1])) if len(bars) else (0, 0)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if len(bars):
            connection.execute(
                "INSERT INTO blocks(symbol, bar_interval, columns, rows, crc, bytes) VALUES(?,?,?,?,?,?) "
                "ON CONFLICT(symbol, bar_interval) DO UPDATE SET columns = excluded.columns, rows = excluded.rows, "
                "crc = excluded.crc, bytes = excluded.bytes",
                (bars.symbol, interval, LAYOUT, len(bars), zlib.crc32(content), content),
            )
        connection.execute(
            "INSERT OR REPLACE INTO series VALUES(?,?,?,?,?,?,?,?,?,?,?)",
            (
                bars.symbol,
                interval,
                source,
                len(bars),
                first,
                last,
                checked_through,
                fetched_at,
                outcome,
                message,
                fingerprint,
            ),
        )
        connection.executemany(
            "INSERT OR IGNORE INTO quarantine VALUES(?,?,?,?,?,?,?)",
            [(bars.symbol, interval, day, source, why, json.dumps(bar), fetched_at) for day, why, bar in refused],
        )
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


SERIES_FIELDS = (
    "symbol", "bar_interval", "source", "rows", "first", "last", "checked_through", "fetched_at", "outcome", "message",
    "fingerprint",
)  # fmt: skip


def series(connection: sqlite3.Connection, interval: str) -> dict[str, dict[str, Any]]:
    """What is stored, by symbol, without reading a block. Days are since 1970-01-01."""
    rows = connection.execute("SELECT * FROM series WHERE bar_interval = ? ORDER BY symbol", (interval,))
    return {row[0]: dict(zip(SERIES_FIELDS, row, strict=True)) for row in rows}


class Newest(NamedTuple):
    """What a light command asks of a symbol's bars; `last` is a day."""

    rows: int
    last: int
    outcome: str
    message: str


def newest(connection: sqlite3.Connection, interval: str) -> dict[str, Newest]:
    """How far the bars of each symbol reach, and what came of the last fetch."""
    rows = connection.execute(
        "SELECT symbol, rows, last, outcome, message FROM series WHERE bar_interval = ?", (interval,)
    )
    return {row[0]: Newest(*row[1:]) for row in rows}


def quarantined(connection: sqlite3.Connection, symbol: str, interval: str) -> list[dict[str, Any]]:
    """The rows of a symbol that were refused, with their reasons, oldest first."""
    rows = connection.execute(
        "SELECT session, source, reason, bar, known_at FROM quarantine "
        "WHERE symbol = ? AND bar_interval = ? ORDER BY session",
        (symbol, interval),
    )
    return [
        {"session": session, "source": source, "reason": reason, "bar": json.loads(bar), "known_at": known_at}
        for session, source, reason, bar, known_at in rows
    ]
