"""Evaluation rows for tests of what is computed from them: what is not given is plain and the same everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockml.evaluation.rows import Rows

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
