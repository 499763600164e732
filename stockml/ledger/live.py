"""The forecasts of the deployed recipes with their outcomes, for all symbols in one reading."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from stockml.clock import Clock, stamp

COLUMNS = (
    "place", "horizon", "session", "target", "is_settled", "hit", "naive_hit", "in90", "error", "naive_error",
    "probability", "is_noted",
)  # fmt: skip

Term = tuple[int, str, str, str, str]
"""A span in which a version was champion: place of the symbol, symbol, version, first session, first session after."""

OPEN = "9999-12-31"
_TERMS = (
    "WITH c AS (SELECT json_extract(value, '$[0]') AS place, json_extract(value, '$[1]') AS symbol, "
    "json_extract(value, '$[2]') AS version, json_extract(value, '$[3]') AS since, "
    "json_extract(value, '$[4]') AS until FROM json_each(?)) "
)


def terms(
    place: int, symbol: str, version: str, since: str, lineages: Mapping[str, Sequence[tuple[str, str]]]
) -> list[Term]:
    """The champion's term, and before it those of versions of the same recipe that it only refreshed.

    A test that began anew with every weekly refresh would never see enough outcomes to say anything. `lineages`
    are those of `facts.lineages`.
    """
    line = list(lineages.get(symbol, []))
    if not line or line[-1][0] != version:
        line = [(version, since)]
    ends = [begun[:10] for _, begun in line[1:]] + [OPEN]
    return [(place, symbol, one, begun[:10], end) for (one, begun), end in zip(line, ends, strict=True)]


def forecasts(
    ledger: sqlite3.Connection, interval: str, clock: Clock, terms: Sequence[Term]
) -> list[tuple[Any, ...]]:
    """Rows of `COLUMNS`, in no order, of the forecasts that each version made in its term; sessions as YYYY-MM-DD.

    `session` and `target` are dates as YYYY-MM-DD, the target
    that on which it was settled where it was. What was not void and had no outcome by now is not settled, and has None.
    `is_noted`: settlement had a reservation about it.
    """
    now = stamp(clock.now())
    read = ledger.cursor()
    read.row_factory = None
    return read.execute(
        _TERMS + "SELECT c.place, f.horizon, f.session, coalesce(o.settled_session, f.target_session), "
        "o.status IS NOT NULL, o.direction_hit, o.naive_hit, o.in90, o.error_pct, o.naive_error_pct, "
        "f.probability_up, o.reason IS NOT NULL "
        "FROM c CROSS JOIN forecasts_made f ON f.symbol = c.symbol AND f.version = c.version "
        "AND f.session >= c.since AND f.session < c.until "
        "LEFT JOIN outcomes o ON o.forecast = f.id AND o.settled_at <= ? "
        "WHERE f.bar_interval = ? AND f.made_at <= ? AND coalesce(o.status, '') <> 'void'",
        (json.dumps(terms), now, interval, now),
    ).fetchall()


def base_rates(
    ledger: sqlite3.Connection, champions: Sequence[Term], horizons: Sequence[int]
) -> dict[tuple[int, int], float | None]:
    """(place, horizon) -> the share of ups in a champion's training window as its newest forecast tells it, or None."""
    newest = (
        "SELECT json_extract(f.details, '$.base_rate') FROM forecasts_made f WHERE f.symbol = c.symbol "
        "AND f.version = c.version AND f.horizon = h.value ORDER BY f.number DESC LIMIT 1"
    )
    rows = ledger.execute(
        f"{_TERMS} SELECT c.place, h.value, ({newest}) FROM c CROSS JOIN json_each(?) h",
        (json.dumps(champions), json.dumps(list(horizons))),
    )
    return {(row[0], row[1]): row[2] for row in rows}
