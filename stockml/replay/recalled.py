"""What the ledger has told so far, kept by the process that is its only writer: every row is read once.

Its clock runs forward, so all that is in the ledger is known by now: the questions of `ledger.live.forecasts`,
`ledger.signals.history` and `ledger.outcomes.waiting` have the same answers here, without years of rows being read at
every session.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from stockml.arrays import Integers
from stockml.clock import to_day
from stockml.forecasts import weights
from stockml.forecasts.signals import WEIGHTS
from stockml.forecasts.weights import Past
from stockml.ledger import signals
from stockml.ledger.live import OPEN, Term
from stockml.ledger.outcomes import MADE
from stockml.monitor.live import Columns

_FARED = ("hit", "naive_hit", "in90", "error", "naive_error")
_TOLD = "direction_hit, naive_hit, in90, error_pct, naive_error_pct"
_RULES = tuple(WEIGHTS)
# `made` numbers the versions of a symbol; `status` is 0 without an outcome.
_MADE = [("made", "i4"), ("interval", "i4"), ("horizon", "i8"), ("session", "i8"), ("target", "i8"), ("status", "i1"),
         *((name, "f8") for name in _FARED), ("probability", "f8"), ("is_noted", "?")]  # fmt: skip
_SAID = [("session", "i8"), ("in_force", "?", (len(_RULES),)), ("base_rate", "f8"), ("up", "?")]
_STATUS = {"settled": 1, "void": 2}


@dataclass
class Table:
    """Rows of one structure that come one after the other; room for twice as many is made when it is full."""

    rows: Any
    count: int = 0

    def append(self, row: tuple[Any, ...]) -> int:
        """Put a row behind the others; its place."""
        if self.count == len(self.rows):
            self.rows = np.concatenate([self.rows, np.empty_like(self.rows)])
        self.rows[self.count] = row
        self.count += 1
        return self.count - 1

    @property
    def told(self) -> Any:
        return self.rows[: self.count]


def _table(kind: list[Any], room: int = 64) -> Table:
    return Table(np.zeros(room, dtype=kind))


@dataclass
class Recalled:
    """The rows of one ledger by what they are asked for; `_read` is the newest number that was read of each table."""

    ledger: sqlite3.Connection
    _read: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*MADE, "outcomes"), 0))
    _numbers: dict[Any, int] = field(default_factory=dict)
    _made: Table = field(default_factory=lambda: _table(_MADE))
    _place: dict[str, int] = field(default_factory=dict)
    _open: dict[str, dict[str, int]] = field(default_factory=lambda: {name: {} for name in MADE})
    _said: dict[tuple[str, str, int], Table] = field(default_factory=dict)
    _terms: tuple[list[Term], int, list[Any]] = ([], 0, [])
    _days: dict[str, int] = field(default_factory=lambda: {OPEN: np.iinfo(np.int64).max})

    def forecasts(self, interval: str, terms: Sequence[Term]) -> Columns:
        """As `ledger.live.forecasts`, as columns."""
        self._bring_up()
        told = self._made.told
        wanted = (told["status"] != _STATUS["void"]) & (told["interval"] == self._number(interval))
        parts = [_of_terms(told, wanted, *some) for some in self._spans(terms)]
        place = np.concatenate([np.empty(0, np.int64), *(place for place, _ in parts)])
        chosen = told[np.concatenate([np.empty(0, np.int64), *(rows for _, rows in parts)])]
        own = {name: np.ascontiguousarray(chosen[name]) for name in (*_FARED, "horizon", "session", "target",
                                                                      "probability", "is_noted")}  # fmt: skip
        return Columns(place=place, is_settled=chosen["status"] == _STATUS["settled"], **own)

    def _spans(self, terms: Sequence[Term]) -> list[tuple[Integers, Integers, Integers]]:
        """By the number of a version, the place of its symbol and the days of its term; -1 where there is none.

        In so many parts that no version comes twice in one. Terms change with deployments only.
        """
        if self._terms[0] != terms or self._terms[1] != len(self._numbers):
            spans = []
            for some in _apart(terms):
                numbers = [self._number(one[1:3]) for one in some]
                place, since, until = (np.full(len(self._numbers), fill, np.int64) for fill in (-1, 0, 0))
                place[numbers] = [one[0] for one in some]
                since[numbers] = [self._day(begin) for *_, begin, _ in some]
                until[numbers] = [self._day(end) for *_, end in some]
                spans.append((place, since, until))
            self._terms = list(terms), len(self._numbers), spans
        return self._terms[2]

    def past(self, symbol: str, interval: str, horizon: int) -> Past:
        """As `ledger.signals.history`, as columns."""
        self._bring_up()
        found = self._said.get((symbol, interval, horizon))
        if found is None:
            return weights.past([], _RULES)
        newest = found.told[-signals.NEWEST :]
        return Past(_RULES, newest["in_force"], newest["base_rate"], newest["up"])

    def waiting(self, interval: str) -> dict[str, list[dict[str, Any]]]:
        """As `ledger.outcomes.waiting`."""
        self._bring_up()
        found: dict[str, list[dict[str, Any]]] = {}
        for name, open_ones in self._open.items():
            query = (
                f"SELECT f.* FROM {name} f WHERE f.number IN (SELECT value FROM json_each(?)) AND f.bar_interval = ? "
                "ORDER BY f.number"
            )
            for row in self.ledger.execute(query, (json.dumps(list(open_ones.values())), interval)):
                found.setdefault(row["symbol"], []).append(dict(row))
        return dict(sorted(found.items()))

    def _bring_up(self) -> None:
        for name, symbol, version, interval, horizon, session, target, probability, number in self._fresh(
            MADE[0], "id, symbol, version, bar_interval, horizon, session, target_session, probability_up, number"
        ):
            made = (self._number((symbol, version)), self._number(interval), horizon, self._day(session))
            row = (*made, self._day(target), 0, *[np.nan] * len(_FARED), probability, False)
            self._place[name] = self._made.append(row)
            self._open[MADE[0]][name] = number
        for name, number in self._fresh(MADE[1], "id, number"):
            self._open[MADE[1]][name] = number
        before = self._read["outcomes"]
        for name, status, settled_on, reason, *fared, _ in self._fresh(
            "outcomes", f"forecast, status, settled_session, reason, {_TOLD}, number"
        ):
            for open_ones in self._open.values():
                open_ones.pop(name, None)
            if name in self._place:
                row = self._made.rows[self._place.pop(name) : ][:1]
                row["status"], row["is_noted"] = _STATUS[status], reason is not None
                if settled_on:
                    row["target"] = self._day(settled_on)
                for column, value in zip(_FARED, fared, strict=True):
                    row[column] = np.nan if value is None else value
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
            table = self._said.setdefault((symbol, interval, horizon), _table(_SAID))
            told = signals.names_of(names)
            table.append((self._day(session), [name in told for name in _RULES], float(rate), bool(up)))
            own = table.told
            if len(own) > 1 and own["session"][-1] < own["session"][-2]:  # settled later than sessions after it
                own[:] = own[np.argsort(own["session"], kind="stable")]

    def _fresh(self, table: str, columns: str) -> Iterator[tuple[Any, ...]]:
        """Columns, the last of them the number, of the rows that came since this was last asked."""
        read = self.ledger.cursor()
        read.row_factory = None
        query = f"SELECT {columns} FROM {table} WHERE number > ? ORDER BY number"
        rows = read.execute(query, (self._read[table],)).fetchall()
        if rows:
            self._read[table] = rows[-1][-1]
        return iter(rows)

    def _number(self, what: Any) -> int:
        return self._numbers.setdefault(what, len(self._numbers))

    def _day(self, text: str) -> int:
        if text not in self._days:
            self._days[text] = to_day(date.fromisoformat(text))
        return self._days[text]


def _of_terms(told: Any, wanted: Any, place: Integers, since: Integers, until: Integers) -> tuple[Any, Any]:
    """(place of the symbol, row) of what was made in the terms of some versions (`Recalled._spans`)."""
    made, session = told["made"], told["session"]
    known = wanted & (made < len(place))
    made = np.where(known, made, 0)
    rows = np.flatnonzero(known & (place[made] >= 0) & (session >= since[made]) & (session < until[made]))
    return place[made[rows]], rows


def _apart(terms: Sequence[Term]) -> list[list[Term]]:
    """The terms in groups in which no version of a symbol comes twice; nearly always all are one group."""
    groups: list[dict[tuple[str, str], Term]] = [{}]
    for one in terms:
        own = next((group for group in groups if one[1:3] not in group), None)
        if own is None:
            groups.append(own := {})
        own[one[1:3]] = one
    return [list(group.values()) for group in groups]
