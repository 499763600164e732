"""Other futures for the same past: bars cut at a day, or continued otherwise, or with their sessions permuted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from stockml.arrays import Floats, Places, union
from stockml.bars.series import Series
from stockml.features.causality import slice_of

VOLUME_NOISE = 0.7  # of the log: far outside what rounding could hide


@dataclass(frozen=True)
class Future:
    """What becomes of the bars after `day` (days since 1970-01-01).

    `kind` is `real` (nothing), `cut` (they are not there), `other` (seeded noise in which every one-session
    return has the opposite sign), `shuffled` (the same bars in another order), or `permuted`: all sessions in
    another order, the same for every symbol, whatever the day.
    """

    kind: str = "real"
    day: int = 0
    seed: int = 0


REAL = Future()


def apply(series: Mapping[str, Series], future: Future) -> dict[str, Series]:
    """The series of every symbol in that future; those without a bar left are left out. The given ones stay."""
    if future.kind == "permuted":
        return _permuted(series, future.seed)
    made = {}
    for place, (symbol, one) in enumerate(series.items()):
        known = int(np.searchsorted(one.session, future.day, side="right"))
        rng = np.random.default_rng([future.seed, place])
        if future.kind == "cut":
            one = slice_of(one, 0, known)
        elif future.kind == "other" and known < len(one):
            one = _other(one, known, rng)
        elif future.kind == "shuffled" and known < len(one):
            order = np.arange(len(one))
            order[known:] = rng.permutation(order[known:])
            one = _reordered(one, order)
        else:
            one = slice_of(one, 0, len(one))
        if len(one):
            made[symbol] = one
    return made


def _other(series: Series, known: int, rng: np.random.Generator) -> Series:
    """From bar `known` on: each log return negated and rescaled by 0.5 to 2.5, new ranges, noisy volume."""
    first = max(known, 1)
    count = len(series) - first
    step = np.log(series.close[first:] / series.close[first - 1 : -1])
    turned = np.where(step == 0.0, 0.01 * rng.standard_normal(count), -step * rng.uniform(0.5, 2.5, count))
    close = series.close[first - 1] * np.exp(np.cumsum(turned))
    before = np.concatenate([[series.close[first - 1]], close[:-1]])
    start = before * np.exp(0.01 * rng.standard_normal(count))
    high = np.maximum(start, close) * np.exp(np.abs(0.02 * rng.standard_normal(count)))
    low = np.minimum(start, close) * np.exp(-np.abs(0.02 * rng.standard_normal(count)))
    changed: dict[str, Any] = {
        "open": start, "high": high, "low": low, "close": close,
        "volume": series.volume[first:] * np.exp(VOLUME_NOISE * rng.standard_normal(count)),
        "raw_close": series.raw_close[first:] * (close / series.close[first:]),
    }  # fmt: skip
    whole: dict[str, Any] = {
        name: np.concatenate([getattr(series, name)[:first], part]) for name, part in changed.items()
    }
    return replace(series, **whole, memo={})


def _permuted(series: Mapping[str, Series], seed: int) -> dict[str, Series]:
    """All sessions in a random order, bars rebuilt from their returns: features and outcomes are independent.

    Every symbol follows the same order of sessions, so the dependence between symbols stays.
    """
    sessions = union([one.session for one in series.values()])
    rank = np.random.default_rng(seed).permutation(len(sessions))
    made = {}
    for symbol, one in series.items():
        order = np.argsort(rank[np.searchsorted(sessions, one.session)], kind="stable")
        made[symbol] = _reordered(one, np.concatenate([[0], order[order > 0]]))
    return made


def _reordered(series: Series, order: Places) -> Series:
    """Bars in another order, each with its own return, range and volume; the first stays the first."""
    step = np.zeros(len(series))
    step[1:] = np.log(series.close[1:] / series.close[:-1])
    close: Floats = series.close[0] * np.exp(np.cumsum(step[order]))
    shaped: dict[str, Any] = {"close": close, "raw_close": series.raw_close * (close / series.close)}
    for name in ("open", "high", "low"):
        shaped[name] = close * (getattr(series, name) / series.close)[order]
    moved = order != np.arange(len(order))
    kept = int(np.argmax(moved)) if moved.any() else len(order)
    for name, column in shaped.items():
        column[:kept] = getattr(series, name)[:kept]  # what is known stays to the bit
    return replace(series, **shaped, volume=series.volume[order], memo={})
