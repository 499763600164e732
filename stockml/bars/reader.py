"""Reads stored bars for use: cut at the clock's newest settled session, then adjusted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TYPE_CHECKING

from stockml.bars import calendar, store
from stockml.clock import Clock
from stockml.config.schema import Config

if TYPE_CHECKING:
    from stockml.bars.series import Series


def cut_days(connection: sqlite3.Connection, config: Config, symbols: Iterable[str], clock: Clock) -> dict[str, int]:
    """The newest usable day of each symbol, asked once for each exchange."""
    names = {symbol: calendar.name_for(symbol, config.data.calendars) for symbol in symbols}
    by_name: dict[str, int] = {}
    for symbol, name in names.items():
        if name not in by_name:
            by_name[name] = calendar.cut_day(
                connection, symbol, clock, config.data.calendars, config.data.settle_minutes
            )
    return {symbol: by_name[name] for symbol, name in names.items()}


def read_series(
    connection: sqlite3.Connection, config: Config, symbols: Iterable[str], clock: Clock
) -> dict[str, Series]:
    """The adjusted series of each symbol that has bars by now, as they were known by now.

    Both cuts, of sessions and of revisions, come before any arithmetic. Raises `DataError` if a stored block
    is damaged.
    """
    from stockml.bars.series import adjust

    found = {}
    known = int(clock.now().timestamp())
    for symbol, cut in cut_days(connection, config, symbols, clock).items():
        bars = store.read(connection, symbol, config.data.interval, cut, known)
        if bars is not None and len(bars):
            found[symbol] = adjust(bars)
    return found
