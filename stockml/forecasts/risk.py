"""Risk figures of a symbol from its last year of returns. Losses are positive fractions."""

from __future__ import annotations

import numpy as np

from stockml.bars.series import Series
from stockml.features.market import Market

WINDOW, FEWEST, TAIL = 252, 60, 0.05


def risk(series: Series, market: Market) -> dict[str, float | None]:
    """One-day value at risk and expected shortfall at 95 % (historical), maximum drawdown, beta to the market."""
    close = series.close[-WINDOW - 1 :]
    if len(close) <= FEWEST:
        return {"var95": None, "es95": None, "max_drawdown": None, "beta": None}
    simple = close[1:] / close[:-1] - 1.0
    ordered = np.sort(simple)  # np.quantile would import numpy.ma, a fifth of numpy's own cost
    at_risk = float(np.interp(TAIL * (len(ordered) - 1), np.arange(len(ordered)), ordered))
    peak = np.maximum.accumulate(close)
    own = np.log(close[1:] / close[:-1])
    index = market.step[np.searchsorted(market.session, series.session[-len(own) :])]
    both = np.isfinite(index)
    spread = float(np.var(index[both])) if both.sum() > FEWEST else 0.0
    beta = (
        float(np.mean((own[both] - own[both].mean()) * (index[both] - index[both].mean())) / spread) if spread else None
    )
    return {
        "var95": max(0.0, -at_risk), "es95": max(0.0, -float(simple[simple <= at_risk].mean())),
        "max_drawdown": float((1.0 - close / peak).max()), "beta": beta,
    }  # fmt: skip
