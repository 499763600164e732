"""The live track record: what the ledger's forecasts said, beside what the stored bars then did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from operator import itemgetter
from typing import Any

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.bars.series import log_returns
from stockml.environment import Environment
from stockml.evaluation import blocks
from stockml.evaluation.naive import expanding_quantiles
from stockml.evaluation.rows import Rows, joined
from stockml.evaluation.walkforward import NAIVE_LEVELS
from stockml.ledger import forecasts
from stockml.models.inputs import Inputs
from stockml.models.regime import REGIMES
from stockml.targets.returns import CLASSES

AT_ONCE = 4000  # forecasts that are held as rows of the ledger at a time
SETTLED, PENDING, UNUSABLE = "settled", "pending", "unusable"
NEEDED = ("base_rate", "model_up", "sigma", "class_bounds", "volatility_classes")  # what old forecasts do not carry
SAID = (
    "symbol", "horizon", "session", "target_session", "last_close", "price", "probability_up", "class",
    "class_probabilities", "lo80", "hi80", "lo90", "hi90", "regime", "version",
)  # fmt: skip

Forecast = dict[str, Any]
Columns = Mapping[str, Sequence[Any]]  # `SAID` and `NEEDED` of some forecasts, aligned


@dataclass(frozen=True)
class Record:
    """Settled forecasts by horizon as evaluation rows, the names of their versions, how many forecasts are in a state.

    Of the rows of a horizon, `symbol_id` is the position in the inputs, `version_id` that among its `versions`.
    """

    rows: dict[int, Rows]
    versions: dict[int, list[str]]
    states: Counter[str]


def live(
    env: Environment, inputs: Inputs, symbols: Sequence[str], first: int | None, last: int | None
) -> dict[str, Any]:
    """The `live` part of `evaluate`: forecasts made by the clock's now for some symbols, those settled in blocks.

    `first` and `last` bound the forecasts' sessions (days), as far as given. Of a symbol's forecasts of one session
    the earliest counts.
    """
    found = of(inputs, (_chosen(some, symbols, first, last) for some in said(env)))
    return {
        "n_forecasts": found.states.total(),
        "settled": found.states[SETTLED],
        PENDING: found.states[PENDING],
        UNUSABLE: found.states[UNUSABLE],
        "horizons": {str(h): _splits(rows, inputs.symbols, found.versions[h]) for h, rows in found.rows.items()},
    }


def said(env: Environment) -> Iterator[Columns]:
    """The forecasts made by the clock's now, some at a time, by session; of one session the earliest."""
    return forecasts.columns_of_first(env.ledger, env.config.data.interval, env.clock, SAID, NEEDED, AT_ONCE)


def columns(made: Sequence[Forecast]) -> Columns:
    """Forecasts that carry all of `NEEDED`, as columns."""
    return {name: [one[name] for one in made] for name in (*SAID, *NEEDED)}


def _chosen(some: Columns, symbols: Sequence[str], first: int | None, last: int | None) -> Columns:
    day = _days(some["session"])
    chosen = np.array([symbol in symbols for symbol in some["symbol"]])
    if first is not None:
        chosen &= day >= first
    if last is not None:
        chosen &= day <= last
    return _where(some, chosen)


def _where(some: Columns, chosen: Flags) -> Columns:
    flags = chosen.tolist()
    return {name: list(compress(values, flags)) for name, values in some.items()}


def _splits(rows: Rows, symbols: Sequence[str], versions: Sequence[str]) -> dict[str, Any]:
    return {
        "pooled": blocks.block(rows),
        "by_symbol": _by(rows, "symbol_id", symbols),
        "by_version": _by(rows, "version_id", versions),
    }


def _by(rows: Rows, column: str, names: Sequence[str]) -> dict[str, Any]:
    group = getattr(rows, column)
    return {names[key]: blocks.block(rows.where(group == key)) for key in np.unique(group).tolist()}


def of(inputs: Inputs, told: Iterable[Columns]) -> Record:
    """What became of forecasts that are told some at a time. Outcomes are log total returns from the stored bars.

    A forecast is `pending` until the bar of its target session is stored, and `unusable` if a bar it needs never
    came, or if an older stockml left out what judges it.
    """
    states: Counter[str] = Counter()
    parts: dict[int, list[Rows]] = {}
    versions: dict[int, list[str]] = {}
    for some in told:
        owner, row, end, state = _placed(inputs, some)
        states.update(state.tolist())
        ahead = np.array(some["horizon"])
        for horizon in np.unique(ahead[state == SETTLED]).tolist():
            chosen = (state == SETTLED) & (ahead == horizon)
            own = _where(some, chosen)
            parts.setdefault(horizon, []).append(_rows(inputs, own, owner[chosen], row[chosen], end[chosen]))
            versions.setdefault(horizon, []).extend(own["version"])
    rows = {
        horizon: replace(joined(own), version_id=_numbered(versions[horizon])) for horizon, own in sorted(parts.items())
    }
    return Record(rows, {horizon: sorted(set(names)) for horizon, names in versions.items()}, states)


def _placed(inputs: Inputs, some: Columns) -> tuple[Integers, Integers, Integers, Any]:
    """Of each forecast: position of its symbol, its row among the bars, the target's row, and the state it is in."""
    positions = {symbol: index for index, symbol in enumerate(inputs.symbols)}
    owner = np.array([positions[symbol] for symbol in some["symbol"]], dtype=np.int32)
    sessions, targets = _days(some["session"]), _days(some["target_session"])
    row, end = np.zeros(len(owner), dtype=np.int64), np.zeros(len(owner), dtype=np.int64)
    carried = zip(*(some[name] for name in NEEDED), strict=True)
    state = np.array([UNUSABLE if None in one else SETTLED for one in carried], dtype=np.object_)
    for index in np.unique(owner).tolist():
        own = np.flatnonzero(owner == index)
        days = inputs.fleet[index].session
        row[own], end[own] = np.searchsorted(days, sessions[own]), np.searchsorted(days, targets[own])
        is_pending = end[own] == len(days)
        there = own[~is_pending]
        absent = (days[row[there]] != sessions[there]) | (days[end[there]] != targets[there])
        state[there[absent]] = UNUSABLE
        state[own[is_pending]] = PENDING
    return owner, row, end, state


def _rows(inputs: Inputs, own: Columns, owner: Integers, row: Integers, end: Integers) -> Rows:
    """Settled forecasts of one horizon as evaluation rows."""
    horizon = own["horizon"][0]
    realised = np.empty(len(owner))
    naive = np.empty((len(owner), len(NAIVE_LEVELS)))
    for index in np.unique(owner).tolist():
        mine, close = owner == index, inputs.fleet[index].close
        realised[mine] = np.log(close[end[mine]] / close[row[mine]])
        naive[mine] = expanding_quantiles(log_returns(close, horizon), NAIVE_LEVELS, horizon, row[mine])
    return judged(own, owner, realised, naive)


def judged(own: Columns, owner: Integers, realised: Floats, naive: Floats) -> Rows:
    """Forecasts of one horizon beside their outcomes, as evaluation rows. Prices become log returns.

    `owner` numbers each forecast's symbol; versions are numbered by name. `realised` are log total returns, `naive`
    the naive bounds (n, 4) at `NAIVE_LEVELS`, NaN where there are none.
    """
    bounds = _column(own, "class_bounds")
    return Rows(
        horizon=own["horizon"][0],
        symbol_id=owner,
        session=_days(own["session"]),
        probability_up=_column(own, "probability_up"),
        model_up=_column(own, "model_up"),
        base_rate=_column(own, "base_rate"),
        price_log_return=_log_return(own, "price"),
        lo80=_log_return(own, "lo80"), hi80=_log_return(own, "hi80"),
        lo90=_log_return(own, "lo90"), hi90=_log_return(own, "hi90"),
        class_probabilities=np.array(list(map(itemgetter(*CLASSES), own["class_probabilities"])), dtype=np.float64),
        class_index=_positions(own["class"], CLASSES),
        class_frequencies=np.full((len(owner), len(CLASSES)), 1.0 / len(CLASSES)),
        volatility_classes=_column(own, "volatility_classes"),
        realised=realised,
        realised_class=(realised[:, None] >= bounds).sum(axis=1).astype(np.int8),
        sigma=_column(own, "sigma"),
        regime=_positions(own["regime"], REGIMES),
        naive_lo90=naive[:, 0], naive_lo80=naive[:, 1], naive_hi80=naive[:, 2], naive_hi90=naive[:, 3],
        version_id=_numbered(own["version"]),
    )  # fmt: skip


def _days(sessions: Sequence[str]) -> Integers:
    return np.array(sessions, dtype="datetime64[D]").astype(np.int32)


def _numbered(versions: Sequence[str]) -> Integers:
    return _positions(versions, sorted(set(versions)), np.int32)


def _positions(values: Sequence[str], names: Sequence[str], kind: Any = np.int8) -> Integers:
    """The place of each value among names."""
    places = {name: place for place, name in enumerate(names)}
    return np.array([places[one] for one in values], dtype=kind)


def _column(own: Columns, name: str) -> Floats:
    return np.array(own[name], dtype=np.float64)


def _log_return(own: Columns, name: str) -> Floats:
    return np.log(_column(own, name) / _column(own, "last_close"))
