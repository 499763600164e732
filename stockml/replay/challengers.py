"""Challengers that must not get through: one that knows the future, one that was fitted without restraint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from stockml import training
from stockml.audit import planted, procedure
from stockml.bars.series import Series
from stockml.environment import Environment
from stockml.models import recipes
from stockml.models.inputs import Inputs
from stockml.pipeline.batch import Fitted
from stockml.pipeline.memory import Kept, Nothing
from stockml.replay.trouble import LeakingChallenger, OverfitChallenger
from stockml.training import Memo, Plan

SEED = 7
# Trees without restraint, shown as they come: what a careless person deploys (benchmarks/gate_errors.py).
OVERFIT: dict[str, Any] = {
    "rounds": 300, "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 20, "feature_fraction": 1.0,
    "bagging_fraction": 1.0, "lambda_l2": 0.0, "max_bin": 255, "strength": 1e3,
}  # fmt: skip


@dataclass(frozen=True)
class Leaking(Nothing):
    """What a training has at hand: one feature of the inputs is the next return in some noise."""

    plan: Plan
    strength: float

    def inputs(
        self, series: Mapping[str, Series], fleet: tuple[str, ...], benchmark: str | None, families: tuple[str, ...],
        extra: tuple[dict[str, Any], ...], since: int | None = None,
    ) -> Inputs:  # fmt: skip
        sabotaged = planted.future_price(procedure.real(), self.strength, SEED)
        return sabotaged.build(series, fleet, replace(self.plan, benchmark=benchmark, families=families, extra=extra))

@dataclass(frozen=True)
class Overfit(Nothing):
    """What a training has at hand: what is fitted is not shrunk to the base rate."""

    honest: Kept

    def inputs(self, *asked: Any) -> Inputs:
        return self.honest.inputs(*asked)

    def fitted(self, inputs: Inputs, plan: Plan, make: Callable[[Memo], Fitted]) -> Fitted:
        memo: Memo = {}
        now = len(inputs.sessions) - 1
        training.fit_folds(inputs, plan, training.fold_cuts(plan, now), memo)
        for place in (now, *(start for start, _ in training.windows(plan, now))):
            model = training.fit_core(inputs, plan, place, memo)
            for h in plan.horizons:
                model = training.showing(model, h, k=1.0)
            memo["core", place] = model
        return make(memo)


def environment(env: Environment, one: LeakingChallenger | OverfitChallenger) -> Environment:
    """The environment in which one training goes wrong."""
    from stockml.pipeline import steps

    if isinstance(one, LeakingChallenger):
        return env.with_kept(Leaking(steps.plan_of(env), one.strength))
    known = recipes.load(env.config.model.recipe).OPTIONS
    options = {key: value for key, value in OVERFIT.items() if key in known}
    careless = replace(env.config, model=replace(env.config.model, options={**env.config.model.options, **options}))
    return env.with_kept(Overfit(env.kept), careless)
