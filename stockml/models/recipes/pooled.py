"""One direction model over all symbols: mean log-odds of a regularised regression and boosted trees.

Prefer it over `per_symbol`: one symbol's history is too short to tell an edge from luck, and on real
prices per-symbol trees are worse than the base rate (docs/method.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockml.arrays import Floats, Floats32
from stockml.models import boosting, logistic
from stockml.models.recipe import Sample, Scorer

MEANING = "one model over the fleet: regularised regression and boosted trees, shrunk to the base rate"
USES_FEATURES = True
VOLATILITY = "har"
OPTIONS: dict[str, Any] = {
    "strength": 1e-3, "rounds": 200, "learning_rate": 0.02, "num_leaves": 15, "min_data_in_leaf": 500,
    "feature_fraction": 0.4, "bagging_fraction": 0.6, "lambda_l2": 10.0, "max_bin": 63,
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
            sample.rows, sample.up, sample.names, seed=seed, rounds=options["rounds"], bagging_freq=1, **trees
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
