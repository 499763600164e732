"""How well a direction model tells ups from downs after its cut, with the interval that the sample allows."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from stockml.arrays import Floats
from stockml.audit.procedure import Procedure
from stockml.evaluation import significance
from stockml.evidence import AUDIT_WIDENING, CHANCE_AUC, MINIMUM_DATES
from stockml.models.inputs import Inputs
from stockml.models.model import Model


class Sight(NamedTuple):
    """The pooled AUC of a direction model with its 95 % interval, on so many rows and dates; None without them."""

    auc: float | None
    low: float | None
    high: float | None
    rows: int
    dates: int

    @property
    def judgeable(self) -> bool:
        return self.low is not None and self.dates >= MINIMUM_DATES

    @property
    def above(self) -> bool:
        """Whether the interval, widened to what the audit's several looks take, lies above the band of chance."""
        if self.auc is None or self.low is None:
            return False
        return self.auc - AUDIT_WIDENING * (self.auc - self.low) > CHANCE_AUC[1]

    @property
    def outside(self) -> bool:
        """Whether the widened interval lies above or below the band."""
        if self.auc is None or self.high is None:
            return False
        return self.above or self.auc + AUDIT_WIDENING * (self.high - self.auc) < CHANCE_AUC[0]

    def __str__(self) -> str:
        if self.auc is None or self.low is None or self.high is None:
            return f"no AUC on {self.rows} rows of {self.dates} sessions"
        return f"AUC {self.auc:.3f} [{self.low:.3f}, {self.high:.3f}] on {self.rows} rows of {self.dates} sessions"


def sight(procedure: Procedure, inputs: Inputs, model: Model, horizon: int, cut: int, truth: list[Floats]) -> Sight:
    """Forecast every session after the cut and compare with given outcomes, `truth[i]` by row of symbol i.

    The direction model is taken unshrunk: a `k` of 0 would answer the base rate, and hide what it knows. Rows
    without features or outcome are left out.
    """
    end = len(inputs.sessions) - 1
    bold = _unshrunk(model)
    score, up, session = [], [], []
    for index, symbol in enumerate(inputs.symbols):
        path = procedure.walk(inputs, bold, symbol, horizon, cut, end)
        keep = np.isfinite(truth[index][path.row]) & ~path.short_history
        score.append(path.model_up[keep])
        up.append(truth[index][path.row[keep]] > 0.0)
        session.append(path.session[keep])
    scores, ups, days = np.concatenate(score), np.concatenate(up), np.concatenate(session)
    if not len(ups):
        return Sight(None, None, None, 0, 0)
    found = significance.rank_test(scores, ups, days, horizon)
    return Sight(found.auc, found.low, found.high, len(ups), len(set(days.tolist())))


def mean_of(one: Sight, other: Sight) -> Sight:
    """The mean AUC of two models on the same rows, as unsure as if their errors were the same."""
    pairs = ((one.auc, other.auc), (one.low, other.low), (one.high, other.high))
    auc, low, high = (None if a is None or b is None else (a + b) / 2.0 for a, b in pairs)
    return Sight(auc, low, high, one.rows, one.dates)


def _unshrunk(model: Model) -> Model:
    by_horizon = {name: {**own, "k": 1.0} for name, own in model.parameters["by_horizon"].items()}
    return Model({**model.parameters, "by_horizon": by_horizon}, model.files)
