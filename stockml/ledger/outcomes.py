"""What became of forecasts: which wait, their outcomes appended once, and the record of the settled ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from stockml.clock import Clock, stamp
from stockml.ledger import chain
from stockml.ledger.schema import OUTCOMES
from stockml.ledger.store import transaction

_WAITING = "NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.forecast = f.id)"
_BY_NOW = "f.bar_interval = ? AND f.made_at <= ?"
MADE = ("forecasts_made", "signals_made")  # what is settled: the models' forecasts, and the rule signals'


def waiting(ledger: sqlite3.Connection, interval: str, clock: Clock) -> dict[str, list[dict[str, Any]]]:
    """The forecasts without outcome by symbol, symbols by name: the models' first, each kind as they were made."""
    found: dict[str, list[dict[str, Any]]] = {}
    for table in MADE:
        query = f"SELECT f.* FROM {table} f WHERE {_BY_NOW} AND {_WAITING} ORDER BY f.number"
        for row in ledger.execute(query, (interval, stamp(clock.now()))):
            found.setdefault(row["symbol"], []).append(dict(row))
    return dict(sorted(found.items()))


def versions_waiting(ledger: sqlite3.Connection, now: str, symbol: str | None = None) -> dict[str, set[str]]:
    """Of one symbol or each, the versions with a forecast that has no outcome by a moment (a stamp)."""
    one, chosen = ("f.symbol = ? AND ", (symbol,)) if symbol else ("", ())
    rows = ledger.execute(
        f"SELECT DISTINCT f.symbol, f.version FROM forecasts_made f WHERE {one}"
        "NOT EXISTS (SELECT 1 FROM outcomes o WHERE o.forecast = f.id AND o.settled_at <= ?)",
        (*chosen, now),
    )
    found: dict[str, set[str]] = {}
    for owner, version in rows:
        found.setdefault(owner, set()).add(version)
    return found


def append(ledger: sqlite3.Connection, outcomes: Sequence[Mapping[str, Any]]) -> None:
    """Append outcomes to their chain in one transaction. A forecast that has one already keeps it."""
    with transaction(ledger):
        known = "SELECT 1 FROM outcomes WHERE forecast = ?"
        fresh = [one for one in outcomes if not ledger.execute(known, (one["forecast"],)).fetchone()]
        chain.append(ledger, OUTCOMES, fresh)


def settled_later(ledger: sqlite3.Connection, interval: str, clock: Clock) -> dict[str, int]:
    """By symbol, how many of its models' forecasts made by now got their outcome afterwards: pending as of now."""
    now = stamp(clock.now())
    rows = ledger.execute(
        "SELECT f.symbol, count(*) FROM outcomes o CROSS JOIN forecasts_made f ON f.id = o.forecast "
        f"WHERE o.settled_at > ? AND {_BY_NOW} GROUP BY f.symbol",
        (now, interval, now),
    )
    return dict(map(tuple, rows))


def counts(
    ledger: sqlite3.Connection, interval: str, clock: Clock, symbol: str | None = None
) -> dict[str, dict[str, int]]:
    """Of a symbol or of each, how many of its models' forecasts are settled, void and pending as of now."""
    now = stamp(clock.now())
    one, chosen = _of(symbol)
    rows = ledger.execute(
        "SELECT symbol, CASE WHEN settled_at <= ? THEN status ELSE 'pending' END AS state, count(*) FROM forecasts "
        f"WHERE {one}bar_interval = ? AND made_at <= ? GROUP BY symbol, state ORDER BY symbol",
        (now, *chosen, interval, now),
    )
    found: dict[str, dict[str, int]] = {}
    for symbol, state, number in rows:
        found.setdefault(symbol, {"settled": 0, "void": 0, "pending": 0})[state] = number
    return found


SAID = ("symbol", "horizon", "session", "version", "probability_up")
FARED = (
    "direction_hit", "naive_hit", "in80", "in90", "error_pct", "naive_error_pct", "total_return", "winkler80",
    "winkler90",
)  # fmt: skip


def settled(
    ledger: sqlite3.Connection, interval: str, clock: Clock, symbol: str | None = None, table: str = MADE[0], *,
    version: str | None = None, since: str = "",
) -> sqlite3.Cursor:  # fmt: skip
    """The forecasts settled by now, of one symbol or all, by symbol, horizon and session: the columns `SAID`, `FARED`.

    Of forecasts of one session the earliest comes first. `table` is one of `MADE`; with `version` only its own, with
    `since` (a stamp) only those settled from then on. Outcomes that an older stockml did not judge are left out.
    """
    now = stamp(clock.now())
    one, chosen = _of(symbol)
    if version:
        one, chosen = f"{one}f.version = ? AND ", (*chosen, version)
    columns = ", ".join([*(f"f.{name}" for name in SAID), *(f"o.{name}" for name in FARED)])
    return ledger.execute(
        f"SELECT {columns} FROM {table} f JOIN outcomes o ON o.forecast = f.id WHERE {one}{_BY_NOW} "
        "AND o.settled_at BETWEEN ? AND ? AND o.status = 'settled' AND o.total_return IS NOT NULL "
        "ORDER BY f.symbol, f.horizon, f.session, f.made_at, f.number",
        (*chosen, interval, now, since, now),
    )


def _of(symbol: str | None) -> tuple[str, tuple[str, ...]]:
    """(the condition, its value) that chooses one symbol; nothing for all."""
    return ("symbol = ? AND ", (symbol,)) if symbol else ("", ())
