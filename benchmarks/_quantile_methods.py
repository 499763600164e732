"""The predictive quantiles of each interval method, on the rows of the walk; log total returns."""

from __future__ import annotations

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from _walked import Piece, Walked, gathered

from stockml.arrays import Floats
from stockml.evaluation import naive
from stockml.models import forecast, intervals, volatility
from stockml.models.distribution import NOMINAL_LEVELS, PROBABILITY_LIMITS, Distribution, _through, describe

LEVELS = tuple(round(0.05 * place, 2) for place in range(1, 20))  # 0.05 .. 0.95
NORMAL = np.array([NormalDist().inv_cdf(level) for level in LEVELS])

Method = Callable[[Walked, int, Piece], Floats]


def all_methods(walked: Walked, horizon: int) -> dict[str, Floats]:
    """By method, quantiles (n, 19) of the levels 0.05 to 0.95; NaN where a naive one has too little history."""
    return {
        name: gathered(walked, horizon, lambda piece, method=method: method(walked, horizon, piece))
        for name, method in METHODS.items()
    }


def realised_past(walked: Walked, horizon: int, piece: Piece) -> Floats:
    """ln(close[t] / close[t - horizon]) at t: what is known at t of returns over the horizon."""
    close = walked.inputs.fleet[piece.index].close
    past = np.full(len(close), np.nan)
    past[horizon:] = np.log(close[horizon:] / close[:-horizon])
    return past


def expanding(walked: Walked, horizon: int, piece: Piece) -> Floats:
    return naive.expanding_quantiles(realised_past(walked, horizon, piece), LEVELS, horizon, piece.rows)


def rolling(sessions: int) -> Method:
    """Quantiles of the returns of the last sessions."""

    def quantiles(walked: Walked, horizon: int, piece: Piece) -> Floats:
        past = realised_past(walked, horizon, piece)
        out = np.full((len(piece.rows), len(LEVELS)), np.nan)
        full = piece.rows >= sessions + horizon - 1
        seen = np.lib.stride_tricks.sliding_window_view(past, sessions)[piece.rows[full] - sessions + 1]
        out[full] = np.quantile(seen, LEVELS, axis=1).T
        return out

    return quantiles


def ewma_normal(walked: Walked, horizon: int, piece: Piece) -> Floats:
    return np.sqrt(walked.inputs.variance[piece.index][piece.rows] * horizon)[:, None] * NORMAL


def ewma_conformal(walked: Walked, horizon: int, piece: Piece) -> Floats:
    """EWMA volatility times the quantiles of the last 1,000 realised scores."""
    ewma = np.sqrt(walked.inputs.variance[piece.index] * horizon)
    with np.errstate(invalid="ignore"):
        scaled = walked.inputs.forward(piece.index, horizon) / ewma
    pooled = np.asarray(piece.model.of(horizon)["pooled_scores"])
    grid = intervals.grids(scaled, volatility.EWMA_SPAN + 1, piece.rows, horizon, pooled)
    return _read(ewma[piece.rows], grid)


def har_conformal(walked: Walked, horizon: int, piece: Piece) -> Floats:
    sigma, _, grid = forecast.scores(walked.inputs, piece.model, piece.index, horizon, piece.rows)
    return _read(sigma, grid)


def product(walked: Walked, horizon: int, piece: Piece) -> Floats:
    """The distribution that stockml shows: HAR, conformal, adaptive; its quantiles at the nominal levels."""
    grid, levels, sigma = product_levels(walked, horizon, piece)
    up = np.clip(np.full(len(sigma), piece.model.of(horizon)["base_rate"]), *PROBABILITY_LIMITS)
    nominal = np.stack([1.0 - up if one is None else np.full_like(up, one) for one in NOMINAL_LEVELS], axis=1)
    knots = np.stack(
        [np.zeros_like(up), levels.lo90, levels.lo80, levels.zero, levels.hi80, levels.hi90, np.ones_like(up)], axis=1
    )
    columns = [sigma * intervals.read(grid, _through(nominal, knots, np.full_like(up, level))) for level in LEVELS]
    return np.stack(columns, axis=1)


def product_levels(walked: Walked, horizon: int, piece: Piece) -> tuple[Floats, intervals.Levels, Floats]:
    """(grid, levels, sigma) behind the product's forecasts of a piece, as `forecast` computes them."""
    own, place = piece.model.of(horizon), walked.inputs.place[piece.index]
    trained = int(np.searchsorted(place, piece.cut, side="right")) - 1
    start = max(trained - horizon + 1, forecast.FEWEST_BARS - 1)
    last = int(piece.rows[-1]) if len(piece.rows) else start - 1
    origins = np.arange(start, last + 1)
    sigma, issued, grid = forecast.scores(walked.inputs, piece.model, piece.index, horizon, origins)
    shares = forecast._shares(own, piece.symbol, trained - start + 1, horizon)
    levels = intervals.adapt(grid, issued, origins, horizon, shares, own["step"])
    keep = piece.rows - start
    return grid[keep], intervals.Levels(*(part[keep] for part in vars(levels).values())), sigma[keep]


def described(walked: Walked, horizon: int, piece: Piece, up: Floats, bounds: Floats) -> Distribution:
    """The product's distribution with another probability of up or other class bounds (n, 4)."""
    grid, levels, sigma = product_levels(walked, horizon, piece)
    return describe(grid, levels, sigma, up, bounds)


def _read(sigma: Floats, grid: Floats) -> Floats:
    return np.stack([sigma * intervals.read(grid, np.full(len(sigma), level)) for level in LEVELS], axis=1)


METHODS: dict[str, Method] = {
    "naive expanding": expanding,
    "naive rolling 250": rolling(250),
    "naive rolling 500": rolling(500),
    "EWMA x normal": ewma_normal,
    "EWMA x conformal 1000": ewma_conformal,
    "HAR x conformal 1000": har_conformal,
    "HAR x conformal + ACI": product,
}
