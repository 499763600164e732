"""Information coefficients: how well forecasts order the symbols of one day."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stockml.arrays import Flags, Floats
from stockml.evaluation import direction, ranks, significance
from stockml.evaluation.significance import Dates, Verdict
from stockml.evidence import POOL_SYMBOLS


class Coefficient(NamedTuple):
    """The mean over `dates` of one correlation a date, its 95 % interval and test; None where it does not exist."""

    dates: int
    mean: float | None
    low: float | None
    high: float | None
    t: float | None
    verdict: Verdict


NO_COEFFICIENT = Coefficient(0, None, None, None, None, "cannot_tell")


def coefficients(forecast: Floats, realised: Floats, dates: Dates, horizon: int) -> tuple[Coefficient, Coefficient]:
    """(IC, rank IC): mean over dates of Pearson's and Spearman's correlation between symbols (Grinold & Kahn 2000).

    A date counts if it has at least four symbols and neither its forecasts nor its returns are all alike: a base
    rate orders nothing. The means are tested against zero as in `significance.mean_test`, since outcomes overlap.
    """
    if not (dates.rows >= POOL_SYMBOLS).any():
        return NO_COEFFICIENT, NO_COEFFICIENT
    forecast_ranks, realised_ranks = (ranks.mid_ranks(values, dates.place) for values in (forecast, realised))
    by_rank, exists = _correlations(forecast_ranks, realised_ranks, dates)
    by_value, also = _correlations(forecast, realised, dates)
    # Ranks decide what is constant: among equal values rounding would leave a correlation of noise.
    counted = exists & also & (dates.rows >= POOL_SYMBOLS)
    return _judged(by_value[counted], horizon), _judged(by_rank[counted], horizon)


def _correlations(one: Floats, other: Floats, dates: Dates) -> tuple[Floats, Flags]:
    """Pearson's correlation within each date, and where it exists; both of shape (dates,)."""
    place, rows = dates
    centred = [values - (np.bincount(place, values) / rows)[place] for values in (one, other)]
    common = np.bincount(place, centred[0] * centred[1])
    spread = np.sqrt(np.bincount(place, np.square(centred[0]))) * np.sqrt(np.bincount(place, np.square(centred[1])))
    exists = spread > 0.0
    return np.divide(common, spread, out=np.zeros(len(rows)), where=exists), exists


def _judged(values: Floats, horizon: int) -> Coefficient:
    if not len(values):
        return NO_COEFFICIENT
    test, span = significance.mean_test(values, horizon)
    low, high = span if span else (None, None)
    word = direction.word(test, POOL_SYMBOLS, horizon)  # a date without that many symbols is not among them
    return Coefficient(len(values), float(values.mean()), low, high, test.t, word)
