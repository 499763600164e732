"""The BLOCK of figures that `evaluate` gives for any set of forecasts, and its splits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from stockml.arrays import Floats, Integers
from stockml.evaluation import curves, figures, metrics, significance
from stockml.evaluation.rows import Rows
from stockml.models.regime import REGIMES

VOLATILITY_TERCILES = ("calm", "middle", "stormy")


def block(rows: Rows) -> dict[str, Any]:
    """All figures of some forecasts of one horizon, each with its n and the naive figure beside it.

    Fractions throughout, as plain floats; None where a figure cannot be computed, so the result is always
    valid JSON. `low` and `high` bound 95 % by bootstrap over dates. Verdicts rest on the test that stands beside
    them, {t, p, dates}, t > 0 if the model is better; `dm` is that of the model's loss (Brier, relative price error,
    Winkler, ranked probability) against naive.
    """
    said = ((rows.model_up > 0.5) == rows.up, (rows.probability_up > 0.5) == rows.up)
    in80 = metrics.covered(rows.lo80, rows.hi80, rows.realised)
    in90 = metrics.covered(rows.lo90, rows.hi90, rows.realised)
    named = rows.class_index == rows.realised_class
    dates = significance.dates_of(rows.session)
    spans = significance.share_intervals(np.column_stack([*said, in80, in90, named]), dates, rows.horizon)
    return {
        "direction": figures.direction_figures(rows, dates, said[0], spans[0]),
        "price": figures.price_figures(rows, dates),
        "interval": {
            "80": figures.interval_figures(rows, dates, 0.8, in80, spans[2]),
            "90": figures.interval_figures(rows, dates, 0.9, in90, spans[3]),
        },
        "confidence": figures.confidence_figures(rows, said[1], spans[1]),
        "classes": figures.class_figures(rows, dates, named, spans[4]),
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
        "horizons": {str(h): splits(rows, symbols) for h, rows in sorted(rows_by_horizon.items())},
    }


def splits(rows: Rows, symbols: Sequence[str], *, by_symbol: bool = True) -> dict[str, Any]:
    """The figures of some forecasts of one horizon, pooled and by group, and what is drawn of them.

    Without `by_symbol` no symbol is told apart.
    """
    years = rows.session.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return {
        "pooled": block(rows),
        "by_symbol": _by(rows, rows.symbol_id, symbols) if by_symbol else {},
        "by_year": _by(rows, years, None),
        "by_regime": _by(rows, rows.regime, REGIMES),
        "by_volatility": _by(rows, volatility_terciles(rows.sigma), VOLATILITY_TERCILES),
        "curves": curves.curves(rows),
    }


def _by(rows: Rows, group: Integers, names: Sequence[str] | None) -> dict[str, Any]:
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
