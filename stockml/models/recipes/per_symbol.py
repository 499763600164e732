"""Boosted trees per symbol. A challenger to `pooled`, not a default: it has less to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockml.arrays import Floats
from stockml.models import boosting
from stockml.models.recipe import Sample, Scorer, Space

MEANING = "boosted trees fitted to each symbol alone, shrunk to the base rate"
USES_FEATURES = True
VOLATILITY = "har"
OPTIONS: dict[str, Any] = {
    "rounds": 100, "learning_rate": 0.02, "num_leaves": 7, "min_data_in_leaf": 100, "feature_fraction": 0.4,
    "bagging_fraction": 0.6, "lambda_l2": 10.0, "max_bin": 63,
}  # fmt: skip
SPACE: Space = {
    "rounds": (30, 200, "int"), "learning_rate": (0.005, 0.05, "log"), "num_leaves": (3, 15, "int"),
    "min_data_in_leaf": (50, 300, "int"), "feature_fraction": (0.2, 0.8, "linear"),
    "bagging_fraction": (0.4, 0.9, "linear"), "lambda_l2": (1.0, 100.0, "log"),
}  # fmt: skip
FEWEST_ROWS = 500


def fit(sample: Sample, *, horizon: int, seed: int, options: dict[str, Any]) -> dict[str, bytes]:
    made = {}
    trees = {key: value for key, value in options.items() if key != "rounds"}
    for index, symbol in enumerate(sample.symbols):
        own = sample.symbol == index
        up = sample.up[own]
        if len(up) < FEWEST_ROWS or not 0 < up.mean() < 1:
            continue
        made[_file(horizon, symbol)] = boosting.fit(
            sample.rows[:, own], up, sample.names, seed=seed, rounds=options["rounds"], bagging_freq=1, **trees
        )
    return made


def serves(file_name: str, symbol: str) -> bool:
    return file_name.endswith(f".{symbol}.lgb.txt")


def scorer(files: Mapping[str, bytes], horizon: int, symbol: str) -> Scorer | None:
    text = files.get(_file(horizon, symbol))
    return None if text is None else boosting.parse(text).log_odds


def gains(files: Mapping[str, bytes], horizon: int, symbol: str) -> Floats | None:
    text = files.get(_file(horizon, symbol))
    return None if text is None else boosting.parse(text).gains()


def weights(files: Mapping[str, bytes], horizon: int, symbol: str) -> Floats | None:
    return None


def _file(horizon: int, symbol: str) -> str:
    return f"direction-{horizon}.{symbol}.lgb.txt"
