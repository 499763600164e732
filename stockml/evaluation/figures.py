"""The figures of one set of forecasts, part by part, each with its n, interval, naive figure, test and verdict."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockml.arrays import Flags, Floats
from stockml.evaluation import calibration, direction, information, metrics, significance
from stockml.evaluation.rows import Rows
from stockml.evaluation.significance import Comparison, Dates, Verdict
from stockml.evidence import MINIMUM_DATES

Span = tuple[float, float] | None


def direction_figures(rows: Rows, dates: Dates, hit: Flags, span: Span) -> dict[str, Any]:
    """Up or not, as the direction model says, shown or not. Naive always says what the training rows did more often.

    `dm` tests Brier losses, `accuracy_dm` misses against the naive side's, `auc_test` the AUC against one half.
    """
    up, symbols = rows.up, len(np.unique(rows.symbol_id))
    found = direction.judge(rows.model_up, rows.base_rate, up, dates, symbols, rows.horizon)
    naive_hit = (rows.base_rate > 0.5) == up
    hits = significance.diebold_mariano(_misses(hit), _misses(naive_hit), dates, rows.horizon)
    brier = metrics.mean(metrics.brier_losses(rows.model_up, up))
    naive_brier = metrics.mean(metrics.brier_losses(rows.base_rate, up))
    by_value, by_rank = information.coefficients(rows.model_up, rows.realised, dates, rows.horizon)
    return {
        "n": len(rows),
        "accuracy": metrics.mean(hit),
        **_ends(span),
        "naive": metrics.mean(naive_hit),
        **_judged(hits, "accuracy_dm", "accuracy_verdict", direction.word(hits, symbols, rows.horizon)),
        **{"auc": found.ranking.auc, "auc_low": found.ranking.low, "auc_high": found.ranking.high},
        **_judged(
            found.ranking.test, "auc_test", "auc_verdict", direction.word(found.ranking.test, symbols, rows.horizon)
        ),
        **{"brier": brier, "naive_brier": naive_brier},
        **_skill("brier_skill", brier, naive_brier, found.brier),
        **{"ic": by_value._asdict(), "rank_ic": by_rank._asdict()},
        "shown": metrics.mean(rows.probability_up != rows.base_rate),
        **_judged(found.test, word=found.verdict),
    }


def price_figures(rows: Rows, dates: Dates) -> dict[str, Any]:
    """The point price. Naive is the last close."""
    loss = metrics.price_losses(rows.price_log_return, rows.realised)
    naive_loss = metrics.price_losses(np.zeros(len(rows)), rows.realised)
    found = significance.contest(loss, naive_loss, dates, rows.horizon)
    mape, naive_mape = metrics.mean(loss), metrics.mean(naive_loss)
    return {
        "n": len(rows),
        **{"mape": mape, "naive_mape": naive_mape},
        **_skill("skill", mape, naive_mape, found),
        **_judged(found.test),
    }


def interval_figures(rows: Rows, dates: Dates, level: float, inside: Flags, span: Span) -> dict[str, Any]:
    """One interval: whether it covers its nominal share, and its losses against the naive interval.

    Losses are means over the `winkler_n` rows that have a naive interval, in log returns. `pinball` is the mean of
    the two ends' quantile losses, which is the Winkler score times (1 - level) / 4 (Gneiting & Raftery 2007,
    sec. 6.2): its ratio, interval and test are those of the Winkler score, so they stand once.
    """
    name = f"{level * 100:.0f}"
    bounds = [getattr(rows, prefix + name) for prefix in ("lo", "hi", "naive_lo", "naive_hi")]
    both = np.isfinite(bounds[2]) & np.isfinite(bounds[3])
    shared = dates if both.all() else significance.dates_of(rows.session[both])
    lower, upper, naive_lower, naive_upper = (bound[both] for bound in bounds)
    loss = metrics.winkler_losses(lower, upper, rows.realised[both], level)
    naive_loss = metrics.winkler_losses(naive_lower, naive_upper, rows.realised[both], level)
    found = significance.contest(loss, naive_loss, shared, rows.horizon)
    winkler, naive_winkler = metrics.mean(loss), metrics.mean(naive_loss)
    ratio, part = metrics.ratio(winkler, naive_winkler), (1.0 - level) / 4.0
    return {
        **{"n": len(rows), "nominal": level, "coverage": metrics.mean(inside)},
        **_ends(span),
        "coverage_verdict": _coverage_word(level, span, len(dates.rows)),
        **{"winkler": winkler, "naive_winkler": naive_winkler, "winkler_ratio": ratio, "winkler_n": len(loss)},
        **{"winkler_low": found.low, "winkler_high": found.high},
        "pinball": None if winkler is None else winkler * part,
        "naive_pinball": None if naive_winkler is None else naive_winkler * part,
        "pinball_ratio": ratio,
        **_judged(found.test),
    }


def confidence_figures(rows: Rows, hit: Flags, span: Span) -> dict[str, Any]:
    """What the forecasts shown claim, how far that is from what they hit, and how far luck alone would take it.

    `hit` and `span` are of the forecasts as shown. `ece_noise` counts rows as independent; `ece_noise_high` and the
    verdict count only as many as the interval of the hits allows, since rows of one day are not.
    """
    confidence, n = np.maximum(rows.probability_up, 1.0 - rows.probability_up), len(rows)
    error = calibration.calibration_error(confidence, hit)
    high = None
    if span is not None:
        independent = calibration.independent_rows(int(np.count_nonzero(hit)), n, span)
        high = calibration.calibration_noise_high(confidence, independent)
    return {
        **{"n": n, "mean": metrics.mean(confidence), "ece": error},
        **{"ece_noise": calibration.calibration_noise(confidence), "ece_noise_high": high},
        "verdict": calibration.verdict(error, high, n),
    }


def class_figures(rows: Rows, dates: Dates, hit: Flags, span: Span) -> dict[str, Any]:
    """The five classes. Naive gives each its training frequency, and always says the most frequent.

    `rpss_volatility` is the skill over the same distribution without direction: fixed class bounds would let
    volatility alone beat the frequencies, so what direction adds stands apart.
    """
    loss, frequency_loss, volatility_loss = (
        metrics.ranked_probability_losses(table, rows.realised_class)
        for table in (rows.class_probabilities, rows.class_frequencies, rows.volatility_classes)
    )
    naive_hit = rows.class_frequencies.argmax(axis=1) == rows.realised_class
    hits = significance.diebold_mariano(_misses(hit), _misses(naive_hit), dates, rows.horizon)
    found = significance.contest(loss, frequency_loss, dates, rows.horizon)
    against = significance.contest(loss, volatility_loss, dates, rows.horizon)
    mean = metrics.mean(loss)
    return {
        **{"n": len(rows), "accuracy": metrics.mean(hit), **_ends(span), "naive": metrics.mean(naive_hit)},
        **_judged(hits, "accuracy_dm", "accuracy_verdict"),
        **_skill("rpss", mean, metrics.mean(frequency_loss), found),
        **_judged(found.test),
        **_skill("rpss_volatility", mean, metrics.mean(volatility_loss), against),
        **_judged(against.test, "volatility_dm", "volatility_verdict"),
    }


def _misses(hit: Flags) -> Floats:
    """The loss that accuracy is one less of: 1 for a miss."""
    return (~hit).astype(np.float64)


def _ends(span: Span) -> dict[str, float | None]:
    low, high = span or (None, None)
    return {"low": low, "high": high}


def _skill(name: str, score: float | None, naive: float | None, found: significance.Contest) -> dict[str, float | None]:
    """A skill with its interval, which is one minus that of the losses' ratio."""
    return {
        name: metrics.skill(score, naive),
        f"{name}_low": None if found.high is None else 1.0 - found.high,
        f"{name}_high": None if found.low is None else 1.0 - found.low,
    }


def _judged(
    test: Comparison, name: str = "dm", verdict: str = "verdict", word: Verdict | None = None
) -> dict[str, Any]:
    return {verdict: word or significance.verdict(test.t, test.dates), name: test._asdict()}


def _coverage_word(nominal: float, span: Span, dates: int) -> Verdict:
    """`worse` if the interval of the coverage leaves the nominal share out, `no_edge` if not: none can be better."""
    if span is None or dates < MINIMUM_DATES:
        return "cannot_tell"
    return "no_edge" if span[0] <= nominal <= span[1] else "worse"
