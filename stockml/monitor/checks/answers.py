"""Whether champions load and still answer their golden rows, and how long that takes."""

from __future__ import annotations

import statistics
import time

from stockml.errors import ModelError
from stockml.monitor.finding import Finding, plural
from stockml.monitor.watch import Watch
from stockml.store import golden

NAME, ORDER = "answers", 30
MOST = 25  # champions a round of a large fleet; the next ones follow in the next round
TURN_S = 300  # seconds of the clock after which the next ones have their turn


def check(watch: Watch) -> list[Finding]:
    """One finding of all that answered, and one of each that did not. Unreadable manifests are `age`'s to tell."""
    able = [symbol for symbol, one in watch.champions.items() if not one.problem]
    chosen = turn(able, int(watch.env.clock.now().timestamp()) // TURN_S) if watch.is_whole else able
    failed, seconds = [], []
    for symbol in chosen:
        began = time.perf_counter()
        try:
            golden.opened(watch.env.workspace, symbol, watch.champions[symbol].version, watch.env.kept)
        except ModelError as error:
            failed.append(Finding(NAME, "refused", symbol, "bad", error.message, {"hint": error.hint}))
            continue
        seconds.append(time.perf_counter() - began)
    if not seconds:
        return failed
    figures = {
        "answered": len(seconds), "of": len(able), "median_s": statistics.median(seconds), "worst_s": max(seconds),
    }  # fmt: skip
    of = f" of {len(able):,}, others in other rounds" if len(chosen) < len(able) else ""
    told = f"{plural(len(seconds), 'champion')}{of} answered, median {1e3 * figures['median_s']:.0f} ms"
    return [*failed, Finding(NAME, "answered", None, "ok", told, figures)]


def turn(symbols: list[str], number: int) -> list[str]:
    """The symbols whose turn it is: all of a small fleet, else `MOST`, and every one in some turn."""
    if len(symbols) <= MOST:
        return symbols
    begin = number * MOST % len(symbols)
    return (symbols + symbols)[begin : begin + MOST]
