"""What a recipe is: a module in `recipes/` that offers the names below. Adding one is adding a file.

MEANING      one line for `stockml train --help`.
USES_FEATURES  whether the feature matrix is needed at all.
VOLATILITY   "har" or "ewma": what scales the intervals.
OPTIONS      the options a configuration may set, with their defaults.
fit(sample, horizon=, seed=, options=) -> {file name: bytes}
             fits the direction model of one horizon; file names carry the horizon, and the symbol if
             the file serves one symbol only.
serves(file name, symbol) -> whether a version of that symbol needs the file.
SPACE        what `stockml tune` may draw: option name -> (low, high, "log" | "linear" | "int"), or a tuple of choices.
             An option that is not in it stays as configured.
scorer(files, horizon, symbol) -> function from rows (n_features, n) float32 to log-odds of up (n,),
             or None if the files hold no model for that symbol and horizon.
gains(files, horizon, symbol) -> gain of each feature in the trees (n_features,), or None if there are none.
weights(files, horizon, symbol) -> |weight| of each standardised feature in the regression, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from stockml.arrays import Days, Floats, Floats32, Places
from stockml.errors import ConfigError

Scorer = Callable[[Floats32], Floats]
Space = dict[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Pool:
    """The training rows of a cut, of which every horizon fits on those whose outcome it knows.

    Features (n_features, n), the places of each symbol's rows in its series, and what learners made of the features
    for all horizons alike.
    """

    rows: Floats32
    places: tuple[Places, ...]
    made: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Sample:
    """Training rows of all symbols: features (n_features, n), whether up, and which symbol each row is.

    `pooled` is the pool that they are part of, and their places in it; None where they stand for themselves.
    """

    names: tuple[str, ...]
    symbols: tuple[str, ...]
    rows: Floats32
    up: Floats
    symbol: Days
    pooled: tuple[Pool, Places] | None = None


class Recipe(Protocol):
    """The contract, for type checking; modules satisfy it."""

    MEANING: str
    USES_FEATURES: bool
    VOLATILITY: str
    OPTIONS: dict[str, Any]
    SPACE: Space

    def fit(self, sample: Sample, *, horizon: int, seed: int, options: dict[str, Any]) -> dict[str, bytes]: ...

    def serves(self, file_name: str, symbol: str) -> bool: ...

    def scorer(self, files: Mapping[str, bytes], horizon: int, symbol: str) -> Scorer | None: ...

    def gains(self, files: Mapping[str, bytes], horizon: int, symbol: str) -> Floats | None: ...

    def weights(self, files: Mapping[str, bytes], horizon: int, symbol: str) -> Floats | None: ...


def options_of(recipe: Recipe, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The recipe's options with the configuration's on top. Raises `ConfigError` for an unknown one."""
    for key in given:
        if key not in recipe.OPTIONS:
            raise ConfigError(
                f"model.options.{key}: recipe {name!r} has no such option",
                hint=f"it has {', '.join(sorted(recipe.OPTIONS)) or 'none'}",
            )
    return {**recipe.OPTIONS, **given}
