"""What the forecasts of a policy were worth, and whether two policies differ: from its ledger and the stored bars."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from stockml.arrays import Floats
from stockml.environment import Environment
from stockml.evaluation import blocks, metrics, refits, significance
from stockml.evaluation.rows import Rows
from stockml.evaluation.significance import Comparison
from stockml.evidence import MINIMUM_DATES, better_t
from stockml.models.inputs import Inputs
from stockml.pipeline import record

# Two losses whose ratio certainly lies within this of 1 differ by nothing worth a training. The best honest direction
# models have a Brier skill of 0.1 to 0.4 %, and methods for intervals differ by 1 to 15 % (docs/method.md).
SAME_WITHIN = {"direction": 0.001, "shown": 0.001, "interval": 0.01}
Walked = dict[int, Rows]
LOSSES: dict[str, Callable[[Rows], Floats]] = {
    "direction": lambda rows: metrics.brier_losses(rows.model_up, rows.up),
    "shown": lambda rows: metrics.brier_losses(rows.probability_up, rows.up),
    "interval": lambda rows: metrics.winkler_losses(rows.lo90, rows.hi90, rows.realised, 0.9),
}


def walked(env: Environment, inputs: Inputs) -> Walked:
    """The settled forecasts of a policy by horizon, the earliest of each session, as evaluation has them."""
    return record.of(inputs, record.said(env)).rows


def figures(rows: Walked) -> dict[str, Any]:
    """An evaluation block (docs/method.md) for each horizon: every figure with n, interval, naive figure, verdict."""
    return {str(horizon): blocks.block(one) for horizon, one in rows.items()}


def months(rows: Walked) -> list[dict[str, Any]]:
    """Month by month at the shortest horizon: n, share of the 90 % intervals that held, mean Winkler and Brier loss."""
    if not rows:
        return []
    own = rows[min(rows)]
    month = _month(own)
    inside = metrics.covered(own.lo90, own.hi90, own.realised)
    columns = (inside, LOSSES["interval"](own), LOSSES["direction"](own))
    out = []
    for one in np.unique(month):
        chosen = month == one
        coverage, winkler, brier = (metrics.mean(column[chosen]) for column in columns)
        told = {"month": str(one), "n": int(chosen.sum()), "coverage": coverage}
        out.append({**told, "winkler": winkler, "brier": brier})
    return out


def _month(rows: Rows) -> Any:
    return rows.session.astype("datetime64[D]").astype("datetime64[M]")


def over(told: Sequence[Mapping[str, Any]], rows: Walked, others: Walked) -> list[dict[str, Any]]:
    """`months` of a policy, each with its losses over those of another on the forecasts that both made."""
    horizon = min(rows, default=0)
    if horizon not in others:
        return [{**one, "winkler_ratio": None, "brier_ratio": None} for one in told]
    mine, theirs = refits.shared(rows[horizon], others[horizon])
    own, other = rows[horizon].where(mine), others[horizon].where(theirs)
    month = _month(own).astype(str)
    ratios = {"winkler_ratio": LOSSES["interval"], "brier_ratio": LOSSES["direction"]}
    losses = {name: (loss(own), loss(other)) for name, loss in ratios.items()}
    return [
        {**one, **{name: metrics.ratio(*(metrics.mean(loss[month == one["month"]]) for loss in both))
                   for name, both in losses.items()}}
        for one in told
    ]  # fmt: skip


def compare(policies: Mapping[str, Walked]) -> list[dict[str, Any]]:
    """Each pair of policies on the forecasts that both made, by horizon.

    `direction` compares Brier scores of the direction model, `shown` those of the published probability, `interval`
    Winkler scores of the 90 % interval. `ratio` is the first's loss over the second's, with its 95 % interval over
    resampled blocks of sessions; t > 0 where the first lost less (`significance.contest`). As many comparisons as
    there are pairs are allowed for.
    """
    pairs = list(itertools.combinations(policies, 2))
    limit = better_t(len(pairs))
    return [
        {
            "first": one, "second": other,
            "horizons": {
                str(h): _pair(policies[one][h], policies[other][h], limit)
                for h in policies[one] if h in policies[other]
            },
        }
        for one, other in pairs
    ]  # fmt: skip


def _pair(rows: Rows, others: Rows, limit: float) -> dict[str, Any]:
    mine, theirs = refits.shared(rows, others)
    one, other = rows.where(mine), others.where(theirs)
    return {"n": len(one), **{name: _contest(name, one, other, limit) for name in LOSSES}}


def _contest(name: str, one: Rows, others: Rows, limit: float) -> dict[str, Any]:
    loss, other = LOSSES[name](one), LOSSES[name](others)
    found = significance.contest(loss, other, one.session, one.horizon)
    ratio = metrics.ratio(metrics.mean(loss), metrics.mean(other))
    return {
        "ratio": ratio, "low": found.low, "high": found.high, **found.test._asdict(),
        "verdict": verdict(found.test, found.low, found.high, limit, SAME_WITHIN[name]),
    }  # fmt: skip


def verdict(test: Comparison, low: float | None, high: float | None, limit: float, same: float) -> str:
    """`better` or `worse` of the first, `no_edge` where the ratio surely lies within `same` of 1, else `cannot_tell`.

    A test that finds nothing says nothing by itself: only an interval as narrow as that shows that there is nothing
    (equivalence by interval inclusion: Schuirmann 1987, "two one-sided tests").
    """
    if low is not None and high is not None and low > 1.0 - same and high < 1.0 + same:
        return "no_edge"
    if test.t is None or test.dates < MINIMUM_DATES or abs(test.t) <= limit:
        return "cannot_tell"
    return "better" if test.t > 0.0 else "worse"


def kept_promise(rows: Walked, index: int, horizon: int, name: str, since: int, sessions: int = 60) -> bool | None:
    """Whether, in the sessions after an alarm, a symbol's forecasts kept what the alarm says they broke.

    `name` is the alarm's ("coverage", "direction accuracy", "price error", ...). None where fewer than 20 outcomes
    followed, or nobody can say. Coverage is kept from 0.86 on (the gate's band), the direction where it was right no
    less often than the naive side, the price where its error was no larger than the last close's.
    """
    own = rows.get(horizon)
    if own is None:
        return None
    after = np.flatnonzero((own.symbol_id == index) & (own.session > since))[:sessions]
    if len(after) < 20:
        return None
    part = own.where(after)
    if "coverage" in name:
        return bool(metrics.covered(part.lo90, part.hi90, part.realised).mean() >= 0.86)
    if "price" in name:
        loss = metrics.price_losses(part.price_log_return, part.realised).mean()
        return bool(loss <= metrics.price_losses(np.zeros(len(part)), part.realised).mean())
    if "direction" in name or "accuracy" in name:
        hits, naive = ((side > 0.5) == part.up for side in (part.probability_up, part.base_rate))
        return bool(hits.mean() >= naive.mean())
    return None
