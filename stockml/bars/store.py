"""`market.db`: one compact array block per symbol and interval, what it replaced and refused, session times.

A block is the concatenation of its columns' raw little-endian bytes, in the order and with the types
that its `columns` text names, so that columns can be added without rewriting what is stored.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from stockml import files
from stockml.errors import DataError, WorkspaceError

if TYPE_CHECKING:
    from stockml.bars.series import Bars

FORMAT = 2
LAYOUT = "session:i4 open:f8 high:f8 low:f8 close:f8 volume:f8 dividend:f8 split:f8 known_at:i8 source:u1"
PAGE = 16384  # bytes: a block of 2,500 bars is then ten pages to read, not forty
VALUES = ("open", "high", "low", "close", "volume", "dividend", "split")

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series(
  symbol TEXT NOT NULL, bar_interval TEXT NOT NULL, source TEXT NOT NULL, rows INTEGER NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, checked_through INTEGER NOT NULL, fetched_at TEXT NOT NULL,
  outcome TEXT NOT NULL, message TEXT NOT NULL, fingerprint TEXT NOT NULL, revisions INTEGER NOT NULL DEFAULT 0,
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
_SECOND = """
CREATE TABLE IF NOT EXISTS sources(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS revisions(
  id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, bar_interval TEXT NOT NULL, session INTEGER NOT NULL,
  open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, volume REAL NOT NULL,
  dividend REAL NOT NULL, split REAL NOT NULL, source INTEGER NOT NULL,
  known_from INTEGER NOT NULL, replaced_at INTEGER NOT NULL, kind TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS revisions_of ON revisions(symbol, bar_interval, session, replaced_at);
"""


class Kept(NamedTuple):
    """A symbol's newest bars with what is known about each, all arrays of one length.

    `known_at` is int64, epoch seconds from which this value was known; 0 stands for the bar's own close,
    which is when a first import counts as known. `source` is uint8, an id of `sources`.
    """

    bars: Bars
    known_at: Any
    source: Any


class Market(sqlite3.Connection):
    """A connection to the market store. `remembered` holds parsed blocks, with when each was read, or None."""

    remembered: dict[tuple[str, str], tuple[tuple[int, int], Kept]] | None = None


def remember(connection: sqlite3.Connection) -> None:
    """Let a connection keep what it parses until anybody writes to the store; for who asks for years of sessions."""
    assert isinstance(connection, Market)
    connection.remembered = {}


def connect(path: Path, patience_s: float = 30.0) -> Market:
    """Open the market store, making it if it is not there; wait so long for one that another process holds.

    Raises `WorkspaceError` if it cannot be read.
    """
    new = not path.exists()
    if new:
        files.make_folder(path.parent)
    try:
        connection = sqlite3.connect(path, timeout=patience_s, isolation_level=None, factory=Market)
        if new or not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").fetchone():
            connection.execute(f"PRAGMA page_size = {PAGE}")
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.executescript(
                "BEGIN;" + _SCHEMA + _SECOND + f"INSERT OR IGNORE INTO meta VALUES('format','{FORMAT}');COMMIT;"
            )
        found = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if found and found[0] == "1":
            _to_second_format(connection)
            found = (str(FORMAT),)
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


def _to_second_format(connection: sqlite3.Connection) -> None:
    """Give a store of format 1 its tables of sources and revisions. Blocks stay as they are: see `read_kept`."""
    with transaction(connection):
        if connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()[0] != "1":
            return  # another process was first
        for statement in _SECOND.split(";")[:-1]:
            connection.execute(statement)
        connection.execute("ALTER TABLE series ADD COLUMN revisions INTEGER NOT NULL DEFAULT 0")
        connection.execute("INSERT OR IGNORE INTO sources(name) SELECT DISTINCT source FROM series")
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'format'")


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of the block or nothing. Inside another one it is part of that."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def read(
    connection: sqlite3.Connection, symbol: str, interval: str, through: int | None = None, known: int | None = None
) -> Bars | None:
    """Read one symbol's bars up to a day, as they were known at an instant, or None if there are none.

    `known` is in epoch seconds; None means the newest values. A bar that was revised later has the value it
    had then; one that came later is left out. The cuts happen here, before any arithmetic. Raises
    `DataError` if the block is damaged.
    """
    kept = read_kept(connection, symbol, interval)
    if kept is None:
        return None
    bars = kept.bars
    if known is not None and kept.known_at.max(initial=0) > known:
        bars = _as_known(connection, kept, interval, known)
    return bars if through is None else bars.through(through)


def read_kept(connection: sqlite3.Connection, symbol: str, interval: str) -> Kept | None:
    """Read one symbol's newest bars with the time and source of each, or None. Raises `DataError` if damaged.

    A block without `known_at` holds first imports only. In one of format 1 all bars are of the series' source.
    """
    remembered = connection.remembered if isinstance(connection, Market) else None
    if remembered is None:
        return _parsed(connection, symbol, interval)
    # The first moves with what others commit, the second with what this connection writes.
    written = connection.execute("PRAGMA data_version").fetchone()[0], connection.total_changes
    known = remembered.get((symbol, interval))
    if known is not None and known[0] == written:
        return known[1]
    found = _parsed(connection, symbol, interval)
    if found is not None:
        remembered[symbol, interval] = written, found
    return found


def _parsed(connection: sqlite3.Connection, symbol: str, interval: str) -> Kept | None:
    """A symbol's block as it is stored."""
    import numpy as np

    from stockml.bars.series import COLUMNS, Bars

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
    if "known_at" not in arrays:
        arrays["known_at"] = np.zeros(rows, dtype=np.int64)
    if "source" not in arrays:
        origin = connection.execute(
            "SELECT sources.id FROM series JOIN sources ON sources.name = series.source "
            "WHERE symbol = ? AND bar_interval = ?", (symbol, interval),
        ).fetchone()  # fmt: skip
        arrays["source"] = np.full(rows, origin[0] if origin else 0, dtype=np.uint8)
    bars = Bars(symbol, *(arrays[name] for name in COLUMNS))
    return Kept(bars, arrays["known_at"], arrays["source"])


def _as_known(connection: sqlite3.Connection, kept: Kept, interval: str, known: int) -> Bars:
    """The bars with the values they had at an instant; those that came later left out."""
    import numpy as np

    from stockml.bars.series import COLUMNS, Bars

    late = kept.known_at > known
    bars = kept.bars
    columns = {name: np.array(getattr(bars, name)) for name in COLUMNS}
    rows = connection.execute(
        f"SELECT session, {', '.join(VALUES)} FROM revisions "
        "WHERE symbol = ? AND bar_interval = ? AND known_from <= ? AND replaced_at > ?",
        (bars.symbol, interval, known, known),
    )
    for session, *values in rows:
        place = int(np.searchsorted(bars.session, session))
        for name, value in zip(VALUES, values, strict=True):
            columns[name][place] = value
        late[place] = False
    return Bars(bars.symbol, *(columns[name][~late] for name in COLUMNS))


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
    known_at: Any = None,
    origin: Any = None,
    replaced: Sequence[tuple[Any, ...]] = (),
) -> None:
    """Replace a symbol's bars and facts in one transaction; `refused` rows go to the quarantine.

    `known_at` and `origin` are as in `Kept`, one per bar; an origin of 0 stands for `source`, and without
    them all are first imports from it. `replaced` holds rows of the table `revisions` from `session` on.
    """
    import numpy as np

    first, last = (int(bars.session[0]), int(bars.session[-1])) if len(bars) else (0, 0)
    with transaction(connection):
        own = _source_id(connection, source)
        extra = {
            "known_at": np.zeros(len(bars), np.int64) if known_at is None else known_at,
            "source": np.full(len(bars), own) if origin is None else np.where(origin == 0, own, origin),
        }
        if len(bars):
            layout = LAYOUT if extra["known_at"].any() else LAYOUT.replace(" known_at:i8", "")
            content = b"".join(
                np.ascontiguousarray(extra.get(name, getattr(bars, name, None)), dtype="<" + kind).tobytes()
                for name, kind in (column.split(":") for column in layout.split())
            )
            connection.execute(
                "INSERT INTO blocks(symbol, bar_interval, columns, rows, crc, bytes) VALUES(?,?,?,?,?,?) "
                "ON CONFLICT(symbol, bar_interval) DO UPDATE SET columns = excluded.columns, rows = excluded.rows, "
                "crc = excluded.crc, bytes = excluded.bytes",
                (bars.symbol, interval, layout, len(bars), zlib.crc32(content), content),
            )
        connection.executemany(
            f"INSERT INTO revisions(symbol, bar_interval, session, {', '.join(VALUES)}, source, known_from, "
            "replaced_at, kind) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [(bars.symbol, interval, *row) for row in replaced],
        )
        connection.execute(
            "INSERT INTO series VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(symbol, bar_interval) DO UPDATE SET "
            "source = excluded.source, rows = excluded.rows, first = excluded.first, last = excluded.last, "
            "checked_through = excluded.checked_through, fetched_at = excluded.fetched_at, "
            "outcome = excluded.outcome, message = excluded.message, fingerprint = excluded.fingerprint, "
            "revisions = series.revisions + excluded.revisions",
            (
                bars.symbol, interval, source, len(bars), first, last, checked_through, fetched_at, outcome,
                message, fingerprint, len(replaced),
            ),
        )  # fmt: skip
        connection.executemany(
            "INSERT OR IGNORE INTO quarantine VALUES(?,?,?,?,?,?,?)",
            [(bars.symbol, interval, day, source, why, json.dumps(bar), fetched_at) for day, why, bar in refused],
        )


def _source_id(connection: sqlite3.Connection, name: str) -> int:
    """The number of a source, given to it when it is first met. Raises `DataError` for the 256th."""
    connection.execute("INSERT OR IGNORE INTO sources(name) VALUES(?)", (name,))
    number = int(connection.execute("SELECT id FROM sources WHERE name = ?", (name,)).fetchone()[0])
    if number > 255:
        raise DataError(f"{name}: the store knows 255 sources already", hint="start a new workspace")
    return number


def source_names(connection: sqlite3.Connection) -> dict[int, str]:
    """The sources that bars came from, by their number."""
    return dict(connection.execute("SELECT id, name FROM sources"))


def revised_since(connection: sqlite3.Connection, symbol: str, interval: str, since: int, known: int) -> int:
    """How many bars the source changed by more than noise between two instants (epoch seconds)."""
    row = connection.execute(
        "SELECT count(*) FROM revisions WHERE symbol = ? AND bar_interval = ? AND kind = 'revised' "
        "AND replaced_at > ? AND replaced_at <= ?",
        (symbol, interval, since, known),
    ).fetchone()
    return int(row[0])


def revisions(
    connection: sqlite3.Connection, symbol: str, interval: str, known: int | None = None
) -> list[dict[str, Any]]:
    """The values of a symbol that were replaced by an instant (epoch seconds; None for all), as replaced.

    One entry a replaced value, by session and time: session, kind, the bar's values, source (a name),
    known_from and replaced_at in epoch seconds, where known_from 0 stands for the bar's own close.
    """
    names = source_names(connection)
    rows = connection.execute(
        f"SELECT session, kind, source, known_from, replaced_at, {', '.join(VALUES)} FROM revisions "
        "WHERE symbol = ? AND bar_interval = ? AND replaced_at <= ? ORDER BY session, replaced_at, id",
        (symbol, interval, 2**62 if known is None else known),
    )
    return [
        {
            "session": session, "kind": kind, "source": names.get(source, "?"), "known_from": known_from,
            "replaced_at": replaced_at, "values": dict(zip(VALUES, values, strict=True)),
        }
        for session, kind, source, known_from, replaced_at, *values in rows
    ]  # fmt: skip


SERIES_FIELDS = (
    "symbol", "bar_interval", "source", "rows", "first", "last", "checked_through", "fetched_at", "outcome", "message",
    "fingerprint", "revisions",
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


def newest_of(connection: sqlite3.Connection, symbol: str, interval: str) -> Newest | None:
    """`newest` of one symbol; None if nothing is stored of it."""
    row = connection.execute(
        "SELECT rows, last, outcome, message FROM series WHERE symbol = ? AND bar_interval = ?", (symbol, interval)
    ).fetchone()
    return Newest(*row) if row else None


def quarantined(connection: sqlite3.Connection, symbol: str, interval: str, since: int = 0) -> list[dict[str, Any]]:
    """The rows of a symbol that were refused, from a day on, with their reasons, oldest first."""
    rows = connection.execute(
        "SELECT session, source, reason, bar, known_at FROM quarantine "
        "WHERE symbol = ? AND bar_interval = ? AND session >= ? ORDER BY session",
        (symbol, interval, since),
    )
    return [
        {"session": session, "source": source, "reason": reason, "bar": json.loads(bar), "known_at": known_at}
        for session, source, reason, bar, known_at in rows
    ]
