"""A fitted model in memory: its parameters, and scorers made from the bytes of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stockml.models import recipes
from stockml.models.recipe import Recipe, Scorer


@dataclass(frozen=True)
class Model:
    """What a version folder holds, parsed. `parameters` is plain JSON (docs/format.md); `files` are bytes."""

    parameters: dict[str, Any]
    files: Mapping[str, bytes]
    _scorers: dict[tuple[int, str], Scorer | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def recipe(self) -> Recipe:
        found: Recipe = recipes.load(self.parameters["recipe"])
        return found

    @property
    def horizons(self) -> tuple[int, ...]:
        return tuple(self.parameters["horizons"])

    def of(self, horizon: int) -> dict[str, Any]:
        """The parameters of one horizon."""
        found: dict[str, Any] = self.parameters["by_horizon"][str(horizon)]
        return found

    def scorer(self, horizon: int, symbol: str) -> Scorer | None:
        """The direction scorer of a symbol, parsed on first use."""
        key = (horizon, symbol)
        if key not in self._scorers:
            self._scorers[key] = self.recipe.scorer(self.files, horizon, symbol)
        return self._scorers[key]
