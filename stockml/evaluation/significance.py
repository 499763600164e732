"""How much a figure can be trusted: date-block bootstrap, Diebold-Mariano test, and the verdict in one word.

Forecasts of one day share that day's market, and forecasts over several sessions overlap. So everything
here counts dates, not rows, and allows for dependence between neighbouring ones.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evidence import BETTER_T, MINIMUM_DATES, WORSE_T

Verdict = Literal["better", "worse", "no_edge", "cannot_tell"]

# A month of sessions outlasts the clustering of hits and the overlap of five-session forecasts.
BLOCK_SESSIONS = 21
RESAMPLES = 1000
SEED = 7
# With fewer blocks than this there is too little to resample.
_MINIMUM_BLOCKS = 3
_Z95 = 1.959963984540054


class Comparison(NamedTuple):
    """A Diebold-Mariano test: t > 0 when the first forecaster lost less; None where it does not exist."""

    t: float | None
    p: float | None
    dates: int


def by_date(values: Floats, session: Integers) -> tuple[Floats, Floats]:
    """Sums of (n, k) values within each date, shape (dates, k), and the rows of each, shape (dates,)."""
    _, place = np.unique(session, return_inverse=True)
    rows = np.bincount(place).astype(np.float64)
    columns = [np.bincount(place, weights=column, minlength=len(rows)) for column in values.T]
    return np.column_stack(columns), rows


def share_intervals(hits: Flags, session: Integers, horizon: int) -> list[tuple[float, float] | None]:
    """95 % intervals (low, high) of the shares of (n, k) flags, one for each of the k columns; fractions.

    Circular block bootstrap over dates. Where that would claim certainty, with fewer than three blocks of
    dates or a share of exactly 0 or 1, it is Wilson's interval with one observation per `horizon` dates.
    No rows: None.
    """
    if not len(hits):
        return [None] * hits.shape[1]
    sums, rows = by_date(hits.astype(np.float64), session)
    shares = sums.sum(axis=0) / rows.sum()
    enough = len(rows) >= _MINIMUM_BLOCKS * BLOCK_SESSIONS
    low, high = block_bootstrap(sums, rows) if enough else (shares, shares)
    independent = max(1.0, len(rows) / horizon)
    spans: list[tuple[float, float] | None] = []
    for k, share in enumerate(shares.tolist()):
        if enough and 0.0 < share < 1.0:
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
    table = np.column_stack([numerator, denominator])
    dates = len(table)
    length = min(BLOCK_SESSIONS, dates)
    full, rest = divmod(dates, length)
    starts = np.random.default_rng(seed).integers(0, dates, size=(full + 1, resamples))
    sums = _block_sums(table, rest)[:, starts[-1]]
    blocks = _block_sums(table, length)
    for k, column in enumerate(blocks):
        sums[k] += column[starts[:-1]].sum(axis=0)
    low, high = np.quantile(sums[:-1] / sums[-1], (0.025, 0.975), axis=1)
    return low, high


def _block_sums(table: Floats, length: int) -> Floats:
    """Sum over the `length` dates from each start on, going round; shape (k, dates)."""
    # Cumulative sums make every block cost one subtraction.
    ends = np.cumsum(np.concatenate([np.zeros_like(table[:1]), table, table[:length]]), axis=0)
    return np.ascontiguousarray((ends[length : length + len(table)] - ends[: len(table)]).T)


def auc_interval(score: Floats, positive: Flags, session: Integers) -> tuple[float, float] | None:
    """95 % interval of the AUC; None with one class only, or fewer than three blocks of dates.

    Each row's placement, the share of the other class that it beats (DeLong, DeLong & Clarke-Pearson 1988), less
    the AUC, is its influence on the AUC. The influences are resampled in blocks of dates as in `block_bootstrap`,
    so that neither symbols of one day nor neighbouring days count as independent (Obuchowski 1997, clustered).
    """
    positives = int(np.count_nonzero(positive))
    negatives = len(positive) - positives
    if not positives or not negatives:
        return None
    placement = np.empty(len(score))
    for mine, sign in ((positive, 1.0), (~positive, -1.0)):
        other = np.sort(score[~mine])
        beaten = 0.5 * (np.searchsorted(other, score[mine], "left") + np.searchsorted(other, score[mine], "right"))
        placement[mine] = beaten / len(other) if sign > 0 else 1.0 - beaten / len(other)
    auc = float(placement[positive].mean())
    share = np.where(positive, positives, negatives) / len(score)
    sums, rows = by_date(((placement - auc) / share)[:, None], session)
    if len(rows) < _MINIMUM_BLOCKS * BLOCK_SESSIONS:
        return None
    low, high = block_bootstrap(sums, rows)
    return max(0.0, auc + float(low[0])), min(1.0, auc + float(high[0]))


def wilson(hits: float, n: float) -> tuple[float, float]:
    """Wilson's 95 % score interval of a share (Wilson 1927; Brown, Cai & DasGupta 2001, eq. 4); fractions."""
    share, spread = hits / n, _Z95 * _Z95 / n
    middle = (share + spread / 2.0) / (1.0 + spread)
    half = math.sqrt(max(0.0, share * (1.0 - share) * spread + spread * spread / 4.0)) / (1.0 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def diebold_mariano(loss_a: Floats, loss_b: Floats, session: Integers, horizon: int) -> Comparison:
    """Test whether forecaster a loses less than b on the same rows: t > 0 means that a, the first, is better.

    The loss difference is averaged within each date, then tested for mean zero (Diebold & Mariano 1995) with
    a Bartlett variance (Newey & West 1987), the lag of `bartlett_lag`, and the small-sample factor of Harvey,
    Leybourne & Newbold 1997; p is two-sided from Student's t with dates - 1 degrees of freedom. Forecasters
    that never differ give t = 0. Too few dates, or a difference that never varies, give None.
    """
    if not len(session):
        return Comparison(None, None, 0)
    sums, rows = by_date(np.column_stack([loss_a, loss_b]), session)
    losses = sums / rows[:, None]
    gain = losses[:, 1] - losses[:, 0]
    dates = len(gain)
    if not np.any(gain):
        return Comparison(0.0, 1.0, dates)
    correction = (dates + 1 - 2 * horizon + horizon * (horizon - 1) / dates) / dates
    variance = _bartlett_variance(gain, bartlett_lag(dates, horizon))
    rounding = (1e-12 * float(np.abs(losses).max())) ** 2 / dates
    if dates < 2 or correction <= 0.0 or not variance > rounding or not math.isfinite(variance):
        return Comparison(None, None, dates)
    t = float(gain.mean()) / math.sqrt(variance) * math.sqrt(correction)
    return Comparison(t, student_p(t, dates - 1), dates)


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


def student_p(t: float, degrees: int) -> float:
    """Two-sided p of Student's t: the regularised incomplete beta I_x(degrees / 2, 1 / 2), x = d / (d + t^2).

    Source: Abramowitz & Stegun 1964, 26.7.1 and 26.5.27.
    """
    return _incomplete_beta(degrees / 2.0, 0.5, degrees / (degrees + t * t), t * t / (degrees + t * t))


def _incomplete_beta(a: float, b: float, x: float, rest: float) -> float:
    """I_x(a, b) by its continued fraction (Abramowitz & Stegun 26.5.8), evaluated by Lentz's method.

    `rest` is 1 - x, given apart because the subtraction would lose its digits near x = 1.
    """
    if x <= 0.0 or rest <= 0.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1.0) / (a + b + 2.0):  # the fraction converges fast on the other side only
        return 1.0 - _incomplete_beta(b, a, rest, x)
    beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log(rest) - beta) / a
    upper, lower, value = 1.0, 0.0, 1.0
    for step in range(500):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        lower = 1.0 / _not_zero(1.0 + term * lower)
        upper = _not_zero(1.0 + term / upper)
        value *= upper * lower
        if step and abs(upper * lower - 1.0) < 1e-15:
            break
    return front * (value - 1.0)


def _not_zero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300


def verdict(t: float | None, dates: int, minimum: int = MINIMUM_DATES) -> Verdict:
    """What a test allows to say; `cannot_tell` where there is no test, or fewer than `minimum` dates."""
    if t is None or dates < minimum:
        return "cannot_tell"
    if t > BETTER_T:
        return "better"
    return "worse" if t < WORSE_T else "no_edge"
