"""Leaks to plant: each turns a procedure into one that sees the future in one known way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from stockml import files
from stockml.arrays import Floats, Floats32, Places
from stockml.audit.procedure import Fit, Procedure, Walk
from stockml.bars.series import Series
from stockml.models import shrinkage
from stockml.models.forecast import FEATURE_BARS, Path
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.training import Plan

Plant = Callable[[Procedure, float, int], Procedure]


@dataclass(frozen=True)
class Leak:
    """A kind of leak. `strength` means what the plant's docstring says; `usual` is what the control plants.

    `aim` is the check that is meant to see it. `needs_model` where the leak can only be in a direction model,
    `needs_regression` in a stored regression.
    """

    kind: str
    plant: Plant
    usual: float
    aim: str
    needs_model: bool = True
    needs_regression: bool = False


@dataclass(frozen=True)
class Sabotaged(Inputs):
    """Inputs that answer with another label or another time of knowing, as two given functions do."""

    label: Callable[[Inputs, int, int], Floats]
    known: Callable[[Inputs, int, int], Places]

    def forward(self, index: int, horizon: int) -> Floats:
        return self.label(_honest(self), index, horizon)

    def known_at(self, index: int, horizon: int) -> Places:
        return self.known(_honest(self), index, horizon)


def _honest(inputs: Inputs) -> Inputs:
    return Inputs(**{part.name: getattr(inputs, part.name) for part in fields(Inputs)})


def _sabotage(
    inputs: Inputs,
    label: Callable[[Inputs, int, int], Floats] = Inputs.forward,
    known: Callable[[Inputs, int, int], Places] = Inputs.known_at,
) -> Inputs:
    return Sabotaged(**vars(_honest(inputs)), label=label, known=known)


def _rebuilt(procedure: Procedure, change: Callable[[Inputs], Inputs]) -> Procedure:
    """The procedure with what `build` returns changed."""

    def build(series: Mapping[str, Series], symbols: tuple[str, ...], plan: Plan) -> Inputs:
        return change(procedure.build(series, symbols, plan))

    return replace(procedure, build=build)


def _refitted(procedure: Procedure, fit: Fit) -> Procedure:
    return replace(procedure, fit=fit)


def _with_feature(inputs: Inputs, name: str, column: Callable[[int], Floats]) -> Inputs:
    """The inputs with one more feature; `column(index)` gives it for every bar of a symbol."""
    blocks: list[Floats32] = []
    for index, block in enumerate(inputs.blocks):
        made = column(index)[inputs.first[index] :].astype(np.float32)
        blocks.append(np.concatenate([block, made[None]]))
    return replace(inputs, names=(*inputs.names, name), blocks=tuple(blocks))


def future_price(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """A feature that is the sign of the next return, in noise of 1 / `strength` standard deviations."""

    def change(inputs: Inputs) -> Inputs:
        rng = np.random.default_rng(seed)

        def column(index: int) -> Floats:
            noise = rng.standard_normal(len(inputs.place[index])) / strength
            return np.sign(inputs.forward(index, 1)) + noise

        return _with_feature(inputs, "planted_price", column)

    return _rebuilt(procedure, change)


def centred_window(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """A feature that is the mean return of a window reaching `strength` sessions into the future."""
    reach = max(1, round(strength))

    def change(inputs: Inputs) -> Inputs:
        def column(index: int) -> Floats:
            close = np.log(inputs.fleet[index].close)
            out = np.full(len(close), np.nan)
            if len(close) > 2 * reach:
                out[reach:-reach] = (close[2 * reach :] - close[: -2 * reach]) / (2 * reach)
            return out

        return _with_feature(inputs, "planted_window", column)

    return _rebuilt(procedure, change)


def whole_series_scaling(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """A share `strength` of the features, standardised by mean and spread of the whole series."""

    def change(inputs: Inputs) -> Inputs:
        chosen = np.random.default_rng(seed).random(len(inputs.names)) < strength
        chosen[seed % len(chosen)] = True
        blocks = []
        for block in inputs.blocks:
            made = block.copy()
            some = made[chosen]
            with np.errstate(all="ignore"):
                there = np.isfinite(some)
                count = np.maximum(there.sum(axis=1, keepdims=True), 1)
                mean = np.where(there, some, 0.0).sum(axis=1, keepdims=True) / count
                spread = np.sqrt(np.where(there, (some - mean) ** 2, 0.0).sum(axis=1, keepdims=True) / count)
                made[chosen] = (some - mean) / np.maximum(spread, np.float32(1e-6))
            blocks.append(made)
        return replace(inputs, blocks=tuple(blocks))

    return _rebuilt(procedure, change)


def smoothed_variance(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """Volatility averaged with the one of `strength` sessions later."""
    ahead = max(1, round(strength))

    def change(inputs: Inputs) -> Inputs:
        made = []
        for own in inputs.variance:
            later = own.copy()
            later[:-ahead] = (own[:-ahead] + own[ahead:]) / 2.0
            made.append(later if len(own) > ahead else own)
        return replace(inputs, variance=tuple(made))

    return _rebuilt(procedure, change)


def shifted_label(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """Labels moved `strength` sessions back, so that part of each is known when it is forecast."""
    back = max(1, round(strength))

    def label(inputs: Inputs, index: int, horizon: int) -> Floats:
        out = np.full(len(inputs.place[index]), np.nan)
        close = np.log(inputs.fleet[index].close)
        first, last = back, len(close) - max(horizon - back, 0)
        if last > first:
            rows = np.arange(first, last)
            out[first:last] = close[rows - back + horizon] - close[rows - back]
        return out

    return _rebuilt(procedure, lambda inputs: _sabotage(inputs, label=label))


def shuffled_split(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """A share `strength` of all rows is trained on, whenever they are, as shuffled cross-validation does."""

    def known(inputs: Inputs, index: int, horizon: int) -> Places:
        at = inputs.known_at(index, horizon)
        rng = np.random.default_rng([seed, index])
        free = (rng.random(len(at)) < strength) & np.isfinite(inputs.forward(index, horizon))
        return np.where(free, -1, at)

    return _refitted(procedure, lambda inputs, plan, cut: procedure.fit(_sabotage(inputs, known=known), plan, cut))


def missing_purge(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """Training rows up to the cut whatever their horizon; `strength` of the embargo is left out as well."""

    def fit(inputs: Inputs, plan: Plan, cut: int) -> Model:
        def known(inputs: Inputs, index: int, horizon: int) -> Places:
            there = np.isfinite(inputs.forward(index, horizon))
            begun = inputs.place[index] - round(strength * plan.embargo)
            return np.where(there, begun, inputs.known_at(index, horizon))

        return procedure.fit(_sabotage(inputs, known=known), plan, cut)

    return _refitted(procedure, fit)


def future_scaler(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """The regression's stored mean and spread taken over rows up to a share `strength` of what follows the cut."""

    def fit(inputs: Inputs, plan: Plan, cut: int) -> Model:
        model = procedure.fit(inputs, plan, cut)
        until = cut + round(strength * (len(inputs.sessions) - 1 - cut))
        parts = [
            block[:, place[first:] <= until]
            for block, place, first in zip(inputs.blocks, inputs.place, inputs.first, strict=True)
        ]
        wide = np.concatenate(parts, axis=1).astype(np.float64)
        mean, spread = np.nanmean(wide, axis=1).tolist(), np.nanstd(wide, axis=1).tolist()
        changed = {}
        for name, content in model.files.items():
            stored: dict[str, Any] = json.loads(content) if name.endswith(".logit.json") else {}
            if stored:
                widths = [own and (new or own) for own, new in zip(stored["spread"], spread, strict=True)]
                content = files.canonical_json({**stored, "mean": mean, "spread": widths})
            changed[name] = content
        return Model(model.parameters, changed)

    return _refitted(procedure, fit)


def target_derived_calibration(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """Calibration fitted on outcomes after the cut: base rate, k, class bounds or conformal states, by the seed.

    `strength` is how far from the honest value to that of the judged sessions it goes, 1 all the way.
    """
    what = ("base_rate", "class_cuts", "states", "k")[seed % 4]

    def fit(inputs: Inputs, plan: Plan, cut: int) -> Model:
        model = procedure.fit(inputs, plan, cut)
        by_horizon = {}
        for horizon in model.horizons:
            own = dict(model.of(horizon))
            own[what] = _blend(own[what], _judged(inputs, model, cut, horizon, what), strength)
            by_horizon[str(horizon)] = own
        return Model({**model.parameters, "by_horizon": by_horizon}, model.files)

    return _refitted(procedure, fit)


def _judged(inputs: Inputs, model: Model, cut: int, horizon: int, what: str) -> Any:
    """A calibration value as the rows after the cut would have it."""
    scaled, hits = [], []
    for index, symbol in enumerate(inputs.symbols):
        place, given = inputs.place[index], inputs.forward(index, horizon)
        rows = np.flatnonzero((place > cut) & np.isfinite(given) & (np.arange(len(place)) >= FEATURE_BARS))
        scaled.append(given[rows] / np.sqrt(inputs.variance[index][rows] * horizon))
        scorer = model.scorer(horizon, symbol)
        if what == "k" and scorer is not None and len(rows):
            score = scorer(inputs.blocks[index][:, rows - inputs.first[index]])
            hits.append((score > shrinkage.logit(model.of(horizon)["base_rate"])) == (given[rows] > 0))
    every = np.concatenate(scaled)
    if what == "base_rate":
        return shrinkage.base_rate((every > 0).astype(np.float64))
    if what == "class_cuts":
        return np.quantile(every, [0.2, 0.4, 0.6, 0.8]).tolist()
    if what == "k":
        return shrinkage.LIMIT * float(np.concatenate(hits).mean()) if hits else 1.0
    shares = {"80": float((np.abs(every) > 1.2816).mean()), "90": float((np.abs(every) > 1.6449).mean())}
    return {symbol: {name: [share] * horizon for name, share in shares.items()} for symbol in inputs.symbols}


def _blend(own: Any, judged: Any, strength: float) -> Any:
    if isinstance(judged, dict):
        return {name: _blend(own.get(name, judged[name]), judged[name], strength) for name in judged}
    if isinstance(judged, list):
        return [_blend(left, right, strength) for left, right in zip(own, judged, strict=True)]
    return own + strength * (judged - own)


def peeking_forecast(procedure: Procedure, strength: float, seed: int) -> Procedure:
    """Forecasts whose log-odds move by `strength` towards the outcome, where the inputs at hand hold it."""

    def walk(inputs: Inputs, model: Model, symbol: str, horizon: int, after: int, through: int) -> Path:
        path = procedure.walk(inputs, model, symbol, horizon, after, through)
        outcome = np.nan_to_num(np.sign(inputs.forward(inputs.symbols.index(symbol), horizon)[path.row]))
        odds = np.log(path.model_up / (1.0 - path.model_up)) + strength * outcome
        return replace(path, model_up=1.0 / (1.0 + np.exp(-odds)))

    chosen: Walk = walk
    return replace(procedure, walk=chosen)


LEAKS = (
    Leak("future_price", future_price, 1.0, "features"),
    Leak("centred_window", centred_window, 2.0, "features"),
    Leak("whole_series_scaling", whole_series_scaling, 0.2, "features"),
    Leak("smoothed_variance", smoothed_variance, 3.0, "features", needs_model=False),
    Leak("shifted_label", shifted_label, 1.0, "labels", needs_model=False),
    Leak("shuffled_split", shuffled_split, 0.5, "folds", needs_model=False),
    Leak("missing_purge", missing_purge, 1.0, "folds", needs_model=False),
    Leak("future_scaler", future_scaler, 1.0, "scalers", needs_regression=True),
    Leak("target_derived_calibration", target_derived_calibration, 1.0, "calibration", needs_model=False),
    Leak("peeking_forecast", peeking_forecast, 0.5, "path", needs_model=False),
)
