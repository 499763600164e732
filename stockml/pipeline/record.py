"""The live track record: what the ledger's forecasts said, beside what the stored bars then did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import numpy as np

from stockml.arrays import Floats
from stockml.bars.series import log_returns
from stockml.clock import to_day
from stockml.environment import Environment
from stockml.evaluation import blocks
from stockml.evaluation.naive import expanding_quantiles
from stockml.evaluation.rows import Rows
from stockml.evaluation.walkforward import NAIVE_LEVELS
from stockml.ledger import forecasts
from stockml.models.inputs import Inputs
from stockml.models.regime import REGIMES
from stockml.targets.returns import CLASSES

PENDING, UNUSABLE = "pending", "unusable"
NEEDED = ("base_rate", "model_up", "sigma", "class_bounds", "volatility_classes")  # what old forecasts do not carry

Forecast = dict[str, Any]
Usable = tuple[Forecast, int, int, int]  # forecast, symbol's position in the inputs, its row, the target's row


def live(
    env: Environment, inputs: Inputs, symbols: Sequence[str], first: int | None, last: int | None
) -> dict[str, Any]:
    """The `live` part of `evaluate`: forecasts made by the clock's now for some symbols, those settled in blocks.

    `first` and `last` bound the forecasts' sessions (days), as far as given. Of a symbol's forecasts of one session
    the earliest counts. A forecast is `pending` until the bar of its target session is stored, and `unusable` if a
    bar it needs never came, or if an older stockml left out what judges it. Outcomes are log total returns from the
    stored bars.
    """
    states: Counter[str] = Counter()
    usable: list[Usable] = []
    for one in forecasts.first_of_sessions(env.ledger, env.config.data.interval, env.clock):
        day = _day(one["session"])
        if one["symbol"] not in symbols or (first is not None and day < first) or (last is not None and day > last):
            continue
        found = place(inputs, one)
        states[found if isinstance(found, str) else "settled"] += 1
        if not isinstance(found, str):
            usable.append(found)
    horizons = sorted({one["horizon"] for one, *_ in usable})
    return {
        "n_forecasts": states.total(),
        "settled": states["settled"],
        PENDING: states[PENDING],
        UNUSABLE: states[UNUSABLE],
        "horizons": {str(h): _splits(inputs, [one for one in usable if one[0]["horizon"] == h], h) for h in horizons},
    }


def _day(session: str) -> int:
    return to_day(date.fromisoformat(session))


def place(inputs: Inputs, one: Forecast) -> Usable | str:
    """Where a forecast and its target lie among the bars, or why that cannot be said."""
    index = inputs.symbols.index(one["symbol"])
    days = inputs.fleet[index].session
    session, target = _day(one["session"]), _day(one["target_session"])
    if not len(days) or days[-1] < target:
        return PENDING
    row, end = (int(place) for place in np.searchsorted(days, (session, target)))
    if days[row] != session or days[end] != target or any(one.get(name) is None for name in NEEDED):
        return UNUSABLE
    return one, index, row, end


def _splits(inputs: Inputs, usable: Sequence[Usable], horizon: int) -> dict[str, Any]:
    versions = sorted({one["version"] for one, *_ in usable})
    rows = rows_of(inputs, usable, horizon, versions)
    return {
        "pooled": blocks.block(rows),
        "by_symbol": _by(rows, "symbol_id", inputs.symbols),
        "by_version": _by(rows, "version_id", versions),
    }


def _by(rows: Rows, column: str, names: Sequence[str]) -> dict[str, Any]:
    group = getattr(rows, column)
    return {names[key]: blocks.block(rows.where(group == key)) for key in np.unique(group).tolist()}


def rows_of(inputs: Inputs, usable: Sequence[Usable], horizon: int, versions: Sequence[str]) -> Rows:
    """Settled forecasts of one horizon as evaluation rows; `versions` numbers them. Prices become log returns."""
    said = [one for one, *_ in usable]
    closes = [inputs.fleet[index].close for _, index, _, _ in usable]
    moves = [np.log(close[end] / close[row]) for close, (_, _, row, end) in zip(closes, usable, strict=True)]
    realised, naive = np.array(moves), _naive(inputs, usable, horizon)
    bounds = _table(one["class_bounds"] for one in said)
    return Rows(
        horizon=horizon,
        symbol_id=np.array([index for _, index, _, _ in usable], dtype=np.int32),
        session=np.array([_day(one["session"]) for one in said], dtype=np.int32),
        probability_up=_column(said, "probability_up"),
        model_up=_column(said, "model_up"),
        base_rate=_column(said, "base_rate"),
        price_log_return=_log_return(said, "price"),
        lo80=_log_return(said, "lo80"), hi80=_log_return(said, "hi80"),
        lo90=_log_return(said, "lo90"), hi90=_log_return(said, "hi90"),
        class_probabilities=_table([one["class_probabilities"][name] for name in CLASSES] for one in said),
        class_index=np.array([CLASSES.index(one["class"]) for one in said], dtype=np.int8),
        class_frequencies=np.full((len(said), len(CLASSES)), 1.0 / len(CLASSES)),
        volatility_classes=_table(one["volatility_classes"] for one in said),
        realised=realised,
        realised_class=(realised[:, None] >= bounds).sum(axis=1).astype(np.int8),
        sigma=_column(said, "sigma"),
        regime=np.array([REGIMES.index(one["regime"]) for one in said], dtype=np.int8),
        naive_lo90=naive[:, 0], naive_lo80=naive[:, 1], naive_hi80=naive[:, 2], naive_hi90=naive[:, 3],
        version_id=np.array([versions.index(one["version"]) for one in said], dtype=np.int32),
    )  # fmt: skip


def _naive(inputs: Inputs, usable: Sequence[Usable], horizon: int) -> Floats:
    """The naive interval bounds of each forecast, shape (n, 4)."""
    out = np.full((len(usable), len(NAIVE_LEVELS)), np.nan)
    owner = np.array([index for _, index, _, _ in usable])
    row = np.array([place for _, _, place, _ in usable])
    for index in np.unique(owner).tolist():
        past = log_returns(inputs.fleet[index].close, horizon)
        out[owner == index] = expanding_quantiles(past, NAIVE_LEVELS, horizon, row[owner == index])
    return out


def _column(said: Sequence[Forecast], name: str) -> Floats:
    return np.array([one[name] for one in said], dtype=np.float64)


def _log_return(said: Sequence[Forecast], name: str) -> Floats:
    return np.log(_column(said, name) / _column(said, "last_close"))


def _table(lines: Iterable[Sequence[float]]) -> Floats:
    return np.array(list(lines), dtype=np.float64)
