"""Section 1 of the skill report: direction, the next price, five classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from _bands import Band, number, percent, span, table
from _calibration import logistic
from _learners import Learner, ensemble, learners
from _quantile_methods import described
from _skill_known import CLASSES, DIRECTION, PRICE
from _walked import Piece, Walked, gathered, windows

from stockml.arrays import Floats, Integers
from stockml.evaluation import direction, metrics, significance
from stockml.evaluation.rows import Rows
from stockml.models.forecast import FEWEST_BARS
from stockml.targets import returns

FIXED = {1: (-0.02, -0.005, 0.005, 0.02), 5: (-0.04, -0.01, 0.01, 0.04)}  # simple returns


@dataclass(frozen=True)
class Judged:
    """Figures of one direction model; fractions."""

    model: str
    accuracy: float
    excess: float
    excess_span: tuple[float, float]
    auc: float | None
    auc_span: tuple[float, float] | None
    brier_skill: float | None
    t: float | None


def judge(model: str, probability: Floats, rows: Rows, symbols: int) -> Judged:
    """The accuracy against always saying up, AUC, and the Brier test against the base rate."""
    up = rows.up
    hit = (probability > 0.5) == up
    sums, count = significance.by_date((hit.astype(np.float64) - up)[:, None], rows.session)
    low, high = significance.block_bootstrap(sums, count)
    found = direction.judge(probability, rows.base_rate, up, rows.session, symbols, rows.horizon)
    brier, naive = (float(metrics.brier_losses(one, up).mean()) for one in (probability, rows.base_rate))
    excess = float(hit.mean() - up.mean())
    spans = (float(low[0]), float(high[0])), None if found.low is None else (found.low, found.high)
    return Judged(
        model, float(hit.mean()), excess, spans[0], found.auc, spans[1], metrics.skill(brier, naive), found.test.t
    )


def judged(walked: Walked, horizon: int, made: Sequence[Learner]) -> list[Judged]:
    """The base rate, every learner raw, and the product's ensemble after shrinkage."""
    rows, symbols = walked.rows[horizon], len(walked.inputs.symbols)
    found = [judge("base rate", rows.base_rate, rows, symbols)]
    for learner in made:
        found.append(judge(learner.name, logistic(learner.all_odds(walked, horizon)), rows, symbols))
    return [*found, judge("ensemble, shrunk", rows.model_up, rows, symbols)]


def direction_section(fleets: Sequence[Walked]) -> tuple[list[str], list[Band]]:
    """Table 1a, and the bands of honest models on fleet u one session ahead."""
    lines, bands = [], []
    for walked in fleets:
        made = [ensemble(walked)] if walked.name == "13" else learners(walked)
        for horizon in walked.plan.horizons:
            found = judged(walked, horizon, made)
            lines += [_line(walked, horizon, one) for one in found]
            if (walked.name, horizon) == ("u", 1):
                bands = list(_honest(found))
    head = ("fleet", "model", "h", "accuracy %", "minus always-up", "AUC", "Brier skill %", "t", "reference")
    return ["### 1a Direction", "", *table(head, lines, words=2), ""], bands


def _line(walked: Walked, horizon: int, one: Judged) -> tuple[str, ...]:
    known = DIRECTION.get((walked.name, horizon, one.model), "-")
    excess = f"{100 * one.excess:+.1f}" + span(one.excess_span, 1, 100.0)
    skill, auc = percent(one.brier_skill, 2), number(one.auc) + span(one.auc_span)
    t = "-" if one.model == "base rate" else number(one.t, 1)
    return walked.name, one.model, str(horizon), percent(one.accuracy), excess, auc, skill, t, known


def _honest(found: Sequence[Judged]) -> Iterator[Band]:
    models = [one for one in found if one.model != "base rate"]
    claims = (("accuracy", 0.49, 0.54, 3), ("auc", 0.49, 0.54, 3), ("brier_skill", -0.01, 0.005, 4))
    for claim, low, high, digits in claims:
        for word, pick in (("lowest", min), ("highest", max)):
            one = pick(models, key=lambda model: getattr(model, claim))
            name = f"u h=1: {claim.replace('_', ' ')}, {word} of the {len(models)} models ({one.model})"
            yield Band(name, low, high, getattr(one, claim), digits)


def price_section(fleets: Sequence[Walked]) -> tuple[list[str], list[Band]]:
    """Table 1b: the last close, the drift of the training window, the median of the model's distribution."""
    lines, bands = [], []
    for walked in fleets:
        for horizon, rows in walked.rows.items():
            last = metrics.price_losses(np.zeros(len(rows)), rows.realised)
            near = float((last < 0.05).mean())
            cells = [str(len(rows)), percent(float(last.mean()), 2), percent(near)]
            for name, point in _points(walked, horizon).items():
                loss = metrics.price_losses(point, rows.realised)
                skill = metrics.skill(float(loss.mean()), float(last.mean()))
                t = significance.diebold_mariano(loss, last, rows.session, horizon).t
                cells.append(f"{percent(skill, 2)} ({number(t, 1)})")
                if (walked.name, horizon) == ("u", 1):
                    bands.append(Band(f"u h=1: price skill of the {name}", -0.01, 0.003, skill, 4))
            lines.append((walked.name, str(horizon), *cells, PRICE.get((walked.name, horizon), "-")))
    head = ("fleet", "h", "n", "MAPE of the last close %", "its errors below 5 %", "drift: skill % (t)",
            "median: skill % (t)", "reference")  # fmt: skip
    return ["### 1b Price", "", *table(head, lines), ""], bands


def _points(walked: Walked, horizon: int) -> dict[str, Floats]:
    """Forecast log returns. The product shows the last close unless the median has beaten it."""
    up = split(walked, horizon, walked.rows[horizon].model_up)

    def drift(piece: Piece) -> Floats:
        rows = windows(walked, piece, horizon, FEWEST_BARS)
        mean = float(walked.inputs.forward(piece.index, horizon)[rows].mean()) if len(rows) else 0.0
        return np.full(len(piece.rows), mean)

    def median(piece: Piece) -> Floats:
        bounds = np.zeros((len(piece.rows), 4))
        return described(walked, horizon, piece, up[piece.cut, piece.index], bounds).median

    return {"drift": gathered(walked, horizon, drift), "median": gathered(walked, horizon, median)}


def split(walked: Walked, horizon: int, values: Floats) -> dict[tuple[int, int], Floats]:
    """Values in the order of the rows, by (cut, symbol's index)."""
    pieces = walked.pieces[horizon]
    ends = np.cumsum([len(piece.rows) for piece in pieces])
    return {(piece.cut, piece.index): part for piece, part in zip(pieces, np.split(values, ends[:-1]), strict=True)}


def persistence_bands(walked: Walked, symbols: Sequence[str]) -> list[Band]:
    """Errors of the last close over 2005 to 2013, mean over symbols: no model is in this."""
    bands = []
    for horizon, (low, high), (near_low, near_high) in ((1, (1.0, 1.6), (0.96, None)), (5, (2.5, 3.6), (0.75, 0.88))):
        errors = []
        for symbol in symbols:
            index = walked.inputs.symbols.index(symbol)
            realised = walked.inputs.forward(index, horizon)
            chosen = np.isfinite(realised) & (walked.inputs.fleet[index].session >= 12784)  # 2005-01-01
            errors.append(metrics.price_losses(np.zeros(int(chosen.sum())), realised[chosen]))
        mape = 100.0 * float(np.mean([one.mean() for one in errors]))
        near = float(np.mean([(one < 0.05).mean() for one in errors]))
        bands.append(Band(f"bk 2005-13, h={horizon}: MAPE of the last close, %", low, high, mape, 2))
        bands.append(Band(f"bk 2005-13, h={horizon}: share of its errors below 5 %", near_low, near_high, near))
    return bands


def classes_section(walked: Walked) -> list[str]:
    """Table 1c: fixed bands against volatility-scaled quintiles."""
    lines = []
    for horizon in walked.plan.horizons:
        for bands in ("fixed", "scaled"):
            outcome, predicted = _class_forecasts(walked, horizon, bands)
            losses = {name: metrics.ranked_probability_losses(one, outcome) for name, one in predicted.items()}
            for name, one in predicted.items():
                hit = percent(float((one.argmax(axis=1) == outcome).mean()))
                against = [_against(losses[name], losses[naive], walked.rows[horizon]) for naive in
                           ("frequencies", "volatility only")]  # fmt: skip
                lines.append((bands, name, str(horizon), hit, *against, CLASSES.get((horizon, bands, name), "-")))
    head = ("bands", "predictor", "h", "accuracy %", "RPSS against frequencies % (t)", "against volatility only % (t)",
            "reference")  # fmt: skip
    return [f"### 1c Five classes, fleet {walked.name}", "", *table(head, lines, words=2), ""]


def _against(loss: Floats, naive: Floats, rows: Rows) -> str:
    if not np.any(loss - naive):
        return "0"
    t = significance.diebold_mariano(loss, naive, rows.session, rows.horizon).t
    return f"{percent(metrics.skill(float(loss.mean()), float(naive.mean())), 2)} ({number(t, 1)})"


def _class_forecasts(walked: Walked, horizon: int, bands: str) -> tuple[Integers, dict[str, Floats]]:
    """(class of each outcome, class probabilities (n, 5) by predictor)."""
    rows = walked.rows[horizon]
    cuts = np.log1p(np.asarray(FIXED[horizon]))
    if bands == "scaled":
        outcome = rows.realised_class
        shown = {name: _scaled(walked, horizon, up) for name, up in _ups(rows).items()}
        return outcome, {"frequencies": rows.class_frequencies, **shown}
    outcome = returns.classify(rows.realised, cuts.tolist())

    def frequencies(piece: Piece) -> Floats:
        seen = walked.inputs.forward(piece.index, horizon)[windows(walked, piece, horizon, FEWEST_BARS)]
        counts = np.bincount(returns.classify(seen, cuts.tolist()), minlength=5) + 1.0
        return np.tile(counts / counts.sum(), (len(piece.rows), 1))

    shown = {name: _fixed(walked, horizon, up, cuts) for name, up in _ups(rows).items()}
    return outcome, {"frequencies": gathered(walked, horizon, frequencies), **shown}


def _ups(rows: Rows) -> dict[str, Floats]:
    return {"volatility only": rows.base_rate, "with direction": rows.model_up}


def _fixed(walked: Walked, horizon: int, up: Floats, cuts: Floats) -> Floats:
    ups = split(walked, horizon, up)
    return gathered(
        walked, horizon,
        lambda piece: described(
            walked, horizon, piece, ups[piece.cut, piece.index], np.tile(cuts, (len(piece.rows), 1))
        ).classes,
    )  # fmt: skip


def _scaled(walked: Walked, horizon: int, up: Floats) -> Floats:
    ups = split(walked, horizon, up)

    def classes(piece: Piece) -> Floats:
        ewma = np.sqrt(walked.inputs.variance[piece.index][piece.rows] * horizon)
        bounds = ewma[:, None] * np.asarray(piece.model.of(horizon)["class_cuts"])
        return described(walked, horizon, piece, ups[piece.cut, piece.index], bounds).classes

    return gathered(walked, horizon, classes)
