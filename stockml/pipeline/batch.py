"""One fit of the fleet and what is known of it, from which every symbol's version is made and judged."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stockml import gate, importance, logbook, training
from stockml.bars.series import Series
from stockml.environment import Environment
from stockml.evaluation import blocks
from stockml.evaluation.rows import Rows
from stockml.execution import threads
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.pipeline import audit, memory, steps
from stockml.pipeline import tune as tuning
from stockml.training import Memo, Plan, Runner


class Fitted(NamedTuple):
    """A model with what was measured of it, all of it a function of the inputs and the plan."""

    model: Model
    rows: dict[int, Rows]
    pooled: dict[int, dict[str, Any]]
    importance: dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """The fit, its held-out forecasts with their figures, and what comparisons with champions were made already."""

    env: Environment
    run: str
    plan: Plan
    series: Mapping[str, Series]
    inputs: Inputs
    model: Model
    rows: dict[int, Rows]
    pooled: dict[int, dict[str, Any]]
    dates: int
    runner: Runner
    quick: bool = False
    promote: bool = False
    force_reason: str = ""
    written: dict[str, Path] = field(default_factory=dict)
    importance: dict[str, Any] = field(default_factory=dict)
    tuning: dict[str, Any] | None = None
    audit: dict[str, Any] | None = None
    rivalries: dict[bytes, gate.Rivalry | None] = field(default_factory=dict)

    @property
    def cut(self) -> int:
        """The position of the newest session, through which the model was trained."""
        return len(self.inputs.sessions) - 1

    @property
    def symbols(self) -> int:
        """How many symbols have held-out forecasts."""
        return len(np.unique(next(iter(self.rows.values())).symbol_id))


def fit(
    env: Environment, plan: Plan, series: dict[str, Series], events: logbook.Events, jobs: int, tune: int = 0,
    **asked: Any,
) -> Batch:  # fmt: skip
    """Features, fits and held-out figures of the whole fleet. `asked` are the switches of `Batch`.

    With `tune`, that many candidates compete for the recipe's options first, on sessions before the held-out ones.
    """
    events.stage("features", 0.0, f"features of {len(series)} symbols")
    inputs = steps.build_inputs(env, plan, series)
    events.stage("train", 0.0, f"recipe {plan.recipe}, {len(inputs.names)} features")
    quiet = functools.partial(threads.run, jobs=jobs)
    memo: Memo = {}
    if tune:
        tuned = tuning.tune(env, plan, inputs, tune, None, quiet, _searched(events))
        plan, memo = dataclasses.replace(plan, options=tuned.options), tuned.memo
        asked["tuning"] = tuned.as_json()
    runner = functools.partial(threads.run, jobs=jobs, done=_told(events))

    def make(known: Memo) -> Fitted:
        return fitted(inputs, plan, known, runner, events)

    made = make(memo) if tune else memory.of(env).fitted(inputs, plan, make)
    dates = max(len(np.unique(one.session)) for one in made.rows.values())
    if not asked.get("quick"):
        asked["audit"] = audit.ensure(env, plan, series, events)
    pooled, asked["importance"] = made.pooled, made.importance
    return Batch(env, events.run, plan, series, inputs, made.model, made.rows, pooled, dates, quiet, **asked)


def fitted(
    inputs: Inputs, plan: Plan, memo: Memo, runner: Runner = training.one_by_one, events: logbook.Events | None = None
) -> Fitted:
    """What follows from inputs and plan alone: the model, its held-out forecasts and figures, what it leans on."""
    cut = len(inputs.sessions) - 1
    model = training.fit(inputs, plan, cut, memo, runner)
    if events:
        events.stage("validate", 0.0, "forecasts of sessions the fit had not seen")
    rows = {h: training.held_out(inputs, plan, cut, h, memo, like=model) for h in plan.horizons}
    leans = {str(h): importance.measure(inputs, plan, cut, memo, h) for h in plan.horizons}
    return Fitted(model, rows, {h: blocks.block(one) for h, one in rows.items()}, leans)


def _told(events: logbook.Events) -> Callable[[int, int], None]:
    def done(finished: int, total: int) -> None:
        events.stage("train", finished / total, f"fit {finished} of {total}")

    return done


def _searched(events: logbook.Events) -> Callable[[int, int], None]:
    def done(finished: int, total: int) -> None:
        events.stage("train", 0.0, f"tuning: {finished} of {total}")

    return done
