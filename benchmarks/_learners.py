"""The direction learners that the tables compare, each fitted at the cuts of the walk on the purged training rows."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from _walked import JOBS, Piece, Walked, gathered

from stockml import training
from stockml.arrays import Floats
from stockml.execution import threads
from stockml.models import boosting, logistic, recipes
from stockml.models.forecast import FEATURE_BARS
from stockml.models.inputs import Inputs
from stockml.models.recipe import Scorer

FEWEST_ROWS = 500
# What LightGBM does when it is told nothing.
DEFAULT_TREES = {
    "rounds": 100, "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 20, "feature_fraction": 1.0,
    "bagging_fraction": 1.0, "lambda_l2": 0.0, "max_bin": 255,
}  # fmt: skip

Files = Mapping[str, bytes]
Find = Callable[[Files, int, str], Scorer | None]


@dataclass(frozen=True)
class Learner:
    """Fits by (cut, horizon), and how to score with them."""

    name: str
    files: Mapping[tuple[int, int], Files]
    find: Find

    def odds(self, walked: Walked, horizon: int, piece: Piece, base: float) -> Floats:
        """Raw log-odds of up of a piece's rows; the base rate's where there is no fit or too little history."""
        found = self.find(self.files.get((piece.cut, horizon), {}), horizon, piece.symbol)
        out = np.full(len(piece.rows), np.log(base / (1.0 - base)))
        usable = piece.rows + 1 >= FEATURE_BARS
        if found is not None and usable.any():
            block, first = walked.inputs.blocks[piece.index], walked.inputs.first[piece.index]
            out[usable] = found(block[:, piece.rows[usable] - first])
        return out

    def all_odds(self, walked: Walked, horizon: int) -> Floats:
        return gathered(
            walked, horizon, lambda piece: self.odds(walked, horizon, piece, piece.model.of(horizon)["base_rate"])
        )


def learners(walked: Walked) -> list[Learner]:
    """Every learner of the direction table; the pooled ones are the halves of the product's own fits."""
    product = ensemble(walked)
    trees = _fitted(walked, replace(walked.plan, recipe="per_symbol", options={}), walked.inputs)
    return [
        Learner("logit per symbol", _regressions(walked), _own_regression),
        Learner("trees per symbol", trees, recipes.load("per_symbol").scorer),
        Learner("logit pooled", product.files, _regression),
        Learner("trees pooled", product.files, _trees),
        product,
    ]


def ensemble(walked: Walked) -> Learner:
    """The product's direction model before shrinkage."""
    pooled = {(key[1], key[2]): fold.files for key, fold in walked.memo.items() if key[0] == "fold"}
    return Learner("ensemble, raw", pooled, recipes.load(walked.plan.recipe).scorer)


def default_trees(walked: Walked, symbols: int) -> Learner:
    """LightGBM's defaults for each of the first symbols alone: the usual design, as a bad example."""
    plan = replace(walked.plan, recipe="per_symbol", options=DEFAULT_TREES)
    files = _fitted(walked, plan, narrowed(walked.inputs, symbols))
    return Learner("default trees per symbol", files, recipes.load("per_symbol").scorer)


def narrowed(inputs: Inputs, count: int) -> Inputs:
    """The same inputs with the first symbols only."""
    per_symbol = ("symbols", "fleet", "place", "variance", "har", "blocks", "first")
    return replace(inputs, **{name: getattr(inputs, name)[:count] for name in per_symbol})


def _fitted(walked: Walked, plan: training.Plan, inputs: Inputs) -> dict[tuple[int, int], Files]:
    memo: training.Memo = {}
    training.fit_folds(inputs, plan, walked.cuts, memo, functools.partial(threads.run, jobs=JOBS))
    return {(cut, horizon): fold.files for (_, cut, horizon), fold in memo.items()}


def _regressions(walked: Walked) -> dict[tuple[int, int], Files]:
    asked = [(cut, horizon) for cut in walked.cuts for horizon in walked.plan.horizons]
    made = threads.run([functools.partial(_regressions_at, walked, *one) for one in asked], JOBS)
    return dict(zip(asked, made, strict=True))


def _regressions_at(walked: Walked, cut: int, horizon: int) -> Files:
    sample, _ = training._sample(walked.inputs, walked.plan, cut, horizon)
    strength = walked.plan.effective_options()["strength"]
    made = {}
    for index, symbol in enumerate(sample.symbols if sample else ()):
        own = sample.symbol == index
        up = sample.up[own]
        if len(up) >= FEWEST_ROWS and 0 < up.mean() < 1:
            made[symbol] = logistic.fit(sample.rows[:, own], up, strength=strength)
    return made


def _own_regression(files: Files, horizon: int, symbol: str) -> Scorer | None:
    return logistic.Logistic(files[symbol]).log_odds if symbol in files else None


def _regression(files: Files, horizon: int, symbol: str) -> Scorer | None:
    name = f"direction-{horizon}.logit.json"
    return logistic.parse(files[name]).log_odds if name in files else None


def _trees(files: Files, horizon: int, symbol: str) -> Scorer | None:
    name = f"direction-{horizon}.lgb.txt"
    return boosting.parse(files[name]).log_odds if name in files else None
