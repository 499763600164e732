"""Opens `ledger.db`, making or migrating it. WAL, synchronous FULL: one transaction is one fact, and survives."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from stockml import files
from stockml.errors import BusyError, StockmlError, WorkspaceError
from stockml.ledger import migration
from stockml.ledger.schema import COMMON, FORMAT, SECOND

_OUTER = ("BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
_NESTED = ("SAVEPOINT part", "RELEASE part", "ROLLBACK TO part")
_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN")  # with what follows the name


def connect(path: Path, patience_s: float = 30.0) -> sqlite3.Connection:
    """Open the ledger, making it if it is not there; wait so long for one that another process holds.

    Raises `WorkspaceError` if it is not a ledger we know.
    """
    if not path.exists():
        files.make_folder(path.parent)
    try:
        connection = sqlite3.connect(path, timeout=patience_s, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous = FULL")
        if _format(connection) != str(FORMAT):
            _make_or_migrate(connection)
        if not connection.execute("SELECT 1 FROM pragma_table_info('promotions') WHERE name = 'figures'").fetchone():
            connection.execute("ALTER TABLE promotions ADD COLUMN figures TEXT")  # what older versions did not write
        found = _format(connection)
    except sqlite3.DatabaseError as error:
        told = told_by_disk(error)
        if told is not None:
            raise told from error
        raise WorkspaceError(
            f"{path}: not a readable ledger ({error})", symbol=str(path), hint="restore it from a backup"
        ) from error
    if found != str(FORMAT):
        raise WorkspaceError(f"{path}: ledger format {found}, this stockml reads {FORMAT}", hint="upgrade stockml")
    return connection


def has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a table is there: some are made when they are first written."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchone() is not None


def _format(connection: sqlite3.Connection) -> str | None:
    if not has_table(connection, "meta"):
        return None
    row = connection.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
    return row[0] if row else None


def _make_or_migrate(connection: sqlite3.Connection) -> None:
    """Give an empty file its tables, or a ledger of format 1 those of format 2, in one transaction."""
    if _format(connection) is None:
        connection.execute("PRAGMA journal_mode = WAL")
    with transaction(connection):
        found = _format(connection)  # another process may have been first
        if found is None:
            for statement in (*COMMON, *SECOND):
                connection.execute(statement)
            connection.execute("INSERT INTO meta VALUES('format', ?)", (str(FORMAT),))
        elif found == "1":
            migration.to_second_format(connection)


def told_by_disk(error: sqlite3.Error) -> StockmlError | None:
    """The failure to tell if the ledger is held by another process or the disk refuses; None for anything else."""
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError("the ledger is busy: another process is writing", hint="try again in a moment")
    if name.startswith(_DISK):
        return StockmlError(
            f"the ledger cannot be written ({error})", kind="disk", hint="make room on the disk; what was kept stays"
        )
    return None


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Run a block as one transaction: all of it or nothing. Inside another one it is part of that.

    Raises `BusyError` if another process holds the ledger too long, `StockmlError` if the disk refuses.
    """
    begin, keep, undo = _NESTED if connection.in_transaction else _OUTER
    try:
        connection.execute(begin)
    except sqlite3.OperationalError as error:
        told = told_by_disk(error)
        if told is None:
            raise
        raise told from error
    try:
        yield
        connection.execute(keep)
    except BaseException as error:
        if connection.in_transaction:  # some failures have rolled it back already
            connection.execute(undo)
        told = told_by_disk(error) if isinstance(error, sqlite3.Error) else None
        if told is not None:
            raise told from error
        raise
