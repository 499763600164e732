"""Decides from a symbol's newest bars whether to train on it and forecast it, and when the source is the cause."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

import numpy as np

from stockml import evidence
from stockml.bars import calendar, quality, store
from stockml.bars.series import COLUMNS, Bars
from stockml.clock import Clock, from_day, parse_stamp
from stockml.config.schema import Config, Health
from stockml.errors import DataError

COMMON_SHARE, COMMON_FEWEST = evidence.COMMON_SHARE, evidence.COMMON_FEWEST


def reason(bars: Bars, sessions: Sequence[int], refused: Mapping[int, str], limits: Health) -> str:
    """Why a symbol's newest bars are not sound, in a sentence; "" if they are.

    `sessions` are the exchange's days up to the newest settled one, ascending; `refused` says why rows of a
    day were refused. Looked at are the last `newest_bars` sessions: a row that was refused and has no other
    bar; a jump the following sessions have not confirmed; more sessions missing in a row, or more bars
    without trading, than allowed. That the newest bar is old is `stale`'s to say, not this function's.
    """
    newest = list(sessions[-limits.newest_bars :])
    if not newest or not len(bars):
        return ""
    there = set(bars.session[bars.session >= newest[0]].tolist())
    bad = [day for day in newest if day in refused and day not in there]
    if bad:
        return f"the row of {from_day(bad[-1])} was refused: {refused[bad[-1]]}"
    for jump in reversed(quality.jumps(bars, limits.max_jump)):
        if jump.session >= newest[0] and not jump.confirmed:
            return f"{from_day(jump.session)}: {jump.detail}"
    hole, ended = _longest_hole(bars, sessions, newest[0])
    if hole > limits.max_gap_sessions:
        told = f"{hole} sessions are missing before {from_day(ended)}"
        return f"{told}; at most {limits.max_gap_sessions} are allowed among the newest bars"
    idle = float(np.mean(bars.volume[-limits.newest_bars :] == 0))
    if idle > limits.max_zero_volume_share and (bars.volume > 0).any():
        return f"{idle:.0%} of the newest bars are without trading; at most {limits.max_zero_volume_share:.0%} may be"
    return ""


def _longest_hole(bars: Bars, sessions: Sequence[int], since: int) -> tuple[int, int]:
    """(missing sessions in a row, the day that ended it) of the longest gap that a bar from `since` on ended."""
    days = bars.session
    first = max(int(np.searchsorted(days, since)), 1)
    known = np.asarray(sessions, dtype=np.int64)
    longest = (0, since)
    for before, after in zip(days[first - 1 : -1].tolist(), days[first:].tolist(), strict=True):
        missing = int(np.count_nonzero((known > before) & (known < after)))
        longest = max(longest, (missing, after))
    return longest


def blocked(
    connection: sqlite3.Connection, config: Config, symbol: str, cut: int, clock: Clock, bars: Bars | None = None
) -> str:
    """`reason` of a stored symbol as of the clock. Raises `DataError` if its block is damaged."""
    interval, limits, known = config.data.interval, config.data.health, clock.now()
    if bars is None:
        bars = store.read(connection, symbol, interval, cut, int(known.timestamp()))
    if bars is None or not len(bars):
        return ""
    name = calendar.name_for(symbol, config.data.calendars)
    exact = calendar.exact_through(connection, name)
    newest = bars.session[-limits.newest_bars - 1 :]
    first = min(int(newest[0]), cut - 3 * limits.newest_bars - 10)
    sessions = calendar.between(connection, name, first, cut if exact is None else min(cut, exact))
    refused = {
        one["session"]: one["reason"]
        for one in store.quarantined(connection, symbol, interval, since=first)
        if parse_stamp(one["known_at"]) <= known
    }
    return reason(bars, sessions, refused, limits)


def common_cause(counts: Mapping[str, Sequence[str]], fleet: int) -> list[str]:
    """A sentence for each symptom that most of the fleet shows at once; then the source is to be looked at.

    `counts` maps a symptom, such as "jumped on 2024-03-08", to the symbols that show it.
    """
    return [
        f"source: {len(symbols)} of {fleet} symbols {symptom}; look at the source, not at each symbol"
        for symptom, symbols in counts.items()
        if len(symbols) >= max(COMMON_FEWEST, COMMON_SHARE * fleet)
    ]


def shared(connection: sqlite3.Connection, config: Config, cuts: Mapping[str, int], clock: Clock) -> list[str]:
    """`common_cause` of stored symbols: newest bars that jumped on one day, or lag behind their exchange.

    `cuts` maps each symbol to its newest usable day. Damaged and missing symbols are passed over.
    """
    found: dict[str, list[str]] = {}
    limits, known, asked = config.data.health, int(clock.now().timestamp()), 0
    for symbol, cut in cuts.items():
        try:
            bars = store.read(connection, symbol, config.data.interval, cut, known)
        except DataError:
            continue
        if bars is None or not len(bars):
            continue
        asked += 1
        if bars.session[-1] < cut:
            found.setdefault("have no bar of the newest session", []).append(symbol)
        recent = Bars(symbol, *(getattr(bars, name)[-limits.newest_bars - 1 :] for name in COLUMNS))
        for jump in quality.jumps(recent, limits.max_jump):
            found.setdefault(f"jumped on {from_day(jump.session)}", []).append(symbol)
    return common_cause(found, asked)
