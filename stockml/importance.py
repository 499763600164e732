"""Which features a direction model leans on: gain, weight, permutation on held-out rows, stability over folds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from stockml import training
from stockml.arrays import Days, Flags, Floats, Floats32, Places
from stockml.evaluation import metrics, ranks, significance
from stockml.features import catalogue
from stockml.models import recipes
from stockml.models.forecast import FEATURE_BARS
from stockml.models.inputs import Inputs
from stockml.training import Fold, Memo, Plan

Measured = Callable[..., "Floats | None"]

SHOWN = 15  # features told, by falling gain
PERMUTED = 10  # features whose rows are permuted, besides each family
# Held-out rows scored: one for so many training rows, evenly thinned. Scoring each about twenty times then takes less
# than a thirtieth of the time of the fits; the interval tells what so few rows cannot.
TRAINED_PER_ROW, FEWEST_ROWS = 200, 300
EXTRA = "extra"  # family of the indicators a configuration adds
NOT_PERMUTED = {"permutation": None, "permutation_low": None, "permutation_high": None}


class Part(NamedTuple):
    """Held-out rows that one scorer forecasts: features (n_features, n), whether up, and the sessions (days).

    `risen` remembers how much their loss rose, (n,), by the group of features whose rows changed places.
    """

    scorer: Callable[[Floats32], Floats]
    rows: Floats32
    up: Flags
    session: Days
    risen: dict[bytes, Floats]


def measure(inputs: Inputs, plan: Plan, cut: int, memo: Memo, horizon: int) -> dict[str, Any]:
    """The importance of features at a horizon, over the folds of `memo` that a model as of `cut` rests on.

    {"features": [{name, family, gain, gain_low, gain_high, weight, permutation, permutation_low, permutation_high}],
    "families": [the same of each family, with the number of its features], "stability", "folds", "rows"}.
    `gain` is a share of the trees' gain, the mean over folds with the lowest and the highest; `weight` the same share
    of the regression's |weights|, of standardised features; `permutation` see `permuted`; `stability` see there.
    None where not measured; a model without features has empty lists.
    """
    fitted = _fitted(plan, cut, memo, horizon)
    recipe = recipes.load(plan.recipe)
    gain = _shares(recipe.gains, plan, fitted, horizon, inputs.symbols)
    weight = _shares(recipe.weights, plan, fitted, horizon, inputs.symbols)
    leading = gain if gain is not None else weight
    if leading is None:
        return {"features": [], "families": [], "stability": None, "folds": 0, "rows": 0}
    order: Places = np.argsort(-leading.mean(axis=0), kind="stable")
    family = np.array(families(inputs.names, plan))
    kinds = list(dict.fromkeys(family.tolist()))
    groups = [order[rank : rank + 1] for rank in range(min(PERMUTED, len(order)))]
    groups += [np.flatnonzero(family == kind) for kind in kinds]
    parts = held_out(inputs, plan, cut, fitted, horizon, memo)
    risen = permuted(parts, groups, plan.seed)

    def told(places: Places, rise: dict[str, Any]) -> dict[str, Any]:
        return {**_spread(gain, places), **_mean(weight, places), **rise}

    rises = [*risen[: -len(kinds)], *[NOT_PERMUTED] * SHOWN]
    return {
        "features": [
            {"name": inputs.names[one], "family": str(family[one]), **told(np.array([one]), rise)}
            for one, rise in zip(order[:SHOWN].tolist(), rises, strict=False)
        ],
        "families": [
            {"family": kind, "features": len(places), **told(places, rise)}
            for kind, places, rise in zip(kinds, groups[-len(kinds) :], risen[-len(kinds) :], strict=True)
        ],
        "stability": stability(leading), "folds": len(leading), "rows": sum(len(part.up) for part in parts),
    }  # fmt: skip


def _fitted(plan: Plan, cut: int, memo: Memo, horizon: int) -> list[tuple[int, Fold]]:
    folds = [(begin, memo.get(("fold", begin, horizon))) for begin in training.fold_cuts(plan, cut)]
    return [(begin, fold) for begin, fold in folds if fold is not None and fold.files]


def families(names: Sequence[str], plan: Plan) -> list[str]:
    """The family of each feature, in the order of the feature matrix."""
    known = {one.name: one.family for one in catalogue.catalogue(plan.families)}
    return [known.get(name, EXTRA) for name in names]


def held_out(
    inputs: Inputs, plan: Plan, cut: int, fitted: Sequence[tuple[int, Fold]], horizon: int, memo: Memo
) -> list[Part]:
    """Rows from each fold's cut to the next with an outcome known at `cut`, evenly thinned (`TRAINED_PER_ROW`).

    What is measured of them is remembered in `memo`: trainings of neighbouring cuts hold most of them out, too.
    """
    recipe, parts = recipes.load(plan.recipe), list[Part]()
    later = [(begin, fold) for begin, fold in fitted if begin < cut]
    end = dict(training.stretches(plan, cut, plan.folds + plan.windows))
    wanted = max(FEWEST_ROWS, sum(fold.rows for _, fold in fitted) // TRAINED_PER_ROW)
    for begin, fold in later:
        for symbols in _sharing(plan, fold, inputs.symbols):
            scorer = recipe.scorer(fold.files, horizon, inputs.symbols[symbols[0]])
            if scorer is None:
                continue
            chosen = []
            for index in symbols:
                rows = training.training_rows(inputs, index, horizon, begin, cut, FEATURE_BARS)
                inside = (inputs.place[index][rows] <= end[begin]) & (rows >= inputs.first[index])
                chosen.append(rows[inside])
            quota = max(1, wanted * len(symbols) // (len(later) * len(inputs.symbols)))
            if sum(map(len, chosen)):
                thinned = _thinned(chosen, quota)
                risen = _remembered(memo, ("risen", begin, horizon, len(parts)), symbols, thinned)
                parts.append(_part(inputs, horizon, scorer, symbols, thinned, risen))
    return parts


def _remembered(memo: Memo, key: Any, symbols: Sequence[int], chosen: Sequence[Places]) -> dict[bytes, Floats]:
    """What was measured under a key of just these rows; an empty memory where they are others now."""
    told = (tuple(symbols), tuple(rows.tobytes() for rows in chosen))
    if key not in memo or memo[key][0] != told:
        memo[key] = (told, {})
    found: dict[bytes, Floats] = memo[key][1]
    return found


def _part(
    inputs: Inputs, horizon: int, scorer: Callable[[Floats32], Floats], symbols: Sequence[int], chosen: list[Places],
    risen: dict[bytes, Floats],
) -> Part:  # fmt: skip
    pairs = list(zip(symbols, chosen, strict=True))
    return Part(
        scorer,
        np.concatenate([inputs.blocks[index][:, rows - inputs.first[index]] for index, rows in pairs], axis=1),
        np.concatenate([inputs.forward(index, horizon)[rows] > 0 for index, rows in pairs]),
        np.concatenate([inputs.fleet[index].session[rows] for index, rows in pairs]),
        risen,
    )


def _thinned(chosen: Sequence[Places], quota: int) -> list[Places]:
    """At most about `quota` of all rows, at even steps through one symbol after the other."""
    total = sum(map(len, chosen))
    kept = np.unique(np.linspace(0, total - 1, min(quota, total)).astype(np.int64))
    ends = np.cumsum([len(rows) for rows in chosen])
    return [
        rows[kept[(kept >= end - len(rows)) & (kept < end)] - (end - len(rows))]
        for rows, end in zip(chosen, ends.tolist(), strict=True)
    ]


def _sharing(plan: Plan, fold: Fold, symbols: Sequence[str]) -> list[list[int]]:
    """The symbols (places) grouped by the files that serve them: each group has one model."""
    recipe = recipes.load(plan.recipe)
    groups: dict[tuple[str, ...], list[int]] = {}
    for index, symbol in enumerate(symbols):
        groups.setdefault(tuple(name for name in fold.files if recipe.serves(name, symbol)), []).append(index)
    return list(groups.values())


def permuted(parts: Sequence[Part], groups: Sequence[Places], seed: int) -> list[dict[str, Any]]:
    """The rise of log loss when the rows of each group of features change places, with a 95 % interval.

    In nats (Breiman 2001, Machine Learning 45; Fisher, Rudin & Dominici 2019, JMLR 20). The features of a group move
    together, within a part, and in the same way for every group. The forecasts are the scorer's own, not shrunk:
    shrunk to the base rate, no feature would matter. The interval is the block bootstrap over dates
    (`significance.block_bootstrap`); None with fewer than three blocks of dates.
    """
    if not parts:
        return [dict(NOT_PERMUTED) for _ in groups]
    rises = [_risen(part, groups, np.random.default_rng((seed, number))) for number, part in enumerate(parts)]
    sums, rows = significance.by_date(np.concatenate(rises), np.concatenate([part.session for part in parts]))
    mean = sums.sum(axis=0) / rows.sum()
    enough = len(rows) >= 3 * significance.BLOCK_SESSIONS
    low, high = significance.block_bootstrap(sums, rows) if enough else (None, None)
    return [
        {
            "permutation": metrics.number(float(mean[k])),
            "permutation_low": None if low is None else metrics.number(float(low[k])),
            "permutation_high": None if high is None else metrics.number(float(high[k])),
        }
        for k in range(len(groups))
    ]


def _risen(part: Part, groups: Sequence[Places], chance: np.random.Generator) -> Floats:
    """How much the loss of each row rises by each group, (n, groups); what the part remembers is not scored again."""
    n, missing = len(part.up), [group for group in groups if group.tobytes() not in part.risen]
    if missing:
        order = chance.permutation(n)
        wide = np.tile(part.rows, (1, len(missing) + 1))  # scored at once: the original, then a copy for each group
        for copy, group in enumerate(missing, start=1):
            wide[group, copy * n : (copy + 1) * n] = part.rows[np.ix_(group, order)]
        loss = _losses(part.scorer(wide).reshape(len(missing) + 1, n), part.up)
        part.risen.update(zip([group.tobytes() for group in missing], loss[1:] - loss[0], strict=True))
    return np.column_stack([part.risen[group.tobytes()] for group in groups])


def _losses(log_odds: Floats, up: Flags) -> Floats:
    """ln(1 + exp(-x)) of the log-odds of what happened: the log loss, without a probability that rounds to 0."""
    return np.logaddexp(0.0, np.where(up, -log_odds, log_odds))


def _shares(
    measured: Measured, plan: Plan, fitted: Sequence[tuple[int, Fold]], horizon: int, symbols: Sequence[str]
) -> Floats | None:  # fmt: skip
    """Each feature's share in every fold, (folds, n_features), summed over the fold's models; None without any."""
    shares = []
    for _, fold in fitted:
        firsts = [symbols[group[0]] for group in _sharing(plan, fold, symbols)]
        whole = [one for one in (measured(fold.files, horizon, first) for first in firsts) if one is not None]
        if whole and (total := np.sum(whole, axis=0)).any():
            shares.append(total / total.sum())
    return np.array(shares) if shares else None


def _spread(shares: Floats | None, places: Sequence[int] | Places) -> dict[str, float | None]:
    if shares is None:
        return {"gain": None, "gain_low": None, "gain_high": None}
    own = shares[:, places].sum(axis=1)
    return {"gain": float(own.mean()), "gain_low": float(own.min()), "gain_high": float(own.max())}


def _mean(shares: Floats | None, places: Sequence[int] | Places) -> dict[str, float | None]:
    return {"weight": None if shares is None else float(shares[:, places].sum(axis=1).mean())}


def stability(shares: Floats) -> float | None:
    """The mean rank correlation of two folds' shares (folds, n_features); None with fewer than two folds.

    Spearman 1904: Pearson's correlation of the mid-ranks. Neighbouring folds share most of their training rows, so
    it is high even where the next year would tell another story.
    """
    fold = np.repeat(np.arange(len(shares)), shares.shape[1])
    places = ranks.mid_ranks(shares.ravel(), fold).reshape(shares.shape)
    places = places[places.std(axis=1) > 0] if len(places) else places
    if len(places) < 2:
        return None
    return float(np.corrcoef(places)[np.triu_indices(len(places), 1)].mean())
