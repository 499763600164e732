"""The fleets whose tables are recomputed: their bars and features, by the steps every command takes."""

from __future__ import annotations

import json
from pathlib import Path

import _homes
import numpy as np

from stockml import environment, workspace
from stockml.models.inputs import Inputs
from stockml.pipeline import steps
from stockml.training import Plan

FLEET_U = (
    "AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "TSLA", "SMCI", "TSM", "SPY", "JPM", "XOM", "KO", "JNJ", "WMT", "UNH",
    "GE", "DIS", "INTC", "AMD", "NEE",
)  # fmt: skip


def sample(symbols: tuple[str, ...]) -> tuple[Plan, Inputs]:
    """Companies of the package bokeh_sampledata, 2000 to 2013. Without a benchmark, as the command does it."""
    home = _homes.folder("sample")
    _homes.command("init", "--provider", "sample", "--symbols", ",".join(symbols), "--home", str(home))
    return _read(home)


def real(symbols: tuple[str, ...]) -> tuple[Plan, Inputs]:
    """Symbols of ../shared/data, the benchmark SPY beside them, as of the last session."""
    home, prices = _homes.folder("fleet"), _homes.folder("prices")
    for symbol in {*symbols, "SPY"}:
        name = f"{symbol}.csv.gz"
        source = _homes.PRICES / "daily" / name
        (prices / name).symlink_to(source if source.exists() else _homes.PRICES / "universe" / name)
    _homes.command("init", "--home", str(home), "--data-dir", str(prices), "--symbols", ",".join(symbols))
    path = home / "persistent_data" / "ml_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "as_of": _homes.AS_OF}))
    return _read(home)


def default_symbols() -> tuple[str, ...]:
    return tuple(sorted(path.name.removesuffix(".csv.gz") for path in (_homes.PRICES / "daily").glob("*.csv.gz")))


def _read(home: Path) -> tuple[Plan, Inputs]:
    env = environment.open_environment(workspace.Workspace(home))
    steps.collect(env)
    plan = steps.plan_of(env)
    return plan, steps.build_inputs(env, plan, steps.read_fleet(env))


def day(text: str) -> int:
    """A date as days since 1970-01-01."""
    return int(np.datetime64(text, "D").astype(np.int64))
