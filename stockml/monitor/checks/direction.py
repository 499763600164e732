"""Sequential tests of the direction: whether it is right less often than the naive side was in training."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockml.evidence import DIRECTION_BETS
from stockml.monitor import sequential
from stockml.monitor.finding import Finding
from stockml.monitor.live import Live
from stockml.monitor.watch import Watch

NAME, ORDER = "direction", 52
SHARES = np.array(DIRECTION_BETS)


def check(watch: Watch) -> list[Finding]:
    """One finding of each symbol with outcomes, in the worst of its horizons' words."""
    by_symbol: dict[int, list[dict[str, Any]]] = {}
    for horizon in watch.horizons:
        rows = watch.live.at(horizon)
        rows = rows.where(np.isfinite(rows.favoured))
        for place, figures in _screen(rows, horizon, watch.odds(horizon)) if len(rows) else ():
            by_symbol.setdefault(place, []).append(figures)
    none = [Finding(NAME, "few", symbol, "cannot_tell", "no outcome yet") for symbol in watch.without(by_symbol)]
    return [*(_finding(watch.watched[place], told) for place, told in sorted(by_symbol.items())), *none]


def _screen(rows: Live, horizon: int, odds: float) -> list[tuple[int, dict[str, Any]]]:
    """(place, figures) of each symbol, all tested at once. A version has one naive rate, so its columns are equal."""
    places, begins, _ = rows.spans()
    thinned = rows.packed(rows.hit)[:, ::horizon]
    promised = np.clip(rows.favoured[begins], 0.01, 0.99)
    path = sequential.winnings(thinned, promised[:, None], SHARES)
    count, hits = np.isfinite(thinned).sum(axis=1), np.nansum(thinned, axis=1)
    reach: dict[float, int] = {}
    found = []
    for row, place in enumerate(places):
        rate = round(float(promised[row]), 2)
        if rate not in reach:
            reach[rate] = _telling_from(rate, horizon, odds)
        highest, limit = float(path[row].max()), odds
        silent = "holds" if count[row] >= reach[rate] else "cannot_tell"
        found.append((place, {
            "horizon": horizon, "n": int(count[row]), "rate": float(hits[row] / count[row]),
            "promised": float(promised[row]), "e_value": float(path[row, -1]), "highest": highest, "threshold": limit,
            "telling_from": reach[rate], "verdict": "fires" if highest >= limit else silent,
        }))  # fmt: skip
    return found


def _telling_from(rate: float, horizon: int, odds: float) -> int:
    """From how many outcomes on silence means something, by asking the test about one outcome."""
    return sequential.direction(np.ones(1, dtype=np.bool_), np.full(1, rate), horizon, 1, odds).telling_from


def _finding(symbol: str, told: list[dict[str, Any]]) -> Finding:
    figures: dict[str, Any] = {str(one["horizon"]): one for one in told}
    fired = [one for one in told if one["verdict"] == "fires"]
    if fired:
        evidence = tuple(f"direction {one['horizon']} ahead: {_said(one)}" for one in fired)
        said = f"{fired[0]['horizon']} ahead: {_said(fired[0])}"
        return Finding(NAME, "fires", symbol, "bad", said, figures, evidence)
    if any(one["verdict"] == "holds" for one in told):
        return Finding(NAME, "held", symbol, "ok", _said(told[0]), figures)
    more = min(one["telling_from"] - one["n"] for one in told)
    said = f"{_said(told[0])}; silence means something after about {more:,} more"
    return Finding(NAME, "few", symbol, "cannot_tell", said, {**figures, "needed": more})


def _said(one: dict[str, Any]) -> str:
    return f"{one['rate']:.1%} of {one['n']:,} directions were right, the naive side promised {one['promised']:.1%}"
