"""Tuning: the search inside the folds, every candidate counted, and what becomes of the options."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stockml import files
from stockml.clock import from_day
from stockml.config import edit
from stockml.environment import Environment
from stockml.errors import DataError
from stockml.evaluation import metrics, selection
from stockml.execution import threads
from stockml.ledger import facts
from stockml.models.inputs import Inputs
from stockml.pace import Tell, silent
from stockml.pipeline import steps
from stockml.training import Memo, Plan, Runner
from stockml.tuning import choice, search
from stockml.tuning.search import Candidate, Found, Progress


@dataclass(frozen=True)
class Tuned:
    """The options to train with (the configured ones unless others are credibly better), and the account of it.

    `memo` holds the folds already fitted with these options: given to `training.fit`, they are not fitted again.
    """

    recipe: str
    options: dict[str, Any]
    accepted: bool
    account: dict[str, Any]
    memo: Memo = field(default_factory=dict, repr=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        """For the manifest and the command; nothing in it depends on time, unless the time limit was reached."""
        return {**self.account, "recipe": self.recipe, "accepted": self.accepted, "options": self.options}


def tune(
    env: Environment,
    plan: Plan,
    inputs: Inputs,
    trials: int,
    time_limit_s: float | None,
    run: Runner,
    progress: Progress | None = None,
) -> Tuned:
    """Search among `trials` candidates as of the newest session of the inputs, and count each for every symbol.

    Those begun are counted even if the search is interrupted.
    """
    cut, begun = len(inputs.sessions) - 1, list[dict[str, Any]]()
    try:
        found = search.search(
            inputs, plan, cut, trials, time_limit_s=time_limit_s, run=run, note=begun.append, progress=progress
        )
    finally:
        facts.count_trials(env.ledger, inputs.symbols, _hashes(plan, inputs, begun), env.clock)
    chosen = choice.choose(found)
    kept = chosen.chosen
    account = {
        "trials": trials, "tried": found.tried, "reason": chosen.reason, "t": _finite(chosen.t),
        "critical_t": chosen.needed if found.tried > 1 else None, "sessions": chosen.dates,
        "through": from_day(inputs.sessions[found.ladder.through]).isoformat() if found.tried else None,
        "folds": len(found.ladder.begins), "limit_reached": found.late,
        "best": _differing(chosen.best, plan) if chosen.best else None,
        "candidates": [_told(one, plan, found) for one in found.last], "pbo": selection.pbo(choice.gain_table(found)),
    }  # fmt: skip
    options = dict(kept.plan.options) if kept else dict(plan.options)
    return Tuned(plan.recipe, options, chosen.accepted, account, kept.memo if kept else {})


def tune_fleet(
    env: Environment, trials: int, time_limit_s: float | None, *, recipe: str | None = None, jobs: int | None = None,
    tell: Tell = silent,
) -> tuple[Tuned, list[str]]:  # fmt: skip
    """Bars up to the clock, features, search; (what came of it, warnings). Raises `DataError` without bars."""
    steps.collect(env, tell)
    plan = steps.plan_of(env, recipe=recipe)
    inputs = steps.build_inputs(env, plan, steps.read_fleet(env))
    if not len(inputs.sessions):
        raise DataError("there are no bars to tune on", hint="run 'stockml data fetch'")
    run = functools.partial(threads.run, jobs=jobs or env.config.execution.jobs)

    def tried(done: int, total: int) -> None:
        tell("tune", done, total, "")

    return tune(env, plan, inputs, trials, time_limit_s, run, tried), steps.benchmark_warning(env, inputs)


def save(env: Environment, tuned: Tuned) -> None:
    """Write the options into the configuration, as `stockml config set model.options` would."""
    edit.put(env.workspace, "model.options", files.canonical_json(tuned.options).decode())


def _hashes(plan: Plan, inputs: Inputs, begun: list[dict[str, Any]]) -> list[str]:
    """What tells candidates apart in the ledger: plan with options, fleet, and the bars they were fitted to."""
    digest = hashlib.sha256()
    for series in inputs.fleet:
        for name in ("session", "open", "high", "low", "close", "volume"):
            digest.update(np.ascontiguousarray(getattr(series, name)).tobytes())
    known = {"what": "tuning", "symbols": inputs.symbols, "bars": digest.hexdigest(), "cut": int(inputs.sessions[-1])}
    plans = [dataclasses.asdict(dataclasses.replace(plan, options=options)) for options in begun]
    return [hashlib.sha256(files.canonical_json({**known, "plan": one})).hexdigest() for one in plans]


def _told(one: Candidate, plan: Plan, found: Found) -> dict[str, Any]:
    """A candidate of the last rung: what differs from the configured options, its score, its t against them."""
    configured = next((other for other in found.last if other.number == 0), None)
    t = choice.against(one, configured).t if configured is not None and one.number else None
    return {
        "configured": one.number == 0,
        "options": _differing(one, plan),
        "score": metrics.number(one.score),
        "t": _finite(t),
    }


def _differing(one: Candidate, plan: Plan) -> dict[str, Any]:
    usual = plan.effective_options()
    return {name: value for name, value in one.plan.effective_options().items() if value != usual[name]}


def _finite(value: float | None) -> float | None:
    return None if value is None else metrics.number(value)
