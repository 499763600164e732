"""The settled forecasts of the champions in service as columns, and the matrices that tests of all symbols take."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.clock import to_day
from stockml.ledger.live import COLUMNS


@dataclass(frozen=True)
class Live:
    """One entry a settled forecast, ordered by symbol, horizon and session; all arrays of one length.

    `place` numbers the symbols; `session` and `target` are days; `naive_hit` and `favoured` (what the naive side was
    to hit in training) are NaN where an older stockml did not keep them; errors are relative, fractions.
    """

    place: Integers
    horizon: Integers
    session: Integers
    target: Integers
    hit: Flags
    naive_hit: Floats
    in90: Flags
    error: Floats
    naive_error: Floats
    probability: Floats
    favoured: Floats

    def __len__(self) -> int:
        return len(self.place)

    def where(self, chosen: Any) -> Live:
        """The entries of a mask or slice."""
        return Live(*(getattr(self, one.name)[chosen] for one in fields(self)))

    def at(self, horizon: int) -> Live:
        return self.where(self.horizon == horizon)

    def groups(self) -> Iterator[tuple[int, Live]]:
        """(place, entries) of each symbol; call on one horizon's."""
        for place, begin, end in zip(*self.spans(), strict=True):
            yield place, self.where(slice(begin, end))

    def spans(self) -> tuple[list[int], list[int], list[int]]:
        """Places of the symbols there are, and where the entries of each begin and end."""
        starts = np.flatnonzero(np.diff(self.place, prepend=-1))
        ends = np.append(starts[1:], len(self))[: len(starts)]
        return self.place[starts].tolist(), starts.tolist(), ends.tolist()

    def packed(self, values: Floats | Flags) -> Floats:
        """Values as (symbols, longest), each symbol's from the left, NaN behind them."""
        _, begins, ends = self.spans()
        counts = np.array(ends) - np.array(begins)
        matrix = np.full((len(begins), int(counts.max(initial=0))), np.nan)
        row = np.repeat(np.arange(len(begins)), counts)
        matrix[row, np.arange(len(self)) - np.repeat(begins, counts)] = values
        return matrix

    def by_session(self, values: Floats | Flags) -> tuple[Floats, Integers]:
        """(values as (symbols, sessions), NaN where a symbol has none; the sessions)."""
        _, begins, ends = self.spans()
        days, column = np.unique(self.session, return_inverse=True)
        matrix = np.full((len(begins), len(days)), np.nan)
        matrix[np.repeat(np.arange(len(begins)), np.array(ends) - np.array(begins)), column] = values
        return matrix, days


@dataclass(frozen=True)
class Told:
    """Forecasts as the ledger tells them: the settled ones that are evidence, how many are not because of their bars,
    and of those without outcome the places and target days.
    """

    live: Live
    left_out: int
    waiting: Integers
    targets: Integers


@dataclass(frozen=True)
class Columns:
    """Rows of `ledger.live.COLUMNS` as arrays of one length, in no order: `session` and `target` as days, floats where
    the ledger may have none (NaN), flags as such.
    """

    place: Integers
    horizon: Integers
    session: Integers
    target: Integers
    is_settled: Flags
    hit: Floats
    naive_hit: Floats
    in90: Floats
    error: Floats
    naive_error: Floats
    probability: Floats
    is_noted: Flags


def columns(rows: Sequence[tuple[Any, ...]]) -> Columns:
    """Rows of `ledger.live.COLUMNS` as columns."""
    told: dict[str, Any] = dict.fromkeys(COLUMNS, ())
    if rows:
        told = dict(zip(COLUMNS, zip(*rows, strict=True), strict=True))
    day_of = {text: to_day(date.fromisoformat(text)) for text in {*told["session"], *told["target"]}}
    told.update({name: tuple(day_of[text] for text in told[name]) for name in ("session", "target")})
    kinds = {"place": np.int64, "horizon": np.int64, "session": np.int64, "target": np.int64,
             "is_settled": np.bool_, "is_noted": np.bool_}  # fmt: skip
    return Columns(**{name: np.array(told[name], dtype=kinds.get(name, np.float64)) for name in COLUMNS})


def build(
    told: Columns, base_rates: Mapping[tuple[int, int], float | None], doubtful: Collection[tuple[int, int]]
) -> Told:
    """The settled forecasts that are evidence, in order, with each champion's base rate by (place, horizon).

    Left out is what settlement had a reservation about, and what began or ended on a `doubtful` (place, day): bars
    that were refused or changed since are no evidence against a model.
    """
    place, session, target, settled, sound = told.place, told.session, told.target, told.is_settled, ~told.is_noted
    if doubtful:
        marks = np.array([_mark(*one) for one in doubtful])
        sound &= ~(np.isin(_mark(place, session), marks) | np.isin(_mark(place, target), marks))
    kept = np.flatnonzero(settled & sound)
    order = kept[np.lexsort((session[kept], told.horizon[kept], place[kept]))]
    every: list[Any] = [
        place, told.horizon, session, target, told.hit > 0.5, told.naive_hit, told.in90 > 0.5,
        told.error, told.naive_error, told.probability, _favoured(place, told.horizon, base_rates),
    ]  # fmt: skip
    live = Live(*(one[order] for one in every))
    return Told(live, int(np.count_nonzero(settled & ~sound)), place[~settled], target[~settled])


def _favoured(place: Integers, horizon: Integers, base_rates: Mapping[tuple[int, int], float | None]) -> Floats:
    """How often the naive side was right in training, for each forecast; NaN where that was not kept."""
    table = np.full((int(place.max(initial=0)) + 1, int(horizon.max(initial=0)) + 1), np.nan)
    for (own, ahead), rate in base_rates.items():
        if rate is not None and own < table.shape[0] and ahead < table.shape[1]:
            table[own, ahead] = max(rate, 1.0 - rate)
    return np.asarray(table[place, horizon])


def _mark(place: Any, day: Any) -> Any:
    """A symbol and a day as one number."""
    return place * 1_000_000 + day
