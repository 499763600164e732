"""Times one symbol's forecast in a process that has bars and version loaded, and the read of one symbol's bars."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import _figures
import _homes
import numpy as np
from _figures import Figure

SYMBOL = "NVDA"
MOST_MS, MOST_READ_MS = 5.0, 1.0


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield milliseconds over their limits (so 1 is the limit), then the forecast over a bare one-row score.

    A warm forecast makes both horizons of a symbol, composed and ready for the ledger. Three times: on inputs
    that stand; with the symbol's own feature row computed first from 2,500 bars, the length the reference
    figures use; and from all 6,642, where the features' single pass over the bars outgrows the limit.
    """
    if not _homes.has_prices():
        yield Figure(f"warm forecast of one symbol / {MOST_MS:g} ms", None, 1.0, _homes.NO_PRICES)
        yield Figure(f"read of one symbol's bars / {MOST_READ_MS:g} ms", None, 1.0, _homes.NO_PRICES)
        return
    rounds = 50 if quick else 300
    standing, with_all, score, read = _sides(None)
    _, with_ten_years, _, _ = _sides(2500)
    sides = (standing, with_ten_years, with_all, score, read)
    for side in sides:
        for _ in range(5):
            side()
    times = _figures.by_turns([_clocked(side) for side in sides], rounds)
    name = "warm forecast of one symbol"
    limits = (("inputs standing", 1.0), ("its features from 2,500 bars", 1.0), ("its features from all bars", None))
    for (what, limit), spent in zip(limits, times[:3], strict=True):
        ratio = 1e3 * _figures.median(spent) / MOST_MS
        yield Figure(f"{name}, {what} / {MOST_MS:g} ms", ratio, limit, _figures.told({what: spent}))
    bare = _figures.told({"LightGBM scores": times[3]})
    yield Figure(f"{name} / bare one-row scores", _figures.median(times[0]) / _figures.median(times[3]), None, bare)
    ratio = 1e3 * _figures.median(times[4]) / MOST_READ_MS
    yield Figure(f"read of one symbol's bars / {MOST_READ_MS:g} ms", ratio, 1.0, _figures.told({"read": times[4]}))


def _clocked(side: Callable[[], Any]) -> Callable[[], float]:
    def run() -> float:
        begun = time.perf_counter()
        side()
        return time.perf_counter() - begun

    return run


def _sides(bars: int | None) -> tuple[Callable[[], Any], ...]:
    """(forecast, feature row and forecast, bare scores, read of the bars) as functions to time.

    `bars` keeps only so many of each symbol's newest bars.
    """
    from stockml import environment, workspace
    from stockml.bars import store
    from stockml.features.causality import slice_of
    from stockml.models import boosting
    from stockml.models import inputs as inputs_room
    from stockml.pipeline import predict, steps
    from stockml.store import golden, pointers, versions

    env = environment.open_environment(workspace.Workspace(_homes.trained()), offline=True)
    series = steps.read_fleet(env)
    if bars is not None:
        series = {symbol: slice_of(one, max(len(one) - bars, 0), len(one)) for symbol, one in series.items()}
    live = pointers.as_of(env.workspace, env.ledger, SYMBOL, env.clock)
    assert live is not None
    model = golden.load(versions.read(env.workspace, SYMBOL, live["champion"]))
    own = model.parameters
    day = int(series[SYMBOL].session[-1])
    families, extra = tuple(own["families"]), tuple(own["extra"])
    fleet = inputs_room.build(
        series, tuple(own["fleet"]), own["benchmark"], families=families, extra=extra, since=day
    )  # fmt: skip
    place = fleet.symbols.index(SYMBOL)
    row = fleet.blocks[place][:, -1:].copy()
    boosters = [boosting.parse(model.files[f"direction-{horizon}.lgb.txt"]) for horizon in model.horizons]
    own_row = _own_row(fleet, place, families)

    def standing() -> list[dict[str, Any]]:
        return predict._forecast(env, fleet, model, SYMBOL, live["champion"], {})

    def warm() -> list[dict[str, Any]]:
        own_row()
        return standing()

    def score() -> None:
        for booster in boosters:
            booster.log_odds(row)

    return standing, warm, score, lambda: store.read(env.market, SYMBOL, "1d")


def _own_row(fleet: Any, place: int, families: tuple[str, ...]) -> Callable[[], None]:
    """What brings one symbol's inputs to its newest session while the market's and the others' stand."""
    from stockml.features import matrix, ranks
    from stockml.features.catalogue import groups
    from stockml.models import volatility

    series, block, start = fleet.fleet[place], fleet.blocks[place], fleet.first[place]
    plain = sum(len(group.features) for group in groups(families))
    ranked = plain + sum(len(group.features) for group in groups(families, True))
    names = list(fleet.names)
    sessions = [one.session[begin:] for one, begin in zip(fleet.fleet, fleet.first, strict=True)]
    sources = [
        ranks.sources(one, values, names, begin)
        for one, values, begin in zip(fleet.fleet, fleet.blocks, fleet.first, strict=True)
    ]
    outs = [values[ranked:].copy() for values in fleet.blocks]

    def compute() -> None:
        variance = volatility.ewma(series)
        volatility.har_inputs(series, variance, fleet.market)
        matrix.base(series, families, block[:plain], start)
        matrix.fill(series, groups(families, True), block[plain:ranked], start, fleet.market)
        sources[place] = ranks.sources(series, block, names, start)
        series.memo.clear()
        ranks.fill(sessions, sources, outs)
        block[ranked:] = outs[place]

    before = block.copy()
    compute()
    np.testing.assert_array_equal(before, block)  # the very row that `predict` computes
    return compute
