"""What following the forecasts would have earned after costs, beside buying and holding: a report, never a gate."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from stockml.arrays import Floats
from stockml.evaluation import metrics, significance
from stockml.evaluation.rows import Rows
from stockml.evaluation.selection import deflated_sharpe
from stockml.evidence import BACKTEST_COST_BP

SESSIONS_A_YEAR = 252

_NOTE = (
    "long or flat, equal weight over the symbols of a session, no leverage; without taxes, spreads beyond the cost, or "
    "symbols that did not survive"
)


class Book(NamedTuple):
    """A strategy by session: simple returns after costs, share traded, share invested; fractions, shape (T,)."""

    returns: Floats
    traded: Floats
    invested: Floats


def backtest(rows: Rows, trials: int, cost_bp: float = BACKTEST_COST_BP) -> dict[str, Any] | None:
    """Trade forecasts of one session: a symbol is held for the session where the direction model says up (> 0.5).

    `model_up` decides, shown or not; `cost_bp` are basis points of the traded weight, each way; `trials` is how many
    candidates were fitted so far. Beside it stands buy and hold: the same symbols and weights, always held, paid for
    once. Neither pays for keeping its weights equal, nor for closing at the end.

    Fractions; returns, volatility, Sharpe and information ratios are annual (252 sessions), without a risk-free rate.
    `annual_return` is compound, that of `excess` the mean difference. `excess` is tested by Newey-West t (as in
    `significance.diebold_mariano`). `deflated` is of excess returns, since holding more passes for skill in raw ones:
    the threshold uses the variance of a Sharpe ratio without skill, 1/T, as the trials' own returns are not kept.
    None without rows. Raises `ValueError` for another horizon than 1 or a negative cost.
    """
    if rows.horizon != 1 or cost_bp < 0.0:
        raise ValueError("the back-test needs forecasts of one session and a cost of zero or more")
    if not len(rows):
        return None
    strategy = book(rows, (rows.model_up > 0.5).astype(np.float64), cost_bp / 1e4)
    hold = book(rows, np.ones(len(rows)), cost_bp / 1e4)
    count = max(1, trials)
    found = deflated_sharpe(strategy.returns - hold.returns, count)
    best_of = f"; the best of {count} candidates: read the deflated figure" if count > 1 else ""
    return {
        "cost_bp": float(cost_bp),
        "sessions": len(strategy.returns),
        "symbols": len(np.unique(rows.symbol_id)),
        **_figures(strategy),
        "buy_and_hold": _figures(hold),
        "excess": _excess(strategy, hold),
        "deflated": {
            "trials": count,
            "sharpe_of_excess": found and found.sharpe * math.sqrt(SESSIONS_A_YEAR),
            "expected_best": found and found.expected_best * math.sqrt(SESSIONS_A_YEAR),
            "dsr": found and found.probability,
        },
        "note": _NOTE + best_of,
    }


def book(rows: Rows, position: Floats, cost: float) -> Book:
    """Hold `position` (n,), a share of each symbol's equal weight, over the session that follows each row.

    `cost` is a fraction of the weight traded. A symbol's first session opens its position, later ones trade the
    change; on a session without the symbol its position rests.
    """
    order = np.lexsort((rows.session, rows.symbol_id))
    symbol, held = rows.symbol_id[order], position[order]
    before = np.concatenate([[0.0], held[:-1]])
    before[np.concatenate([[True], symbol[1:] != symbol[:-1]])] = 0.0
    earned = held * np.expm1(rows.realised[order])
    sums, count = significance.by_date(np.column_stack([earned, np.abs(held - before), held]), rows.session[order])
    gained, traded, invested = (sums / count[:, None]).T
    return Book(gained - cost * traded, traded, invested)


def _figures(one: Book) -> dict[str, Any]:
    wealth = np.concatenate([[1.0], np.cumprod(1.0 + one.returns)])
    growth = float(wealth[-1]) ** (SESSIONS_A_YEAR / len(one.returns)) - 1.0 if wealth[-1] > 0.0 else -1.0
    spread = _deviation(one.returns)
    sharpe, low, high = sharpe_interval(one.returns)
    return {
        "turnover": metrics.mean(one.traded),
        "invested": metrics.mean(one.invested),
        "annual_return": metrics.number(growth),
        "annual_volatility": spread and spread * math.sqrt(SESSIONS_A_YEAR),
        "sharpe": sharpe,
        "sharpe_low": low,
        "sharpe_high": high,
        "max_drawdown": float(np.max(1.0 - wealth / np.maximum.accumulate(wealth))),
    }


def _excess(strategy: Book, hold: Book) -> dict[str, Any]:
    gain = strategy.returns - hold.returns
    spread = _deviation(gain)
    test = significance.diebold_mariano(-strategy.returns, -hold.returns, np.arange(len(gain)), 1)
    return {
        "annual_return": float(gain.mean()) * SESSIONS_A_YEAR,
        "t": test.t,
        "information_ratio": spread and float(gain.mean()) / spread * math.sqrt(SESSIONS_A_YEAR),
        "verdict": significance.verdict(test.t, test.dates),
    }


def sharpe_interval(returns: Floats) -> tuple[float | None, float | None, float | None]:
    """(annual Sharpe ratio, low, high) of simple returns by session; the bounds hold 95 %.

    The influence of a return on the ratio, z - S (z^2 - 1) / 2 with z its standard score (the delta method of Lo
    2002, "The Statistics of Sharpe Ratios"), is resampled in blocks of 21 sessions. None where returns do not vary,
    and no bounds below three blocks.
    """
    spread = _deviation(returns)
    if spread is None:
        return None, None, None
    score = (returns - returns.mean()) / returns.std()
    yearly, ratio = math.sqrt(SESSIONS_A_YEAR), float(returns.mean()) / spread
    if len(returns) < 3 * significance.BLOCK_SESSIONS:
        return yearly * ratio, None, None
    influence = score - ratio * (score**2 - 1.0) / 2.0
    low, high = significance.block_bootstrap(influence[:, None], np.ones(len(returns)))
    return yearly * ratio, yearly * (ratio + float(low[0])), yearly * (ratio + float(high[0]))


def _deviation(returns: Floats) -> float | None:
    """Standard deviation with n - 1; None where it is zero but for rounding."""
    if len(returns) < 2:
        return None
    spread = float(returns.std(ddof=1))
    return spread if spread > 1e-12 * float(np.abs(returns).max()) else None
