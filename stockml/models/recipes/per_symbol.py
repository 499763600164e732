"""Boosted trees per symbol. A challenger to `pooled`, not a default: it has less to learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockml.models import boosting
from stockml.models.recipe import Sample, Scorer

MEANING = "boosted trees fitted to each symbol alone, shrunk to the base rate"
USES_FEATURES = True
VOLATILITY = "har"
OPTIONS: dict[str, Any] = {
    "rounds": 100, "learning_rate": 0.02, "num_leaves": 7, "min_data_in_leaf": 100, "feature_fraction": 0.4,
    "bagging_fraction": 0.6, "lambda_l2": 10.0, "max_bin": 63,
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


def _file(horizon: int, symbol: str) -> str:
    return f"direction-{horizon}.{symbol}.lgb.txt"
