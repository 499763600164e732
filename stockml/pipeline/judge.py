"""Gathers what the gate must know of one symbol's candidate, and lets it decide."""

from __future__ import annotations

from typing import Any

from stockml import files, gate, training
from stockml.clock import age_days
from stockml.errors import ModelError, StockmlError
from stockml.evaluation import paired
from stockml.models.inputs import Inputs
from stockml.pipeline import steps
from stockml.pipeline.batch import Batch
from stockml.store import pointers, versions
from stockml.training import Plan


def facts_of(batch: Batch, symbol: str) -> gate.Facts:
    """Everything the gate is told of a candidate, taking for granted that it will load."""
    champion, parameters = _champion(batch, symbol)
    return gate.Facts(
        symbols=batch.symbols,
        dates=batch.dates,
        pooled=batch.pooled,
        symbol=batch.by_symbol[symbol],
        loads=True,
        champion=champion,
        rivalry=_rivalry(batch, parameters) if champion in ("standing", "expired") else None,
        quick=batch.quick,
        audit=batch.audit["verdict"] if batch.audit else "",
        audit_detail=batch.audit["detail"] if batch.audit else "",
    )


def decide(batch: Batch, facts: gate.Facts) -> gate.Decision:
    """The gate's decision, or a person's over it: `quick-train --promote`, `train --force --reason`."""
    decision = gate.decide(facts, batch.env.config.gate)
    if batch.quick and batch.promote and decision.result != "fail":
        return gate.forced(decision, "promoted by request (--promote)")
    if batch.force_reason and facts.loads and not decision.deploy:
        return gate.forced(decision, batch.force_reason)
    return decision


def _champion(batch: Batch, symbol: str) -> tuple[gate.Champion, dict[str, Any]]:
    """(what stands in service, the parameters of its version)."""
    env = batch.env
    live = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
    if live is None:
        return "none", {}
    version = str(live["champion"])
    try:
        model, is_quick = batch.open(symbol, version)
    except ModelError:
        return "vanished", {}  # `status` and `predict` tell what is wrong with it
    if is_quick:
        return "quick", model.parameters
    age = age_days(versions.made_at(version), env.clock.now())
    return ("expired" if age > env.config.expire_days else "standing"), model.parameters


def _rivalry(batch: Batch, parameters: dict[str, Any]) -> gate.Rivalry | None:
    """The paired comparison with a champion's recipe, made once for all symbols that share it.

    Neither model may have seen the sessions they are compared on. A champion that is in service was trained on
    most of them, so its recipe is fitted anew as of each window's beginning, as the candidate's was.
    """
    try:
        plan = training.plan_from(parameters)
        wanted = files.canonical_json(plan.as_fitted())
        if wanted == files.canonical_json(batch.plan.as_fitted()):
            return gate.Rivalry(same=True)
        if wanted not in batch.rivalries:
            batch.rivalries[wanted] = _compare(batch, plan)
        return batch.rivalries[wanted]
    except (StockmlError, KeyError, TypeError):
        return None  # a recipe, an option or an indicator of another time: the gate says so


def _compare(batch: Batch, plan: Plan) -> gate.Rivalry:
    windows = training.windows(batch.plan, batch.cut)
    rows = training.forecasts(_inputs_for(batch, plan), plan, windows, batch.cut, {}, batch.runner)
    found = paired.compare(batch.rows, rows)
    return gate.Rivalry(False, found.symbols, found.dates, found.direction.t, found.interval.t)


def _inputs_for(batch: Batch, plan: Plan) -> Inputs:
    """The same bars seen through another plan's features."""
    mine = batch.plan
    if (plan.families, plan.extra, plan.benchmark) == (mine.families, mine.extra, mine.benchmark):
        return batch.inputs
    return steps.inputs_of(
        batch.env, batch.series, batch.inputs.symbols, plan.benchmark, plan.families, plan.extra
    )
