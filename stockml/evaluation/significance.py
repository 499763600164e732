"""How much a figure can be trusted: date-block bootstrap, Diebold-Mariano test, and the verdict in one word.

Forecasts of one day share that day's market, and forecasts over several sessions overlap. So everything
here counts dates, not rows, and allows for dependence between neighbouring ones.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation import ranks
from stockml.evaluation.shares import wilson
from stockml.evaluation.student import quantile_975, student_p
from stockml.evidence import BETTER_T, MINIMUM_DATES, WORSE_T

Verdict = Literal["better", "worse", "no_edge", "cannot_tell"]

# A month of sessions outlasts the clustering of hits and the overlap of five-session forecasts.
BLOCK_SESSIONS = 21
RESAMPLES = 1000
SEED = 7
# With fewer blocks than this there is too little to resample.
_MINIMUM_BLOCKS = 3


class Comparison(NamedTuple):
    """A Diebold-Mariano test: t > 0 when the first forecaster lost less; None where it does not exist."""

    t: float | None
    p: float | None
    dates: int


class Dates(NamedTuple):
    """The dates that rows fall on: the place of each row's date, and how many rows each date has."""

    place: Integers
    rows: Floats


class Contest(NamedTuple):
    """A Diebold-Mariano test, and the 95 % interval of sum(loss) / sum(naive loss); None where there is none."""

    test: Comparison
    low: float | None
    high: float | None


class Ranking(NamedTuple):
    """The AUC with its 95 % interval, and the test of one half; None where it does not exist."""

    auc: float | None
    low: float | None
    high: float | None
    test: Comparison


def dates_of(session: Integers | Dates) -> Dates:
    """The dates in order. Every function here takes them in place of the rows' sessions, to group rows but once."""
    if isinstance(session, Dates):
        return session
    _, place = np.unique(session, return_inverse=True)
    return Dates(place, np.bincount(place).astype(np.float64))


def by_date(values: Floats, session: Integers | Dates) -> tuple[Floats, Floats]:
    """Sums of (n, k) values within each date, shape (dates, k), and the rows of each, shape (dates,)."""
    place, rows = dates_of(session)
    columns = [np.bincount(place, weights=column, minlength=len(rows)) for column in values.T]
    return np.column_stack(columns), rows


def enough(dates: int) -> bool:
    """Whether so many dates make three blocks to resample."""
    return dates >= _MINIMUM_BLOCKS * BLOCK_SESSIONS


def share_intervals(hits: Flags, session: Integers | Dates, horizon: int) -> list[tuple[float, float] | None]:
    """95 % intervals (low, high) of the shares of (n, k) flags, one for each of the k columns; fractions.

    Circular block bootstrap over dates. Where that would claim certainty, with fewer than three blocks of
    dates or a share of exactly 0 or 1, it is Wilson's interval with one observation per `horizon` dates.
    No rows: None.
    """
    if not len(hits):
        return [None] * hits.shape[1]
    sums, rows = by_date(hits.astype(np.float64), session)
    shares = sums.sum(axis=0) / rows.sum()
    resampled = enough(len(rows))
    low, high = block_bootstrap(sums, rows) if resampled else (shares, shares)
    independent = max(1.0, len(rows) / horizon)
    spans: list[tuple[float, float] | None] = []
    for k, share in enumerate(shares.tolist()):
        if resampled and 0.0 < share < 1.0:
            spans.append((float(low[k]), float(high[k])))
        else:
            spans.append(wilson(share * independent, independent))
    return spans


def block_bootstrap(
    numerator: Floats, denominator: Floats, *, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[Floats, Floats]:
    """95 % percentile interval of sum(numerator) / sum(denominator); both bounds have shape (k,).

    `numerator` is (dates, k) and `denominator` (dates,), in date order. Blocks of 21 consecutive dates, the
    last following on to the first, are drawn with replacement until as many dates are reached as there were
    (Politis & Romano 1992, circular block bootstrap). All k columns share the same draws.
    """
    sums = resampled_sums(np.column_stack([numerator, denominator]), resamples, seed)
    low, high = np.quantile(sums[:-1] / sums[-1], (0.025, 0.975), axis=1)
    return low, high


def resampled_sums(table: Floats, resamples: int = RESAMPLES, seed: int = SEED) -> Floats:
    """Sums of each column of a (dates, k) table over dates drawn as in `block_bootstrap`; shape (k, resamples)."""
    dates = len(table)
    length = min(BLOCK_SESSIONS, dates)
    starts = _starts(dates, dates // length + 1, resamples, seed)
    sums = _block_sums(table, dates % length)[:, starts[-1]]
    for k, column in enumerate(_block_sums(table, length)):
        sums[k] += column.take(starts[:-1]).sum(axis=0)
    return sums


@lru_cache(maxsize=16)
def _starts(dates: int, blocks: int, resamples: int, seed: int) -> Integers:
    """First dates of the blocks of every resample; kept, because all figures of one set of rows share them."""
    starts = np.random.default_rng(seed).integers(0, dates, size=(blocks, resamples))
    starts.flags.writeable = False
    return starts


def _block_sums(table: Floats, length: int) -> Floats:
    """Sum over the `length` dates from each start on, going round; shape (k, dates)."""
    # Cumulative sums make every block cost one subtraction.
    ends = np.cumsum(np.concatenate([np.zeros_like(table[:1]), table, table[:length]]), axis=0)
    return np.ascontiguousarray((ends[length : length + len(table)] - ends[: len(table)]).T)


def rank_test(score: Floats, positive: Flags, session: Integers | Dates, horizon: int) -> Ranking:
    """The AUC, its 95 % interval by resampled dates, and the test of one half; no interval below three blocks.

    Each row's placement, the share of the other class that it beats (DeLong, DeLong & Clarke-Pearson 1988), less
    the AUC, is its influence on the AUC. The influences are resampled in blocks of dates as in `block_bootstrap`,
    so that neither symbols of one day nor neighbouring days count as independent (Obuchowski 1997, clustered);
    their sums by date, scaled to mean AUC - 1/2, are tested as in `mean_test`.
    """
    dates = dates_of(session)
    placed = ranks.placements(score, positive)
    if placed is None:
        return Ranking(None, None, None, Comparison(None, None, len(dates.rows)))
    auc = float(placed[positive].mean())
    positives = np.count_nonzero(positive)
    share = np.where(positive, positives, len(score) - positives) / len(score)
    sums, rows = by_date(((placed - auc) / share)[:, None], dates)
    test = mean_test(auc - 0.5 + sums[:, 0] * len(rows) / len(score), horizon)[0]
    if not enough(len(rows)):
        return Ranking(auc, None, None, test)
    low, high = block_bootstrap(sums, rows)
    return Ranking(auc, max(0.0, auc + float(low[0])), min(1.0, auc + float(high[0])), test)


def diebold_mariano(loss_a: Floats, loss_b: Floats, session: Integers | Dates, horizon: int) -> Comparison:
    """Test whether forecaster a loses less than b on the same rows: t > 0 means that a, the first, is better.

    The loss difference is averaged within each date, then tested for mean zero as in `mean_test` (Diebold &
    Mariano 1995; Harvey, Leybourne & Newbold 1997). Forecasters that never differ give t = 0. Too few dates, or a
    difference that never varies, give None.
    """
    if not len(loss_a):
        return Comparison(None, None, 0)
    return _compare(*by_date(np.column_stack([loss_a, loss_b]), session), horizon)


def contest(loss: Floats, naive_loss: Floats, session: Integers | Dates, horizon: int) -> Contest:
    """Model against naive on the same rows: `diebold_mariano`, and the interval of the ratio of their losses.

    The ratio of the resampled sums is bootstrapped in blocks of dates; there is none with fewer than three blocks,
    or where a resample has no naive loss.
    """
    if not len(loss):
        return Contest(Comparison(None, None, 0), None, None)
    sums, rows = by_date(np.column_stack([loss, naive_loss]), session)
    test = _compare(sums, rows, horizon)
    if not enough(len(rows)):
        return Contest(test, None, None)
    drawn, naive = resampled_sums(sums)
    if not (naive > 0.0).all() or not np.isfinite(drawn).all():
        return Contest(test, None, None)
    low, high = np.quantile(drawn / naive, (0.025, 0.975)).tolist()
    return Contest(test, low, high)


def _compare(sums: Floats, rows: Floats, horizon: int) -> Comparison:
    losses = sums / rows[:, None]
    gain = losses[:, 1] - losses[:, 0]
    if not np.any(gain):
        return Comparison(0.0, 1.0, len(gain))
    return mean_test(gain, horizon, scale=float(np.abs(losses).max()))[0]


def mean_test(values: Floats, horizon: int, scale: float = 0.0) -> tuple[Comparison, tuple[float, float] | None]:
    """Test whether the mean of values, one a date in date order, is zero; with the mean's 95 % interval.

    t is the mean over its standard error: a Bartlett variance (Newey & West 1987) with the lag of `bartlett_lag`,
    and the small-sample factor of Harvey, Leybourne & Newbold 1997. p is two-sided from Student's t with dates - 1
    degrees of freedom, whose quantile gives the interval, from three blocks of dates on. Values that do not vary
    by more than rounding (of numbers as large as `scale`) have neither.
    """
    dates = len(values)
    if dates < 2:
        return Comparison(None, None, dates), None
    scale = max(scale, float(np.abs(values).max()))
    correction = (dates + 1 - 2 * horizon + horizon * (horizon - 1) / dates) / dates
    variance = _bartlett_variance(values, bartlett_lag(dates, horizon))
    if correction <= 0.0 or not math.isfinite(variance) or not variance > (1e-12 * scale) ** 2 / dates:
        return Comparison(None, None, dates), None
    mean, error = float(values.mean()), math.sqrt(variance / correction)
    half = quantile_975(dates - 1) * error
    test = Comparison(mean / error, student_p(mean / error, dates - 1), dates)
    return test, (mean - half, mean + half) if enough(dates) else None


def bartlett_lag(dates: int, horizon: int) -> int:
    """Lags to allow for: floor(4 (dates / 100)^(2/9)) (Newey & West 1994), and at least twice the horizon.

    Forecasts overlap over horizon - 1 dates, but with just that lag the falling weights would drop half of
    it: equal forecasters at horizon 5 pass t > 2.33 on 250 dates in 3 % of simulations instead of 1 %, with
    the longer lag in 2 %.
    """
    return max(2 * horizon, math.floor(4.0 * math.pow(dates / 100.0, 2.0 / 9.0)))


def _bartlett_variance(values: Floats, lag: int) -> float:
    """Variance of the mean of an autocorrelated series; never negative with these weights."""
    n = len(values)
    centred = values - values.mean()
    total = float(centred @ centred)
    for j in range(1, min(lag, n - 1) + 1):
        total += 2.0 * (1.0 - j / (lag + 1)) * float(centred[j:] @ centred[:-j])
    return total / n / n


def verdict(t: float | None, dates: int, minimum: int = MINIMUM_DATES) -> Verdict:
    """What a test allows to say; `cannot_tell` where there is no test, or fewer than `minimum` dates."""
    if t is None or dates < minimum:
        return "cannot_tell"
    if t > BETTER_T:
        return "better"
    return "worse" if t < WORSE_T else "no_edge"
