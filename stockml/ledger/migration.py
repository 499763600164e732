"""Brings a ledger of format 1 to format 2: forecasts keep their numbers and hashes, and get checksums."""

from __future__ import annotations

import sqlite3

from stockml.ledger import chain
from stockml.ledger.schema import COMMON, FORECASTS, FORMAT, JUDGED, OUTCOMES, SECOND


def to_second_format(ledger: sqlite3.Connection) -> None:
    """Move what format 1 kept into the chained tables, inside the caller's transaction.

    Rows are taken as they stand: a hash that does not fit is left for `ledger verify` to find. Format 1 sealed no
    outcomes; those it holds, if any, are sealed now in the order they were written.
    """
    for statement in COMMON:
        ledger.execute(statement)
    made = ledger.execute(f"SELECT {', '.join(FORECASTS.columns)} FROM forecasts ORDER BY number").fetchall()
    ends = ledger.execute(
        "SELECT forecast, status, settled_close, settled_at, error_pct, direction_hit, reason FROM outcomes "
        "ORDER BY settled_at, recorded_at, forecast"
    ).fetchall()
    ledger.execute("DROP TABLE forecasts")
    ledger.execute("DROP TABLE outcomes")
    for statement in SECOND:
        ledger.execute(statement)
    _take_over(ledger, made)
    empty = dict.fromkeys(JUDGED)
    chain.append(ledger, OUTCOMES, [{**empty, **dict(row)} for row in ends])
    ledger.execute("UPDATE meta SET value = ? WHERE key = 'format'", (str(FORMAT),))


def _take_over(ledger: sqlite3.Connection, rows: list[sqlite3.Row]) -> None:
    """Keep forecasts as stored and add a checksum to each."""
    names = (*FORECASTS.columns, "checksum")
    end = chain.Head(0, chain.GENESIS, chain.GENESIS)
    for row in rows:
        check = chain.checksum(tuple(row), end.checksum)
        ledger.execute(
            f"INSERT INTO {FORECASTS.table}({','.join(names)}) VALUES({','.join('?' * len(names))})", [*row, check]
        )
        end = chain.Head(row["number"], row["hash"], check)
    chain.move_head(ledger, FORECASTS, end)
