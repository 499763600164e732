"""Turns walked forecasts into evaluation rows: each forecast beside its outcome and the naive forecast."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stockml.arrays import Floats, Places
from stockml.evaluation.naive import expanding_quantiles
from stockml.evaluation.rows import Rows
from stockml.models import regime
from stockml.models.forecast import Path
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.targets import returns

NAIVE_LEVELS = (0.05, 0.10, 0.90, 0.95)


def rows_of(
    inputs: Inputs, walked: Sequence[tuple[Model, Sequence[Path]]], horizon: int, through: int,
    memo: dict[Any, Any] | None = None,
) -> Rows:  # fmt: skip
    """Collect the forecasts of one horizon whose outcome was known at position `through` of the sessions.

    `walked` holds, per model, its paths at this horizon; a path may hold any span. Symbols are numbered
    as in `inputs.symbols`, models as given. `memo` remembers the naive bounds, which no model enters.
    """
    parts: list[dict[str, object]] = []
    known = {} if memo is None else memo
    for number, (model, paths) in enumerate(walked):
        parts += [_part(inputs, model, number, path, through, known) for path in paths if path.horizon == horizon]
    if not parts:
        parts = [_empty()]
    return Rows(horizon=horizon, **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def _part(
    inputs: Inputs, model: Model, number: int, path: Path, through: int, memo: dict[Any, Any]
) -> dict[str, object]:
    index, own = inputs.symbols.index(path.symbol), model.of(path.horizon)
    series = inputs.fleet[index]
    keep = inputs.known_at(index, path.horizon)[path.row] <= through
    rows, count = path.row[keep], int(keep.sum())
    realised = inputs.forward(index, path.horizon)[rows]
    ewma = np.sqrt(inputs.variance[index][rows] * path.horizon)
    naive = _naive(inputs, index, path.horizon, rows, memo)
    shape = path.distribution
    return {
        "symbol_id": np.full(count, index, dtype=np.int32), "session": path.session[keep],
        "probability_up": shape.probability_up[keep], "model_up": path.model_up[keep],
        "base_rate": np.full(count, own["base_rate"]), "price_log_return": path.point[keep],
        "lo80": shape.lo80[keep], "hi80": shape.hi80[keep], "lo90": shape.lo90[keep], "hi90": shape.hi90[keep],
        "class_probabilities": shape.classes[keep], "class_index": shape.class_index[keep],
        "class_frequencies": np.full((count, 5), 0.2), "volatility_classes": path.volatility_classes[keep],
        "realised": realised,
        "realised_class": returns.classify(realised / ewma, own["class_cuts"]), "sigma": path.sigma[keep],
        "regime": regime.regimes(series.close, inputs.variance[index])[rows],
        "naive_lo90": naive[:, 0], "naive_lo80": naive[:, 1], "naive_hi80": naive[:, 2], "naive_hi90": naive[:, 3],
        "version_id": np.full(count, number, dtype=np.int32),
    }  # fmt: skip


def _naive(inputs: Inputs, index: int, horizon: int, rows: Places, memo: dict[Any, Any]) -> Floats:
    """The naive bounds at each row, shape (n, 4). Those of rows that follow the remembered ones are added to them."""
    if not len(rows):
        return np.empty((0, len(NAIVE_LEVELS)))
    key = ("naive", int(inputs.place[index][rows[0]]), index, horizon)
    seen, bounds = memo.get(key, (rows[:0], np.empty((0, len(NAIVE_LEVELS)))))
    if len(seen) < len(rows):
        close = inputs.fleet[index].close
        past = np.full(len(close), np.nan)
        if len(close) > horizon:
            past[horizon:] = np.log(close[horizon:] / close[:-horizon])
        fresh = expanding_quantiles(past, NAIVE_LEVELS, horizon, rows[len(seen) :])
        seen, bounds = memo[key] = rows, np.concatenate([bounds, fresh])
    return np.asarray(bounds[: len(rows)])


def _empty() -> dict[str, object]:
    none, table, whole = np.empty(0), np.empty((0, 5)), np.empty(0, dtype=np.int32)
    names = {name: none for name in Rows.__dataclass_fields__ if name != "horizon"}
    integers = ("symbol_id", "session", "class_index", "realised_class", "regime", "version_id")
    return {
        **names, **dict.fromkeys(integers, whole),
        **dict.fromkeys(("class_probabilities", "class_frequencies", "volatility_classes"), table),
    }  # fmt: skip
