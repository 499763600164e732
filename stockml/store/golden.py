"""Golden rows: a few feature rows with the scores they gave when the version was made, recomputed at load."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from stockml.errors import ModelError, UsageError
from stockml.models import volatility
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.store import versions
from stockml.store.versions import PARAMETERS, REPORTS, Contents
from stockml.workspace import Workspace

ROWS = 4


def make(inputs: Inputs, model: Model, symbol: str) -> dict[str, Any]:
    """Record the last few rows of a symbol with the exact scores of each horizon."""
    index = inputs.symbols.index(symbol)
    har = inputs.har[index][:, -ROWS:]
    golden: dict[str, Any] = {"features": [], "har": _plain(har), "by_horizon": {}}
    rows = inputs.blocks[index][:, -ROWS:] if inputs.blocks else np.empty((0, 0), dtype=np.float32)
    golden["features"] = _plain(rows)
    for horizon in model.horizons:
        golden["by_horizon"][str(horizon)] = _scores(model, symbol, horizon, rows, har)
    return golden


def load(contents: Contents) -> Model:
    """Parse a version whose bytes were checked, and recompute its golden rows. Raises `ModelError`."""
    try:
        parameters = _parse(contents.files[PARAMETERS])
        model_files = {name: content for name, content in contents.files.items() if name not in (PARAMETERS, *REPORTS)}
        model = Model(parameters, model_files)
        check(contents.manifest, model, contents.symbol, contents.version)
    except (KeyError, TypeError, ValueError, IndexError, UsageError) as error:
        raise ModelError(
            f"{contents.symbol}: version {contents.version} is sealed but lacks what a version holds ({error!r})",
            symbol=contents.symbol,
            hint=f"'stockml rollback {contents.symbol}' returns to the previous one",
        ) from error
    return model


class Opened(NamedTuple):
    """A version's model, and whether it was trained by `quick-train`."""

    model: Model
    quick: bool


def opened(workspace: Workspace, symbol: str, version: str, kept: Any = None) -> Opened:
    """A version read, checked and loaded. Raises `ModelError`.

    `kept` is an environment's: versions never change, so what was checked once is not read again there.
    """
    known: dict[tuple[str, str, str], Opened] = {} if kept is None else kept.models
    key = (str(workspace.home), symbol, version)
    if key not in known:
        contents = versions.read(workspace, symbol, version)
        known[key] = Opened(load(contents), bool(contents.manifest.get("quick")))
    return known[key]


@functools.lru_cache(maxsize=8)
def _parse(content: bytes) -> dict[str, Any]:
    """Parameters of checked bytes. Versions of one fit share them; they are read, never changed."""
    parsed: dict[str, Any] = json.loads(content)
    return parsed


def check(manifest: Mapping[str, Any], model: Model, symbol: str, version: str) -> None:
    """Raise `ModelError` unless the model gives its golden scores again, to the last bit."""
    golden = manifest["golden"]
    rows = _array(golden["features"], np.float32)
    har = _array(golden["har"], np.float64)
    for horizon in model.horizons:
        if _scores(model, symbol, horizon, rows, har) != golden["by_horizon"][str(horizon)]:
            raise ModelError(
                f"{symbol}: version {version} no longer answers its golden rows",
                symbol=symbol,
                hint="the installed libraries compute something else than when it was trained: "
                f"'stockml train {symbol} --force'",
            )


def _scores(model: Model, symbol: str, horizon: int, rows: Any, har: Any) -> dict[str, Any]:
    scorer, coefficients = model.scorer(horizon, symbol), model.of(horizon)["har"]
    return {
        "log_odds": None if scorer is None else scorer(rows).tolist(),
        "har_ratio": None if coefficients is None else _plain(volatility.har_ratio(har, coefficients)),
    }


def _plain(values: Any) -> Any:
    """Nested lists of floats; NaN becomes None, which JSON has."""
    wide = np.asarray(values, dtype=np.float64)
    plain = wide.astype(object)
    plain[~np.isfinite(wide)] = None
    return plain.tolist()


def _array(values: Any, kind: Any) -> Any:
    return np.array(values, dtype=np.float64).astype(kind)
