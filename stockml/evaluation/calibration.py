"""How far stated confidence is from what is hit, and how far luck alone would take it."""

from __future__ import annotations

import math

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation.significance import SEED, Verdict
from stockml.evaluation.student import NORMAL_975
from stockml.evidence import CALIBRATION_DRAWS, CALIBRATION_ROWS

CONFIDENCE_BINS = 10


def calibration_error(confidence: Floats, hit: Flags) -> float | None:
    """Expected calibration error, a fraction: the mean over rows of their bin's |hit rate - mean confidence|.

    `confidence` is max(p, 1 - p), so the bins are ten of equal width over [0.5, 1], the upper end in the last
    (Naeini, Cooper & Hauskrecht 2015, AAAI; Guo et al. 2017, eq. 3). Read it beside `calibration_noise`.
    """
    if not len(confidence):
        return None
    gaps = np.bincount(_bins(confidence), weights=hit - confidence, minlength=CONFIDENCE_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def calibration_noise(confidence: Floats) -> float | None:
    """The calibration error to expect of a perfectly calibrated forecaster with these confidences.

    In a bin of n rows and mean confidence p its hits are binomial, and E|hits - n p| is De Moivre's
    2 v C(n, v) p^v (1 - p)^(n - v + 1) with v = floor(n p) + 1 (Diaconis & Zabell 1991, Statist. Sci. 6).
    Rows count as independent. Forecasts of one day are not, so the floor of pooled ones is really higher.
    """
    if not len(confidence):
        return None
    counts, sums = _tallies(confidence)
    deviations = [_binomial_deviation(int(n), total / n) for n, total in zip(counts, sums, strict=True)]
    return float(sum(deviations) / len(confidence))


def calibration_noise_high(confidence: Floats, independent: float) -> float | None:
    """The calibration error that a perfectly calibrated forecaster with these confidences exceeds in 1 of 20 cases.

    Simulated: in each bin the hits of a draw are binomial with the bin's mean confidence, 1,000 seeded draws.
    Forecasts of one day share its market, so a bin counts only its share of the `independent` rows that all of
    them are worth. With all rows counted, 12 to 56 of 100 calibrated pools (8 or 13 symbols, correlation 0.4, horizon
    1 or 5, two to seven years; simulated) would pass for miscalibrated; so it is 3 to 6.
    """
    if not len(confidence):
        return None
    counts, sums = _tallies(confidence)
    share = counts / len(confidence)
    trials = np.maximum(1, np.round(share * min(independent, len(confidence)))).astype(np.int64)
    chance = np.minimum(1.0, sums / counts)
    hits = np.random.default_rng(SEED).binomial(trials, chance, size=(CALIBRATION_DRAWS, len(trials)))
    return float(np.quantile(np.abs(hits / trials - chance) @ share, 0.95))


def independent_rows(hits: int, n: int, span: tuple[float, float]) -> float:
    """How many independent rows would give a share of hits its 95 % interval; between 1 and n.

    n over the design effect, the ratio of the share's variance to the binomial one (Kish 1965, Survey Sampling, 8.2).
    """
    error = (span[1] - span[0]) / (2.0 * NORMAL_975)
    share = hits / n
    return min(float(n), max(1.0, share * (1.0 - share) / error**2)) if error > 0.0 else float(n)


def verdict(error: float | None, noise_high: float | None, n: int) -> Verdict:
    """`worse` if the error is above what luck makes of a calibrated forecaster, else `no_edge`: none can be better."""
    if error is None or noise_high is None or n < CALIBRATION_ROWS:
        return "cannot_tell"
    return "worse" if error > noise_high else "no_edge"


def _tallies(confidence: Floats) -> tuple[Floats, Floats]:
    """Rows and summed confidence of each bin that has any."""
    bins = _bins(confidence)
    counts = np.bincount(bins, minlength=CONFIDENCE_BINS).astype(np.float64)
    sums = np.bincount(bins, weights=confidence, minlength=CONFIDENCE_BINS).astype(np.float64)
    return counts[counts > 0], sums[counts > 0]


def _bins(confidence: Floats) -> Integers:
    places = ((confidence - 0.5) * 2.0 * CONFIDENCE_BINS).astype(np.int64)
    return np.clip(places, 0, CONFIDENCE_BINS - 1)


def _binomial_deviation(n: int, p: float) -> float:
    v = math.floor(n * p) + 1
    if v > n or p <= 0.0:
        return 0.0
    choose = math.lgamma(n + 1) - math.lgamma(v + 1) - math.lgamma(n - v + 1)
    return 2.0 * v * math.exp(choose + v * math.log(p) + (n - v + 1) * math.log1p(-p))
