"""Whether a new champion does worse than the one it replaced, tested at every session anew on what both forecast.

A bet against the new one. Before an outcome the least it can be worse by is known from the two forecasts alone, since
losses differ by bounded amounts; so a share of the stake can be put on "worse" without ever owing more. As long as the
new one is no worse in the mean, no such bet grows in expectation (Waudby-Smith & Ramdas 2024, "Estimating means of
bounded random variables by betting", JRSS B 86; Choe & Ramdas 2024, "Comparing sequential forecasters", Operations
Research 72), and it may be looked at whenever one likes: P(ever >= c) <= 1 / c (Ville 1939).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evidence import SHADOW_BETS, SHADOW_FEWEST, SHADOW_ODDS

_MISS = 2.0 / (1.0 - 0.9)  # weight of a miss in the Winkler score of the 90 % interval


class Pairs(NamedTuple):
    """Forecasts of one horizon that both made, all (n,): days, log returns, probabilities of up, 90 % interval ends."""

    session: Integers
    realised: Floats
    new_up: Floats
    old_up: Floats
    new_low: Floats
    new_high: Floats
    old_low: Floats
    old_high: Floats


class Replaced(NamedTuple):
    """How a replacement stands. `odds` is the highest stake over the number of bets made; `worse` from 20 on.

    `part` and `horizon` are of that bet, `sessions` counts the sessions compared, `loss` the mean loss of the new one
    over that of the old one on them (None without forecasts).
    """

    worse: bool
    odds: float
    part: str
    horizon: int
    sessions: int
    loss: float | None


def judge(pairs: Mapping[int, Pairs]) -> Replaced:
    """Direction (Brier) and 90 % interval (Winkler) of each horizon, one bet each; any of them may win.

    Each has to win as many times the odds as there are bets (Bonferroni), after five sessions at least.
    """
    found = [
        (stake / (2 * len(pairs)), part, horizon, losses)
        for horizon, one in pairs.items()
        for part, losses in (("direction", _brier(one)), ("interval", _winkler(one)))
        for stake in [_highest(losses, one.session, horizon)]
    ]
    if not found:
        return Replaced(False, 0.0, "", 0, 0, None)
    odds, part, horizon, losses = max(found, key=lambda one: one[0])
    sessions = len(np.unique(pairs[horizon].session))
    old = float(losses.old.sum())
    loss = float(losses.new.sum()) / old if old > 0.0 else None
    return Replaced(odds >= SHADOW_ODDS, odds, part, horizon, sessions, loss)


class _Losses(NamedTuple):
    """Losses of both, and the least the new one's could have exceeded the old one's by (at most 0), all (n,)."""

    new: Floats
    old: Floats
    least: Floats


def _brier(one: Pairs) -> _Losses:
    """Source: Brier 1950. The difference has two values, one for either outcome."""
    up: Flags = one.realised > 0.0
    losses = [(probability - up) ** 2 for probability in (one.new_up, one.old_up)]
    least = np.minimum(one.new_up**2 - one.old_up**2, (1.0 - one.new_up) ** 2 - (1.0 - one.old_up) ** 2)
    return _Losses(losses[0], losses[1], np.minimum(least, 0.0))


def _winkler(one: Pairs) -> _Losses:
    """Winkler scores in units of the old interval's width, so that calm and stormy symbols weigh alike.

    As a function of the return the difference is level inside both intervals and outside both, and straight between:
    it is least inside both, or far below, or far above.
    """
    unit = one.old_high - one.old_low
    new, old = (
        (high - low + _MISS * (np.maximum(low - one.realised, 0.0) + np.maximum(one.realised - high, 0.0))) / unit
        for low, high in ((one.new_low, one.new_high), (one.old_low, one.old_high))
    )
    inside = (one.new_high - one.new_low) / unit - 1.0
    below, above = (inside + _MISS * gap / unit for gap in (one.new_low - one.old_low, one.old_high - one.new_high))
    return _Losses(new, old, np.minimum.reduce([inside, below, above, np.zeros_like(unit)]))


def _highest(losses: _Losses, session: Integers, horizon: int) -> float:
    """The most that an equal stake on each share ever came to; outcomes that overlap are left out."""
    days, place = np.unique(session, return_inverse=True)
    gained, least = (
        np.bincount(place, weights=one, minlength=len(days))[::horizon]
        for one in (losses.new - losses.old, -losses.least)
    )
    returned = np.divide(gained, least, out=np.zeros_like(gained), where=least > 1e-12)
    path = np.cumprod(1.0 + np.array(SHADOW_BETS)[:, None] * np.maximum(returned, -1.0), axis=1).mean(axis=0)
    return float(path[SHADOW_FEWEST - 1 :].max(initial=0.0))
