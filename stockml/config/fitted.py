"""Which keys of the configuration change what a training makes, and which of them differ between two trainings."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any

from stockml.config.schema import Config

# Everything else moves no fit: how often to train, what to tell whom, what the gate asks for.
KEYS = (
    "symbols", "horizons", "data.interval", "data.history_years", "data.benchmark", "features.families",
    "features.extra", "model.recipe", "model.options", "validation.refit_sessions", "validation.window_years",
    "validation.embargo", "validation.windows", "validation.seed",
)  # fmt: skip


def fitted(config: Config) -> dict[str, Any]:
    """The value of each of `KEYS`, as JSON has it. The order of symbols and families changes nothing."""
    values = {key: functools.reduce(getattr, key.split("."), config) for key in KEYS}
    found: dict[str, Any] = json.loads(json.dumps(values))
    return {**found, **{key: sorted(found[key]) for key in ("symbols", "features.families")}}


def changed(then: Mapping[str, Any], config: Config) -> tuple[str, ...]:
    """The keys whose values differ from those of a training, `fitted` then. Keys it did not tell are not compared."""
    now = fitted(config)
    return tuple(key for key in KEYS if key in then and then[key] != now[key])
