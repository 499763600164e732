"""How far inputs may lie from those a model was fitted on before its forecast is withheld.

A fitted model still answers where it saw nothing, and the answer means nothing there. Storms must not silence it, so
only what lies far beyond the extremes of training is outside: a tenfold price, a month without volume, other units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from stockml.arrays import Flags, Floats, Places
from stockml.features.catalogue import catalogue
from stockml.models.inputs import Inputs

Ranges = dict[str, list[float]]

# From the 0.1 % to the 99.9 % quantile of the training rows is one span; outside begins three spans further on. Fitted
# yearly on 13 large companies that flags none of 54,977 sessions of 2002 to 2026, and with windows of two years 1 of
# 32,241. Two spans flag 19 of 3,024 where SMCI is the whole fleet; distances in quartile ranges what is rare by nature.
TAIL = 0.001
SPANS = 3.0
FEWEST_ROWS = 250
MOST_ROWS = 20_000  # evenly chosen; more move the quantiles by less than they matter

# Measured beside the features, whatever a recipe uses: the newest log return, the newest log(high / low), and the
# share of the last 21 sessions without volume, whose span is at least this (in training it is mostly 0).
QUIET_SESSIONS, QUIET_SPAN = 21, 0.2
OWN = ("newest return", "newest range", "sessions without volume")
_ANYWHERE = (-np.inf, np.inf)  # the range of an input that has none


def ranges_of(inputs: Inputs, rows: Sequence[Places]) -> Ranges:
    """[low, high] of each input over the training rows of all symbols, `rows[i]` being those of symbol i.

    An input that hardly varies in training has none, nor has one that other symbols enter: a broken bar is told of
    its own symbol, and its trace in the market's features must not silence the fleet. Too few rows: empty, and
    nothing is ever outside.
    """
    shared = {feature.name for feature in catalogue() if feature.cross_section}
    total = sum(len(one) for one in rows)
    if total < FEWEST_ROWS:
        return {}
    step = -(-total // MOST_ROWS)
    table = np.concatenate([_inputs_at(inputs, index, one[::step]) for index, one in enumerate(rows)], axis=1)
    ranges: Ranges = {}
    for name, values in zip((*inputs.names, *OWN), table, strict=True):
        known = values[np.isfinite(values)]
        if name in shared or len(known) < FEWEST_ROWS / step:
            continue
        ends = [round(share * (len(known) - 1)) for share in (TAIL, 1.0 - TAIL)]
        low, high = np.partition(known, ends)[ends].tolist()
        span = max(high - low, QUIET_SPAN if name == OWN[2] else 0.0)
        if span > 0.0:
            ranges[name] = [low - SPANS * span, high + SPANS * span]
    return ranges


def outside(inputs: Inputs, index: int, rows: Places, ranges: Mapping[str, Sequence[float]]) -> dict[str, Flags]:
    """Which inputs of one symbol are out of their range at some rows of its series: name -> (rows,), only those.

    A value that is not a number is not outside: history that is too short has a warning of its own.
    """
    names = (*inputs.names, *OWN)
    table = _inputs_at(inputs, index, rows)
    low, high = np.array([ranges.get(name, _ANYWHERE) for name in names]).T[:, :, None]
    out = (table < low) | (table > high)
    return {names[place]: out[place] for place in np.flatnonzero(out.any(axis=1)).tolist()}


def newest_outside(inputs: Inputs, symbol: str, ranges: Mapping[str, Sequence[float]]) -> list[str]:
    """The names of the inputs that are out of their range at the newest session of a symbol."""
    index = inputs.symbols.index(symbol)
    return list(outside(inputs, index, np.array([len(inputs.fleet[index]) - 1]), ranges))


def _inputs_at(inputs: Inputs, index: int, rows: Places) -> Floats:
    """Features and own measures of one symbol, (inputs, rows); NaN before the first of the feature rows."""
    series = inputs.fleet[index]
    table = np.full((len(inputs.names) + len(OWN), len(rows)), np.nan)
    if not len(rows):
        return table
    if inputs.blocks:
        kept = rows >= inputs.first[index]
        table[: len(inputs.names), kept] = inputs.blocks[index][:, rows[kept] - inputs.first[index]]
    with np.errstate(all="ignore"):
        table[-3] = np.where(rows > 0, np.log(series.close[rows] / series.close[rows - 1]), np.nan)
        table[-2] = np.log(series.high[rows] / series.low[rows])
    empty = np.concatenate([[0.0], np.cumsum(~(series.volume > 0.0))])
    table[-1] = (empty[rows + 1] - empty[np.maximum(rows + 1 - QUIET_SESSIONS, 0)]) / QUIET_SESSIONS
    return table
