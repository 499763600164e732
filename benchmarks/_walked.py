"""One fleet walked forward by stockml's own procedure, with every fit kept so that its parts can be looked at."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import _fleets
import numpy as np

from stockml import training
from stockml.arrays import Days, Floats, Places
from stockml.evaluation.rows import Rows
from stockml.evaluation.walkforward import rows_of
from stockml.execution import threads
from stockml.models.forecast import Path
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.pipeline import walkforward
from stockml.training import Memo, Plan

JOBS = 2


@dataclass(frozen=True)
class Piece:
    """The forecasts that one model made for one symbol: `rows` are places in the symbol's series, outcomes known."""

    model: Model
    cut: int
    index: int
    symbol: str
    rows: Places


@dataclass(frozen=True)
class Walked:
    """The walk over a span: the fits in `memo`, the forecasts by horizon, the same rows by model and symbol."""

    name: str
    inputs: Inputs
    plan: Plan
    cuts: tuple[int, ...]
    memo: Memo
    rows: dict[int, Rows]
    pieces: dict[int, tuple[Piece, ...]]


def walk(name: str, plan: Plan, inputs: Inputs, first: str, last: str) -> Walked:
    """Refit every `plan.refit_sessions` from the last session before `first` on, and forecast through `last`."""
    begin = int(np.searchsorted(inputs.sessions, _fleets.day(first))) - 1
    end = int(np.searchsorted(inputs.sessions, _fleets.day(last), side="right")) - 1
    cuts = tuple(walkforward.cuts_between(begin, end, plan.refit_sessions, plan))
    memo: Memo = {}
    wanted = [one for cut in cuts for one in training.fold_cuts(plan, cut)]
    training.fit_folds(inputs, plan, wanted, memo, functools.partial(threads.run, jobs=JOBS))
    models = [training.fit(inputs, plan, cut, memo) for cut in cuts]
    rows, pieces = {}, {}
    for horizon in plan.horizons:
        walked = [
            (model, [training.walk(inputs, model, one, horizon, cut, after, memo) for one in inputs.symbols])
            for model, cut, after in zip(models, cuts, [*cuts[1:], end], strict=True)
        ]
        rows[horizon] = rows_of(inputs, walked, horizon, end)
        pieces[horizon] = tuple(
            _piece(inputs, model, path, cut, end)
            for (model, paths), cut in zip(walked, cuts, strict=True)
            for path in paths
        )
    return Walked(name, inputs, plan, cuts, memo, rows, pieces)


def _piece(inputs: Inputs, model: Model, path: Path, cut: int, end: int) -> Piece:
    index = inputs.symbols.index(path.symbol)
    known = inputs.known_at(index, path.horizon)[path.row] <= end
    return Piece(model, cut, index, path.symbol, path.row[known])


def gathered(walked: Walked, horizon: int, of: Callable[[Piece], Floats]) -> Floats:
    """What a function says of each piece, in the order of the rows."""
    return np.concatenate([of(piece) for piece in walked.pieces[horizon]])


def windows(walked: Walked, piece: Piece, horizon: int, fewest: int) -> Places:
    """The training rows that a model had of a piece's symbol."""
    plan = walked.plan
    after, through = piece.cut - plan.window_sessions, piece.cut - plan.embargo
    return training.training_rows(walked.inputs, piece.index, horizon, after, through, fewest)


def years(session: Days) -> Iterator[tuple[str, Days]]:
    """(year, which rows) of each calendar year that occurs."""
    year = session.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    for one in np.unique(year).tolist():
        yield str(one), year == one
