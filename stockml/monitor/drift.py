"""How far recent values have moved from those a model was trained on: a hint where to look, never a trigger.

Inputs drift all the time without harm to a forecast (volatility comes and goes), and long windows overlap so much that
a few months of them are a handful of independent values. What is done about a model follows from its outcomes only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from stockml.arrays import Floats, Floats32
from stockml.evidence import DRIFT_FAR, DRIFT_MOVED, DRIFT_RECENT_ROWS, DRIFT_REFERENCE_ROWS

Band = Literal["too_few", "steady", "moved", "far"]

BINS = 10


@dataclass(frozen=True)
class Drift:
    """Distance of the recent values of one input from its reference values.

    `psi` is the population stability index over the reference's deciles, `psi_noise` what independent equal samples of
    this size show on average; `wasserstein` is in standard deviations of the reference. None where there is none.
    """

    name: str
    reference: int
    recent: int
    psi: float | None
    psi_noise: float | None
    wasserstein: float | None
    band: Band


def drift(name: str, reference: Floats | Floats32, recent: Floats | Floats32) -> Drift:
    """The drift of one input, arrays (m,) and (n,); values that are not finite are left out.

    The band rests on the PSI above its noise: `moved` from 0.10, `far` from 0.25, and `too_few` with fewer than 500
    reference or 100 recent values, or a reference that never varies.
    """
    old, new = _finite(reference), _finite(recent)
    enough = len(old) >= DRIFT_REFERENCE_ROWS and len(new) >= DRIFT_RECENT_ROWS and old[0] < old[-1]
    if not enough:
        return Drift(name, len(old), len(new), None, None, None, "too_few")
    index, noise = stability(old, new)
    excess = index - noise
    band: Band = "far" if excess >= DRIFT_FAR else "moved" if excess >= DRIFT_MOVED else "steady"
    return Drift(name, len(old), len(new), index, noise, wasserstein(old, new) / float(old.std()), band)


def drifts(names: Sequence[str], reference: Floats | Floats32, recent: Floats | Floats32) -> list[Drift]:
    """The drift of each of (inputs, rows) arrays, the farthest first, those with too few values last."""
    found = [drift(name, old, new) for name, old, new in zip(names, reference, recent, strict=True)]
    return sorted(found, key=lambda one: float("inf") if one.psi is None else -(one.psi - (one.psi_noise or 0.0)))


def stability(reference: Floats, recent: Floats) -> tuple[float, float]:
    """(population stability index, its expectation without drift) of sorted values.

    PSI = sum over bins of (a - r) ln(a / r), a and r the shares of recent and reference values between the
    reference's deciles, half a value added to each bin so that an empty one stays finite (Siddiqi 2006). Without drift
    it is about (1/m + 1/n) times a chi-squared of bins - 1 degrees of freedom (Yurdakul 2018). Tied deciles are one.
    """
    edges = np.sort(reference[(np.arange(1, BINS) * len(reference)) // BINS])
    edges = edges[np.append(True, edges[1:] > edges[:-1])]
    old, new = (_shares(values, edges) for values in (reference, recent))
    noise = len(edges) * (1.0 / len(reference) + 1.0 / len(recent))
    return float(np.sum((new - old) * np.log(new / old))), noise


def _shares(values: Floats, edges: Floats) -> Floats:
    """Share of values in each bin: below the first edge, from one edge to the next, from the last on."""
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=len(edges) + 1) + 0.5
    return np.asarray(counts / counts.sum())


def wasserstein(reference: Floats, recent: Floats) -> float:
    """The first Wasserstein distance of two sorted samples: the area between their distribution functions.

    Source: Vallender 1974, Theory of Probability and its Applications 18.
    """
    both = np.sort(np.concatenate([reference, recent]))
    below = [np.searchsorted(values, both[:-1], side="right") / len(values) for values in (reference, recent)]
    return float(np.sum(np.abs(below[0] - below[1]) * (both[1:] - both[:-1])))


def _finite(values: Floats | Floats32) -> Floats:
    """The finite values in order, as float64."""
    wide = np.asarray(values, dtype=np.float64)
    return np.asarray(np.sort(wide[np.isfinite(wide)]))
