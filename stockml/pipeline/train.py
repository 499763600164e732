"""Training: bars, features, fits, figures, gate, version, pointer. One symbol's failure stops no other."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator, Sequence
from typing import Any

from stockml import files, gate, logbook, space
from stockml.bars import update
from stockml.bars.series import Series
from stockml.config import fitted
from stockml.environment import Environment
from stockml.errors import DataError, ModelError, StockmlError
from stockml.ledger import facts
from stockml.models.forecast import FEWEST_BARS
from stockml.pipeline import batch as batch_room
from stockml.pipeline import judge, publication, safekeeping, steps
from stockml.pipeline.batch import Batch
from stockml.store import pointers, sizes


def train(
    env: Environment,
    wanted: dict[str, list[str]],
    events: logbook.Events,
    *,
    recipe: str | None = None,
    quick: bool = False,
    promote: bool = False,
    force_reason: str = "",
    tune: int = 0,
    jobs: int | None = None,
) -> dict[str, Any]:
    """Train, judge and publish a version for each wanted symbol; deploy those that pass.

    With `tune`, so many sets of options compete first. With `force_reason`, what the gate refuses is deployed too,
    which is recorded with that reason.

    Returns {"symbols", "errors", "warnings", "source_is_down"}. One symbol's failure stops no other. Raises
    `WorkspaceError` before anything is begun if the disk has no room for the new versions.
    """
    needed = sizes.expected(env.workspace, list(wanted))
    space.require(env.workspace.models, needed, "training", env.config.cleanup.reserve_mb)
    plan = steps.plan_of(env, recipe=recipe, quick=quick)
    out: list[dict[str, Any]] = []
    errors: list[StockmlError] = []
    events.stage("collect", 0.0, pid=os.getpid(), **size_of(env, wanted, quick=quick, tune=tune))
    outcomes = steps.collect(env, lambda stage, done, total, about: events.stage(stage, done / total, symbol=about))
    series = steps.read_fleet(env)
    with contextlib.ExitStack() as held:
        ready = []
        for symbol in wanted:
            problem = steps.old_reason(env, symbol, series.get(symbol)) or _too_short(series.get(symbol))
            try:
                if problem:
                    raise _data_error(symbol, problem, outcomes, "stale_data")
                if unsound := steps.unhealthy_reason(env, symbol):
                    raise _data_error(symbol, unsound, outcomes, "unhealthy_data")
                held.enter_context(lock(env, symbol))
                ready.append(symbol)
            except StockmlError as error:
                errors.append(error)
                out.append(_untrained(symbol, wanted[symbol], error))
        warnings = steps.common_causes(env)
        if ready:
            asked = {"quick": quick, "promote": promote, "force_reason": force_reason}
            batch = batch_room.fit(env, plan, series, events, jobs or env.config.execution.jobs, tune, **asked)
            warnings += steps.benchmark_warning(env, batch.inputs)
            events.stage("deploy", 0.0)
        guard = safekeeping.Guard(env)
        for number, symbol in enumerate(ready, start=1):
            try:
                out.append(_deploy(batch, symbol, wanted[symbol], guard))
            except StockmlError as error:
                errors.append(error)
                out.append(_untrained(symbol, wanted[symbol], error))
            last = out[-1]
            events.stage("deploy", number / len(ready), last["reasons"][0], symbol, promoted=last["promoted"])
    warnings += guard.warnings
    order = list(wanted)
    out.sort(key=lambda one: order.index(one["symbol"]))
    down = steps.source_is_down(outcomes)
    return {"symbols": out, "errors": errors, "warnings": warnings, "source_is_down": down}


def size_of(env: Environment, wanted: dict[str, list[str]], *, quick: bool, tune: int) -> dict[str, Any]:
    """What a run tells of itself in its event log, by which later runs know how long one of its kind takes."""
    return {"symbols": len(wanted), "fleet": len(env.config.symbols), "quick": quick, "tune": tune}


@contextlib.contextmanager
def lock(env: Environment, symbol: str) -> Iterator[None]:
    """Hold a symbol's lock: training, promotion and rollback of one symbol never overlap."""
    with files.lock(env.workspace.symbol_folder(symbol) / "lock", what=f"training of {symbol}", symbol=symbol):
        yield


def _too_short(series: Series | None) -> str:
    count = 0 if series is None else len(series)
    return f"{count} bars; training needs {FEWEST_BARS}" if count < FEWEST_BARS else ""


def _data_error(symbol: str, problem: str, outcomes: Sequence[update.Result], kind: str) -> DataError:
    source = next((one for one in outcomes if one.symbol == symbol), None)
    told = f" (source: {source.outcome})" if source else ""
    return DataError(
        f"{symbol}: {problem}{told}",
        symbol=symbol,
        kind=kind,
        hint="run 'stockml data check' to see what is stored",
    )


def _untrained(symbol: str, reasons: list[str], error: StockmlError) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "due": reasons,
        "version": None,
        "verdict": "cannot_tell",
        "result": "error",
        "reasons": [error.message],
        "promoted": False,
    }


def _deploy(batch: Batch, symbol: str, due: list[str], guard: safekeeping.Guard) -> dict[str, Any]:
    """Publish one symbol's version, judge it, and move the pointer if the gate lets it."""
    env = batch.env
    known = judge.facts_of(batch, symbol)
    decision = judge.decide(batch, known)
    validation = {
        "pooled": {str(h): one for h, one in known.pooled.items()},
        "symbol": {str(h): one for h, one in known.symbol.items()},
    }
    version = publication.publish(batch, symbol, validation, decision, known)
    try:
        batch.open(symbol, version)
    except ModelError as error:
        decision = judge.decide(batch, dataclasses.replace(known, loads=False))
        decision.reasons.append(error.message)
    judged = {"result": decision.result, "verdict": decision.verdict, "reasons": decision.reasons}
    rivalry = known.rivalry and known.rivalry._asdict()
    given = {"quick": batch.quick, "config": fitted.fitted(env.config)}
    told = {**judged, "figures": {**validation, "champion": known.champion, "rivalry": rivalry, **given}}
    facts.record_decision(env.ledger, batch.run, symbol, version, env.clock, told)
    if decision.deploy:
        guard.before_promotion(symbol, version)
    _move(batch, symbol, version, decision, bool(known.rivalry and known.rivalry.same))
    return {
        **{"symbol": symbol, "due": due, "version": version, **judged},
        **{"warnings": decision.warnings, "promoted": decision.deploy, "recipe": batch.plan.recipe},
    }


def _move(batch: Batch, symbol: str, version: str, decision: gate.Decision, same_recipe: bool) -> None:
    """Let the pointers follow the decision: champion, challenger, or nothing."""
    env, why = batch.env, "; ".join(decision.reasons)
    shortest = str(min(batch.pooled))
    block = batch.pooled[int(shortest)]
    figures = {
        "horizon": shortest,
        "same_recipe": same_recipe,
        "direction": {key: block["direction"][key] for key in ("n", "accuracy", "naive", "brier_skill", "verdict")},
        "interval": {key: block["interval"]["90"][key] for key in ("n", "coverage", "winkler_ratio")},
    }
    who = "by hand" if batch.force_reason or batch.promote else "train"
    if decision.deploy:
        checked = batch.checked.get(symbol, ())
        pointers.promote(env.workspace, env.ledger, symbol, version, env.clock, who, why, figures, checked)
    elif decision.waits:
        pointers.challenge(env.workspace, env.ledger, symbol, version, env.clock, who, why, figures)
