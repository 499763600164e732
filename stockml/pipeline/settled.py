"""The settled forecasts of some symbols as evaluation rows: what the ledger's own outcomes say of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from stockml.arrays import Floats
from stockml.bars import reader
from stockml.bars.series import Series, log_returns
from stockml.clock import to_day
from stockml.environment import Environment
from stockml.errors import DataError
from stockml.evaluation.naive import expanding_quantiles
from stockml.evaluation.rows import Rows, joined
from stockml.evaluation.walkforward import NAIVE_LEVELS
from stockml.ledger import forecasts
from stockml.pipeline.record import NEEDED, Forecast, columns, judged

STATES = ("settled", "void", "pending", "unusable")


@dataclass
class Settled:
    """Rows by horizon, `symbol_id` being the place in `symbols`; `counts` of all forecasts by `STATES`.

    `span` holds the first and last session of a settled one; `problems` the symbols whose bars could not be read, so
    that their forecasts have no naive interval.
    """

    symbols: Sequence[str]
    rows: dict[int, Rows] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    span: tuple[str, str] | None = None
    problems: list[str] = field(default_factory=list)


def settled(env: Environment, symbols: Sequence[str], first: str | None, last: str | None) -> Settled:
    """The forecasts that have an outcome by now, one a symbol, horizon and session, the earliest.

    `first` and `last` bound their sessions (YYYY-MM-DD), as far as given. Outcomes are those in the ledger, so the
    shares are those that `status`, `why` and the track record show; bars are read for the naive intervals alone. A
    forecast that an older stockml made without what judging takes is `unusable`.
    """
    found = Settled(symbols)
    parts: dict[int, list[Rows]] = {}
    for place, symbol in enumerate(symbols):
        made = [one for one in of_symbol(env, symbol) if (first or "") <= one["session"] <= (last or "9999")]
        usable = [one for one in made if _state(one) == "settled"]
        found.counts.update(_state(one) for one in made)
        if not usable:
            continue
        series = _series(env, symbol, found.problems)
        for horizon in sorted({one["horizon"] for one in usable}):
            own = [one for one in usable if one["horizon"] == horizon]
            parts.setdefault(horizon, []).append(_rows(own, place, series, horizon))
        ends = (usable[0]["session"], usable[-1]["session"])
        found.span = ends if found.span is None else (min(found.span[0], ends[0]), max(found.span[1], ends[1]))
    found.rows = {horizon: joined(own) for horizon, own in sorted(parts.items())}
    return found


def of_symbol(env: Environment, symbol: str) -> list[Forecast]:
    """The earliest forecast of each session and horizon of a symbol, with its outcome if it has one by now."""
    return list(forecasts.first_of_sessions(env.ledger, env.config.data.interval, env.clock, symbol))


def _state(one: Forecast) -> str:
    if one["status"] != "settled":
        return str(one["status"])
    is_whole = one["total_return"] is not None and all(one.get(name) is not None for name in NEEDED)
    return "settled" if is_whole else "unusable"


def _series(env: Environment, symbol: str, problems: list[str]) -> Series | None:
    try:
        return reader.read_series(env.market, env.config, [symbol], env.clock).get(symbol)
    except DataError as error:
        problems.append(error.message)
        return None


def _rows(own: Sequence[Forecast], place: int, series: Series | None, horizon: int) -> Rows:
    owner = np.full(len(own), place, dtype=np.int32)
    realised = np.array([one["total_return"] for one in own], dtype=np.float64)
    return judged(columns(own), owner, realised, _naive(own, series, horizon))


def _naive(own: Sequence[Forecast], series: Series | None, horizon: int) -> Floats:
    """The naive bounds of each forecast; NaN where its session has no bar."""
    out = np.full((len(own), len(NAIVE_LEVELS)), np.nan)
    if series is None:
        return out
    days = np.array([to_day(date.fromisoformat(one["session"])) for one in own])
    row = np.searchsorted(series.session, days)
    known = row < len(series)
    known[known] = series.session[row[known]] == days[known]
    out[known] = expanding_quantiles(log_returns(series.close, horizon), NAIVE_LEVELS, horizon, row[known])
    return out


def counts_of(found: Settled) -> dict[str, Any]:
    """{"forecasts", and how many are in each of `STATES`}."""
    return {"forecasts": found.counts.total(), **{state: found.counts[state] for state in STATES}}
