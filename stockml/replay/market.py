"""The bars of a policy with trouble in them: a copy of the shared store, with what happened told otherwise."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from stockml import files
from stockml.bars import store
from stockml.bars.series import Bars
from stockml.clock import to_day
from stockml.replay.trouble import RegimeBreak


def beside(path: Path) -> list[Path]:
    """The files SQLite keeps beside a database."""
    return [path.with_name(path.name + end) for end in ("-wal", "-shm")]


def copy(source: Path, target: Path, breaks: Sequence[RegimeBreak]) -> None:
    """Copy a store, with the returns of some symbols changed from a day on. What was there is replaced."""
    for path in (target, *beside(target)):
        files.remove_file(path)
    with contextlib.closing(sqlite3.connect(source)) as old, contextlib.closing(sqlite3.connect(target)) as new:
        old.backup(new)
    with contextlib.closing(store.connect(target)) as made:
        for one in breaks:
            for symbol, interval in made.execute("SELECT symbol, bar_interval FROM series").fetchall():
                if not one.symbols or symbol in one.symbols:
                    _rewrite(made, symbol, interval, one)


def _rewrite(connection: sqlite3.Connection, symbol: str, interval: str, one: RegimeBreak) -> None:
    kept = store.read_kept(connection, symbol, interval)
    if kept is None:
        return
    facts = store.series(connection, interval)[symbol]
    same = {name: facts[name] for name in ("source", "fetched_at", "checked_through", "outcome", "message")}
    bars = changed(kept.bars, to_day(one.first), one.volatility, one.drift)
    store.write(
        connection, bars, interval, **same, fingerprint=facts["fingerprint"], known_at=kept.known_at,
        origin=kept.source,
    )  # fmt: skip


def changed(bars: Bars, day: int, volatility: float, drift: float = 0.0) -> Bars:
    """The bars with log returns, and the ranges within each bar, `volatility` times as large from a day on.

    `drift` is added to each log return. Splits stay; dividends keep their share of the price.
    """
    begin = int(np.searchsorted(bars.session, day))
    if begin == 0 or begin == len(bars):
        return bars
    whole = np.cumprod(bars.split)
    moved = np.log(bars.close * whole)
    steps = volatility * (moved[begin:] - moved[begin - 1]) + drift * np.arange(1, len(bars) - begin + 1)
    close = np.exp(moved[begin - 1] + steps) / whole[begin:]
    share = close / bars.close[begin:]
    made: dict[str, Any] = {}
    for name in ("open", "high", "low", "close", "dividend"):
        made[name] = np.array(getattr(bars, name))
        own = made[name][begin:]
        own[:] = own * share if name == "dividend" else close * (own / bars.close[begin:]) ** volatility
    return replace(bars, **made)
