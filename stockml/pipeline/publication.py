"""Writes a fitted candidate as a symbol's version: model files, manifest, reports."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
from typing import Any

import numpy as np

import stockml
from stockml import files, gate
from stockml.clock import from_day, stamp
from stockml.ledger import facts
from stockml.pipeline.batch import Batch
from stockml.store import golden, versions

LIBRARIES = ("numpy", "lightgbm", "scikit-learn", "TA-Lib", "pandas-ta-classic")


def publish(batch: Batch, symbol: str, validation: dict[str, Any], decision: gate.Decision, known: gate.Facts) -> str:
    """Write the version folder of a symbol; returns the version's name."""
    env, model = batch.env, batch.model
    model_files = {
        versions.PARAMETERS: batch.parameters,
        **{name: content for name, content in model.files.items() if model.recipe.serves(name, symbol)},
    }
    count = facts.count_trial(env.ledger, symbol, versions.model_hash(model_files), env.clock)
    verdict = {
        **dataclasses.asdict(decision),
        **{"champion": known.champion, "rivalry": known.rivalry and known.rivalry._asdict(), "audit": known.audit},
    }
    manifest = {
        **_facts_of(batch, symbol),
        **{"golden": golden.make(batch.inputs, model, symbol), "trials": count, "quick": batch.quick},
        **{"validation": validation, "gate": verdict, "importance": batch.importance, "tuning": batch.tuning},
    }
    reports = {"report.json": files.pretty_json(validation), "verdict.json": files.pretty_json(verdict)}
    made_at = env.clock.now()
    return versions.publish(env.workspace, symbol, made_at, model_files, reports, manifest, batch.written)


@functools.cache
def _packages() -> dict[str, str]:
    """The versions of the libraries that a model rests on; looking them up takes long."""
    import importlib.metadata

    return {name: importlib.metadata.version(name) for name in LIBRARIES}


def _facts_of(batch: Batch, symbol: str) -> dict[str, Any]:
    """What a manifest tells besides files and figures."""
    env, inputs, model = batch.env, batch.inputs, batch.model
    series = inputs.fleet[inputs.symbols.index(symbol)]
    digest = hashlib.sha256()
    for name in ("session", "open", "high", "low", "close", "volume"):
        digest.update(np.ascontiguousarray(getattr(series, name)).tobytes())
    parameters = {
        key: value
        for key, value in model.parameters.items()
        if key not in ("by_horizon", "features", "fleet", "ranges")
    }
    return {
        "made_at": stamp(env.clock.now()),
        "horizons": list(model.horizons),
        "recipe": model.parameters["recipe"],
        "shows": {str(h): {name: model.of(h)[name] for name in ("direction", "price", "k")} for h in model.horizons},
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
        "packages": _packages(),
        "code": stockml.__version__,
        "config_sha256": batch.config_sha256,
    }
