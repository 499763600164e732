"""Composes the forecast of one symbol and horizon as the ledger keeps it, or the abstention in its place."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stockml.clock import from_day, stamp
from stockml.forecasts.risk import risk
from stockml.forecasts.signals import in_force
from stockml.ledger.forecasts import EXPORTED
from stockml.models import regime
from stockml.models.forecast import Path
from stockml.models.inputs import Inputs
from stockml.targets.returns import CLASSES


@dataclass(frozen=True)
class Circumstances:
    """What a symbol's forecasts share whatever their horizon: regime, rule signals and risk at its last bar."""

    regime: str
    signals: dict[str, float]
    risk: dict[str, float | None]


def circumstances(inputs: Inputs, symbol: str) -> Circumstances:
    """Read them off a symbol's bars; once, whoever forecasts from them."""
    index = inputs.symbols.index(symbol)
    series = inputs.fleet[index]
    market, found = series.memo.get("circumstances", (None, None))
    if market is not inputs.market:
        mood = regime.REGIMES[int(regime.regimes(series.close, inputs.variance[index])[-1])]
        found = Circumstances(mood, in_force(series, mood), risk(series, inputs.market))
        series.memo["circumstances"] = inputs.market, found
    assert isinstance(found, Circumstances)
    return found


def forecast(
    inputs: Inputs,
    path: Path,
    around: Circumstances,
    version: str,
    interval: str,
    made_at: datetime,
    target: int,
    warnings: list[str],
    given: dict[str, Any],
) -> dict[str, Any]:
    """The newest forecast of a path, in prices of its own session; fields as in the contract, fractions throughout.

    `given` goes into the details: the version's `base_rate`, its share of ups in training and so the naive forecast
    beside `probability_up`, its shrinkage `k`, and `target_closes_at`, after which it would be no forecast.
    """
    series = inputs.fleet[inputs.symbols.index(path.symbol)]
    shape, last = path.distribution, float(series.raw_close[path.row[-1]])
    session = from_day(path.session[-1]).isoformat()
    probability = float(shape.probability_up[-1])
    key = f"{path.symbol} {interval} {path.horizon} {session} {version}"
    return {
        "id": hashlib.sha256(key.encode()).hexdigest()[:16],
        "symbol": path.symbol,
        "bar_interval": interval,
        "horizon": path.horizon,
        "made_at": stamp(made_at),
        "session": session,
        "target_session": from_day(target).isoformat(),
        "last_close": last,
        "price": last * math.exp(float(path.point[-1])),
        "probability_up": probability,
        "class": CLASSES[int(shape.class_index[-1])],
        "class_probabilities": dict(zip(CLASSES, (float(p) for p in shape.classes[-1]), strict=True)),
        "lo80": last * math.exp(float(shape.lo80[-1])),
        "hi80": last * math.exp(float(shape.hi80[-1])),
        "lo90": last * math.exp(float(shape.lo90[-1])),
        "hi90": last * math.exp(float(shape.hi90[-1])),
        "confidence": max(probability, 1.0 - probability),
        "regime": around.regime,
        "version": version,
        "details": _details(path, around, warnings, given),
    }


def _details(path: Path, around: Circumstances, warnings: list[str], given: dict[str, Any]) -> dict[str, Any]:
    """What the ledger keeps of the newest forecast of a path outside the sealed fields.

    `model_up`, `sigma`, `class_bounds` (log returns) and `volatility_classes` let it be judged without its version;
    `miss80` and `miss90` are the shares of misses that the adaptive intervals aimed at.
    """
    return {
        "abstained": None,
        "warnings": warnings + ["short_history"] * bool(path.short_history[-1]),
        **given,
        "miss80": float(path.miss80[-1]),
        "miss90": float(path.miss90[-1]),
        "model_up": float(path.model_up[-1]),
        "sigma": float(path.sigma[-1]),
        "class_bounds": [float(bound) for bound in path.class_bounds[-1]],
        "volatility_classes": [float(p) for p in path.volatility_classes[-1]],
        "median_return": math.expm1(float(path.distribution.median[-1])),
        "volatility": float(path.sigma[-1]) * math.sqrt(252.0 / path.horizon),
        "signals": around.signals,
        "risk": around.risk,
    }


def abstention(
    symbol: str, horizon: int, interval: str, session: str, made_at: datetime, reason: str, message: str
) -> dict[str, Any]:
    """What stands in the place of a forecast that was not made: the same fields, empty, and why."""
    return {
        **dict.fromkeys(EXPORTED),
        "symbol": symbol,
        "bar_interval": interval,
        "horizon": horizon,
        "made_at": stamp(made_at),
        "session": session,
        "abstained": reason,
        "message": message,
        "warnings": [],
    }
