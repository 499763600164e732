"""Training: bars, features, fits, figures, gate, version, pointer. One symbol's failure stops no other."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import stockml
from stockml import files, gate, logbook, training
from stockml.bars import update
from stockml.bars.series import Series
from stockml.clock import from_day, stamp
from stockml.config.load import effective_hash
from stockml.environment import Environment
from stockml.errors import DataError, ModelError, StockmlError
from stockml.evaluation import blocks
from stockml.evaluation.rows import Rows
from stockml.execution import threads
from stockml.ledger import facts
from stockml.models.forecast import FEWEST_BARS
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.pipeline import steps
from stockml.store import golden, pointers, versions
from stockml.training import Memo, Plan

LIBRARIES = ("numpy", "lightgbm", "scikit-learn", "TA-Lib", "pandas-ta-classic")


def train(
    env: Environment,
    wanted: dict[str, list[str]],
    events: logbook.Events,
    *,
    recipe: str | None = None,
    quick: bool = False,
    promote: bool = False,
    jobs: int | None = None,
) -> dict[str, Any]:
    """Train, judge and publish a version for each wanted symbol; deploy those that pass.

    Returns {"symbols", "errors", "warnings", "source_is_down"}. One symbol's failure stops no other.
    """
    plan = steps.plan_of(env, recipe=recipe, quick=quick)
    out: list[dict[str, Any]] = []
    errors: list[StockmlError] = []
    events.stage("collect", 0.0)
    outcomes = steps.collect(env, events)
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
            batch = _fit(env, plan, series, events, jobs or env.config.execution.jobs, quick, promote)
            warnings += steps.benchmark_warning(env, batch.inputs)
            events.stage("deploy", 0.0)
        for number, symbol in enumerate(ready, start=1):
            try:
                out.append(_deploy(batch, symbol, wanted[symbol]))
            except StockmlError as error:
                errors.append(error)
                out.append(_untrained(symbol, wanted[symbol], error))
            last = out[-1]
            events.stage("deploy", number / len(ready), last["reasons"][0], symbol, promoted=last["promoted"])
    order = list(wanted)
    out.sort(key=lambda one: order.index(one["symbol"]))
    down = steps.source_is_down(outcomes)
    return {"symbols": out, "errors": errors, "warnings": warnings, "source_is_down": down}


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


@dataclass(frozen=True)
class Batch:
    """One fit and what is known of it, from which every symbol's version is made and judged."""

    env: Environment
    run: str
    inputs: Inputs
    model: Model
    rows: dict[int, Rows]
    pooled: dict[int, dict[str, Any]]
    dates: int
    quick: bool
    promote: bool
    written: dict[str, Path] = field(default_factory=dict)


def _fit(
    env: Environment,
    plan: Plan,
    series: dict[str, Series],
    events: logbook.Events,
    jobs: int,
    quick: bool,
    promote: bool,
) -> Batch:
    """Features, fits and held-out figures of the whole fleet."""
    events.stage("features", 0.0, f"features of {len(series)} symbols")
    inputs = steps.build_inputs(env, plan, series)
    events.stage("train", 0.0, f"recipe {plan.recipe}, {len(inputs.names)} features")
    done = functools.partial(_fitted, events)
    run = functools.partial(threads.run, jobs=jobs, done=done)
    memo: Memo = {}
    cut = len(inputs.sessions) - 1
    model = training.fit(inputs, plan, cut, memo, run)
    events.stage("validate", 0.0, "forecasts of sessions the fit had not seen")
    rows = {h: training.held_out(inputs, plan, cut, h, memo, like=model) for h in plan.horizons}
    pooled = {h: blocks.block(one) for h, one in rows.items()}
    dates = max(len(np.unique(one.session)) for one in rows.values())
    return Batch(env, events.run, inputs, model, rows, pooled, dates, quick, promote)


def _fitted(events: logbook.Events, done: int, total: int) -> None:
    events.stage("train", done / total, f"fit {done} of {total}")


def _deploy(batch: Batch, symbol: str, due: list[str]) -> dict[str, Any]:
    """Publish one symbol's version, judge it, and move the pointer if the gate lets it."""
    env, model = batch.env, batch.model
    index = batch.inputs.symbols.index(symbol)
    own = {h: blocks.block(one.where(one.symbol_id == index)) for h, one in batch.rows.items()}
    live = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
    known = gate.Facts(
        symbols=len(np.unique(next(iter(batch.rows.values())).symbol_id)),
        dates=batch.dates,
        pooled=batch.pooled,
        symbol=own,
        loads=True,
        has_champion=live is not None,
        quick=batch.quick,
        champion_is_quick=live is not None and bool(_manifest(env, symbol, live["champion"]).get("quick")),
    )
    decision = gate.decide(known, env.config.gate)
    if batch.quick and batch.promote and decision.result != "fail":
        decision = dataclasses.replace(decision, deploy=True, reasons=["promoted by request (--promote)"])
    validation = {
        "pooled": {str(h): one for h, one in batch.pooled.items()},
        "symbol": {str(h): one for h, one in own.items()},
    }
    version = _publish(batch, symbol, validation, decision)
    try:
        golden.load(versions.read(env.workspace, symbol, version))
    except ModelError as error:
        decision = gate.decide(dataclasses.replace(known, loads=False), env.config.gate)
        decision.reasons.append(error.message)
    judged = {"result": decision.result, "verdict": decision.verdict, "reasons": decision.reasons}
    facts.record_decision(env.ledger, batch.run, symbol, version, env.clock, {**judged, "figures": validation})
    if decision.deploy:
        pointers.promote(env.workspace, env.ledger, symbol, version, env.clock, "train", decision.reasons[0])
    return {
        **{"symbol": symbol, "due": due, "version": version, **judged},
        **{"warnings": decision.warnings, "promoted": decision.deploy, "recipe": model.parameters["recipe"]},
    }


def _publish(batch: Batch, symbol: str, validation: dict[str, Any], decision: gate.Decision) -> str:
    """Write the version folder of a symbol; returns the version's name."""
    env, model = batch.env, batch.model
    model_files = {
        versions.PARAMETERS: files.canonical_json(model.parameters) + b"\n",
        **{name: content for name, content in model.files.items() if model.recipe.serves(name, symbol)},
    }
    count = facts.count_trial(env.ledger, symbol, versions.model_hash(model_files), env.clock)
    verdict = dataclasses.asdict(decision)
    manifest = {
        **_facts_of(env, batch.inputs, model, symbol),
        **{"golden": golden.make(batch.inputs, model, symbol), "trials": count, "quick": batch.quick},
        **{"validation": validation, "gate": verdict},
    }
    reports = {"report.json": files.pretty_json(validation), "verdict.json": files.pretty_json(verdict)}
    made_at = env.clock.now()
    return versions.publish(env.workspace, symbol, made_at, model_files, reports, manifest, batch.written)


def _manifest(env: Environment, symbol: str, version: str) -> dict[str, Any]:
    path = versions.folder(env.workspace, symbol, version) / versions.MANIFEST
    try:
        return versions.parse_manifest(path.read_bytes(), symbol, version)
    except (OSError, ModelError):
        return {}  # a champion that cannot be read defends nothing; `predict` and `status` report it


def _facts_of(env: Environment, inputs: Inputs, model: Model, symbol: str) -> dict[str, Any]:
    """What a manifest tells besides files and figures."""
    import importlib.metadata

    series = inputs.fleet[inputs.symbols.index(symbol)]
    digest = hashlib.sha256()
    for name in ("session", "open", "high", "low", "close", "volume"):
        digest.update(np.ascontiguousarray(getattr(series, name)).tobytes())
    parameters = {
        key: value for key, value in model.parameters.items() if key not in ("by_horizon", "features", "fleet")
    }
    return {
        "made_at": stamp(env.clock.now()),
        "horizons": list(model.horizons),
        "recipe": model.parameters["recipe"],
        "parameters": parameters,
        "seed": model.parameters["seed"],
        "features": model.parameters["features"],
        "fleet": model.parameters["fleet"],
        "data": {
            "first": from_day(series.session[0]).isoformat(),
            "last": from_day(series.session[-1]).isoformat(),
            "rows": len(series),
            "sha256": digest.hexdigest(),
            "bar_interval": env.config.data.interval,
        },
        "packages": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "code": stockml.__version__,
        "config_sha256": effective_hash(env.config),
    }
