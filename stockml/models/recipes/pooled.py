"""One direction model over all symbols: mean log-odds of a regularised regression and boosted trees.

Prefer it over `per_symbol`: one symbol's history is too short to tell an edge from luck, and on real
prices per-symbol trees are worse than the base rate (docs/method.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stockml.arrays import Floats, Floats32
from stockml.models import boosting, logistic
from stockml.models.recipe import Sample, Scorer, Space

MEANING = "one model over the fleet: regularised regression and boosted trees, shrunk to the base rate"
USES_FEATURES = True
VOLATILITY = "har"
OPTIONS: dict[str, Any] = {
    "strength": 1e-3, "rounds": 200, "learning_rate": 0.02, "num_leaves": 15, "min_data_in_leaf": 500,
    "feature_fraction": 0.4, "bagging_fraction": 0.6, "lambda_l2": 10.0, "max_bin": 63,
}  # fmt: skip
SPACE: Space = {
    "strength": (1e-5, 1e-1, "log"), "rounds": (50, 300, "int"), "learning_rate": (0.005, 0.05, "log"),
    "num_leaves": (4, 31, "int"), "min_data_in_leaf": (100, 2000, "int"), "feature_fraction": (0.2, 0.8, "linear"),
    "bagging_fraction": (0.4, 0.9, "linear"), "lambda_l2": (1.0, 100.0, "log"),
}  # fmt: skip
FEWEST_ROWS = 1000


def fit(sample: Sample, *, horizon: int, seed: int, options: dict[str, Any]) -> dict[str, bytes]:
    if len(sample.up) < FEWEST_ROWS or not 0 < sample.up.mean() < 1:
        return {}
    trees = {key: value for key, value in options.items() if key not in ("strength", "rounds")}
    trees["min_data_in_leaf"] = min(int(options["min_data_in_leaf"]), len(sample.up) // 10)
    return {
        f"direction-{horizon}.logit.json": logistic.fit(sample.rows, sample.up, strength=options["strength"]),
        f"direction-{horizon}.lgb.txt": boosting.fit(
            sample.rows, sample.up, sample.names, seed=seed, rounds=options["rounds"], pooled=sample.pooled,
            bagging_freq=1, **trees,
        ),
    }


def serves(file_name: str, symbol: str) -> bool:
    return True


def scorer(files: Mapping[str, bytes], horizon: int, symbol: str) -> Scorer | None:
    if f"direction-{horizon}.lgb.txt" not in files:
        return None
    regression = logistic.parse(files[f"direction-{horizon}.logit.json"])
    trees = boosting.parse(files[f"direction-{horizon}.lgb.txt"])

    def score(rows: Floats32) -> Floats:
        return (regression.log_odds(rows) + trees.log_odds(rows)) / 2.0

    return score


def gains(files: Mapping[str, bytes], horizon: int, symbol: str) -> Floats | None:
    text = files.get(f"direction-{horizon}.lgb.txt")
    return None if text is None else boosting.parse(text).gains()


def weights(files: Mapping[str, bytes], horizon: int, symbol: str) -> Floats | None:
    content = files.get(f"direction-{horizon}.logit.json")
    return None if content is None else np.abs(logistic.parse(content).weights)
