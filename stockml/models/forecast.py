"""The one function that forecasts: training judges with it, evaluation walks with it, `predict` publishes it.

It returns the forecasts of a whole span of sessions; the row of a session is, bit for bit, what the bars
cut at that session give, because every step is either row by row or runs forward in time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from stockml.arrays import Days, Flags, Floats, Places
from stockml.models import intervals, shrinkage, volatility
from stockml.models.distribution import Distribution, describe
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.targets import returns

FEATURE_BARS = 252  # bars before a symbol's features are whole
FEWEST_BARS = 60  # bars before a symbol can be forecast at all


class Shown(NamedTuple):
    """What forecasts show: `direction` of the model or the base rate, and the median or the last close as price."""

    direction: str
    price: str


def shown_by(own: Mapping[str, Any]) -> Shown:
    """What a model's parameters of a horizon choose. Versions without a choice of direction show their model."""
    return Shown(own.get("direction", "model"), own["price"])


@dataclass(frozen=True)
class Path:
    """The forecasts of one symbol at one horizon, one entry per session, as log total returns.

    `row` is the index into the symbol's series; `sigma` the volatility over the horizon; `class_bounds` (n, 4);
    `model_up` the direction model's probability of up after shrinkage. `bold` is the distribution with that
    probability, `flat` the one with the base rate; `shown` says which is published, and what price with it.
    `miss80` and `miss90` are the shares of misses that the adaptive intervals aim at.
    """

    symbol: str
    horizon: int
    row: Places
    session: Days
    sigma: Floats
    class_bounds: Floats
    short_history: Flags
    model_up: Floats
    miss80: Floats
    miss90: Floats
    flat: Distribution
    bold: Distribution
    shown: Shown

    @property
    def distribution(self) -> Distribution:
        """What is published."""
        return self.bold if self.shown.direction == "model" else self.flat

    @property
    def point(self) -> Floats:
        """The log return of the forecast price: 0 where the last close is the forecast."""
        return self.distribution.median if self.shown.price == "median" else np.zeros(len(self.row))

    @property
    def volatility_classes(self) -> Floats:
        """What the class probabilities would be without direction, shape (n, 5)."""
        return self.flat.classes


def of_session(path: Path, day: int) -> Path:
    """The forecast of one session (a day) of a path; a path without it gives an empty one."""
    return _where(path, path.session == day)


def through_session(path: Path, day: int) -> Path:
    """The forecasts of a path up to a session (a day)."""
    return _where(path, path.session <= day)


def _where(path: Path, chosen: Flags) -> Path:
    def only(distribution: Distribution) -> Distribution:
        return Distribution(**{name: column[chosen] for name, column in vars(distribution).items()})

    arrays: dict[str, Any] = {
        name: value[chosen] for name, value in vars(path).items() if isinstance(value, np.ndarray)
    }
    flat = only(path.flat)
    return replace(path, **arrays, flat=flat, bold=flat if path.bold is path.flat else only(path.bold))


def forecast(inputs: Inputs, model: Model, symbol: str, horizon: int, since: int, until: int | None = None) -> Path:
    """Forecast a symbol at every session from `since` to `until` (days; the inputs' last by default).

    `inputs` are the bars as of the last of them. Sessions before the model was trained are left out,
    since it would be judging its own past.
    """
    index = inputs.symbols.index(symbol)
    series, own = inputs.fleet[index], model.of(horizon)
    trained = int(np.searchsorted(series.session, model.parameters["trained_through"], side="right")) - 1
    last = len(series) - 1 if until is None else int(np.searchsorted(series.session, until, side="right")) - 1
    wanted = int(np.searchsorted(series.session, since))
    start = max(trained - horizon + 1, FEWEST_BARS - 1)
    origins = np.arange(start, max(last, start - 1) + 1)
    sigma, issued, grid = scores(inputs, model, index, horizon, origins)
    levels = intervals.adapt(
        grid, issued, origins, horizon, _shares(own, symbol, trained - start + 1, horizon), own["step"]
    )
    keep = np.flatnonzero(origins >= max(wanted, trained, start))
    levels = intervals.Levels(*(part[keep] for part in vars(levels).values()))
    origins, grid, sigma = origins[keep], grid[keep], sigma[keep]
    ewma = np.sqrt(inputs.variance[index][origins] * horizon)
    bounds = ewma[:, None] * np.asarray(own["class_cuts"])
    up, short = _direction(inputs, model, index, horizon, origins)
    flat = describe(grid, levels, sigma, np.full(len(origins), own["base_rate"]), bounds)
    bold = flat if own["k"] == 0 else describe(grid, levels, sigma, up, bounds)
    session = series.session[origins]
    misses = levels.miss80, levels.miss90
    return Path(symbol, horizon, origins, session, sigma, bounds, short, up, *misses, flat, bold, shown_by(own))


def scores(inputs: Inputs, model: Model, index: int, horizon: int, origins: Places) -> tuple[Floats, Floats, Floats]:
    """(sigma per origin, score of every row as it was issued, score grid per origin)."""
    own, variance = model.of(horizon), inputs.variance[index]
    # Only the rows that can matter are computed; each by itself, so that none depends on where they begin.
    needed = slice(max(int(origins[0]) - intervals.SCORES - horizon, 0) if len(origins) else len(variance), None)
    ewma = np.sqrt(variance[needed] * horizon)
    corrected, first = ewma, volatility.EWMA_SPAN + 1
    with np.errstate(invalid="ignore"):
        if own["har"] is not None:
            corrected = ewma * np.sqrt(volatility.har_ratio(inputs.har[index][:, needed], own["har"]))
            first = volatility.HAR_LOOK_BACK
        full = np.arange(needed.start, len(variance)) + 1 >= intervals.FULL_HISTORY
        sigma, issued, scaled = (np.full(len(variance), np.nan) for _ in range(3))
        sigma[needed] = np.where(full, corrected, ewma)
        realised = returns.forward(inputs.fleet[index].close[needed], horizon)
        issued[needed], scaled[needed] = realised / sigma[needed], realised / corrected
    grid = intervals.grids(scaled, first, origins, horizon, np.asarray(own["pooled_scores"]))
    return sigma[origins], issued, grid


def _shares(own: dict[str, object], symbol: str, known: int, horizon: int) -> dict[str, list[float]]:
    """The miss shares of the first `horizon` origins: the stored ones as far as they reach, then their last."""
    states = own["states"]
    assert isinstance(states, dict)
    shares = {}
    for name, nominal in intervals.NOMINAL.items():
        stored = list(states[symbol][name]) if symbol in states else [nominal] * horizon
        used = stored[len(stored) - known :] if 0 < known <= len(stored) else [nominal]
        shares[name] = used + [used[-1]] * (horizon - len(used))
    return shares


def _direction(inputs: Inputs, model: Model, index: int, horizon: int, origins: Places) -> tuple[Floats, Flags]:
    """(probability of up, whether the base rate answered for want of bars) per origin."""
    own = model.of(horizon)
    short = origins + 1 < FEATURE_BARS if model.recipe.USES_FEATURES else np.zeros(len(origins), dtype=bool)
    up = np.full(len(origins), own["base_rate"])
    scorer = model.scorer(horizon, inputs.symbols[index])
    if scorer is not None and own["k"] > 0 and (~short).any():
        rows = inputs.blocks[index][:, origins[~short] - inputs.first[index]]
        up[~short] = shrinkage.shrink(scorer(rows), own["base_rate"], own["k"])
    return up, short
