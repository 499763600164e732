"""Whether the file of prices is whole."""

from __future__ import annotations

import sqlite3

from stockml.bars import store
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several

NAME, ORDER, NEEDS_WORKSPACE = "market", 62, True
LARGE = 64 * 1024 * 1024  # bytes from which reading every page takes too long here
RESTORE = "stockml backup restore; or move persistent_data/market.db away, then: stockml data fetch"


def check(case: Case) -> list[Finding]:
    path = case.workspace.market_file
    if not path.exists():
        return []  # the check of the source says so
    size, market = path.stat().st_size, case.env.market
    try:
        wrong = [] if size > LARGE else [row[0] for row in market.execute("PRAGMA quick_check(3)") if row[0] != "ok"]
        row = market.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        count, bars = market.execute("SELECT count(*), coalesce(sum(rows), 0) FROM series").fetchone()
    except sqlite3.DatabaseError as error:
        return [Finding(NAME, "damaged", "bad", f"market.db cannot be read: {error}", RESTORE)]
    if wrong:
        return [Finding(NAME, "damaged", "bad", f"market.db is damaged: {wrong[0]}", RESTORE, {"problems": wrong})]
    if row is None or row[0] not in ("1", str(store.FORMAT)):
        told = f"market.db is of format {row and row[0]}, this stockml reads {store.FORMAT}"
        return [Finding(NAME, "format", "bad", told, "upgrade stockml, or restore it from a backup")]
    told = f"{bars:,} bars of {several(count, 'symbol')}, {size / 1e6:.1f} MB"
    return [Finding(NAME, "whole", "ok", told, figures={"bytes": size, "symbols": count, "bars": bars})]
