"""The rule signals' forecasts in the ledger: a chain of their own, beside the models' forecasts."""

from __future__ import annotations

import functools
import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from stockml.clock import Clock, stamp
from stockml.ledger import chain
from stockml.ledger.forecasts import refuse_late
from stockml.ledger.schema import SIGNALS
from stockml.ledger.store import transaction

VERSION = "signals"  # what stands for the version of a model
NEWEST = 1000  # settled forecasts of a symbol and horizon that the weights are drawn from: four years


def append(ledger: sqlite3.Connection, forecasts: Sequence[Mapping[str, Any]], clock: Clock) -> None:
    """Append the signals' forecasts, once per symbol, interval, horizon and session."""
    with transaction(ledger):
        fresh = [one for one in forecasts if not _known(ledger, one)]
        for one in fresh:
            refuse_late(one, clock)
        chain.append(ledger, SIGNALS, fresh)


def _known(ledger: sqlite3.Connection, one: Mapping[str, Any]) -> bool:
    key = (one["symbol"], one["bar_interval"], one["horizon"], one["session"])
    query = "SELECT 1 FROM signals_made WHERE symbol = ? AND bar_interval = ? AND horizon = ? AND session = ?"
    return ledger.execute(query, key).fetchone() is not None


def history(
    ledger: sqlite3.Connection, symbol: str, interval: str, horizon: int, clock: Clock
) -> list[tuple[tuple[str, ...], float, bool]]:
    """What the newest settled sessions say of the rules: (signals in force, base rate, whether it went up) of each.

    Only outcomes known by now, in the order of their sessions.
    """
    now = stamp(clock.now())
    rows = ledger.execute(
        "SELECT s.signals, s.base_rate, o.total_return > 0 FROM signals_made s JOIN outcomes o ON o.forecast = s.id "
        "WHERE s.symbol = ? AND s.bar_interval = ? AND s.horizon = ? AND s.made_at <= ? AND o.settled_at <= ? "
        "AND o.status = 'settled' ORDER BY s.session DESC LIMIT ?",
        (symbol, interval, horizon, now, now, NEWEST),
    ).fetchall()
    return [(names_of(names), float(rate), bool(up)) for names, rate, up in reversed(rows)]


@functools.lru_cache(maxsize=50_000)
def names_of(told: str) -> tuple[str, ...]:
    """The signals of a stored table of weights. A process that forecasts session after session reads each again."""
    return tuple(json.loads(told))
