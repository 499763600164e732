"""The naive interval: quantiles of all the history known when the forecast was made."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.errors import DataError

MINIMUM_SESSIONS = 1000


def expanding_quantiles(
    returns: Floats, levels: Sequence[float], horizon: int, wanted: Integers, minimum: int = MINIMUM_SESSIONS
) -> Floats:
    """Quantiles of the returns realised by each origin; shape (len(wanted), len(levels)), log-return units.

    `returns[t]` is ln(close[t] / close[t - horizon]) and so known at t: origin t uses `returns[s]` for every
    s <= t and never the one it forecasts. The first `horizon` entries, and any NaN, count as absent. An
    origin with fewer than `minimum` sessions up to and including it gets NaN. Interpolation is linear between
    order statistics (Hyndman & Fan 1996, type 7, numpy's default).

    Raises `DataError` if a wanted origin is outside `returns`, or a level outside [0, 1].
    """
    origins = np.asarray(wanted, dtype=np.int64)
    shares = np.asarray(levels, dtype=np.float64)
    if origins.size and not (origins.min() >= 0 and origins.max() < len(returns)):
        raise DataError(f"naive quantiles: an origin lies outside the {len(returns)} sessions given")
    if shares.size and not (shares.min() >= 0.0 and shares.max() <= 1.0):
        raise DataError("naive quantiles: levels are fractions between 0 and 1")
    out = np.full((origins.size, shares.size), np.nan)
    present = np.isfinite(returns)
    present[:horizon] = False
    known = np.cumsum(present)
    order = np.argsort(origins, kind="stable")
    order = order[(origins[order] + 1 >= minimum) & (known[origins[order]] > 0)]
    if not order.size or not shares.size:
        return out
    position = shares * (known[origins[order]] - 1)[:, None]
    lower = np.floor(position).astype(np.int64)
    upper = np.ceil(position).astype(np.int64)
    picked = _order_statistics(returns, present, origins[order], np.hstack([lower, upper]))
    below, above = picked[:, : shares.size], picked[:, shares.size :]
    out[order] = below + (above - below) * (position - lower)
    return out


def _order_statistics(returns: Floats, present: Flags, origins: Integers, ranks: Integers) -> Floats:
    """For ascending origins, the returns of the given ranks (from 0) among those known by each of them."""
    # One sorted list grows along the origins: an insertion costs microseconds, a fresh sort costs hundreds.
    first, end = int(origins[0]) + 1, int(origins[-1]) + 1
    history = np.sort(returns[:first][present[:first]]).tolist()
    later, usable = returns[first:end].tolist(), present[first:end].tolist()
    picked, known = [], 0
    for origin, row in zip((origins + 1 - first).tolist(), ranks.tolist(), strict=True):
        for t in range(known, origin):
            if usable[t]:
                insort(history, later[t])
        known = max(known, origin)
        picked.append([history[rank] for rank in row])
    return np.array(picked, dtype=np.float64)
