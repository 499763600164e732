"""Hash chains over rows of the ledger: how a row is sealed, how one is appended, where a chain should end."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from stockml import files
from stockml.clock import recorded_at, stamp

GENESIS = "0" * 64


@dataclass(frozen=True)
class Chain:
    """One chained table, and the name it is told by.

    A row's `hash` covers the previous row's hash and the `sealed` columns by their meaning, so that it can be
    computed anew from an export. Its `checksum` covers the previous checksum and every column as stored: what the
    hash leaves out (`kept`, wall time) and how JSON is spelled. `as_json` and `reals` are columns stored as such.
    """

    name: str
    table: str
    sealed: tuple[str, ...]
    kept: tuple[str, ...]
    as_json: frozenset[str]
    reals: frozenset[str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column but the checksum, in the order the checksum takes them."""
        return ("number", *self.sealed, *self.kept, "prev_hash", "hash")


class Head(NamedTuple):
    """Where a chain ends: number, hash and checksum of its newest row."""

    number: int
    hash: str
    checksum: str


def seal(chain: Chain, row: Mapping[str, Any], prev_hash: str) -> str:
    """sha256 over the previous hash and the sealed columns in canonical JSON."""
    content = files.canonical_json({key: row[key] for key in chain.sealed})
    return hashlib.sha256(prev_hash.encode() + content).hexdigest()


def checksum(stored: Sequence[Any], previous: str) -> str:
    """sha256 over the previous checksum and a row's stored values. Raises ValueError for what no row may hold."""
    return hashlib.sha256(previous.encode() + files.canonical_json(list(stored))).hexdigest()


def head(ledger: sqlite3.Connection, chain: Chain) -> Head:
    """Where the chain ends by `meta`, which is written in the same transaction as the rows.

    What is no head stands for none that any row could have.
    """
    row = ledger.execute("SELECT value FROM meta WHERE key = ?", (f"head of {chain.name}",)).fetchone()
    if row is None:
        return Head(0, GENESIS, GENESIS)
    parts = str(row[0]).split(" ")
    if len(parts) != 3 or not parts[0].isdecimal():
        return Head(0, "", "")
    return Head(int(parts[0]), parts[1], parts[2])


def append(ledger: sqlite3.Connection, chain: Chain, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows to a chain, inside the caller's transaction. `recorded_at` is filled in here.

    The chain goes on from its head, not from the newest row there is: if that row was removed, the gap stays.
    """
    end, wall = head(ledger, chain), stamp(recorded_at())
    newest = ledger.execute(f"SELECT max(number) FROM {chain.table}").fetchone()[0] or 0
    number, marks = max(end.number, newest), ",".join("?" * (len(chain.columns) + 1))
    for row in rows:
        number += 1
        values = {key: _exact(chain, key, row[key]) for key in (*chain.sealed, *chain.kept) if key != "recorded_at"}
        sealed = {**values, "recorded_at": wall, "number": number, "prev_hash": end.hash}
        sealed["hash"] = seal(chain, sealed, end.hash)
        stored = [json.dumps(sealed[key]) if key in chain.as_json else sealed[key] for key in chain.columns]
        end = Head(number, sealed["hash"], checksum(stored, end.checksum))
        names = ",".join((*chain.columns, "checksum"))
        ledger.execute(f"INSERT INTO {chain.table}({names}) VALUES({marks})", [*stored, end.checksum])
    move_head(ledger, chain, end)


def move_head(ledger: sqlite3.Connection, chain: Chain, end: Head) -> None:
    """Write where a chain ends, inside the caller's transaction."""
    value = f"{end.number} {end.hash} {end.checksum}"
    ledger.execute("INSERT OR REPLACE INTO meta VALUES(?,?)", (f"head of {chain.name}", value))


def _exact(chain: Chain, key: str, value: Any) -> Any:
    """The value as the table will give it back: whole numbers in a column of reals are reals."""
    return float(value) if key in chain.reals and isinstance(value, int) else value
