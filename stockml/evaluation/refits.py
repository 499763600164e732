"""What refitting is worth: the forecasts of several refit policies compared on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from stockml.arrays import Floats, Integers
from stockml.evaluation import metrics, significance
from stockml.evaluation.rows import Rows


def figures(rows: Rows) -> dict[str, Any]:
    """The losses by which policies differ, of one horizon; fractions, None where there are no rows.

    Brier and skill are of the direction model, shown or not; the skill is against the policy's own base rates.
    `winkler` is the mean score of the 90 % interval in log returns, its ratio is to plain history.
    """
    brier = metrics.mean(metrics.brier_losses(rows.model_up, rows.up))
    loss = _winkler(rows)
    both = np.isfinite(rows.naive_lo90) & np.isfinite(rows.naive_hi90)
    naive = metrics.winkler_losses(rows.naive_lo90[both], rows.naive_hi90[both], rows.realised[both], 0.9)
    return {
        "n": len(rows),
        "accuracy": metrics.accuracy(rows.model_up > 0.5, rows.up),
        "brier": brier,
        "brier_skill": metrics.skill(brier, metrics.mean(metrics.brier_losses(rows.base_rate, rows.up))),
        "coverage": metrics.mean(metrics.covered(rows.lo90, rows.hi90, rows.realised)),
        "winkler": metrics.mean(loss),
        "winkler_ratio": metrics.ratio(metrics.mean(loss[both]), metrics.mean(naive)),
    }


def against(rows: Rows, first: Rows) -> dict[str, Any]:
    """Test one policy against another on the rows both have: t > 0 where the one lost less than the `first`.

    Diebold-Mariano on Brier scores (direction, the model's) and Winkler scores (the 90 % interval).
    """
    mine, other = shared(rows, first)
    session, horizon = rows.session[mine], rows.horizon
    pairs = {
        "direction": [metrics.brier_losses(one.model_up, one.up) for one in (rows, first)],
        "interval": [_winkler(one) for one in (rows, first)],
    }
    out = {}
    for name, (loss, reference) in pairs.items():
        test = significance.diebold_mariano(loss[mine], reference[other], session, horizon)
        out[name] = {**test._asdict(), "verdict": significance.verdict(test.t, test.dates)}
    return out


def compare(walked: Mapping[str, tuple[int, Mapping[int, Rows]]]) -> list[dict[str, Any]]:
    """The `refits` of `evaluate`, of {policy: (fits, rows by horizon)}; the first policy is what others are held to."""
    first = next(iter(walked.values()))[1]
    return [
        {
            "policy": policy,
            "fits": fits,
            "horizons": {str(h): figures(one) for h, one in sorted(rows.items())},
            "against_first": None
            if rows is first
            else {str(h): against(one, first[h]) for h, one in sorted(rows.items())},
        }
        for policy, (fits, rows) in walked.items()
    ]


def _winkler(rows: Rows) -> Floats:
    return metrics.winkler_losses(rows.lo90, rows.hi90, rows.realised, 0.9)


def shared(left: Rows, right: Rows) -> tuple[Integers, Integers]:
    """The places of the (symbol, session) pairs that both have, in the same order."""
    keys, others = (one.symbol_id.astype(np.int64) << 32 | one.session.astype(np.int64) for one in (left, right))
    _, mine, other = np.intersect1d(keys, others, assume_unique=True, return_indices=True)
    return mine, other
