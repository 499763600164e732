"""Whether a direction model has an edge: the one rule that training, gate and reports share."""

from __future__ import annotations

from typing import NamedTuple

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation import metrics, significance
from stockml.evaluation.significance import Comparison, Verdict
from stockml.evidence import BETTER_T, EDGE_DATES, MINIMUM_DATES, POOL_SYMBOLS, WORSE_T


class Judgement(NamedTuple):
    """The Brier test against the base rate, the AUC with its 95 % interval, and what they allow to say."""

    test: Comparison
    auc: float | None
    low: float | None
    high: float | None
    verdict: Verdict


def judge(model_up: Floats, base_rate: Floats, up: Flags, session: Integers, symbols: int, horizon: int) -> Judgement:
    """Judge probabilities of up against the base rate on the same rows.

    `better` takes a Brier test with t > 2.33, an AUC whose interval lies above one half, 500 sessions and 4 symbols:
    a year of luck has all but the sessions. `worse` takes t < -1.645 on 250 dates. One symbol is `cannot_tell`.
    """
    test = significance.diebold_mariano(
        metrics.brier_losses(model_up, up), metrics.brier_losses(base_rate, up), session, horizon
    )
    span = significance.auc_interval(model_up, up, session)
    low, high = span if span else (None, None)
    return Judgement(test, metrics.auc(model_up, up), low, high, _verdict(test, low, symbols, horizon))


def _verdict(test: Comparison, auc_low: float | None, symbols: int, horizon: int) -> Verdict:
    if test.t is None or test.dates < MINIMUM_DATES or symbols < POOL_SYMBOLS:
        return "cannot_tell"
    if test.t < WORSE_T:
        return "worse"
    if test.t <= BETTER_T or auc_low is None or auc_low <= 0.5:
        return "no_edge"
    spanned = test.dates + horizon - 1  # the last forecasts of a window have no outcome yet
    return "better" if spanned >= EDGE_DATES else "cannot_tell"
