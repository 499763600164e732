"""A quick look at the ledger: is its file whole, do its chains end where they should? `verification` walks all."""

from __future__ import annotations

import json
import sqlite3

from stockml.ledger import chain
from stockml.ledger.chain import Chain
from stockml.ledger.schema import CHAINS

LARGE = 64 * 1024 * 1024  # bytes from which SQLite's own look at every page takes too long for every round


def problems(ledger: sqlite3.Connection, size: int, pages: bool = True) -> tuple[list[str], bool]:
    """What is wrong, in sentences, and whether every page was looked at: of a large file (bytes) only the ends are."""
    whole = pages and size <= LARGE
    try:
        wrong = [row[0] for row in ledger.execute("PRAGMA quick_check(3)") if row[0] != "ok"] if whole else []
        wrong += [f"the chain of {one.name} {told}" for one in CHAINS if (told := _wrong_end(ledger, one))]
    except sqlite3.DatabaseError as error:
        wrong = [f"the file cannot be read: {error}"]
    return wrong, whole


def _wrong_end(ledger: sqlite3.Connection, one: Chain) -> str:
    """What is wrong with the newest row of a chain, or an empty string."""
    end = chain.head(ledger, one)
    row = ledger.execute(f"SELECT * FROM {one.table} ORDER BY number DESC LIMIT 1").fetchone()
    if row is None:
        return "has lost its rows" if end.number else ""
    if (row["number"], row["hash"]) != (end.number, end.hash):
        return f"ends at row {row['number']}, not where it should"
    try:
        told = {key: json.loads(row[key]) if key in one.as_json else row[key] for key in one.sealed}
        intact = chain.seal(one, told, row["prev_hash"]) == row["hash"]
    except (ValueError, TypeError):
        intact = False
    return "" if intact else f"ends with row {row['number']}, which was altered"
