"""Base rate and EWMA volatility: the recipe every other one must justify itself against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockml.arrays import Floats
from stockml.models.recipe import Sample, Scorer, Space

MEANING = "the training up-rate as probability, exponentially weighted volatility for the intervals"
USES_FEATURES = False
VOLATILITY = "ewma"
OPTIONS: dict[str, Any] = {}
SPACE: Space = {}


def fit(sample: Sample, *, horizon: int, seed: int, options: dict[str, Any]) -> dict[str, bytes]:
    return {}


def serves(file_name: str, symbol: str) -> bool:
    return False


def scorer(files: Mapping[str, bytes], horizon: int, symbol: str) -> Scorer | None:
    return None


def gains(files: Mapping[str, bytes], horizon: int, symbol: str) -> Floats | None:
    return None


def weights(files: Mapping[str, bytes], horizon: int, symbol: str) -> Floats | None:
    return None
