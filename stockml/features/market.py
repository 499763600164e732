"""Family market: what the whole market did, and how a symbol stands to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Days, Floats, Places, union
from stockml.features._windows import change, correlation, log_close, mean, returns, share, volatility
from stockml.features.catalogue import columns

if TYPE_CHECKING:
    from stockml.bars.series import Series


@dataclass(frozen=True)
class Market:
    """The market by session: `session` (int32 days, ascending) and float64 columns of the same length.

    `step` is its one-session log return (0 where nobody has one), `level` the running sum of the steps.
    """

    session: Days
    step: Floats
    level: Floats
    volatility_21: Floats
    breadth: Floats
    fleet_volatility: Floats
    dispersion: Floats


def context(fleet: Sequence[Series], benchmark: Series | None) -> Market:
    """The market on every session of the fleet or the benchmark.

    The market's return is the benchmark's, or where that has no bar or none before it, the mean over the
    symbols that have both. A symbol enters a mean only on sessions of its own. Sums run over the symbols in
    the order given, one after the other, so that a session's figures do not depend on later sessions.
    """
    everyone = [*fleet, *([] if benchmark is None else [benchmark])]
    parts = [series.session for series in everyone]
    session = union(parts)
    with np.errstate(all="ignore"):
        average = _mean(session, fleet, returns)
        spread_ = _mean(session, fleet, lambda series: (returns(series) - average[_at(session, series)]) ** 2)
        step = average.copy()
        if benchmark is not None and len(benchmark):
            own = np.full(len(session), np.nan)
            own[_at(session, benchmark)] = returns(benchmark)
            benchmark.memo.clear()
            step = np.where(np.isfinite(own), own, average)
        step[~np.isfinite(step)] = 0.0
        return Market(
            session, step, np.cumsum(step), _deviation(step, 21),
            _mean(session, fleet, _above_mean), _mean(session, fleet, lambda series: volatility(series, 21)),
            np.sqrt(spread_),
        )  # fmt: skip


def _at(session: Days, series: Series) -> Places:
    return np.searchsorted(session, series.session)


def _mean(session: Days, fleet: Sequence[Series], column: Callable[[Series], Floats]) -> Floats:
    """Mean of a column over the symbols that have a finite value on a session; NaN where none has."""
    summed, count = np.zeros(len(session)), np.zeros(len(session))
    for series in fleet:
        if not len(series):
            continue
        values = column(series)
        series.memo.clear()
        there = np.isfinite(values)
        at = _at(session, series)[there]
        summed[at] += values[there]
        count[at] += 1.0
    return share(summed, count, np.nan)


def _above_mean(series: Series) -> Floats:
    average = mean(series.close, 50)
    return np.where(np.isfinite(average), (series.close > average).astype(np.float64), np.nan)


def _deviation(values: Floats, length: int) -> Floats:
    average = mean(values, length)
    return np.sqrt(np.maximum(mean(values * values, length) - average * average, 0.0))


@columns(
    look_back=(1, 5, 21, 63, 21, 49, 21, 1),
    cross_section=True,
    market_return_1="the market's log return over 1 session",
    market_return_5="the market's log return over 5 sessions",
    market_return_21="the market's log return over 21 sessions",
    market_return_63="the market's log return over 63 sessions",
    market_vol_21="standard deviation of the market's last 21 one-session returns",
    breadth_50="share of the fleet above its own 50-bar mean",
    fleet_vol_21="mean over the fleet of the deviation of the last 21 returns",
    dispersion="standard deviation over the fleet of the 1-bar return",
)
def _around(bars: Series, market: Market) -> tuple[Floats, ...]:
    at = _at(market.session, bars)
    spans = [change(market.level, span)[at] for span in (5, 21, 63)]
    return (
        market.step[at], *spans, market.volatility_21[at], market.breadth[at], market.fleet_volatility[at],
        market.dispersion[at],
    )  # fmt: skip


@columns(
    look_back=(5, 21, 63),
    cross_section=True,
    relative_strength_5="log return over 5 bars less the market's over the same sessions",
    relative_strength_21="log return over 21 bars less the market's over the same sessions",
    relative_strength_63="log return over 63 bars less the market's over the same sessions",
)
def _relative(bars: Series, market: Market) -> tuple[Floats, ...]:
    lead = log_close(bars) - market.level[_at(market.session, bars)]
    return tuple(change(lead, span) for span in (5, 21, 63))


@columns(
    look_back=(63, 252, 63, 63),
    cross_section=True,
    beta_63="slope of the 1-bar return on the market's over 63 bars; NaN if the market is flat",
    beta_252="slope of the 1-bar return on the market's over 252 bars; NaN if the market is flat",
    market_correlation_63="correlation of the 1-bar return with the market's over 63 bars",
    idiosyncratic_vol_63="deviation of the 1-bar return from its line on the market's over 63 bars",
)
def _beta(bars: Series, market: Market) -> tuple[Floats, ...]:
    own = returns(bars)
    # Between this symbol's own bars, so that a session it missed is in both returns or in neither.
    other = change(market.level[_at(market.session, bars)], 1)
    betas, rests = zip(*(_line(own, other, span) for span in (63, 252)), strict=True)
    return *betas, correlation(100.0 * own, 100.0 * other, 63), rests[0]


def _line(own: Floats, other: Floats, length: int) -> tuple[Floats, Floats]:
    """Slope of own on other over a window, and the standard deviation of what it leaves."""
    mine, theirs = mean(own, length), mean(other, length)
    joint = mean(own * other, length) - mine * theirs
    variance = mean(other * other, length) - theirs * theirs
    slope = share(joint, variance, np.nan, 1e-14)
    rest = mean(own * own, length) - mine * mine - slope * joint
    return slope, np.sqrt(np.maximum(rest, 0.0))
