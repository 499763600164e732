"""Draws candidates: the configured options first, then random points of the recipe's space."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from stockml.models.recipe import Space

SCALES = ("log", "linear", "int")
DRAWS_PER_CANDIDATE = 20  # a small space of choices runs out of new points; then there are fewer candidates


def draw(space: Space, configured: dict[str, Any], count: int, seed: int) -> list[dict[str, Any]]:
    """`configured`, then up to `count` - 1 different points of the space; other options stay as configured.

    The points of a smaller count are the first of a larger one. Source of drawing at random rather than from a
    grid: Bergstra & Bengio 2012, JMLR 13.
    """
    generator = np.random.default_rng(seed)
    found = [dict(configured)]
    for _ in range((count - 1) * DRAWS_PER_CANDIDATE if space else 0):
        if len(found) == count:
            break
        point = {**configured, **{name: _value(spec, generator) for name, spec in space.items()}}
        if point not in found:
            found.append(point)
    return found


def _value(spec: tuple[Any, ...], generator: np.random.Generator) -> Any:
    if len(spec) != 3 or spec[2] not in SCALES:
        return spec[int(generator.integers(len(spec)))]
    low, high, scale = spec
    if scale == "int":
        return int(generator.integers(low, high + 1))
    if scale == "log":
        return _rounded(math.exp(generator.uniform(math.log(low), math.log(high))))
    return _rounded(generator.uniform(low, high))


def _rounded(value: float) -> float:
    """To three digits: what is written into a configuration should be readable."""
    return float(f"{value:.3g}")
