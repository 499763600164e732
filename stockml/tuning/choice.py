"""Decides whether the best candidate is credibly better than the configured options."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stockml.arrays import Floats
from stockml.evaluation import significance
from stockml.evidence import MINIMUM_DATES, better_t
from stockml.tuning.search import Candidate, Found


class Choice(NamedTuple):
    """Which candidate the options are taken from, which had the best score, and why.

    `t` is the best one's against the configured options, `needed` what it has to exceed, `dates` on how many.
    """

    chosen: Candidate | None
    best: Candidate | None
    accepted: bool
    reason: str
    t: float | None
    needed: float
    dates: int


def against(one: Candidate, configured: Candidate) -> significance.Comparison:
    """Paired Diebold-Mariano test of the sessions' gains; t > 0 where the first candidate is better."""
    if one.gains is None or configured.gains is None or not np.array_equal(one.gains.place, configured.gains.place):
        return significance.Comparison(None, None, 0)
    horizon = max(one.plan.horizons)
    return significance.diebold_mariano(-one.gains.gain, -configured.gains.gain, one.gains.place, horizon)


def choose(found: Found) -> Choice:
    """The best candidate if its t exceeds 2.33 deflated for all that were tried, else the configured options.

    `evidence.better_t` gives the critical value; fewer than 250 sessions cannot tell.
    """
    needed = better_t(found.tried - 1)
    scored = [one for one in found.last if one.gains is not None]
    configured = next((one for one in scored if one.number == 0), None)
    if configured is None or configured.gains is None:
        kept = next((one for one in found.last if one.number == 0), None)
        return Choice(kept, None, False, "there is too little history, or nothing to fit, to tune on", None, needed, 0)
    dates = len(configured.gains.place)
    best = max(scored, key=lambda one: (one.score, -one.number))
    told = f"{found.tried} tried"
    if best is configured:
        alone = "there was no other candidate" if len(scored) < 2 else "the configured options had the best score"
        return Choice(configured, configured, False, f"{alone}; {told}", None, needed, dates)
    t = against(best, configured).t
    shown = "no t" if t is None else f"t {t:.2f}"
    if dates < MINIMUM_DATES:
        reason = f"{dates} sessions cannot tell; {MINIMUM_DATES} are needed"
        return Choice(configured, best, False, f"no candidate was credibly better: {reason}; {told}", t, needed, dates)
    if t is None or t <= needed:
        reason = f"the best has {shown}, more than {needed:.2f} is needed"
        return Choice(configured, best, False, f"no candidate was credibly better: {reason}; {told}", t, needed, dates)
    return Choice(best, best, True, f"better by {shown}, more than the {needed:.2f} needed; {told}", t, needed, dates)


def gain_table(found: Found) -> Floats:
    """The sessions' gains of the candidates of the last rung, (T, N), the configured options first."""
    columns = [one.gains.gain for one in found.last if one.gains is not None]
    return np.column_stack(columns) if columns else np.empty((0, 0))
