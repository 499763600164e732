"""Compares inputs, models and forecasts bit for bit, and names the first thing that differs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Any

import numpy as np

from stockml.features.market import Market
from stockml.models.forecast import Path
from stockml.models.inputs import Inputs
from stockml.models.model import Model

STATISTICS = ("mean", "spread")  # of a stored regression: what its scaling was fitted on


def same(one: Any, other: Any) -> bool:
    """Whether two arrays hold the same values in the same type; NaN equals NaN."""
    return one.dtype == other.dtype and one.shape == other.shape and np.array_equal(one, other, equal_nan=True)


def inputs_differ(one: Inputs, other: Inputs, day: int) -> list[str]:
    """What of two inputs differs at sessions up to a day, by name; empty if nothing does."""
    if one.names != other.names:
        return ["the list of features"]
    found = [name for symbol in one.symbols for name in _symbol_differs(one, other, symbol, day)]
    known = int(np.searchsorted(one.sessions, day, side="right"))
    for part in fields(Market):
        left, right = getattr(one.market, part.name), getattr(other.market, part.name)
        if not same(left[:known], right[:known]):
            found.append(f"the market's {part.name}")
    return list(dict.fromkeys(found))


def _symbol_differs(one: Inputs, other: Inputs, symbol: str, day: int) -> Iterator[str]:
    place = one.symbols.index(symbol)
    known = int(np.searchsorted(one.fleet[place].session, day, side="right"))
    if not same(one.fleet[place].close[:known], other.fleet[place].close[:known]):
        yield "the prices themselves"
    if not same(one.variance[place][:known], other.variance[place][:known]):
        yield "the variance"
    if not same(one.har[place][:, :known], other.har[place][:, :known]):
        yield "the volatility regressors"
    if not one.names:
        return
    if one.first[place] != other.first[place]:
        yield "where the features begin"
        return
    left, right = (each.blocks[place][:, : max(known - each.first[place], 0)] for each in (one, other))
    if left.shape != right.shape:
        yield "the number of feature rows"
        return
    equal = (left == right) | (np.isnan(left) & np.isnan(right))
    for row in np.flatnonzero(~equal.all(axis=1)):
        yield f"feature {one.names[row]}"


def files_differ(one: Model, other: Model) -> list[str]:
    """The files of the direction models that differ."""
    return [name for name in sorted({*one.files, *other.files}) if one.files.get(name) != other.files.get(name)]


def parameters_differ(one: Model, other: Model, chosen: Callable[[str], bool] = lambda name: True) -> list[str]:
    """The parameters by horizon that differ, as `name at horizon h`."""
    found = []
    for horizon in one.horizons:
        left, right = one.of(horizon), other.of(horizon)
        for name in left:
            if chosen(name) and json.dumps(left[name]) != json.dumps(right.get(name)):
                found.append(f"{name} at horizon {horizon}")
    return found


def statistics_differ(one: Model, other: Model) -> list[str]:
    """The scaling statistics inside stored regressions that differ, as `mean in file`."""
    found = []
    for name in sorted(set(one.files) & set(other.files)):
        if name.endswith(".json"):
            left, right = json.loads(one.files[name]), json.loads(other.files[name])
            found += [f"{key} in {name}" for key in STATISTICS if left.get(key) != right.get(key)]
    return found


def paths_differ(one: Path, other: Path, session: int) -> list[str]:
    """What of two forecasts made at a session (day) differs."""
    left, right = np.flatnonzero(one.session == session), np.flatnonzero(other.session == session)
    if len(left) != len(right):
        return ["whether there is a forecast"]
    names = ("sigma", "class_bounds", "point", "short_history", "model_up", "volatility_classes")
    pairs = [(name, getattr(one, name), getattr(other, name)) for name in names]
    shape = vars(one.distribution)
    pairs += [(name, shape[name], getattr(other.distribution, name)) for name in shape]
    return [name for name, mine, theirs in pairs if not same(mine[left], theirs[right])]
