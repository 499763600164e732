"""Whether a direction model has an edge: the one rule that training, gate and reports share."""

from __future__ import annotations

from typing import NamedTuple

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation import metrics, significance
from stockml.evaluation.significance import Comparison, Contest, Dates, Ranking, Verdict
from stockml.evidence import BETTER_T, EDGE_DATES, MINIMUM_DATES, POOL_SYMBOLS, WORSE_T


class Judgement(NamedTuple):
    """The Brier contest with the base rate, the AUC, and what they allow to say."""

    brier: Contest
    ranking: Ranking
    verdict: Verdict

    @property
    def test(self) -> Comparison:
        """The Brier test, which the verdict rests on."""
        return self.brier.test


def judge(
    model_up: Floats, base_rate: Floats, up: Flags, session: Integers | Dates, symbols: int, horizon: int
) -> Judgement:
    """Judge probabilities of up against the base rate on the same rows.

    `better` takes a Brier test with t > 2.33, an AUC whose interval lies above one half, 500 sessions and 4 symbols:
    a year of luck has all but the sessions. `worse` takes t < -1.645 on 250 dates. One symbol is `cannot_tell`.
    """
    dates = significance.dates_of(session)
    loss, naive_loss = metrics.brier_losses(model_up, up), metrics.brier_losses(base_rate, up)
    brier = significance.contest(loss, naive_loss, dates, horizon)
    ranking = significance.rank_test(model_up, up, dates, horizon)
    return Judgement(brier, ranking, _verdict(brier.test, ranking.low, symbols, horizon))


def word(test: Comparison, symbols: int, horizon: int) -> Verdict:
    """The verdict of a figure of direction by its own test; few symbols, or `better` too soon, are `cannot_tell`."""
    found = significance.verdict(test.t, test.dates)
    too_soon = found == "better" and _spanned(test, horizon) < EDGE_DATES
    return "cannot_tell" if symbols < POOL_SYMBOLS or too_soon else found


def _verdict(test: Comparison, auc_low: float | None, symbols: int, horizon: int) -> Verdict:
    if test.t is None or test.dates < MINIMUM_DATES or symbols < POOL_SYMBOLS:
        return "cannot_tell"
    if test.t < WORSE_T:
        return "worse"
    if test.t <= BETTER_T or auc_low is None or auc_low <= 0.5:
        return "no_edge"
    return "better" if _spanned(test, horizon) >= EDGE_DATES else "cannot_tell"


def _spanned(test: Comparison, horizon: int) -> int:
    """Sessions of a span: the last forecasts of it have no outcome yet."""
    return test.dates + horizon - 1
