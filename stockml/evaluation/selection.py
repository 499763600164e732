"""What choosing the best of many trials does to its Sharpe ratio: the deflated Sharpe ratio and the PBO."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from stockml.arrays import Flags, Floats

_NORMAL = NormalDist()
_EULER = 0.5772156649015329
_SPLITS_AT_ONCE = 2048  # keeps the work of `pbo` at a few megabytes for a hundred trials


class Deflated(NamedTuple):
    """A best-of-N Sharpe ratio per session, the best that luck alone would show, and the probability of skill."""

    trials: int
    sharpe: float
    expected_best: float
    probability: float


def expected_maximum_sharpe(n: int, variance: float) -> float:
    """The best Sharpe ratio to expect of `n` independent trials without skill, on the scale of `variance`.

    `variance` is that of the trials' Sharpe ratios. One trial: 0. Source: Bailey & Lopez de Prado 2014, "The
    Deflated Sharpe Ratio", eq. 1: sqrt(V) ((1 - g) z(1 - 1/N) + g z(1 - 1/(N e))), g the Euler-Mascheroni constant.
    """
    if n < 2:
        return 0.0
    first, second = _NORMAL.inv_cdf(1.0 - 1.0 / n), _NORMAL.inv_cdf(1.0 - 1.0 / (n * math.e))
    return math.sqrt(variance) * ((1.0 - _EULER) * first + _EULER * second)


def probabilistic_sharpe(sharpe: float, n: int, skew: float, kurtosis: float, threshold: float = 0.0) -> float | None:
    """Probability that the true Sharpe ratio exceeds `threshold`, given the one of `n` returns; a fraction.

    Sharpe ratios are per return, not annual; `kurtosis` is 3 for a normal. None where the estimate's variance is
    not positive. Source: Bailey & Lopez de Prado 2012, "The Sharpe Ratio Efficient Frontier", eq. 11.
    """
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe * sharpe
    if n < 2 or not spread > 0.0:
        return None
    return _NORMAL.cdf((sharpe - threshold) * math.sqrt(n - 1.0) / math.sqrt(spread))


def deflated_sharpe(returns: Floats, trials: int, variance: float | None = None) -> Deflated | None:
    """The deflated Sharpe ratio of the best of `trials`: its returns (T,), simple, in excess of buy and hold.

    `probability` says how sure it is that the Sharpe ratio exceeds the best one that `trials` without skill would
    show. `variance` is that of the trials' Sharpe ratios per return; where it is unknown it is 1/T, that of a Sharpe
    ratio's estimate without skill (Lo 2002), as if the trials were independent. None for fewer than three returns or
    returns that do not vary. Source: Bailey & Lopez de Prado 2014, "The Deflated Sharpe Ratio", eq. 2.
    """
    n = len(returns)
    if n < 3:
        return None
    mean, centred = float(returns.mean()), returns - returns.mean()
    second = float(np.mean(centred**2))
    if not second > (1e-12 * float(np.abs(returns).max())) ** 2:
        return None
    sharpe = mean / math.sqrt(second * n / (n - 1))
    skew, kurtosis = float(np.mean(centred**3)) / second**1.5, float(np.mean(centred**4)) / second**2
    best = expected_maximum_sharpe(trials, 1.0 / n if variance is None else variance)
    probability = probabilistic_sharpe(sharpe, n, skew, kurtosis, best)
    return None if probability is None else Deflated(trials, sharpe, best, probability)


def pbo(returns: Floats, blocks: int = 16) -> float | None:
    """Probability of back-test overfitting of choosing by Sharpe ratio among N trials; a fraction.

    `returns` is (T, N): simple returns of each trial, in excess of buy and hold, in time order. Time is cut into
    `blocks` (an even number); each half of the blocks chooses its best trial, and the figure is the share of choices
    whose rank among the N in the other half is at or below the middle. Trials tied with the chosen one share their
    rank. None for fewer than two trials or two sessions a block. Source: Bailey, Borwein, Lopez de Prado & Zhu 2017,
    "The Probability of Backtest Overfitting", algorithm 2.3 (CSCV).
    """
    if blocks < 2 or blocks % 2:
        raise ValueError("blocks must be an even number")
    sessions, trials = returns.shape
    if trials < 2 or sessions < 2 * blocks:
        return None
    starts = np.arange(blocks) * sessions // blocks
    sums = np.stack([np.add.reduceat(one, starts) for one in (np.ones_like(returns), returns, returns**2)])
    chosen = _halves(blocks)
    below = 0
    for start in range(0, len(chosen), _SPLITS_AT_ONCE):
        inside = chosen[start : start + _SPLITS_AT_ONCE]
        best = _sharpe_ratios(sums, inside).argmax(axis=1)[:, None]
        outside = _sharpe_ratios(sums, ~inside)
        mine = np.take_along_axis(outside, best, axis=1)
        rank = (outside < mine).sum(axis=1) + ((outside == mine).sum(axis=1) + 1) / 2.0
        below += int(np.count_nonzero(rank <= (trials + 1) / 2.0))
    return below / len(chosen)


def _halves(blocks: int) -> Flags:
    """Every way to choose half of the blocks, shape (choices, blocks)."""
    places = np.array(list(itertools.combinations(range(blocks), blocks // 2)))
    flags = np.zeros((len(places), blocks), dtype=np.bool_)
    flags[np.arange(len(places))[:, None], places] = True
    return flags


def _sharpe_ratios(sums: Floats, chosen: Flags) -> Floats:
    """Sharpe ratio of each trial over the chosen blocks, shape (choices, N); 0 where returns do not vary."""
    count, total, squares = (chosen.astype(np.float64) @ one for one in sums)
    mean, square = total / count, squares / count
    variance = square - mean * mean
    varies = variance > 1e-12 * square
    ratio: Floats = np.where(varies, mean / np.sqrt(np.where(varies, variance, 1.0)), 0.0)
    return ratio
