"""Evidence that fired against a champion, kept until its symbol is trained or its champion changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from stockml.clock import Clock, recorded_at, stamp
from stockml.ledger.store import has_table, transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS triggers(
  number INTEGER PRIMARY KEY, symbol TEXT NOT NULL, at TEXT NOT NULL, sentence TEXT NOT NULL, recorded_at TEXT NOT NULL)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS triggers_of ON triggers(symbol, at)"
_OPEN = (
    "SELECT t.symbol, t.sentence FROM triggers t WHERE t.at <= :now AND (:symbol IS NULL OR t.symbol = :symbol) "
    "AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.symbol = t.symbol AND d.made_at > t.at AND d.made_at <= :now) "
    "AND NOT EXISTS (SELECT 1 FROM promotions p WHERE p.symbol = t.symbol AND p.at > t.at AND p.at <= :now) "
    "ORDER BY t.number"
)


def record(ledger: sqlite3.Connection, fired: Mapping[str, Sequence[str]], clock: Clock) -> None:
    """Record what fired, by symbol. A sentence whose name (what stands before its colon) is open already is not new.

    The table is made on first use, so that an older ledger gets it too.
    """
    if not any(fired.values()):
        return
    now, wall = stamp(clock.now()), stamp(recorded_at())
    with transaction(ledger):
        ledger.execute(_SCHEMA)
        ledger.execute(_INDEX)
        known = {(symbol, _name(sentence)) for symbol, sentence in _rows(ledger, clock, None)}
        fresh = [
            (symbol, now, sentence, wall)
            for symbol, sentences in fired.items()
            for sentence in sentences
            if (symbol, _name(sentence)) not in known
        ]
        ledger.executemany("INSERT INTO triggers(symbol, at, sentence, recorded_at) VALUES(?,?,?,?)", fresh)


def open_for(ledger: sqlite3.Connection, symbol: str, clock: Clock) -> list[str]:
    """What fired against a symbol's champion by now, and no training or promotion has answered since, oldest first."""
    if not has_table(ledger, "triggers"):
        return []
    return [sentence for _, sentence in _rows(ledger, clock, symbol)]


def fired(ledger: sqlite3.Connection, at: str) -> list[sqlite3.Row]:
    """The evidence that fired by a moment (a stamp), answered or not, in the order it was recorded."""
    if not has_table(ledger, "triggers"):
        return []
    return ledger.execute("SELECT symbol, at, sentence FROM triggers WHERE at <= ? ORDER BY number", (at,)).fetchall()


def _rows(ledger: sqlite3.Connection, clock: Clock, symbol: str | None) -> list[tuple[str, str]]:
    rows = ledger.execute(_OPEN, {"now": stamp(clock.now()), "symbol": symbol})
    return [(row[0], row[1]) for row in rows]


def _name(sentence: str) -> str:
    return sentence.partition(":")[0]
