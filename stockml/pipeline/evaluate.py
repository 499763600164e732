"""Evaluation: the training procedure walked over history, every forecast beside its outcome; and the live record."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from stockml import importance, training
from stockml.clock import from_day
from stockml.environment import Environment
from stockml.errors import DataError
from stockml.evaluation import blocks, refits
from stockml.evaluation.backtest import backtest
from stockml.evaluation.rows import Rows
from stockml.evidence import BACKTEST_COST_BP
from stockml.execution import threads
from stockml.ledger import facts
from stockml.models.inputs import Inputs
from stockml.pace import Tell, silent
from stockml.pipeline import record, steps, walkforward
from stockml.training import Memo


def evaluate(
    env: Environment, symbols: Sequence[str], first: int | None, last: int | None, *,
    recipe: str | None = None, jobs: int | None = None, policies: Sequence[str] = (walkforward.WINDOW,),
    cost_bp: float = BACKTEST_COST_BP, tell: Tell = silent,
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """Walk forward over a span (days), refitting on the way; (the figures of the contract, warnings).

    The first of `policies` (`walkforward.spacing`) gives the figures; with several they are compared in `refits`.
    `cost_bp` is what the back-test pays, in basis points one way. The span bounds the live record only as far as
    it is given.
    """
    plan = steps.plan_of(env, recipe=recipe)
    spacings = {one: walkforward.spacing(one, plan) for one in policies}
    steps.collect(env, tell)
    inputs = steps.build_inputs(env, plan, steps.read_fleet(env))
    begin, end = _span(inputs, first, last)
    schedules = {one: walkforward.cuts_between(begin, end, every, plan) for one, every in spacings.items()}
    run = functools.partial(threads.run, jobs=jobs or env.config.execution.jobs)
    memo: Memo = {}

    def refitted(done: int, total: int) -> None:
        tell("refit", done, total, "")

    walked = walkforward.walk_all(inputs, plan, list(schedules.values()), end, run, refitted, memo)
    chosen = list(symbols) or list(inputs.symbols)
    rows = [{h: _of(one, inputs, chosen) for h, one in by_horizon.items()} for by_horizon in walked]
    trials = max((facts.trials(env.ledger, symbol, env.clock) for symbol in env.config.symbols), default=0)
    span = (from_day(inputs.sessions[begin + 1]).isoformat(), from_day(inputs.sessions[end]).isoformat())
    result = blocks.report(rows[0], inputs.symbols, span, trials)
    policy, cuts = next(iter(schedules.items()))
    result["refit"] = {"policy": policy, "fits": len(cuts)}
    if len(schedules) > 1:
        fits = [len(cuts) for cuts in schedules.values()]
        result["refits"] = refits.compare(dict(zip(schedules, zip(fits, rows, strict=True), strict=True)))
    last_cut = max(cut for schedule in schedules.values() for cut in schedule)
    result["importance"] = {str(h): importance.measure(inputs, plan, last_cut, memo, h) for h in plan.horizons}
    result["backtest"] = backtest(rows[0][1], trials, cost_bp) if 1 in rows[0] else None
    result["live"] = record.live(env, inputs, chosen, first, last)
    return result, steps.benchmark_warning(env, inputs)


def _span(inputs: Inputs, first: int | None, last: int | None) -> tuple[int, int]:
    """The position before the first session judged, and of the last. Raises `DataError` if there is none."""
    if not len(inputs.sessions):
        raise DataError("there are no bars to evaluate on", hint="run 'stockml data fetch'")
    newest = len(inputs.sessions) - 1
    end = newest if last is None else int(np.searchsorted(inputs.sessions, last, side="right")) - 1
    begin = end - 8 * training.SESSIONS_A_YEAR if first is None else int(np.searchsorted(inputs.sessions, first)) - 1
    begin = max(begin, 0)
    if end <= begin:
        raise DataError("the span holds no session with bars", hint="choose another --from and --to")
    return begin, end


def _of(rows: Rows, inputs: Inputs, symbols: Sequence[str]) -> Rows:
    if len(symbols) == len(inputs.symbols):
        return rows
    return rows.where(np.isin(rows.symbol_id, [inputs.symbols.index(symbol) for symbol in symbols]))
