"""The causality check: does a column change when the future is cut, or when the past begins later?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from stockml.bars.series import Series

WARM_UP = 400
TOLERANCE = 1e-6  # of the column's standard deviation

Columns = NDArray[Any] | Sequence[NDArray[Any]]
_ARRAYS = ("session", "open", "high", "low", "close", "volume", "raw_close")


def slice_of(series: Series, start: int, stop: int) -> Series:
    """The bars from start up to, not including, stop, with nothing remembered."""
    return replace(series, **{name: getattr(series, name)[start:stop] for name in _ARRAYS}, memo={})


def problems(compute: Callable[[Series], Columns], series: Series, *, cuts: int = 3) -> list[str]:
    """What is wrong with the columns that `compute` makes of a series, a sentence each; empty if nothing.

    Causal: computed from the bars up to a cut, they are the same up to there, bit for bit, at `cuts` places.
    Start-independent: without the first bars, they are the same from 400 bars on, within 1e-6 of their
    standard deviation. With too few bars for the second check, that is a problem too.
    """
    bars = len(series)
    whole = _columns(compute, slice_of(series, 0, bars))
    found = []
    if misfits := [index for index, column in enumerate(whole) if len(column) != bars]:
        return [f"column {index} does not have one value for each bar" for index in misfits]
    for cut in sorted({bars * step // (cuts + 1) + step for step in range(1, cuts + 1)}):
        part = _columns(compute, slice_of(series, 0, cut))
        if len(part) != len(whole):
            found.append(f"there are {len(part)} columns of the first {cut} bars, but {len(whole)} of all")
            continue
        for index, (short, long) in enumerate(zip(part, whole, strict=True)):
            if len(short) != cut or not np.array_equal(short, long[:cut], equal_nan=True):
                found.append(f"column {index} changes when the bars after {cut} are cut: it sees the future")
    return found + _starts(compute, series, whole)


def _starts(compute: Callable[[Series], Columns], series: Series, whole: list[NDArray[Any]]) -> list[str]:
    bars = len(series)
    dropped = min(137, (bars - WARM_UP) // 2)
    if dropped < 1:
        return [f"{bars} bars are too few to check where the columns begin: it takes more than {WARM_UP + 2}"]
    late = _columns(compute, slice_of(series, dropped, bars))
    if len(late) != len(whole):
        return [f"there are {len(late)} columns without the first {dropped} bars, but {len(whole)} of all"]
    found = []
    for index, (short, long) in enumerate(zip(late, whole, strict=True)):
        one, other = short[WARM_UP:].astype(np.float64), long[dropped + WARM_UP :].astype(np.float64)
        there = np.isfinite(one) & np.isfinite(other)
        same_gaps = bool((np.isfinite(one) == np.isfinite(other)).all())
        scale = float(np.std(other[there])) if there.any() else 0.0
        worst = float(np.max(np.abs(one[there] - other[there]), initial=0.0))
        if not same_gaps or worst > TOLERANCE * scale:
            found.append(f"column {index} depends on where the bars begin, still after {WARM_UP} bars")
    return found


def _columns(compute: Callable[[Series], Columns], series: Series) -> list[NDArray[Any]]:
    result = compute(series)
    return [np.asarray(column) for column in result]
