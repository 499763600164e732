"""The settled forecasts of two versions of a symbol, made of the same sessions: what a champion's shadow is for."""

from __future__ import annotations

import sqlite3

from stockml.clock import Clock, stamp

_PAIRS = """
SELECT n.horizon, n.session, n.last_close, n.probability_up AS new_up, p.probability_up AS old_up,
  n.lo90 AS new_lo90, n.hi90 AS new_hi90, p.lo90 AS old_lo90, p.hi90 AS old_hi90, o.total_return
FROM forecasts_made n
JOIN forecasts_made p ON p.symbol = n.symbol AND p.bar_interval = n.bar_interval AND p.horizon = n.horizon
  AND p.session = n.session AND p.version = ?
JOIN outcomes o ON o.forecast = n.id AND o.status = 'settled' AND o.settled_at <= ?
WHERE n.symbol = ? AND n.version = ? AND n.bar_interval = ? AND n.made_at >= ? AND n.last_close = p.last_close
ORDER BY n.horizon, n.session
"""


def pairs(
    ledger: sqlite3.Connection, symbol: str, interval: str, new: str, old: str, since: str, clock: Clock
) -> list[sqlite3.Row]:
    """Each forecast that both versions made since a stamp and that is settled by now, by horizon and session."""
    return ledger.execute(_PAIRS, (old, stamp(clock.now()), symbol, new, interval, since)).fetchall()
