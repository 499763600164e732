"""The BLOCK of figures that `evaluate` gives for any set of forecasts, and its splits."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockml.arrays import Flags, Floats, Integers
from stockml.evaluation import direction, metrics, significance
from stockml.evaluation.rows import Rows
from stockml.models.regime import REGIMES

VOLATILITY_TERCILES = ("calm", "middle", "stormy")

Share = tuple[float, float] | None


def block(rows: Rows) -> dict[str, Any]:
    """All figures of some forecasts of one horizon, each with its n and the naive figure beside it.

    Fractions throughout, as plain floats; None where a figure cannot be computed, so the result is always
    valid JSON. `low` and `high` bound 95 % by bootstrap over dates. Verdicts rest on `dm`, the test of the
    model's loss (Brier, relative price error, Winkler) against naive: {t, p, dates}, t > 0 if the model is
    better.
    """
    hit = (rows.model_up > 0.5) == rows.up
    in80 = metrics.covered(rows.lo80, rows.hi80, rows.realised)
    in90 = metrics.covered(rows.lo90, rows.hi90, rows.realised)
    spans = significance.share_intervals(np.column_stack([hit, in80, in90]), rows.session, rows.horizon)
    return {
        "direction": _direction(rows, hit, spans[0]),
        "price": _price(rows),
        "interval": {
            "80": _interval(rows, 0.8, in80, spans[1]),
            "90": _interval(rows, 0.9, in90, spans[2]),
        },
        "confidence": _confidence(rows),
        "classes": _classes(rows),
    }


def _direction(rows: Rows, hit: Flags, span: Share) -> dict[str, Any]:
    """Up or not, as the direction model says, shown or not. Naive always says what the training rows did more often."""
    up = rows.up
    brier = metrics.mean(metrics.brier_losses(rows.model_up, up))
    naive_brier = metrics.mean(metrics.brier_losses(rows.base_rate, up))
    symbols = len(np.unique(rows.symbol_id))
    found = direction.judge(rows.model_up, rows.base_rate, up, rows.session, symbols, rows.horizon)
    return {
        "n": len(rows),
        "accuracy": metrics.mean(hit),
        "low": span and span[0],
        "high": span and span[1],
        "naive": metrics.accuracy(rows.base_rate > 0.5, up),
        "auc": found.auc,
        "auc_low": found.low,
        "auc_high": found.high,
        "brier": brier,
        "brier_skill": metrics.skill(brier, naive_brier),
        "verdict": found.verdict,
        "shown": metrics.mean(rows.probability_up != rows.base_rate),
        "dm": found.test._asdict(),
    }


def _price(rows: Rows) -> dict[str, Any]:
    """The point price. Naive is the last close."""
    loss = metrics.price_losses(rows.price_log_return, rows.realised)
    naive_loss = metrics.price_losses(np.zeros(len(rows)), rows.realised)
    test = significance.diebold_mariano(loss, naive_loss, rows.session, rows.horizon)
    mape, naive_mape = metrics.mean(loss), metrics.mean(naive_loss)
    return {
        "n": len(rows),
        "mape": mape,
        "naive_mape": naive_mape,
        "skill": metrics.skill(mape, naive_mape),
        "verdict": significance.verdict(test.t, test.dates),
        "dm": test._asdict(),
    }


def _interval(rows: Rows, level: float, inside: Flags, span: Share) -> dict[str, Any]:
    """One interval. The Winkler ratio is over the `winkler_n` rows that have a naive interval."""
    name = f"{level * 100:.0f}"
    bounds = [getattr(rows, prefix + name) for prefix in ("lo", "hi", "naive_lo", "naive_hi")]
    both = np.isfinite(bounds[2]) & np.isfinite(bounds[3])
    lower, upper, naive_lower, naive_upper = (bound[both] for bound in bounds)
    loss = metrics.winkler_losses(lower, upper, rows.realised[both], level)
    naive_loss = metrics.winkler_losses(naive_lower, naive_upper, rows.realised[both], level)
    test = significance.diebold_mariano(loss, naive_loss, rows.session[both], rows.horizon)
    return {
        "n": len(rows),
        "coverage": metrics.mean(inside),
        "low": span and span[0],
        "high": span and span[1],
        "winkler_ratio": metrics.ratio(metrics.mean(loss), metrics.mean(naive_loss)),
        "winkler_n": int(np.count_nonzero(both)),
        "dm": test._asdict(),
    }


def _confidence(rows: Rows) -> dict[str, Any]:
    """What the forecasts claim, how far that is from what they hit, and how far luck alone would take it."""
    hit = (rows.probability_up > 0.5) == rows.up
    confidence = np.maximum(rows.probability_up, 1.0 - rows.probability_up)
    return {
        "mean": metrics.mean(confidence),
        "ece": metrics.calibration_error(confidence, hit),
        "ece_noise": metrics.calibration_noise(confidence),
    }


def _classes(rows: Rows) -> dict[str, Any]:
    """The five classes. Naive gives each its training frequency, and always says the most frequent."""
    loss = metrics.ranked_probability_losses(rows.class_probabilities, rows.realised_class)
    naive_loss = metrics.ranked_probability_losses(rows.class_frequencies, rows.realised_class)
    return {
        "n": len(rows),
        "accuracy": metrics.accuracy(rows.class_index, rows.realised_class),
        "naive": metrics.accuracy(rows.class_frequencies.argmax(axis=1), rows.realised_class),
        "rpss": metrics.skill(metrics.mean(loss), metrics.mean(naive_loss)),
    }


def report(
    rows_by_horizon: dict[int, Rows], symbols: tuple[str, ...], span: tuple[str, str], trials: int
) -> dict[str, Any]:
    """The `result` of `evaluate`: figures by horizon, pooled and split. Only groups with rows are listed.

    `symbols` gives the names of `Rows.symbol_id`, `span` the first and last session in ISO form, `trials`
    how many candidates were tried so far. `by_year` goes by the calendar year of the forecast's session;
    `by_volatility` by the terciles of `sigma` over the horizon's rows, which describe the span afterwards.
    """
    return {
        "span": list(span),
        "trials": int(trials),
        "horizons": {str(h): _splits(rows, symbols) for h, rows in sorted(rows_by_horizon.items())},
    }


def _splits(rows: Rows, symbols: tuple[str, ...]) -> dict[str, Any]:
    years = rows.session.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return {
        "pooled": block(rows),
        "by_symbol": _by(rows, rows.symbol_id, symbols),
        "by_year": _by(rows, years, None),
        "by_regime": _by(rows, rows.regime, REGIMES),
        "by_volatility": _by(rows, volatility_terciles(rows.sigma), VOLATILITY_TERCILES),
    }


def _by(rows: Rows, group: Integers, names: tuple[str, ...] | None) -> dict[str, Any]:
    """A block for each group that occurs; a negative group is none."""
    present = np.unique(group[group >= 0]).tolist()
    return {str(key) if names is None else names[key]: block(rows.where(group == key)) for key in present}


def volatility_terciles(sigma: Floats) -> Integers:
    """0, 1 or 2 by the tercile of each value among the finite ones; -1 where it is NaN. Shape (n,)."""
    known = np.isfinite(sigma)
    if not known.any():
        return np.full(len(sigma), -1, dtype=np.int64)
    cuts = np.quantile(sigma[known], (1 / 3, 2 / 3))
    return np.where(known, np.searchsorted(cuts, sigma, "left"), -1)
