"""Everything a model may look at, computed once from the bars as of some session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stockml.arrays import Days, Floats, Floats32, Places
from stockml.bars.series import Series
from stockml.features import market, matrix
from stockml.models import volatility
from stockml.targets import returns


@dataclass(frozen=True)
class Inputs:
    """The fleet's bars as of one session, with what is derived from them. Every derived value at a session
    depends on bars up to that session only, so inputs as of a later session hold those of an earlier one.

    `fleet[i]` may be empty. `place[i]` maps its rows to `sessions`, the union of the fleet's and the
    benchmark's sessions. `blocks[i]` holds features (n_features, n) from row `first[i]` on.
    """

    symbols: tuple[str, ...]
    fleet: tuple[Series, ...]
    sessions: Days
    place: tuple[Places, ...]
    market: market.Market
    variance: tuple[Floats, ...]
    har: tuple[Floats, ...]
    names: tuple[str, ...]
    blocks: tuple[Floats32, ...]
    first: tuple[int, ...]
    market_is_fleet: bool

    def forward(self, index: int, horizon: int) -> Floats:
        """Log total returns of one symbol over the coming `horizon` sessions; NaN where not realised."""
        return returns.forward(self.fleet[index].close, horizon)

    def known_at(self, index: int, horizon: int) -> Places:
        """The position in `sessions` at which each row's outcome is known; a huge number where it is not yet."""
        known = np.full(len(self.place[index]), np.iinfo(np.int64).max)
        if len(known) > horizon:
            known[:-horizon] = self.place[index][horizon:]
        return known


def build(
    series: Mapping[str, Series],
    symbols: tuple[str, ...],
    benchmark: str | None,
    *,
    families: tuple[str, ...] = (),
    extra: tuple[dict[str, object], ...] = (),
    since: int | None = None,
) -> Inputs:
    """Derive the inputs of a fleet. Without `families` no feature is computed.

    `series` must be cut at the session that counts as now. `since` (a day) leaves out feature rows
    before it and changes no value. A benchmark without bars is replaced by the fleet's mean return.
    """
    fleet = tuple(series.get(symbol, _empty(symbol)) for symbol in symbols)
    index = series.get(benchmark) if benchmark else None
    context = market.context(fleet, index)
    variance = tuple(volatility.ewma(one) for one in fleet)
    har = tuple(volatility.har_inputs(one, own, context) for one, own in zip(fleet, variance, strict=True))
    names: tuple[str, ...] = ()
    blocks: tuple[Floats32, ...] = ()
    first: tuple[int, ...] = ()
    if families:
        made = matrix.build(fleet, index, families, extra, since, context)
        names, blocks, first = made.names, made.blocks, made.first
    place = tuple(np.searchsorted(context.session, one.session) for one in fleet)
    return Inputs(symbols, fleet, context.session, place, context, variance, har, names, blocks, first, index is None)


def _empty(symbol: str) -> Series:
    none = np.empty(0)
    return Series(symbol, np.empty(0, dtype=np.int32), none, none, none, none, none, none)
