"""Ways to turn raw log-odds into probabilities, each fitted on forecasts that earlier folds made out of sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from _learners import Learner
from _walked import Piece, Walked, gathered

from stockml import training
from stockml.arrays import Flags, Floats
from stockml.models import shrinkage
from stockml.models.forecast import FEATURE_BARS

Fitted = Callable[[Floats], Floats]


def logistic(odds: Floats) -> Floats:
    probability: Floats = 1.0 / (1.0 + np.exp(-odds))
    return probability


def platt(odds: Floats, up: Flags) -> Fitted:
    """Logistic regression of the outcome on the log-odds (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression

    line = LogisticRegression(C=1e9).fit(odds[:, None], up)
    return lambda wanted: line.predict_proba(wanted[:, None])[:, 1]


def temperature(odds: Floats, up: Flags) -> Fitted:
    """One divisor of the log-odds (Guo et al. 2017): the shrinkage of the product towards one half."""
    k = shrinkage.fit(odds, up.astype(np.float64), np.full(len(odds), 0.5))
    return lambda wanted: logistic(k * wanted)


def isotonic(odds: Floats, up: Flags) -> Fitted:
    """A rising step function (Zadrozny and Elkan 2002)."""
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(out_of_bounds="clip").fit(odds, up)
    return lambda wanted: np.asarray(steps.predict(wanted), dtype=np.float64)


METHODS: dict[str, Callable[[Floats, Flags], Fitted]] = {
    "Platt": platt, "temperature": temperature, "isotonic": isotonic,
}  # fmt: skip


def calibrated(walked: Walked, learner: Learner, horizon: int) -> dict[str, Floats]:
    """Probabilities of up of all rows: raw, by each method, and as the product's shrinkage gives them."""
    fitted = {cut: _fitted(walked, learner, horizon, cut) for cut in walked.cuts}
    raw = learner.all_odds(walked, horizon)
    out = {"raw": logistic(raw)}
    for name in METHODS:
        out[name] = gathered(
            walked, horizon,
            lambda piece, name=name: fitted[piece.cut][name](
                learner.odds(walked, horizon, piece, piece.model.of(horizon)["base_rate"])
            ),
        )  # fmt: skip
    out["shrink"] = walked.rows[horizon].model_up
    return out


def _fitted(walked: Walked, learner: Learner, horizon: int, cut: int) -> dict[str, Fitted]:
    odds, up, base = held_out(walked, learner, horizon, cut)
    k = shrinkage.fit(odds, up.astype(np.float64), base)
    stored = next(piece.model for piece in walked.pieces[horizon] if piece.cut == cut).of(horizon)["k"]
    if k != stored:
        raise ValueError(f"the calibration rows of cut {cut} are not the product's: k {k} instead of {stored}")
    return {name: method(odds, up) for name, method in METHODS.items()}


def held_out(walked: Walked, learner: Learner, horizon: int, cut: int) -> tuple[Floats, Flags, Floats]:
    """(log-odds, whether up, base rate) of the sessions between earlier folds, outcomes known at the cut."""
    plan, inputs = walked.plan, walked.inputs
    parts = []
    for begin, end in training.stretches(plan, cut, plan.folds):
        fold = walked.memo.get(("fold", begin, horizon))
        if fold is None or not fold.files:
            continue
        for index, symbol in enumerate(inputs.symbols):
            rows = training.training_rows(inputs, index, horizon, begin, cut, FEATURE_BARS)
            rows = rows[inputs.place[index][rows] <= end]
            if not len(rows):
                continue
            piece = Piece(walked.pieces[horizon][0].model, begin, index, symbol, rows)
            odds = learner.odds(walked, horizon, piece, fold.base_rate)
            parts.append((odds, inputs.forward(index, horizon)[rows] > 0, np.full(len(rows), fold.base_rate)))
    odds, up, base = (np.concatenate(column) for column in zip(*parts, strict=True))
    return odds, up, base
