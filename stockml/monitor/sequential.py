"""Tests whether settled forecasts keep what was promised, at every session anew, without losing its error rate.

A bet against the promise: before each outcome it is fair, or unfavourable, as long as the promise holds, so what it
has won says how much the promise is to be doubted. It may be looked at whenever one likes (Ville's inequality, 1939:
P(ever >= c) <= 1 / c; Ramdas, Gruenwald, Vovk & Shafer 2023, "Game-theoretic statistics and safe anytime-valid
inference", Statistical Science 38). Everything is computed from the whole sequence since deployment: no state is kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from stockml.arrays import Flags, Floats
from stockml.evidence import (
    COVERAGE_BETS,
    COVERAGE_FAULT,
    DIRECTION_BETS,
    DIRECTION_FAULT,
    SEQUENTIAL_ODDS,
)

Word = Literal["fires", "holds", "cannot_tell"]

NOMINAL = 0.90
_FARTHEST = 25_000  # outcomes; a century of sessions


@dataclass(frozen=True)
class Sequential:
    """A sequential test as it stands. `alarmed_at` is the position in the outcomes given, None without alarm.

    `n` counts the outcomes used, `rate` is their share of hits and `promised` what it should be (fractions).
    `needed`: about how many more outcomes at the present rate until it could fire; None if never, or if it has.
    `telling_from`: from so many outcomes on, its silence means that there is no large fault.
    """

    e_value: float
    highest: float
    alarmed: bool
    alarmed_at: int | None
    n: int
    threshold: float
    rate: float | None
    promised: float
    verdict: Word
    needed: int | None
    telling_from: int


def coverage(inside: Flags, horizon: int, symbols: int, odds: float | None = None) -> Sequential:
    """Whether the 90 % interval of one symbol covers less than 0.90. `inside` is (n,), in order of sessions.

    With overlapping outcomes only every `horizon`-th counts. The threshold is 20 times the number of `symbols` that
    are watched (Bonferroni), or `odds`. The bets are on a coverage of 0.50 to 0.85, an equal stake on each.
    """
    used = _independent(inside, horizon)
    return _judged(used, np.full(used.shape[1], NOMINAL), _COVERAGE, odds or SEQUENTIAL_ODDS * max(symbols, 1), horizon)


def fleet_coverage(inside: Flags | Floats, horizon: int) -> Sequential:
    """Whether the 90 % intervals of a fleet cover less than 0.90, alarming early where many symbols do.

    `inside` is (symbols, sessions): 1 inside, 0 missed, NaN where there is no outcome; `needed` counts sessions. The
    mean of the symbols' winnings is a bet again, however they depend on each other, so the threshold is 20 (Vovk &
    Wang 2021, "E-values: calibration, combination, and applications", Annals of Statistics 49). A symbol's own alarm
    at 20 times the number of symbols is always among its alarms: both together err in one fleet of twenty.
    """
    used = _independent(inside, horizon)
    return _judged(used, np.full(used.shape[1], NOMINAL), _COVERAGE, SEQUENTIAL_ODDS, horizon)


def direction(
    hits: Flags, naive_rate: Floats, horizon: int, symbols: int, odds: float | None = None
) -> Sequential:
    """Whether directions are right less often than the naive side promised. `hits` and `naive_rate` are (n,).

    `naive_rate` is what always saying the training window's more frequent side would hit, above 0 and below 1. The
    bets are on 0.4 to 0.9 of it; thinning and threshold as in `coverage`. A market that turns lowers the naive side's
    hits as well, which `thresholds` compares on the same sessions and this does not.
    """
    used = _independent(hits, horizon)
    threshold = odds or SEQUENTIAL_ODDS * max(symbols, 1)
    return _judged(used, naive_rate[::horizon], _DIRECTION, threshold, horizon)


def winnings(outcomes: Flags | Floats, promised: Floats, shares: Floats) -> Floats:
    """What an equal stake on each bet has become after each outcome, shape as `outcomes` (..., n).

    The bet on a rate q = share * promised p multiplies by q / p after a hit and (1 - q) / (1 - p) after a miss:
    a likelihood ratio, of expectation at most 1 while hits have a probability of p or more. NaN leaves it as it is.
    """
    return np.asarray(np.exp(_log_stakes(outcomes, promised, shares)).mean(axis=0))


class _Bets(NamedTuple):
    """Which shares of the promised rate are bet on, the fault that should be found, the rate promised by default."""

    shares: Floats
    fault: float
    promised: float


_COVERAGE = _Bets(np.array(COVERAGE_BETS) / NOMINAL, COVERAGE_FAULT / NOMINAL, NOMINAL)
_DIRECTION = _Bets(np.array(DIRECTION_BETS), DIRECTION_FAULT, 0.5)


def _independent(outcomes: Flags | Floats, horizon: int) -> Floats:
    """Every `horizon`-th outcome, which do not overlap, as (symbols, n) numbers."""
    return np.atleast_2d(np.asarray(outcomes, dtype=np.float64))[:, ::horizon]


def _log_stakes(outcomes: Flags | Floats, promised: Floats, shares: Floats) -> Floats:
    """Log of what each bet has become, shape (bets, ..., n)."""
    given = np.asarray(outcomes, dtype=np.float64)
    share = shares.reshape(-1, *[1] * given.ndim)
    win, loss = np.log(share), np.log1p(-share * promised) - np.log1p(-promised)
    return np.asarray(np.cumsum(np.where(np.isnan(given), 0.0, np.where(given > 0.5, win, loss)), axis=-1))


def _judged(used: Floats, promised: Floats, bets: _Bets, threshold: float, horizon: int) -> Sequential:
    """The test of (symbols, n) outcomes, whose winnings are averaged over bets and symbols."""
    known = np.isfinite(used)
    # Deviations from the first are averaged, so that equal ones give exactly themselves.
    mean = float(promised[0] + (promised - promised[0]).mean()) if len(promised) else bets.promised
    stakes = _log_stakes(used, promised, bets.shares)
    path = np.exp(stakes).mean(axis=(0, 1)) if used.size else np.empty(0)
    over = np.flatnonzero(path >= threshold)
    at_fault = _growth(mean, bets.shares, np.array([bets.fault * mean]))
    telling_from = _reach(np.zeros_like(at_fault), at_fault, threshold) or _FARTHEST
    counts = known.sum(axis=1)
    needed = None
    if not len(over) and counts.all() and used.size:
        rates = np.nansum(used, axis=1) / counts
        needed = _reach(stakes[:, :, -1], _growth(mean, bets.shares, rates), threshold)
    word: Word = "fires" if len(over) else "holds" if counts.max(initial=0) >= telling_from else "cannot_tell"
    return Sequential(
        e_value=float(path[-1]) if len(path) else 1.0,
        highest=float(path.max(initial=1.0)),
        alarmed=bool(len(over)),
        alarmed_at=int(over[0]) * horizon if len(over) else None,
        n=int(known.sum()),
        threshold=threshold,
        rate=float(used[known].mean()) if known.any() else None,
        promised=mean,
        verdict=word,
        needed=needed,
        telling_from=telling_from,
    )


def _growth(promised: float, shares: Floats, rates: Floats) -> Floats:
    """Mean log growth of each bet an outcome at some rates of hits, shape (bets, rates)."""
    win, loss = np.log(shares), np.log1p(-shares * promised) - math.log1p(-promised)
    return rates * win[:, None] + (1.0 - rates) * loss[:, None]


def _reach(stakes: Floats, growth: Floats, threshold: float) -> int | None:
    """After how many more outcomes steadily growing log stakes average the threshold; None if never, or too far."""
    if growth.max(initial=0.0) <= 0.0:
        return None

    def won(more: int) -> bool:
        return float(np.logaddexp.reduce(stakes + more * growth, axis=None)) >= math.log(threshold * stakes.size)

    # A falling bet can carry the mean for a while, so the first time is looked for from below, by doubling.
    most = 1
    while not won(most):
        most *= 2
        if most > _FARTHEST:
            return None
    least = most // 2
    while most - least > 1:
        middle = (least + most) // 2
        least, most = (least, middle) if won(middle) else (middle, most)
    return most
