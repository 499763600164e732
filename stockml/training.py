"""Fits a model as of one session: purged walk-forward folds behind it, then the fit that is published.

Every fold is cut from the same forward-running inputs, so a fit inside `evaluate` is bit for bit the fit
that `train --as-of` that session makes. Fits are remembered in `memo`, which neighbouring folds share.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from stockml.arrays import Floats, Places
from stockml.evaluation import direction, metrics, significance
from stockml.evaluation.rows import Rows
from stockml.evaluation.walkforward import rows_of
from stockml.evidence import BETTER_T, MINIMUM_DATES
from stockml.models import intervals, range_guard, recipes, shrinkage, volatility
from stockml.models.forecast import (
    FEATURE_BARS,
    FEWEST_BARS,
    Path,
    Shown,
    forecast,
    scores,
    shown_by,
    through_session,
)
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.models.recipe import Pool, Sample, Scorer, options_of
from stockml.targets import returns

Memo = dict[Any, Any]

SESSIONS_A_YEAR = 252
MOST_ROWS = 60_000  # training rows of one fit; beyond that evenly thinned, more rows buy nothing measurable
BURN_IN = 500  # sessions over which the conformal state settles before it is stored; its memory is about 100
FEWEST_STATE_ROWS = 250
AHEAD = ("inputs", 2**62)  # the key of a memo's inputs as of a later session, which are never forgotten
FOLD_STEP = 63  # sessions, a quarter: how much older than a year the newest fold behind a model may be


@dataclass(frozen=True)
class Plan:
    """How to fit: the recipe with every choice that changes its result."""

    recipe: str
    options: dict[str, Any]
    horizons: tuple[int, ...]
    families: tuple[str, ...]
    extra: tuple[dict[str, Any], ...]
    benchmark: str | None
    refit_sessions: int
    window_sessions: int
    embargo: int
    seed: int
    folds: int = 3
    windows: int = 2

    def effective_options(self) -> dict[str, Any]:
        return options_of(recipes.load(self.recipe), self.recipe, self.options)

    def as_fitted(self) -> dict[str, Any]:
        """Every choice that a fit as of some session depends on; two plans with the same one make the same fits."""
        chosen = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "windows"}
        return {**chosen, "options": self.effective_options()}


def plan_from(parameters: Mapping[str, Any]) -> Plan:
    """The plan that a version was fitted with, from its parameters. Raises `KeyError` if it does not tell."""
    told = {field.name: parameters[field.name] for field in fields(Plan) if field.name in parameters}
    lists = {name: tuple(told[name]) for name in ("horizons", "families", "extra")}
    return Plan(**{**told, **lists})


@dataclass(frozen=True)
class Fold:
    """A direction fit: its files, and the base rate of its rows. `files` is empty where nothing could be fitted."""

    files: dict[str, bytes]
    base_rate: float
    rows: int


Runner = Callable[[Sequence[Callable[[], Any]]], list[Any]]


def one_by_one(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """The plainest runner: each task in turn."""
    return [task() for task in tasks]


def fit_folds(inputs: Inputs, plan: Plan, cuts: Sequence[int], memo: Memo, run: Runner = one_by_one) -> None:
    """Fit the direction models of all cuts that are not in `memo` yet; independent fits go through `run`.

    A cut is a position in `inputs.sessions`. The horizons of one cut share its rows, so they are fitted together.
    """
    missing = {cut: [h for h in plan.horizons if ("fold", cut, h) not in memo] for cut in cuts if cut >= 0}
    tasks = {cut: functools.partial(_fit_folds_at, inputs, plan, cut, own) for cut, own in missing.items() if own}
    for cut, folds in zip(tasks, run(list(tasks.values())), strict=True):
        memo.update({("fold", cut, h): fold for h, fold in zip(missing[cut], folds, strict=True)})


def fold_step(plan: Plan) -> int:
    """Sessions between the places where folds are cut: a divisor of `refit_sessions`, at most a quarter of a year.

    Models of neighbouring days then rest on the same folds, and those of a walk whose refits lie so far apart on
    those of each other.
    """
    return max(one for one in range(1, FOLD_STEP + 1) if plan.refit_sessions % one == 0)


def fold_cuts(plan: Plan, cut: int) -> list[int]:
    """The cuts whose fits a model as of `cut` needs: its own, and those its calibration and figures rest on.

    Those behind it are `refit_sessions` apart and counted from the newest multiple of `fold_step`.
    """
    newest = cut - cut % fold_step(plan)
    return [cut, *(newest - place * plan.refit_sessions for place in range(1, plan.folds + plan.windows + 1))]


def stretches(plan: Plan, cut: int, count: int) -> list[tuple[int, int]]:
    """The newest `count` stretches behind `cut` that lie between two of its folds, the oldest first.

    Each is (position where a fold was cut, last position of the sessions it has not seen); the last one ends at `cut`.
    """
    cuts = fold_cuts(plan, cut)[: count + 1]
    return [(begin, end) for end, begin in itertools.pairwise(cuts) if begin >= 0][::-1]


def windows(plan: Plan, cut: int) -> list[tuple[int, int]]:
    """The stretches whose held-out forecasts judge a model as of `cut`, the oldest first."""
    return stretches(plan, cut, plan.windows)


def fit(inputs: Inputs, plan: Plan, cut: int, memo: Memo, run: Runner = one_by_one) -> Model:
    """Fit a model on what was known at position `cut` of the sessions.

    The direction model is shown only if it has a proven edge on the held-out windows before the cut; else the
    base rate is. The price is the median forecast only if that beat the last close there, else the last close.
    """
    fit_folds(inputs, plan, fold_cuts(plan, cut), memo, run)
    core = fit_core(inputs, plan, cut, memo)
    model = Model({**core.parameters, "ranges": _ranges(inputs, plan, cut)}, core.files)
    for h in plan.horizons:
        if not _has_edge(held_out(inputs, plan, cut, h, memo)):
            continue
        model = showing(model, h, direction="model")
        if _median_wins(held_out(inputs, plan, cut, h, memo, like=showing(model, h, price="median"))):
            model = showing(model, h, price="median")
    return model


def showing(model: Model, horizon: int, **chosen: Any) -> Model:
    """The same fit with other parameters at a horizon, as what its forecasts show (`direction`, `price`)."""
    by_horizon = {**model.parameters["by_horizon"], str(horizon): {**model.of(horizon), **chosen}}
    return Model({**model.parameters, "by_horizon": by_horizon}, model.files)


def held_out(inputs: Inputs, plan: Plan, cut: int, horizon: int, memo: Memo, like: Model | None = None) -> Rows:
    """Forecasts of the windows before `cut`, each by the procedure as of its beginning, with outcomes known at `cut`.

    They show what the model `like` shows; without it, the base rate and the last close. The folds of `cut` must
    have been fitted.
    """
    return _forecasts(inputs, plan, windows(plan, cut), cut, horizon, memo, like)


def forecasts(
    inputs: Inputs, plan: Plan, spans: Sequence[tuple[int, int]], cut: int, memo: Memo, run: Runner = one_by_one
) -> dict[int, Rows]:
    """Forecasts of any windows, each by the plan's fit as of its beginning; rows by horizon.

    `spans` holds first and last position of each window in `inputs.sessions`, the first excluded.
    """
    needed = [one for start, _ in spans for one in fold_cuts(plan, start)[: plan.folds + 1]]
    fit_folds(inputs, plan, needed, memo, run)
    return {h: _forecasts(inputs, plan, spans, cut, h, memo, None) for h in plan.horizons}


def _forecasts(
    inputs: Inputs, plan: Plan, spans: Sequence[tuple[int, int]], cut: int, horizon: int, memo: Memo, like: Model | None
) -> Rows:
    shown = {name: like.of(horizon)[name] for name in Shown._fields} if like else {}
    walked = []
    for start, through in spans:
        model = showing(fit_core(inputs, plan, start, memo), horizon, **shown)
        walked.append((model, [walk(inputs, model, one, horizon, start, through, memo) for one in inputs.symbols]))
    return rows_of(inputs, walked, horizon, cut, memo)


def fit_core(inputs: Inputs, plan: Plan, cut: int, memo: Memo) -> Model:
    """The fit as of `cut`, whose folds are in `memo`, without the choice of what is shown."""
    if ("core", cut) in memo:
        found: Model = memo["core", cut]
        return found
    files: dict[str, bytes] = {}
    by_horizon: dict[str, Any] = {}
    for h in plan.horizons:
        fold: Fold = memo["fold", cut, h]
        files.update(fold.files)
        har = _fit_har(inputs, plan, cut, h) if recipes.load(plan.recipe).VOLATILITY == "har" else None
        cuts, pooled = _pooled(inputs, plan, cut, h)
        by_horizon[str(h)] = {
            "base_rate": fold.base_rate,
            "rows": fold.rows,
            "k": _fit_shrinkage(inputs, plan, cut, h, memo),
            "har": har,
            "class_cuts": cuts,
            "pooled_scores": pooled,
            "step": intervals.step_for(h),
            "direction": "base_rate",
            "price": "last_close",
            "states": {},
        }
    parameters = {
        "recipe": plan.recipe,
        "options": plan.effective_options(),
        "horizons": list(plan.horizons),
        "fleet": list(inputs.symbols),
        "benchmark": plan.benchmark,
        "families": list(plan.families),
        "extra": list(plan.extra),
        "features": list(inputs.names),
        "seed": plan.seed,
        "embargo": plan.embargo,
        "window_sessions": plan.window_sessions,
        "refit_sessions": plan.refit_sessions,
        "folds": plan.folds,
        "windows": plan.windows,
        "trained_through": int(inputs.sessions[cut]),
        "by_horizon": by_horizon,
    }
    model = Model(parameters, files)
    for h in plan.horizons:
        by_horizon[str(h)]["states"] = _states(inputs, model, cut, h)
    memo["core", cut] = model
    return model


def training_rows(inputs: Inputs, index: int, horizon: int, after: int, through: int, fewest: int) -> Places:
    """Rows of a symbol whose forecast session lies after one position and whose outcome was known at another.

    Both are positions in `inputs.sessions`; `fewest` bars must come before a row counts.
    """
    known = inputs.known_at(index, horizon) <= through
    chosen: Places = np.flatnonzero((inputs.place[index] > after) & known)
    return chosen[chosen >= fewest - 1]


def _ranges(inputs: Inputs, plan: Plan, cut: int) -> range_guard.Ranges:
    """Where the inputs of the training rows lay, at the shortest horizon, whose rows are the most."""
    after, through = cut - plan.window_sessions, cut - plan.embargo
    horizon, symbols = min(plan.horizons), range(len(inputs.symbols))
    rows = [training_rows(inputs, index, horizon, after, through, FEATURE_BARS) for index in symbols]
    return range_guard.ranges_of(inputs, rows)


def _fit_folds_at(inputs: Inputs, plan: Plan, cut: int, horizons: Sequence[int]) -> list[Fold]:
    pool = _pool(inputs, plan, cut)
    return [_fit_fold(inputs, plan, cut, h, pool) for h in horizons]


def _fit_fold(inputs: Inputs, plan: Plan, cut: int, horizon: int, pool: Pool | None) -> Fold:
    sample, ups = _sample(inputs, plan, cut, horizon, pool)
    base = shrinkage.base_rate(ups) if len(ups) else 0.5
    if sample is None:
        return Fold({}, base, len(ups))
    recipe = recipes.load(plan.recipe)
    made = recipe.fit(sample, horizon=horizon, seed=plan.seed + horizon, options=plan.effective_options())
    return Fold(made, base, len(sample.up))


def _rows_at(inputs: Inputs, plan: Plan, cut: int, horizon: int) -> list[Places]:
    """The purged training rows of each symbol at a cut."""
    uses_features = recipes.load(plan.recipe).USES_FEATURES
    fewest = FEATURE_BARS if uses_features else FEWEST_BARS
    after, through = cut - plan.window_sessions, cut - plan.embargo
    found = [training_rows(inputs, index, horizon, after, through, fewest) for index in range(len(inputs.symbols))]
    return [rows[rows >= first] for rows, first in zip(found, inputs.first, strict=True)] if uses_features else found


def _pool(inputs: Inputs, plan: Plan, cut: int) -> Pool | None:
    """The rows of a cut that any horizon fits on, those of the shortest, thinned; None for recipes without features."""
    if not recipes.load(plan.recipe).USES_FEATURES:
        return None
    rows = _rows_at(inputs, plan, cut, min(plan.horizons))
    ends = np.cumsum([len(own) for own in rows])
    total = int(ends[-1])
    chosen = np.arange(total) if total <= MOST_ROWS else np.linspace(0, total - 1, MOST_ROWS).astype(np.int64)
    begins = np.append(0, ends[:-1])
    thinned = [
        own[chosen[(chosen >= begin) & (chosen < end)] - begin]
        for own, begin, end in zip(rows, begins.tolist(), ends.tolist(), strict=True)
    ]
    wide = np.empty((len(inputs.names), len(chosen)), dtype=np.float32)
    done = 0
    for index, own in enumerate(thinned):
        wide[:, done : done + len(own)] = inputs.blocks[index][:, own - inputs.first[index]]
        done += len(own)
    return Pool(wide, tuple(thinned))


def _sample(
    inputs: Inputs, plan: Plan, cut: int, horizon: int, pool: Pool | None = None
) -> tuple[Sample | None, Floats]:
    """The purged training rows of a cut, and the ups of all rows that count for the base rate.

    `pool` are the cut's rows whatever the horizon, if they are at hand.
    """
    ups = _ups(inputs, horizon, _rows_at(inputs, plan, cut, horizon))
    pool = pool or _pool(inputs, plan, cut)
    if pool is None or not len(ups):
        return None, ups
    through = cut - plan.embargo
    known = [inputs.known_at(index, horizon)[own] <= through for index, own in enumerate(pool.places)]
    mine = [own[there] for own, there in zip(pool.places, known, strict=True)]
    owner = np.concatenate([np.full(len(own), index, dtype=np.int32) for index, own in enumerate(mine)])
    part = np.flatnonzero(np.concatenate(known))
    wide = pool.rows if len(part) == pool.rows.shape[1] else pool.rows[:, part]
    return Sample(inputs.names, inputs.symbols, wide, _ups(inputs, horizon, mine), owner, (pool, part)), ups


def _ups(inputs: Inputs, horizon: int, rows: Sequence[Places]) -> Floats:
    """Whether each symbol went up over the horizon from its rows on, one symbol after the other."""
    found = [inputs.forward(index, horizon)[own] > 0 for index, own in enumerate(rows)]
    return np.concatenate(found).astype(np.float64) if found else np.empty(0)


def _fit_shrinkage(inputs: Inputs, plan: Plan, cut: int, horizon: int, memo: Memo) -> float:
    """Fit k on the forecasts that earlier folds made for the sessions between their cut and the next."""
    odds, ups, bases = [], [], []
    recipe = recipes.load(plan.recipe)
    for begin, end in stretches(plan, cut, plan.folds):
        fold: Fold | None = memo.get(("fold", begin, horizon))
        if fold is None or not fold.files:
            continue
        for index, symbol in enumerate(inputs.symbols):
            rows = training_rows(inputs, index, horizon, begin, cut, FEATURE_BARS)
            rows = rows[inputs.place[index][rows] <= end]
            scorer = recipe.scorer(fold.files, horizon, symbol)
            if not len(rows) or scorer is None:
                continue
            odds.append(_log_odds(inputs, scorer, index, horizon, begin, rows, memo))
            ups.append((inputs.forward(index, horizon)[rows] > 0).astype(np.float64))
            bases.append(np.full(len(rows), fold.base_rate))
    if not odds:
        return 0.0
    return shrinkage.fit(np.concatenate(odds), np.concatenate(ups), np.concatenate(bases))


def _log_odds(
    inputs: Inputs, scorer: Scorer, index: int, horizon: int, begin: int, rows: Places, memo: Memo
) -> Floats:
    """What a fold says of a symbol's rows after it. Models of neighbouring cuts ask for much the same rows."""
    key = ("odds", begin, horizon, index)
    odds: Floats = memo.get(key, np.empty(0))  # of the first rows; those of a later cut begin alike and go on
    if len(rows) > len(odds):
        fresh = rows[len(odds) :] - inputs.first[index]
        odds = memo[key] = np.concatenate([odds, scorer(inputs.blocks[index][:, fresh])])
    return odds[: len(rows)]


def _fit_har(inputs: Inputs, plan: Plan, cut: int, horizon: int) -> list[float] | None:
    x, y = [], []
    for index, series in enumerate(inputs.fleet):
        rows = training_rows(
            inputs, index, horizon, cut - plan.window_sessions, cut - plan.embargo, volatility.HAR_LOOK_BACK + 1
        )
        if len(rows):
            x.append(inputs.har[index][:, rows])
            y.append(volatility.har_target(series, inputs.variance[index], horizon)[rows])
    return volatility.fit_har(x, y)


def _pooled(inputs: Inputs, plan: Plan, cut: int, horizon: int) -> tuple[list[float], list[float]]:
    """(class cuts of the training window, pooled grid of the newest scores), of returns over their EWMA volatility."""
    window, newest = [], []
    for index in range(len(inputs.symbols)):
        scaled = inputs.forward(index, horizon) / np.sqrt(inputs.variance[index] * horizon)
        rows = training_rows(
            inputs, index, horizon, cut - plan.window_sessions, cut - plan.embargo, volatility.EWMA_SPAN + 1
        )
        window.append(scaled[rows])
        rows = training_rows(inputs, index, horizon, cut - intervals.SCORES, cut, volatility.EWMA_SPAN + 1)
        newest.append(scaled[rows])
    every, recent = np.concatenate(window), np.concatenate(newest)
    if len(every) < intervals.FEWEST_SCORES or len(recent) < intervals.FEWEST_SCORES:
        # Too young a fleet for quantiles of its own: the normal distribution answers until there are some.
        normal = _normal_grid()
        return returns.class_cuts(normal), normal.tolist()
    return returns.class_cuts(every), intervals.grid_of(recent).tolist()


def _normal_grid() -> Floats:
    from statistics import NormalDist

    levels = (np.arange(intervals.SCORES) + 0.5) / intervals.SCORES
    return np.array([NormalDist().inv_cdf(float(level)) for level in levels])


def _states(inputs: Inputs, model: Model, cut: int, horizon: int) -> dict[str, dict[str, list[float]]]:
    """The miss shares of each symbol's last `horizon` origins, after a burn-in over the past."""
    states = {}
    for index, symbol in enumerate(inputs.symbols):
        last = int(np.searchsorted(inputs.place[index], cut, side="right")) - 1
        first = max(last - BURN_IN + 1, FEWEST_BARS - 1)
        if last - first + 1 < FEWEST_STATE_ROWS:
            continue
        origins = np.arange(first, last + 1)
        _, issued, grid = scores(inputs, model, index, horizon, origins)
        start = {name: [share] * horizon for name, share in intervals.NOMINAL.items()}
        levels = intervals.adapt(grid, issued, origins, horizon, start, model.of(horizon)["step"])
        states[symbol] = {"80": levels.miss80[-horizon:].tolist(), "90": levels.miss90[-horizon:].tolist()}
    return states


def _has_edge(rows: Rows) -> bool:
    symbols = len(np.unique(rows.symbol_id))
    found = direction.judge(rows.model_up, rows.base_rate, rows.up, rows.session, symbols, rows.horizon)
    return found.verdict == "better"


def _median_wins(rows: Rows) -> bool:
    """Whether the median forecast beat the last close significantly."""
    model = metrics.price_losses(rows.price_log_return, rows.realised)
    naive = metrics.price_losses(np.zeros(len(rows)), rows.realised)
    t, _, dates = significance.diebold_mariano(model, naive, rows.session, rows.horizon)
    return t is not None and dates >= MINIMUM_DATES and t > BETTER_T


def walk(inputs: Inputs, model: Model, symbol: str, horizon: int, after: int, through: int, memo: Memo) -> Path:
    """The forecasts of a model at the sessions after one position up to another; remembered in `memo`.

    Where the memo holds inputs as of a later session (`AHEAD`), as many sessions are forecast at once as any training
    asks of a fold: none of them depends on a later one.
    """
    key = ("walk", after, model.parameters["trained_through"], symbol, horizon)
    through = min(through, len(inputs.sessions) - 1)
    reached, path = memo.get(key, (-1, None))
    if reached < through:
        seen: Inputs = memo.get(AHEAD, inputs)
        reach = model.parameters["refit_sessions"] + FOLD_STEP
        reached = through if seen is inputs else max(through, min(after + reach, len(seen.sessions) - 1))
        path = forecast(seen, model, symbol, horizon, int(seen.sessions[after]) + 1, int(seen.sessions[reached]))
        memo[key] = reached, path
    found: Path = path if reached == through else through_session(path, int(inputs.sessions[through]))
    return replace(found, shown=shown_by(model.of(horizon)))


def forget(memo: Memo, before: int) -> None:
    """Drop the fits and forecasts of cuts before a position; what is made of later cuts does not need them."""
    for key in [key for key in memo if key[1] < before]:
        del memo[key]
