"""The feature matrix of a fleet: one block of columns for each symbol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from stockml.arrays import Floats32
from stockml.features.catalogue import Group, catalogue, groups

if TYPE_CHECKING:
    from stockml.bars.series import Series
    from stockml.features.market import Market

Block = Floats32

# Values are multiples of 2^-30: trees split on signs and ties, and a source that rescales its adjusted closes must
# not move a model by noise of the sixteenth digit. Scaling by a power of two is exact.
GRID = np.float32(2.0**30)


@dataclass(frozen=True)
class Matrix:
    """`blocks[i]` is float32 (features, rows) of symbol i; `first[i]` is the bar of its first row."""

    names: tuple[str, ...]
    blocks: tuple[Block, ...]
    first: tuple[int, ...]


def base(series: Series, families: tuple[str, ...], into: Block | None = None, start: int = 0) -> Block:
    """The columns of one symbol that need no other symbol, float32 (features, bars from `start` on).

    The order is that of `groups(families)`. `into` receives them if given. Arithmetic is in float64 over all
    bars, so `start` changes no value. Rows before a column's look-back, and all that is not finite, are NaN.
    """
    chosen = groups(families)
    if into is None:
        into = np.empty((sum(len(group.features) for group in chosen), len(series) - start), dtype=np.float32)
    fill(series, chosen, into, start)
    series.memo.clear()
    return into


def fill(series: Series, chosen: Sequence[Group], into: Block, start: int, *context: Any) -> None:
    """Write the columns of some groups into the rows of a block, in order."""
    bars, row = len(series), 0
    with np.errstate(all="ignore"):
        for group in chosen:
            if bars <= group.shortest:
                into[row : row + len(group.features)] = np.nan
                row += len(group.features)
                continue
            result = group.compute(series, *context)
            made = (result,) if isinstance(result, np.ndarray) else result
            for feature, column in zip(group.features, made, strict=True):
                blank = max(0, min(feature.look_back, bars) - start)
                into[row, :blank] = np.nan
                into[row, blank:] = column[start + blank :]
                row += 1
    written = into[:row]
    written *= GRID
    np.rint(written, out=written)
    written /= GRID
    written[np.isinf(written)] = np.nan


def build(
    fleet: Sequence[Series],
    benchmark: Series | None,
    families: tuple[str, ...],
    extra: tuple[dict[str, Any], ...] = (),
    since: int | None = None,
    around: Market | None = None,
) -> Matrix:
    """All features of a fleet: plain ones, those of the market, ranks, then the extra ones.

    `since` (a day) leaves out the rows of earlier sessions; it changes no value. Symbols are done one by one,
    so that only the float32 blocks stay in memory. `around` is the fleet's market context where
    the caller has it. Raises `ConfigError` for an unknown family or indicator.
    """
    from stockml.features import extra as extras
    from stockml.features import market, ranks

    chosen, seeing = groups(families), groups(families, True)
    ranking = ranks.FAMILY in families
    indicators = extras.prepare(extra, fleet)
    names = [feature.name for feature in catalogue(families)] + list(indicators.names)
    first = tuple(0 if since is None else int(np.searchsorted(series.session, since)) for series in fleet)
    around = (around or market.context(fleet, benchmark)) if seeing else None
    plain = sum(len(group.features) for group in chosen)
    ranked = plain + sum(len(group.features) for group in seeing)
    behind = len(names) - len(indicators.names)
    blocks: list[Block] = []
    sources: list[Block] = []
    for series, start in zip(fleet, first, strict=True):
        block = np.empty((len(names), len(series) - start), dtype=np.float32)
        base(series, families, block[:plain], start)
        if around is not None:
            fill(series, seeing, block[plain:ranked], start, around)
        if ranking:
            sources.append(ranks.sources(series, block, names, start))
        indicators.fill(series, block[behind:], start)
        series.memo.clear()
        blocks.append(block)
    if ranking:
        sessions = [series.session[start:] for series, start in zip(fleet, first, strict=True)]
        ranks.fill(sessions, sources, [block[ranked:behind] for block in blocks])
    return Matrix(tuple(names), tuple(blocks), first)
