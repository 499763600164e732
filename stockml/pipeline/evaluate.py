"""Evaluation: the training procedure walked over history, every forecast beside its outcome."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from stockml import training
from stockml.clock import from_day
from stockml.environment import Environment
from stockml.errors import DataError
from stockml.evaluation import blocks
from stockml.execution import threads
from stockml.ledger import facts
from stockml.pipeline import steps, walkforward


def evaluate(
    env: Environment, symbols: Sequence[str], first: int | None, last: int | None, *,
    recipe: str | None = None, jobs: int | None = None, progress: Any = None,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """Walk forward over a span (days), refitting on the way; (the figures of the contract, warnings)."""
    steps.collect(env)
    plan = steps.plan_of(env, recipe=recipe)
    inputs = steps.build_inputs(env, plan, steps.read_fleet(env))
    if not len(inputs.sessions):
        raise DataError("there are no bars to evaluate on", hint="run 'stockml data fetch'")
    newest = len(inputs.sessions) - 1
    end = newest if last is None else int(np.searchsorted(inputs.sessions, last, side="right")) - 1
    begin = end - 8 * training.SESSIONS_A_YEAR if first is None else int(np.searchsorted(inputs.sessions, first)) - 1
    begin = max(begin, 0)
    if end <= begin:
        raise DataError("the span holds no session with bars", hint="choose another --from and --to")
    cuts = list(range(begin, end, plan.refit_sessions))
    run = functools.partial(threads.run, jobs=jobs or env.config.execution.jobs)
    rows = walkforward.walk(inputs, plan, cuts, end, run, progress)
    if symbols:
        chosen = np.array([inputs.symbols.index(symbol) for symbol in symbols])
        rows = {h: one.where(np.isin(one.symbol_id, chosen)) for h, one in rows.items()}
    trials = max((facts.trials(env.ledger, symbol, env.clock) for symbol in env.config.symbols), default=0)
    span = (from_day(inputs.sessions[begin + 1]).isoformat(), from_day(inputs.sessions[end]).isoformat())
    return blocks.report(rows, inputs.symbols, span, trials), steps.benchmark_warning(env, inputs)
