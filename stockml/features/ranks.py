"""Ranks: a symbol's place within the fleet on each session, for some features. Part of family market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from stockml.arrays import Days, Floats32
from stockml.arrays import union as merged
from stockml.features.catalogue import Feature, group_of

if TYPE_CHECKING:
    from stockml.bars.series import Series

Block = Floats32

FAMILY = "market"
AT_ONCE = 256  # rows of a ranking step: enough to be fast, few enough to stay in the cache
FEWEST = 4  # a place among fewer symbols says nothing
SOURCES = (
    "log_return_1", "log_return_5", "log_return_21", "log_return_63", "log_return_252", "momentum_12_1",
    "intraday", "rsi_14", "sma_distance_20", "sma_distance_200", "macd", "adx_14", "volume_ratio_20",
    "dollar_volume_trend", "chaikin_flow_20", "close_vol_21", "vol_ratio_5_63", "skew_63",
    "high_distance_252", "efficiency_21",
)  # fmt: skip


def features() -> tuple[Feature, ...]:
    """The catalogue's entries of the ranks, in the order of `SOURCES`."""
    found = []
    for name in SOURCES:
        group, index = group_of(name)
        source = group.features[index]
        meaning = f"place of {name} within the fleet on the session, -0.5 to 0.5; 0 among fewer than {FEWEST}"
        found.append(Feature(f"rank_{name}", FAMILY, source.look_back, meaning, cross_section=True))
    return tuple(found)


def sources(series: Series, block: Block, names: Sequence[str], start: int) -> Block:
    """The values to be ranked, float32 (ranks, rows): a filled block's, or computed if it lacks them."""
    from stockml.features.matrix import fill

    out = np.empty((len(SOURCES), block.shape[1]), dtype=np.float32)
    row = {name: index for index, name in enumerate(names)}
    for place, name in enumerate(SOURCES):
        if name in row:
            out[place] = block[row[name]]
            continue
        group, index = group_of(name)
        scratch = np.empty((len(group.features), block.shape[1]), dtype=np.float32)
        fill(series, (group,), scratch, start)
        out[place] = scratch[index]
    return out


def fill(sessions: Sequence[Days], values: Sequence[Block], into: Sequence[Block]) -> None:
    """Write the rank of every value among its session's into `into`; NaN stays NaN.

    `sessions[i]` are the days of symbol i's rows, `values[i]` and `into[i]` float32 (features, rows). With n
    finite values on a session, the k-th smallest gets (k - 0.5) / n - 0.5, equals their mean; 0 if n < 4.
    """
    if not sessions:
        return
    union = merged(sessions)
    at = [np.searchsorted(union, days) for days in sessions]
    count = len(into[0])
    together = max(1, AT_ONCE // max(len(union), 1))  # many features at once on few sessions, else one by one
    for first in range(0, count, together):
        features = slice(first, min(first + together, count))
        table = np.full((features.stop - first, len(union), len(sessions)), np.nan, dtype=np.float32)
        for symbol, rows in enumerate(at):
            table[:, rows, symbol] = values[symbol][features]
        flat = table.reshape(-1, len(sessions))
        for chunk in range(0, len(flat), AT_ONCE):
            flat[chunk : chunk + AT_ONCE] = places(flat[chunk : chunk + AT_ONCE])
        for symbol, rows in enumerate(at):
            into[symbol][features] = table[:, rows, symbol]


def places(table: Block) -> Block:
    """Each row's values as places in (-0.5, 0.5), ties sharing their mean; shape (sessions, symbols)."""
    sessions, symbols = table.shape
    order = np.argsort(table, axis=1)  # NaN comes last
    ordered = np.take_along_axis(table, order, axis=1)
    count = np.count_nonzero(~np.isnan(table), axis=1)[:, None]
    column = np.arange(symbols)
    opens = np.ones((sessions, symbols), dtype=bool)
    opens[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    closes = np.ones((sessions, symbols), dtype=bool)
    closes[:, :-1] = opens[:, 1:]
    lowest = np.maximum.accumulate(np.where(opens, column, 0), axis=1)
    highest = np.minimum.accumulate(np.where(closes, column, symbols)[:, ::-1], axis=1)[:, ::-1]
    place = (0.5 * (lowest + highest) + 0.5) / np.maximum(count, 1) - 0.5
    place = np.where(count >= FEWEST, place, 0.0)
    place[np.isnan(ordered)] = np.nan
    out = np.empty_like(table)
    np.put_along_axis(out, order, place.astype(np.float32), axis=1)
    return out
