"""The three steps from bars to forecasts, as values: what an audit runs, and where a leak can be planted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stockml import training
from stockml.bars.series import Series
from stockml.models import inputs as inputs_of_bars
from stockml.models.forecast import Path
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.training import Plan

Build = Callable[[Mapping[str, Series], tuple[str, ...], Plan], Inputs]
Fit = Callable[[Inputs, Plan, int], Model]
Walk = Callable[[Inputs, Model, str, int, int, int], Path]


@dataclass(frozen=True)
class Procedure:
    """How bars become forecasts.

    `build(series, symbols, plan)` derives the inputs; `fit(inputs, plan, cut)` makes the model of a position in
    `inputs.sessions`, its calibration included; `walk(inputs, model, symbol, horizon, after, through)` forecasts
    at the sessions after one position up to another.
    """

    build: Build
    fit: Fit
    walk: Walk


def real() -> Procedure:
    """The procedure that training, evaluation and prediction use, reached through its modules as they are now."""
    return Procedure(_build, _fit, _walk)


def _build(series: Mapping[str, Series], symbols: tuple[str, ...], plan: Plan) -> Inputs:
    return inputs_of_bars.build(series, symbols, plan.benchmark, families=plan.families, extra=plan.extra)


def _fit(inputs: Inputs, plan: Plan, cut: int) -> Model:
    return training.fit(inputs, plan, cut, {})


def _walk(inputs: Inputs, model: Model, symbol: str, horizon: int, after: int, through: int) -> Path:
    return training.walk(inputs, model, symbol, horizon, after, through, {})
