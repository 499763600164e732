"""Scores a candidate on sessions its fits had not seen: log loss gained over the base rate, by session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from stockml import training
from stockml.arrays import Flags, Floats, Places
from stockml.evaluation import metrics
from stockml.models import recipes, shrinkage
from stockml.models.forecast import FEATURE_BARS
from stockml.models.inputs import Inputs
from stockml.training import Memo, Plan


class Gains(NamedTuple):
    """Positions of sessions, ascending, and the share of the base rate's log loss saved at each; both (T,)."""

    place: Places
    gain: Floats


class Forecasts(NamedTuple):
    """Out-of-fold forecasts of one horizon, (n,) each: log-odds, whether up, base rate, where made, where known."""

    odds: Floats
    up: Flags
    base: Floats
    place: Places
    known: Places


def score(inputs: Inputs, plan: Plan, begins: Sequence[int], through: int, memo: Memo) -> Gains | None:
    """The gains of the folds fitted at `begins`, over the sessions up to the next fit, as known at `through`.

    The mean over horizons, at sessions that have all of them. None where nothing could be fitted or scored.
    """
    found = []
    for horizon in plan.horizons:
        rows = forecasts(inputs, plan, begins, through, horizon, memo)
        one = gains(rows, plan, begins) if rows is not None else None
        if one is None:
            return None
        found.append(one)
    common = found[0].place
    for one in found[1:]:
        common = common[np.isin(common, one.place)]
    if not len(common):
        return None
    parts = [one.gain[np.searchsorted(one.place, common)] for one in found]
    return Gains(common, np.mean(parts, axis=0))


def forecasts(
    inputs: Inputs, plan: Plan, begins: Sequence[int], through: int, horizon: int, memo: Memo
) -> Forecasts | None:
    """What each fold says, unshrunk, of the sessions from its cut to `refit_sessions` later; None if no fold could."""
    recipe, parts = recipes.load(plan.recipe), []
    for begin in begins:
        fold: training.Fold = memo["fold", begin, horizon]
        for index, symbol in enumerate(inputs.symbols if fold.files else ()):
            rows = training.training_rows(inputs, index, horizon, begin, through, FEATURE_BARS)
            rows = rows[(inputs.place[index][rows] <= begin + plan.refit_sessions) & (rows >= inputs.first[index])]
            scorer = recipe.scorer(fold.files, horizon, symbol)
            if scorer is None or not len(rows):
                continue
            odds = scorer(inputs.blocks[index][:, rows - inputs.first[index]])
            up = inputs.forward(index, horizon)[rows] > 0
            base = np.full(len(rows), fold.base_rate)
            parts.append((odds, up, base, inputs.place[index][rows], inputs.known_at(index, horizon)[rows]))
    return Forecasts(*(np.concatenate(column) for column in zip(*parts, strict=True))) if parts else None


def gains(rows: Forecasts, plan: Plan, begins: Sequence[int]) -> Gains | None:
    """Shrink forward in time and compare with the base rate, session by session.

    Time is cut into half folds. The forecasts of each are shrunk with the k that fits all out-of-fold forecasts
    whose outcome was known when it began (prequential: Dawid 1984, JRSS A 147), so no score rests on its own
    outcomes, nor on later ones. The oldest half fold has nothing before it and only teaches.
    """
    half = max(plan.refit_sessions // 2, 1)
    edges = sorted((low, high) for begin in begins for low, high in _halves(begin, half, plan.refit_sessions))
    model, scored = np.zeros(len(rows.odds)), np.zeros(len(rows.odds), dtype=np.bool_)
    for low, high in edges[1:]:
        block, before = (rows.place > low) & (rows.place <= high), rows.known <= low
        k = shrinkage.fit(rows.odds[before], rows.up[before].astype(np.float64), rows.base[before])
        anchor = np.log(rows.base[block] / (1.0 - rows.base[block]))
        probability = 1.0 / (1.0 + np.exp(-(anchor + k * (rows.odds[block] - anchor))))
        model[block] = metrics.log_losses(probability, rows.up[block])
        scored |= block
    if not scored.any():
        return None
    naive = metrics.log_losses(rows.base[scored], rows.up[scored])
    place, at = np.unique(rows.place[scored], return_inverse=True)
    count = np.bincount(at)
    lost, usual = np.bincount(at, weights=model[scored]) / count, np.bincount(at, weights=naive) / count
    return Gains(place, (usual - lost) / usual.mean())


def _halves(begin: int, half: int, whole: int) -> tuple[tuple[int, int], tuple[int, int]]:
    return (begin, begin + half), (begin + half, begin + whole)
