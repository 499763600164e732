"""What is wrong with intraday bars: judged before they are stored, and looked for in what is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from stockml.arrays import Flags, Floats, Places
from stockml.bars import intraday
from stockml.bars.hours import Hours
from stockml.bars.intraday import SECONDS, VALUES, Minutes
from stockml.bars.series import PRICES

ROUNDING = 1e-6  # relative; what undoing a split can leave
FAR = 10.0  # times the session's median: the hundredfold errors of a currency's small unit, never a market
NOTES = ("zero_volume", "different")  # worth a line, not an exit status


@dataclass(frozen=True)
class Judgement:
    """Bars fit to be stored, ascending; refused rows as (start, session, reason, bar); rows outside of trading."""

    bars: Minutes
    refused: list[tuple[int, int, str, dict[str, Any]]]
    outside: int


@dataclass(frozen=True)
class Finding:
    """Something noteworthy about a session. `kind` is missing, off_grid, inconsistent, duplicate, ..."""

    kind: str
    session: int
    detail: str


def judge(
    symbol: str, interval: str, start: Places, values: dict[str, Floats], hours: Hours,
    first: int | None, cut: int, complete_from: int,
) -> Judgement:  # fmt: skip
    """Sort a source's rows out.

    Left out without a word: sessions before `first` (not asked for; None is no bound), after `cut` (not settled
    yet) and those that opened before `complete_from`
    (of which the source may have kept only a part). Before the open, after an early or an ordinary close, in a
    pause and on closed days is outside: only counted. Refused with a reason: no prices, inconsistent, off_grid,
    duplicate (the first is kept), far_off (ten times off the median close of its session).
    """
    place = hours.place_of(start)
    traded = place >= 0
    due = traded.copy()
    session = hours.session[place[traded]]
    due[traded] = (session <= cut) & (hours.opens[place[traded]] >= complete_from)
    if first is not None:
        due[traded] &= session >= first
    order = np.flatnonzero(due)[np.argsort(start[due], kind="stable")]
    place = place[order]
    found = intraday.minutes(
        symbol, interval, start[order], hours.session[place], {name: values[name][order] for name in VALUES}
    )
    reasons = np.full(len(found), "", dtype="<U12")
    _mark(reasons, found.start[1:] == found.start[:-1], "duplicate", 1)
    _mark(reasons, ~hours.on_grid(found.start, place, SECONDS[interval]), "off_grid")
    _mark(reasons, ~_priced(found), "no_prices")
    _mark(reasons, inconsistent(found), "inconsistent")
    _mark(reasons, _far_off(found, reasons == ""), "far_off")
    bad = np.flatnonzero(reasons != "").tolist()
    refused = [(int(found.start[i]), int(found.session[i]), str(reasons[i]), _bar(found, i)) for i in bad]
    return Judgement(found.where(reasons == ""), refused, int(np.count_nonzero(~traded)))


def _mark(reasons: Any, bad: Flags, reason: str, since: int = 0) -> None:
    """Give the rows from `since` on that are bad, and have no reason yet, one."""
    part = reasons[since:]
    part[bad & (part == "")] = reason


def _priced(bars: Minutes) -> Flags:
    """Whether prices are positive numbers and the volume is one that is not negative."""
    sound = np.isfinite(bars.volume) & (np.nan_to_num(bars.volume) >= 0)
    for name in PRICES:
        column = getattr(bars, name)
        sound &= np.isfinite(column) & (np.nan_to_num(column) > 0)
    return sound


def inconsistent(bars: Minutes) -> Flags:
    """Whether the high is below, or the low above, another price of the bar."""
    with np.errstate(invalid="ignore"):
        top = np.maximum(np.maximum(bars.open, bars.close), bars.low)
        bottom = np.minimum(np.minimum(bars.open, bars.close), bars.high)
        return (bars.high < top * (1.0 - ROUNDING)) | (bars.low > bottom * (1.0 + ROUNDING))


def _far_off(bars: Minutes, sound: Flags) -> Flags:
    """Whether a bar's close or high or low is ten times off the median close of the sound bars of its session."""
    far = np.zeros(len(bars), dtype=np.bool_)
    for day in dict.fromkeys(bars.session.tolist()):
        ours = (bars.session == day) & sound
        if not ours.any():
            continue
        middle = float(np.median(bars.close[ours]))
        far |= ours & ((bars.high > FAR * middle) | (bars.low < middle / FAR))
    return far


def _bar(bars: Minutes, place: int) -> dict[str, Any]:
    """A row as JSON can hold it."""
    cells = {name: float(getattr(bars, name)[place]) for name in VALUES}
    return {name: value if np.isfinite(value) else None for name, value in cells.items()}


def missing(bars: Minutes, hours: Hours) -> dict[int, tuple[int, int]]:
    """Sessions with fewer bars than the exchange's hours have room for: (bars there, bars expected) by day.

    Judged against each session's own open and close, so an early close is complete with fewer bars. Days
    that the exchange has not announced are not judged.
    """
    step, found = SECONDS[bars.interval], {}
    for place, day in enumerate(hours.session.tolist()):
        if day > hours.exact:
            break
        expected = hours.grid(place, step)
        low, high = np.searchsorted(bars.start, [hours.opens[place], hours.closes[place]])
        there = int(np.isin(expected, bars.start[low:high]).sum())
        if there < len(expected):
            found[day] = (there, len(expected))
    return found


def findings(
    bars: Minutes, hours: Hours, refused: list[dict[str, Any]], different: list[dict[str, Any]]
) -> list[Finding]:
    """What is noteworthy about stored bars, by session; `hours` covers their span. Rows refused count by reason."""
    found = [
        Finding("missing", day, f"{there} of {expected} bars")
        for day, (there, expected) in missing(bars, hours).items()
    ]
    place = hours.place_of(bars.start)
    stray = (place < 0) | ~hours.on_grid(bars.start, np.maximum(place, 0), SECONDS[bars.interval])
    again = np.zeros(len(bars), dtype=np.bool_)
    again[1:] = bars.start[1:] == bars.start[:-1]
    for kind, bad in (
        ("off_grid", stray), ("duplicate", again), ("inconsistent", inconsistent(bars)),
        ("zero_volume", bars.volume == 0),
    ):  # fmt: skip
        found += _counted(kind, bars.session[bad].tolist(), "stored")
    stored = set(bars.start.tolist())
    for reason in sorted({one["reason"] for one in refused}):
        # A hole that a good bar filled later is none any more; a second bar of one start stays worth telling.
        days = [one["session"] for one in refused
                if one["reason"] == reason and (reason == "duplicate" or one["start"] not in stored)]  # fmt: skip
        found += _counted(reason, days, "refused")
    found += _counted("different", [one["session"] for one in different], "told differently later; the first is kept")
    return sorted(found, key=lambda one: (one.session, one.kind))


def _counted(kind: str, days: list[int], what: str) -> list[Finding]:
    counts: dict[int, int] = {}
    for day in days:
        counts[day] = counts.get(day, 0) + 1
    return [Finding(kind, day, f"{count} {'bar' if count == 1 else 'bars'} {what}") for day, count in counts.items()]
