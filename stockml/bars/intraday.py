"""The archive of intraday bars in `market.db`: a block per symbol, interval and month that only ever grows.

Stored bars never change. What a source says differently later is noted beside them (`intraday_differences`);
what could not be used is kept with its reason (`intraday_refused`).
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stockml.arrays import Days, Flags, Floats, Integers, Places
from stockml.bars import store
from stockml.bars.series import PRICES
from stockml.clock import from_day
from stockml.errors import DataError, UsageError

SECONDS = {"1m": 60, "2m": 120, "5m": 300, "15m": 900, "30m": 1800, "60m": 3600}
SPELLINGS = {"1h": "60m"}  # two names of Yahoo's for one thing; the archive knows one
LAYOUT = "start:i8 session:i4 open:f8 high:f8 low:f8 close:f8 volume:f8 known_at:i8 source:u1"
COLUMNS = tuple(column.split(":")[0] for column in LAYOUT.split())
VALUES = (*PRICES, "volume")
SAME = 1e-6  # relative difference that undoing a split can leave in a price

_SCHEMA = """
CREATE TABLE IF NOT EXISTS intraday_blocks(
  symbol TEXT NOT NULL, bar_interval TEXT NOT NULL, month INTEGER NOT NULL, columns TEXT NOT NULL,
  rows INTEGER NOT NULL, crc INTEGER NOT NULL, source TEXT NOT NULL, known_at TEXT NOT NULL, bytes BLOB NOT NULL,
  PRIMARY KEY(symbol, bar_interval, month));
CREATE TABLE IF NOT EXISTS intraday_series(
  symbol TEXT NOT NULL, bar_interval TEXT NOT NULL, source TEXT NOT NULL, rows INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, fetched_at TEXT NOT NULL, outcome TEXT NOT NULL,
  message TEXT NOT NULL, PRIMARY KEY(symbol, bar_interval)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS intraday_refused(
  symbol TEXT NOT NULL, bar_interval TEXT NOT NULL, start INTEGER NOT NULL, session INTEGER NOT NULL,
  reason TEXT NOT NULL, source TEXT NOT NULL, bar TEXT NOT NULL, known_at TEXT NOT NULL,
  PRIMARY KEY(symbol, bar_interval, start, reason)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS intraday_differences(
  symbol TEXT NOT NULL, bar_interval TEXT NOT NULL, start INTEGER NOT NULL, session INTEGER NOT NULL,
  source TEXT NOT NULL, stored TEXT NOT NULL, told TEXT NOT NULL, known_at TEXT NOT NULL,
  PRIMARY KEY(symbol, bar_interval, start, source)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Minutes:
    """Intraday bars of one symbol and interval as traded, ascending by start, all arrays of one length.

    `start` is int64, epoch seconds UTC; `session` int32, the trading day in days since 1970-01-01; prices
    float64 and raw. `known_at` is int64, epoch seconds from which the bar was known, 0 for its own session's
    close, which is when the first import of a session counts as known. `source` is an id of `sources`.
    """

    symbol: str
    interval: str
    start: Places
    session: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    known_at: Places
    source: Integers

    def __len__(self) -> int:
        return len(self.start)

    def where(self, keep: Flags | Places) -> Minutes:
        """The bars that a boolean array marks or an index array lists."""
        return replace(self, **{name: getattr(self, name)[keep] for name in COLUMNS})


@dataclass(frozen=True)
class Added:
    """What merging did: bars of new sessions, bars that filled holes of stored ones, bars told differently."""

    added: int
    filled: int
    different: int


def parse_interval(text: str) -> str:
    """The archive's name of an interval; 1h is 60m. Raises `UsageError` for one it does not keep."""
    name = SPELLINGS.get(text, text)
    if name not in SECONDS:
        raise UsageError(f"there is no intraday interval {text!r}", hint=f"there are {', '.join(SECONDS)}, and 1h")
    return name


def ensure(connection: sqlite3.Connection) -> None:
    """Make the archive's tables where they are missing."""
    row = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'intraday_differences'").fetchone()
    if row is None:
        with store.transaction(connection):
            for statement in _SCHEMA.split(";")[:-1]:
                connection.execute(statement)


def series(
    connection: sqlite3.Connection, interval: str | None = None, symbol: str | None = None
) -> list[dict[str, Any]]:
    """What is stored, by symbol and interval, without reading a block. Days are since 1970-01-01."""
    names = ("symbol", "interval", "source", "rows", "first", "last", "fetched_at", "outcome", "message")
    rows = connection.execute(
        "SELECT symbol, bar_interval, source, rows, first, last, fetched_at, outcome, message FROM intraday_series "
        "WHERE symbol = coalesce(?, symbol) AND bar_interval = coalesce(?, bar_interval) ORDER BY symbol, bar_interval",
        (symbol, interval),
    )  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in rows]


def facts(connection: sqlite3.Connection, symbol: str, interval: str) -> dict[str, Any] | None:
    """What is stored of one symbol and interval, or None."""
    return next(iter(series(connection, interval, symbol)), None)


def read(
    connection: sqlite3.Connection, symbol: str, interval: str, through: int | None = None, known: int | None = None,
    first: int | None = None,
) -> Minutes:  # fmt: skip
    """The stored bars of the sessions from `first` to `through`, as known at an instant (epoch seconds).

    None means no bound. Without bars the arrays are empty. Raises `DataError` if a block is damaged.
    """
    low = 0 if first is None else _month(first)
    high = 999912 if through is None else _month(through)
    parts = list(_blocks(connection, symbol, interval, low, high))
    whole = parts[0] if parts else _empty(symbol, interval)
    if len(parts) > 1:
        whole = _joined(parts)
    keep = np.ones(len(whole), dtype=np.bool_)
    if first is not None:
        keep &= whole.session >= first
    if through is not None:
        keep &= whole.session <= through
    if known is not None:
        keep &= whole.known_at <= known
    return whole if keep.all() else whole.where(keep)


def add(connection: sqlite3.Connection, new: Minutes, source: str, known_at: str, now: int) -> Added:
    """Merge settled bars into the archive, month by month, in one transaction; stored bars stay as they are.

    `new` is ascending without duplicate starts; its `known_at` and `source` are not read. Bars of sessions of
    which nothing is stored count as known at their close, those that fill holes as known at `now` (epoch
    seconds). A bar that is stored with other values is noted in `intraday_differences`. Does not touch the
    facts: see `note`.
    """
    counts = [0, 0, 0]
    months = np.array([_month(int(day)) for day in new.session], dtype=np.int64)
    with store.transaction(connection):
        own = _source_id(connection, source)
        for month in dict.fromkeys(months.tolist()):
            part = new.where(months == month)
            old = _joined(
                [_empty(new.symbol, new.interval), *_blocks(connection, new.symbol, new.interval, month, month)]
            )
            fresh = ~np.isin(part.start, old.start)
            late = np.isin(part.session, old.session)
            part = replace(part, known_at=np.where(late, now, 0), source=np.full(len(part), own, dtype=np.uint8))
            different = _note_differences(connection, old, part.where(~fresh), source, known_at)
            if fresh.any():
                merged = _joined([old, part.where(fresh)])
                _write(connection, merged.where(np.argsort(merged.start, kind="stable")), month, source, known_at)
            for place, count in enumerate((fresh & ~late, fresh & late)):
                counts[place] += int(np.count_nonzero(count))
            counts[2] += different
    return Added(*counts)


def note(
    connection: sqlite3.Connection, symbol: str, interval: str, source: str, fetched_at: str, outcome: str, message: str
) -> None:
    """Bring the facts of a symbol and interval in line with its blocks, with the last fetch's outcome."""
    rows = connection.execute(
        "SELECT min(month), max(month), sum(rows) FROM intraday_blocks WHERE symbol = ? AND bar_interval = ?",
        (symbol, interval),
    ).fetchone()
    if rows[0] is None:
        return
    [begin], [end] = (_blocks(connection, symbol, interval, month, month) for month in rows[:2])
    connection.execute(
        "INSERT OR REPLACE INTO intraday_series VALUES(?,?,?,?,?,?,?,?,?)",
        (symbol, interval, source, rows[2], int(begin.session[0]), int(end.session[-1]), fetched_at, outcome, message),
    )


def note_failure(connection: sqlite3.Connection, symbol: str, interval: str, outcome: str, message: str) -> None:
    """Keep a failed fetch with the facts; the bars are untouched."""
    connection.execute(
        "UPDATE intraday_series SET outcome = ?, message = ? WHERE symbol = ? AND bar_interval = ?",
        (outcome, message, symbol, interval),
    )


def refuse(
    connection: sqlite3.Connection, symbol: str, interval: str, source: str, known_at: str,
    rows: Iterable[tuple[int, int, str, dict[str, Any]]],
) -> None:  # fmt: skip
    """Keep rows that were not stored: (start, session, reason, the bar as it came)."""
    connection.executemany(
        "INSERT OR IGNORE INTO intraday_refused VALUES(?,?,?,?,?,?,?,?)",
        [(symbol, interval, start, day, why, source, json.dumps(bar), known_at) for start, day, why, bar in rows],
    )


def refused(connection: sqlite3.Connection, symbol: str, interval: str) -> list[dict[str, Any]]:
    """The refused rows of a symbol, oldest first."""
    rows = connection.execute(
        "SELECT start, session, reason, source, bar, known_at FROM intraday_refused "
        "WHERE symbol = ? AND bar_interval = ? ORDER BY start, reason", (symbol, interval),
    )  # fmt: skip
    names = ("start", "session", "reason", "source", "bar", "known_at")
    return [{**dict(zip(names, row, strict=True)), "bar": json.loads(row[4])} for row in rows]


def differences(connection: sqlite3.Connection, symbol: str, interval: str) -> list[dict[str, Any]]:
    """The bars of a symbol that a source told differently after they were stored, oldest first."""
    rows = connection.execute(
        "SELECT start, session, source, stored, told, known_at FROM intraday_differences "
        "WHERE symbol = ? AND bar_interval = ? ORDER BY start, source", (symbol, interval),
    )  # fmt: skip
    names = ("start", "session", "source", "stored", "told", "known_at")
    return [
        {**dict(zip(names, row, strict=True)), "stored": json.loads(row[3]), "told": json.loads(row[4])} for row in rows
    ]


def minutes(symbol: str, interval: str, start: Places, session: Days, values: dict[str, Floats]) -> Minutes:
    """Bars that were not stored yet, in the order given."""
    opened, high, low, close, volume = (values[name] for name in VALUES)
    known_at, source = np.zeros(len(start), np.int64), np.zeros(len(start), np.uint8)
    return Minutes(symbol, interval, start, session, opened, high, low, close, volume, known_at, source)


def as_csv(bars: Minutes) -> bytes:
    """The bars as CSV text: datetime,open,high,low,close,volume; starts as 2026-11-27T14:30:00Z."""
    starts = np.datetime_as_string(bars.start.astype("datetime64[s]")).tolist()
    columns = [[repr(value) for value in getattr(bars, name).tolist()] for name in VALUES]
    rows = (f"{start}Z,{','.join(row)}" for start, *row in zip(starts, *columns, strict=True))
    return ("\n".join([",".join(("datetime", *VALUES)), *rows]) + "\n").encode()


def _month(day: int) -> int:
    """A day's month as a number that sorts: 202611."""
    found = from_day(day)
    return 100 * found.year + found.month


def _empty(symbol: str, interval: str) -> Minutes:
    kinds = (column.split(":")[1] for column in LAYOUT.split())
    return Minutes(symbol, interval, *(np.empty(0, dtype=kind) for kind in kinds))


def _joined(parts: list[Minutes]) -> Minutes:
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in COLUMNS)
    return Minutes(parts[0].symbol, parts[0].interval, *columns)


def _blocks(connection: sqlite3.Connection, symbol: str, interval: str, low: int, high: int) -> Iterator[Minutes]:
    """The months of a symbol from one to another, in order."""
    found = connection.execute(
        "SELECT month, columns, rows, crc, bytes FROM intraday_blocks "
        "WHERE symbol = ? AND bar_interval = ? AND month BETWEEN ? AND ? ORDER BY month", (symbol, interval, low, high),
    )  # fmt: skip
    for month, columns, rows, crc, content in found.fetchall():
        if zlib.crc32(content) != crc:
            raise DataError(
                f"{symbol}: the stored {interval} bars of {month // 100}-{month % 100:02} are damaged", symbol=symbol,
                hint="restore market.db from a backup; what a source no longer keeps cannot be fetched again",
            )  # fmt: skip
        arrays, offset = {}, 0
        for column in columns.split():
            name, kind = column.split(":")
            arrays[name] = np.frombuffer(content, dtype="<" + kind, count=rows, offset=offset)
            offset += arrays[name].nbytes
        yield Minutes(symbol, interval, *(arrays[name] for name in COLUMNS))


def _write(connection: sqlite3.Connection, bars: Minutes, month: int, source: str, known_at: str) -> None:
    content = b"".join(
        np.ascontiguousarray(getattr(bars, name), dtype="<" + kind).tobytes()
        for name, kind in (column.split(":") for column in LAYOUT.split())
    )
    connection.execute(
        "INSERT OR REPLACE INTO intraday_blocks(symbol, bar_interval, month, columns, rows, crc, source, known_at, "
        "bytes) VALUES(?,?,?,?,?,?,?,?,?)",
        (bars.symbol, bars.interval, month, LAYOUT, len(bars), zlib.crc32(content), source, known_at, content),
    )


def _note_differences(connection: sqlite3.Connection, old: Minutes, told: Minutes, source: str, known_at: str) -> int:
    """Keep beside the stored bars what a source now says of them, where that is something else; how many."""
    place = np.searchsorted(old.start, told.start)
    differs = np.zeros(len(told), dtype=np.bool_)
    for name in VALUES:
        was, now = getattr(old, name)[place], getattr(told, name)
        differs |= np.abs(now - was) > SAME * np.abs(was)
    rows = []
    for i in np.flatnonzero(differs).tolist():
        stored, said = (
            json.dumps({name: float(getattr(bars, name)[at]) for name in VALUES})
            for bars, at in ((old, int(place[i])), (told, i))
        )
        rows.append(
            (told.symbol, told.interval, int(told.start[i]), int(told.session[i]), source, stored, said, known_at)
        )
    connection.executemany("INSERT OR REPLACE INTO intraday_differences VALUES(?,?,?,?,?,?,?,?)", rows)
    return len(rows)


def _source_id(connection: sqlite3.Connection, name: str) -> int:
    connection.execute("INSERT OR IGNORE INTO sources(name) VALUES(?)", (name,))
    return int(connection.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()[0])
