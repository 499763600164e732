"""Evaluation rows for the tests: simulated honest forecasts, and plain ones of given columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockml.evaluation.rows import Rows

FIRST_DAY = 17_532  # 2018-01-01


def make_rows(dates=300, symbols=5, horizon=1, seed=0, skill=0.0, naive_from=0):
    """Honest forecasts of simulated returns whose volatility varies; `skill` leans on the outcome."""
    rng = np.random.default_rng(seed)
    n = dates * symbols
    session = np.repeat(np.arange(FIRST_DAY, FIRST_DAY + dates), symbols)
    sigma = np.exp(rng.normal(-4.2, 0.4, n))
    realised = rng.normal(0.0, sigma)
    probability = np.clip(0.52 + 0.02 * rng.normal(size=n) + skill * np.sign(realised), 0.01, 0.99)
    z = {"lo80": -1.2816, "hi80": 1.2816, "lo90": -1.6449, "hi90": 1.6449}
    bounds = {name: score * sigma for name, score in z.items()}
    early = np.arange(n) < naive_from
    naive = {f"naive_{name}": np.where(early, np.nan, score * sigma.mean()) for name, score in z.items()}
    realised_class = np.searchsorted([-0.84, -0.25, 0.25, 0.84], realised / sigma)
    return Rows(
        horizon=horizon,
        symbol_id=np.tile(np.arange(symbols, dtype=np.int32), dates),
        session=session.astype(np.int32),
        probability_up=probability,
        model_up=probability,
        base_rate=np.full(n, 0.52),
        price_log_return=np.zeros(n),
        class_probabilities=np.full((n, 5), 0.2),
        class_index=np.full(n, 2),
        class_frequencies=np.full((n, 5), 0.2),
        volatility_classes=np.full((n, 5), 0.2),
        realised=realised,
        realised_class=realised_class.astype(np.int8),
        sigma=sigma,
        regime=rng.integers(0, 4, n).astype(np.int8),
        version_id=np.zeros(n, dtype=np.int32),
        **bounds,
        **naive,
    )


WHOLE = ("symbol_id", "session", "class_index", "realised_class", "regime", "version_id")
ENDS = {"lo80": -0.02, "hi80": 0.02, "lo90": -0.03, "hi90": 0.03}
TABLES = ("class_probabilities", "class_frequencies", "volatility_classes")


def rows(realised: Any, model_up: Any, session: Any, symbol_id: Any = 0, *, horizon: int = 1, **columns: Any) -> Rows:
    """Rows of log returns `realised`; every other column may be given, as an array or one value for all."""
    n = len(realised)
    plain: dict[str, Any] = {
        **dict.fromkeys(Rows.__dataclass_fields__, 0.0), **ENDS, **{f"naive_{name}": end for name, end in ENDS.items()},
        "base_rate": 0.5, "sigma": 0.01, "probability_up": 0.5,
        "realised": realised, "model_up": model_up, "session": session, "symbol_id": symbol_id, **columns,
    }  # fmt: skip
    del plain["horizon"]
    made = {name: np.broadcast_to(np.asarray(value), n).copy() for name, value in plain.items() if name not in TABLES}
    for name in WHOLE:
        made[name] = made[name].astype(np.int32)
    return Rows(horizon=horizon, **made, **{name: np.full((n, 5), 0.2) for name in TABLES})


# What `evaluate` tells besides the figures of the walk, where there is nothing to tell.
BESIDE = {
    "refit": {"policy": "window", "fits": 8}, "importance": {}, "backtest": None,
    "live": {"n_forecasts": 0, "settled": 0, "pending": 0, "unusable": 0, "horizons": {}},
}  # fmt: skip
