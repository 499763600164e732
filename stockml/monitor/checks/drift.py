"""How far recent returns and ranges have moved from those before: a hint where to look, never a trigger."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockml.arrays import Floats
from stockml.bars import reader, store
from stockml.bars.series import Bars, adjust
from stockml.errors import DataError
from stockml.monitor import drift
from stockml.monitor.finding import Finding, plural
from stockml.monitor.watch import Watch

NAME, ORDER = "drift", 62
IS_HINT = True
RECENT = 126  # sessions: half a year, above what a distribution takes
REFERENCE = 2016  # sessions before them: the eight years a model is trained on
MOST = 25  # symbols, evenly chosen: a hint needs no more


def check(watch: Watch) -> list[Finding]:
    """One finding that is never worse than ok: inputs drift all the time, and outcomes alone say what it costs."""
    env = watch.env
    chosen = watch.symbols[:: -(-len(watch.symbols) // MOST)]
    cuts = reader.cut_days(env.market, env.config, chosen, env.clock)
    known, seen = int(env.clock.now().timestamp()), {}
    for symbol in chosen:
        try:
            bars = store.read(env.market, symbol, env.config.data.interval, cuts[symbol], known)
        except DataError:
            continue
        if bars is not None and len(bars):
            seen[symbol] = _of(bars)
    told = {symbol: {one.name: _plain(one) for one in found} for symbol, found in seen.items()}
    judged = {symbol: found for symbol, found in seen.items() if any(one.band != "too_few" for one in found)}
    moved = [symbol for symbol, found in judged.items() if any(one.band in ("moved", "far") for one in found)]
    said = f"hint: the recent returns or ranges of {len(moved)} of {plural(len(judged), 'symbol')} have moved"
    if not judged:
        said = "too few bars for a hint"
    return [Finding(NAME, "hint", None, "ok", said, {"moved": moved, "symbols": told}, silent=True)]


def _of(bars: Bars) -> list[drift.Drift]:
    series = adjust(bars)
    returns = np.diff(np.log(series.close))
    ranges = np.log(series.high / series.low)
    return drift.drifts(("returns", "ranges"), *_parts(returns, ranges))


def _parts(*values: Floats) -> tuple[Any, Any]:
    """(reference, recent) of each input."""
    reference = [one[-RECENT - REFERENCE : -RECENT] for one in values]
    return reference, [one[-RECENT:] for one in values]


def _plain(one: drift.Drift) -> dict[str, Any]:
    return {key: getattr(one, key) for key in ("band", "psi", "psi_noise", "wasserstein", "recent", "reference")}
