"""Two models on the same sessions: whose direction and whose intervals lose less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from stockml.arrays import Floats, Integers
from stockml.evaluation import metrics, significance
from stockml.evaluation.rows import Rows
from stockml.evaluation.significance import Comparison


class Paired(NamedTuple):
    """The tests of direction (Brier) and 90 % interval (Winkler); t > 0 when the first model is better."""

    symbols: int
    dates: int
    direction: Comparison
    interval: Comparison


def compare(first: Mapping[int, Rows], second: Mapping[int, Rows]) -> Paired:
    """Compare the direction models and the intervals of two models over all horizons at once.

    Both number symbols alike. Only forecasts that both made count. Each horizon's losses are divided by the
    second model's mean loss, so that all horizons weigh alike in one test per part: two tests at 5 % refuse an
    equal model in at most one of ten cases, where a test per part and horizon would in one of five.
    """
    pairs = [_aligned(first[h], second[h]) for h in sorted(set(first) & set(second))]
    pairs = [(one, other) for one, other in pairs if len(one)]
    if not pairs:
        return Paired(0, 0, Comparison(None, None, 0), Comparison(None, None, 0))
    session = np.concatenate([one.session for one, _ in pairs])
    symbols = np.concatenate([one.symbol_id for one, _ in pairs])
    longest = max(one.horizon for one, _ in pairs)
    direction = _test([(_brier(one), _brier(other)) for one, other in pairs], session, longest)
    interval = _test([(_winkler(one), _winkler(other)) for one, other in pairs], session, longest)
    return Paired(len(np.unique(symbols)), len(np.unique(session)), direction, interval)


def _aligned(one: Rows, other: Rows) -> tuple[Rows, Rows]:
    """The rows of the symbols and sessions that both hold, in the same order."""
    mine, theirs = (rows.session.astype(np.int64) << 32 | rows.symbol_id.astype(np.int64) for rows in (one, other))
    _, left, right = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
    return one.where(left), other.where(right)


def _test(losses: list[tuple[Floats, Floats]], session: Integers, horizon: int) -> Comparison:
    scaled = []
    for mine, theirs in losses:
        size = float(theirs.mean()) or 1.0
        scaled.append((mine / size, theirs / size))
    return significance.diebold_mariano(
        np.concatenate([one for one, _ in scaled]), np.concatenate([other for _, other in scaled]), session, horizon
    )


def _brier(rows: Rows) -> Floats:
    return metrics.brier_losses(rows.model_up, rows.up)


def _winkler(rows: Rows) -> Floats:
    return metrics.winkler_losses(rows.lo90, rows.hi90, rows.realised, 0.9)
