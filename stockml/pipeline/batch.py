"""One fit of the fleet and what is known of it, from which every symbol's version is made and judged."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stockml import files, gate, importance, logbook, training
from stockml.bars.series import Series
from stockml.config.load import effective_hash
from stockml.environment import Environment
from stockml.evaluation import blocks
from stockml.evaluation.rows import Rows
from stockml.execution import threads
from stockml.gate import Blocks
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.pipeline import audit, memory, steps
from stockml.pipeline import tune as tuning
from stockml.store import golden
from stockml.store.golden import Opened
from stockml.training import Memo, Plan, Runner


class Fitted(NamedTuple):
    """A model with what was measured of it, all of it a function of the inputs and the plan.

    `pooled` holds a block of figures by horizon, `by_symbol` the same of each symbol alone.
    """

    model: Model
    rows: dict[int, Rows]
    pooled: Blocks
    by_symbol: dict[str, Blocks]
    importance: dict[str, Any]


@dataclass(frozen=True)
class Batch:
    """The fit, its held-out forecasts with their figures, and what was done with it already.

    `written` remembers files by sha256, `checked` the versions of each symbol that were read and found sound,
    `rivalries` the comparisons with champions' recipes.
    """

    env: Environment
    run: str
    plan: Plan
    series: Mapping[str, Series]
    inputs: Inputs
    model: Model
    rows: dict[int, Rows]
    pooled: Blocks
    by_symbol: dict[str, Blocks]
    dates: int
    runner: Runner
    quick: bool = False
    promote: bool = False
    force_reason: str = ""
    written: dict[str, Path] = field(default_factory=dict)
    checked: dict[str, set[str]] = field(default_factory=dict)
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

    @functools.cached_property
    def parameters(self) -> bytes:
        """The content of every version's parameters."""
        return files.canonical_json(self.model.parameters) + b"\n"

    @functools.cached_property
    def config_sha256(self) -> str:
        return effective_hash(self.env.config)

    def open(self, symbol: str, version: str) -> Opened:
        """A version read, checked and loaded, and remembered as `checked`. Raises `ModelError`."""
        found = golden.opened(self.env.workspace, symbol, version, self.env.kept)
        self.checked.setdefault(symbol, set()).add(version)
        return found


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
    asked["importance"] = made.importance
    known = (made.model, made.rows, made.pooled, made.by_symbol, dates)
    return Batch(env, events.run, plan, series, inputs, *known, quiet, **asked)


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
    pooled = {h: blocks.block(one) for h, one in rows.items()}
    by_symbol = {
        symbol: {h: blocks.block(one.where(one.symbol_id == index)) for h, one in rows.items()}
        for index, symbol in enumerate(inputs.symbols)
    }
    return Fitted(model, rows, pooled, by_symbol, leans)


def _told(events: logbook.Events) -> Callable[[int, int], None]:
    def done(finished: int, total: int) -> None:
        events.stage("train", finished / total, f"fit {finished} of {total}")

    return done


def _searched(events: logbook.Events) -> Callable[[int, int], None]:
    def done(finished: int, total: int) -> None:
        events.stage("train", 0.0, f"tuning: {finished} of {total}")

    return done
