"""What the ledger has told so far, kept by the process that is its only writer: every row is read once.

Its clock runs forward, so all that is in the ledger is known by now: the questions of `ledger.live.forecasts` and
`ledger.signals.history` have the same answers here, without years of rows being read at every session.
"""

from __future__ import annotations

import bisect
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stockml.ledger import signals
from stockml.ledger.live import Term

Said = tuple[str, tuple[str, ...], float, bool]  # session, signals in force, base rate, whether it went up
_FARED = "direction_hit, naive_hit, in90, error_pct, naive_error_pct"


@dataclass(slots=True)
class Made:
    """A forecast, with its outcome once there is one; `fared` are the columns `_FARED`."""

    interval: str
    horizon: int
    session: str
    target: str
    probability: float
    status: str | None = None
    fared: tuple[Any, ...] = (None,) * 5
    reason: str | None = None


@dataclass
class Recalled:
    """The rows of one ledger by what they are asked for; `_read` is the newest number that was read of each table."""

    ledger: sqlite3.Connection
    _read: dict[str, int] = field(default_factory=lambda: {"forecasts_made": 0, "outcomes": 0})
    _made: dict[tuple[str, str], list[Made]] = field(default_factory=dict)
    _open: dict[str, Made] = field(default_factory=dict)
    _signals: dict[tuple[str, str, int], list[Said]] = field(default_factory=dict)

    def forecasts(self, interval: str, terms: Sequence[Term]) -> list[tuple[Any, ...]]:
        """As `ledger.live.forecasts`: rows of its `COLUMNS`, in no order."""
        self._bring_up()
        return [
            (place, one.horizon, one.session, one.target, one.status is not None, *one.fared, one.probability,
             one.reason is not None)
            for place, symbol, version, since, until in terms
            for one in self._made.get((symbol, version), ())
            if one.interval == interval and since <= one.session < until and one.status != "void"
        ]  # fmt: skip

    def history(self, symbol: str, interval: str, horizon: int) -> list[tuple[tuple[str, ...], float, bool]]:
        """As `ledger.signals.history`."""
        self._bring_up()
        return [one[1:] for one in self._signals.get((symbol, interval, horizon), [])[-signals.NEWEST :]]

    def _bring_up(self) -> None:
        for name, symbol, version, *made in self._fresh(
            "forecasts_made", "id, symbol, version, bar_interval, horizon, session, target_session, probability_up"
        ):
            self._open[name] = Made(*made)
            self._made.setdefault((symbol, version), []).append(self._open[name])
        before = self._read["outcomes"]
        for name, status, settled_on, reason, *fared in self._fresh(
            "outcomes", f"forecast, status, settled_session, reason, {_FARED}"
        ):
            if name in self._open:
                one = self._open.pop(name)
                one.target, one.status, one.fared, one.reason = settled_on or one.target, status, tuple(fared), reason
        if self._read["outcomes"] > before:
            self._bring_up_signals(before)

    def _bring_up_signals(self, after: int) -> None:
        rows = self.ledger.execute(
            "SELECT s.symbol, s.bar_interval, s.horizon, s.session, s.signals, s.base_rate, o.total_return > 0 "
            "FROM outcomes o CROSS JOIN signals_made s ON s.id = o.forecast "
            "WHERE o.number > ? AND o.status = 'settled' ORDER BY o.number",
            (after,),
        )
        for symbol, interval, horizon, session, names, rate, up in rows:
            said = (session, signals.names_of(names), float(rate), bool(up))
            bisect.insort(self._signals.setdefault((symbol, interval, horizon), []), said)

    def _fresh(self, table: str, columns: str) -> list[tuple[Any, ...]]:
        """Columns of the rows that came since this was last asked."""
        read = self.ledger.cursor()
        read.row_factory = None
        query = f"SELECT {columns}, number FROM {table} WHERE number > ? ORDER BY number"
        rows = read.execute(query, (self._read[table],)).fetchall()
        if rows:
            self._read[table] = rows[-1][-1]
        return [row[:-1] for row in rows]
