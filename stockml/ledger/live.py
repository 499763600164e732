"""The forecasts of the champions since they were deployed, with their outcomes, for all symbols in one reading."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Any

from stockml.clock import Clock, stamp

COLUMNS = (
    "place", "horizon", "session", "target", "is_settled", "hit", "naive_hit", "in90", "error", "naive_error",
    "probability", "is_noted",
)  # fmt: skip

_CHOSEN = (
    "WITH c AS (SELECT key AS place, json_extract(value, '$[0]') AS symbol, json_extract(value, '$[1]') AS version, "
    "json_extract(value, '$[2]') AS since FROM json_each(?)) "
)


def forecasts(
    ledger: sqlite3.Connection, interval: str, clock: Clock, champions: Sequence[tuple[str, str, str]]
) -> list[tuple[Any, ...]]:
    """Rows of `COLUMNS`, in no order, of each (symbol, version, first session as YYYY-MM-DD) in `champions`.

    `place` is the champion's position there; `session` and `target` are dates as YYYY-MM-DD, the target
    that on which it was settled where it was. What was not void and had no outcome by now is not settled, and has None.
    `is_noted`: settlement had a reservation about it.
    """
    now = stamp(clock.now())
    read = ledger.cursor()
    read.row_factory = None
    return read.execute(
        _CHOSEN + "SELECT c.place, f.horizon, f.session, coalesce(o.settled_session, f.target_session), "
        "o.status IS NOT NULL, o.direction_hit, o.naive_hit, o.in90, o.error_pct, o.naive_error_pct, "
        "f.probability_up, o.reason IS NOT NULL "
        "FROM c CROSS JOIN forecasts_made f ON f.symbol = c.symbol AND f.version = c.version AND f.session >= c.since "
        "LEFT JOIN outcomes o ON o.forecast = f.id AND o.settled_at <= ? "
        "WHERE f.bar_interval = ? AND f.made_at <= ? AND coalesce(o.status, '') <> 'void'",
        (json.dumps(champions), now, interval, now),
    ).fetchall()


def base_rates(
    ledger: sqlite3.Connection, champions: Sequence[tuple[str, str, str]], horizons: Sequence[int]
) -> dict[tuple[int, int], float | None]:
    """(place, horizon) -> the share of ups in a champion's training window, as its newest forecast tells it."""
    newest = (
        "SELECT json_extract(f.details, '$.base_rate') FROM forecasts_made f WHERE f.symbol = c.symbol "
        "AND f.version = c.version AND f.horizon = h.value ORDER BY f.number DESC LIMIT 1"
    )
    rows = ledger.execute(
        f"{_CHOSEN} SELECT c.place, h.value, ({newest}) FROM c CROSS JOIN json_each(?) h",
        (json.dumps(champions), json.dumps(list(horizons))),
    )
    return {(row[0], row[1]): row[2] for row in rows}
