"""Databases: a consistent copy by SQLite's backup interface while others write, in blocks; and the way back."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from stockml import files
from stockml.backup import objects
from stockml.backup.contents import DIGEST, Database, block_size
from stockml.backup.objects import Intake
from stockml.backup.pieces import Piece
from stockml.backup.shelf import Shelf
from stockml.clock import Clock
from stockml.errors import DONE, INTERRUPTED, BackupError, BusyError
from stockml.ledger import chain, facts, store
from stockml.ledger.schema import CHAINS

_PATIENCE_S = 30


@contextlib.contextmanager
def copied(path: Path, room: Path) -> Iterator[Path]:
    """A temporary copy in a folder of a database as it is at one moment, what is in its WAL included.

    Raises `BackupError` if SQLite cannot read it, OSError if the disk refuses.
    """
    copy = room / f".{path.name}.{os.getpid()}.part"
    files.discard(copy)
    try:
        with opened(path, "rw") as source, opened(copy, "rwc") as target:
            target.execute("PRAGMA synchronous = OFF")  # a copy that is read at once and removed
            target.execute("PRAGMA journal_mode = OFF")
            source.backup(target)
        yield copy
    except sqlite3.Error as error:
        raise BackupError(f"{path}: cannot be copied ({error})", symbol=str(path)) from error
    finally:
        files.discard(copy)


def take(copy: Path, intake: Intake) -> tuple[Database, list[str]]:
    """Keep a copy in blocks, and their sha256: what did not change since an earlier snapshot is there already."""
    size = os.path.getsize(copy)
    block, shas = block_size(size), []
    with copy.open("rb") as file:
        while content := file.read(block):
            shas.append(intake.add(content).sha)
    return Database(size, block, intake.add(bytes.fromhex("".join(shas)))), shas


def blocks(shelf: Shelf, database: Database) -> list[Piece]:
    """The blocks of a database in their order. Raises `BackupError`."""
    digests = objects.read(shelf, database.blocks)
    found = [digests[place : place + DIGEST].hex() for place in range(0, len(digests), DIGEST)]
    last = database.bytes - database.block * (len(found) - 1)
    return [Piece(sha, last if place == len(found) - 1 else database.block) for place, sha in enumerate(found)]


def write(shelf: Shelf, database: Database, path: Path) -> None:
    """Put a database together as a new file. Raises `BackupError` or OSError."""
    files.write_parts(path, (objects.read(shelf, piece) for piece in blocks(shelf, database)))


def heads(copy: Path) -> dict[str, Any]:
    """Where the ledger's chains and its promotion log end, as a snapshot tells it."""
    with opened(copy, "ro&immutable=1") as ledger:
        found: dict[str, Any] = {}
        for one in CHAINS:
            end = chain.head(ledger, one)
            found[one.name] = {"number": end.number, "hash": end.hash}
        found["promotions"] = int(ledger.execute("SELECT coalesce(max(number), 0) FROM promotions").fetchone()[0])
    return found


def reinstate(staged: Path, path: Path, room: Callable[[str], Path]) -> None:
    """Give a database its restored content in one transaction; what it held is kept where `room(name)` says.

    One that SQLite cannot write any more is moved there with all that belongs to it, and replaced by rename.
    Raises `BusyError` if another process holds it, OSError.
    """
    if path.is_file():
        try:
            _overwrite(staged, path, room)
            return
        except sqlite3.OperationalError as error:
            if (error.sqlite_errorname or "").startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise BusyError(f"{path.name} is busy: another process is writing", symbol=str(path)) from error
        except sqlite3.DatabaseError:
            pass  # damaged, or of another page size
    for ending in ("-wal", "-shm", ""):  # the log first: without its database it would belong to the next one
        if os.path.lexists(f"{path}{ending}"):
            files.set_aside(Path(f"{path}{ending}"), room(path.name + ending))
    files.publish_file(staged, path)


def _overwrite(staged: Path, path: Path, room: Callable[[str], Path]) -> None:
    with opened(path, "rw") as target, opened(staged, "ro&immutable=1") as source:
        target.execute("BEGIN IMMEDIATE")  # waits for writers, but not for ever as a backup would
        target.execute("ROLLBACK")
        with contextlib.closing(sqlite3.connect(room(path.name))) as kept:
            target.backup(kept)
        source.backup(target)


def note_restore(ledger_file: Path, snapshot: str, at: str, clock: Clock) -> None:
    """Let a restored ledger tell of it, and give the runs that were under way when it was copied an end."""
    if ledger_file.exists():
        with contextlib.closing(store.connect(ledger_file)) as ledger:
            facts.end_open_runs(ledger, at, INTERRUPTED, f"under way when the backup {snapshot} was made")
            run = facts.start_run(ledger, "backup restore", clock)
            facts.end_run(ledger, run, clock, DONE, {"snapshot": snapshot})
            ledger.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@contextlib.contextmanager
def opened(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """A connection to a file that need not be a stockml database, closed at the end."""
    address = f"{path.absolute().as_uri()}?mode={mode}"
    with contextlib.closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_S, isolation_level=None)) as opened:
        yield opened
