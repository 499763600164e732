"""Times the plain feature columns against the same indicators straight down in TA-Lib and numpy."""

from __future__ import annotations

import time
from collections.abc import Iterator

import _figures
import numpy as np
from _figures import Figure
from bare_indicators import bare

from stockml.bars.series import Series
from stockml.features import matrix
from stockml.features.catalogue import families, groups

SYMBOLS, BARS, ROUNDS, DISTINCT = 500, 2500, 3, 10
LIMIT = 1.3


def walk(seed: int) -> Series:
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(0.015 * rng.standard_normal(BARS)))
    start = close * np.exp(0.005 * rng.standard_normal(BARS))
    high = np.maximum(start, close) * np.exp(0.004 * np.abs(rng.standard_normal(BARS)))
    low = np.minimum(start, close) * np.exp(-0.004 * np.abs(rng.standard_normal(BARS)))
    volume = np.exp(14.0 + 0.4 * rng.standard_normal(BARS))
    session = (12000 + np.cumsum(np.where(np.arange(BARS) % 5 == 4, 3, 1))).astype(np.int32)
    return Series(f"S{seed}", session, start, high, low, close, volume, close)


def arrays(series: Series) -> tuple[np.ndarray, ...]:
    return series.session, series.open, series.high, series.low, series.close, series.volume


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the processor time of the plain columns of 500 symbols over that of the same indicators, bare.

    Proves first that both compute the same columns. Raises AssertionError if they do not.
    """
    plain = tuple(name for name in families() if name != "market")
    count = sum(len(group.features) for group in groups(plain))
    fleet = [walk(seed) for seed in range(DISTINCT)]
    block = np.empty((count, BARS), dtype=np.float32)
    yardstick = np.empty_like(block)
    symbols = 50 if quick else SYMBOLS
    with np.errstate(all="ignore"):
        for series in fleet:
            matrix.base(series, plain, block)
            left = bare(*arrays(series), yardstick)
            assert left is None, f"the yardstick lacks columns from {left} on"
            gap = np.nanmax(np.abs(block[:, 500:] - yardstick[:, 500:]), axis=1)
            assert (gap < 1e-3).all(), np.flatnonzero(gap >= 1e-3)
        ours, theirs = [], []
        for number in range(symbols * ROUNDS):
            series = fleet[number % DISTINCT]
            began = time.process_time()
            bare(*arrays(series), yardstick)
            middle = time.process_time()
            matrix.base(series, plain, block)
            theirs.append(middle - began)
            ours.append(time.process_time() - middle)
    ratio = sum(ours) / sum(theirs)
    name = f"feature matrix of {symbols} symbols, {BARS:,} bars / bare TA-Lib and numpy"
    yield Figure(name, ratio, LIMIT, _figures.told({"ours, a symbol": ours, "bare": theirs}))
