"""Judges what a source gave: which rows are kept, which are refused and why, and what is noteworthy.

No price is ever changed. A refused row's dividend or split is carried to the next kept row, because
dropping it would make the returns after it wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from stockml.arrays import Floats
from stockml.bars.answer import ROWS, Answer
from stockml.bars.series import PRICES, Bars

# Closes are written with six decimals and Yahoo's are single precision: an open or close outside the
# day's range by less than this is rounding. The smallest real defect seen (INFY.NS, TATAMOTORS.NS) is 1.3e-4.
RELATIVE_ROUNDING = 1e-5
ABSOLUTE_ROUNDING = 1e-6
JUMP = 0.40
CONFIRMING = 3  # sessions after a jump that have to stay at its level
SPLIT_LIKE = 0.02  # a confirmed jump this near a simple ratio may be a split that the source does not tell
LARGE_DIVIDEND = 0.10  # of the close before it
SHORT_HISTORY = 400  # sessions of warm-up that features want

Refused = tuple[int, str, dict[str, Any]]


class Judgement(NamedTuple):
    """Kept bars, ascending; refused rows as (day, reason, bar); remarks on what was put right.

    The day of a row without a readable date is 0.
    """

    bars: Bars
    refused: list[Refused]
    remarks: list[str]


@dataclass(frozen=True)
class Finding:
    """Something about kept bars that people should know: its kind, its day (since 1970-01-01), a sentence."""

    kind: str
    session: int
    detail: str


def judge(symbol: str, answer: Answer) -> Judgement:
    """Sort a source's rows, refuse the defective ones, and carry their actions on.

    Each given row is either kept or refused, once. Of several sound rows of one day the first is kept.
    """
    order = np.argsort(answer.session, kind="stable")
    rows = {name: np.asarray(getattr(answer, name))[order] for name in ROWS}
    adjusted = None if answer.adjusted is None else answer.adjusted[order]
    reasons = _defects(rows, adjusted)
    _mark_duplicates(rows, reasons)
    dividend, split = _carry(rows, reasons)
    _refuse_impossible(rows, reasons, dividend, split)
    kept = np.array([not reason for reason in reasons], dtype=bool)
    rows |= {"dividend": dividend, "split": split}
    bars = Bars(symbol, *(rows[name][kept] for name in ROWS))
    refused: list[Refused] = [
        (0, f"row {number}: no readable date", {"text": text}) for number, text in answer.unreadable
    ]
    refused += [
        (int(session), reason, _as_bar(answer, place))
        for place, session, reason in zip(order.tolist(), rows["session"], reasons, strict=True)
        if reason
    ]
    remarks = []
    back = int(np.count_nonzero(np.diff(answer.session) < 0))
    if back:
        remarks.append(f"rows were out of order at {back} place{'s' if back != 1 else ''} and were sorted")
    return Judgement(bars, refused, remarks)


def _defects(rows: dict[str, Any], adjusted: Floats | None) -> list[str]:
    """The first defect of each row by itself, or ""."""
    prices = np.vstack([rows[name] for name in PRICES])
    opened, high, low, close = prices
    slack = RELATIVE_ROUNDING * np.abs(high) + ABSOLUTE_ROUNDING
    outside = (np.maximum(opened, close) > high + slack) | (np.minimum(opened, close) < low - slack)
    action_wrong = ~(np.isfinite(rows["dividend"]) & (rows["dividend"] >= 0))
    action_wrong |= ~(np.isfinite(rows["split"]) & (rows["split"] > 0))
    checks: list[tuple[str, Any]] = [
        ("a price is missing or no number", ~np.isfinite(prices).all(axis=0)),
        ("a price is not positive", (prices <= 0).any(axis=0)),
        ("high is below low", high < low - slack),
        ("open or close is outside the day's range", outside),
        ("volume is no number", ~np.isfinite(rows["volume"])),
        ("volume is negative", rows["volume"] < 0),
        ("dividend or split is no sensible number", action_wrong),
    ]
    if adjusted is not None:
        checks.append(("adjusted close is not positive", adjusted <= 0))
    reasons = [""] * len(close)
    for reason, wrong in checks:
        for i in np.flatnonzero(wrong):
            reasons[i] = reasons[i] or reason
    return reasons


def _mark_duplicates(rows: dict[str, Any], reasons: list[str]) -> None:
    """Refuse every sound row whose day has one already."""
    session = rows["session"]
    first_of_day: dict[int, int] = {}
    for i in np.flatnonzero(np.isin(session, session[1:][session[1:] == session[:-1]])):
        if reasons[i]:
            continue
        first = first_of_day.setdefault(int(session[i]), int(i))
        if first != i:
            same = all(rows[name][first] == rows[name][i] for name in (*PRICES, "volume"))
            reasons[i] = "duplicate" if same else "duplicate with other values"


def _carry(rows: dict[str, Any], reasons: list[str]) -> tuple[Floats, Floats]:
    """Actions per row after those of refused rows went to the next kept row.

    On the way a dividend is put in the price of the day it lands on. An action of a day that is told
    twice counts once. What has no kept row after it waits for a later fetch.
    """
    dividend, split = rows["dividend"].copy(), rows["split"].copy()
    session = rows["session"]
    kept = np.array([i for i, reason in enumerate(reasons) if not reason], dtype=np.int64)
    told: set[int] = set()
    for i in [i for i, reason in enumerate(reasons) if reason and (dividend[i] != 0 or split[i] != 1)]:
        day, cash, ratio = int(session[i]), float(rows["dividend"][i]), float(rows["split"][i])
        place = int(np.searchsorted(session[kept], day))
        if day in told or place == len(kept) or not (cash >= 0 and ratio > 0 and np.isfinite(cash * ratio)):
            continue
        target = int(kept[place])
        if session[target] == day and (rows["dividend"][target] != 0 or rows["split"][target] != 1):
            continue
        told.add(day)
        onward = 1.0 if session[target] == day else float(np.prod(_later(rows, reasons, i, target)))
        dividend[target] += cash / onward
        split[target] *= ratio
    return dividend, split


def _later(rows: dict[str, Any], reasons: list[str], i: int, target: int) -> Floats:
    """The splits of the days after a refused row up to the row that takes its action, each day once."""
    by_day: dict[int, float] = {}
    for j in [*range(i + 1, target), target]:
        ratio = float(rows["split"][j])
        day = int(rows["session"][j])
        if day > rows["session"][i] and 0 < ratio < np.inf and (ratio != 1 or day not in by_day):
            by_day[day] = ratio
    return np.array(list(by_day.values()))


def _refuse_impossible(rows: dict[str, Any], reasons: list[str], dividend: Floats, split: Floats) -> None:
    """Refuse bars whose dividend is not below the price before it; no return can be made of that."""
    previous = np.inf
    for i in [i for i, reason in enumerate(reasons) if not reason]:
        if dividend[i] > 0 and dividend[i] * split[i] >= previous:
            reasons[i] = "dividend is not below the price before it"
            continue
        previous = float(rows["close"][i])


def _as_bar(answer: Answer, place: int) -> dict[str, Any]:
    """A refused row as it came, for the quarantine; JSON has no NaN, so it is null."""
    values = {name: float(getattr(answer, name)[place]) for name in ROWS if name != "session"}
    return {name: value if np.isfinite(value) else None for name, value in values.items()}


def gaps(bars: Bars, sessions: Sequence[int]) -> list[int]:
    """The days of `sessions` (ascending, days since 1970-01-01) inside the bars' span that have no bar."""
    if not len(bars):
        return []
    wanted = np.asarray(sessions, dtype=np.int32)
    wanted = wanted[(wanted >= bars.session[0]) & (wanted <= bars.session[-1])]
    return [int(day) for day in wanted[~np.isin(wanted, bars.session)]]


def findings(
    bars: Bars, sessions: Sequence[int], *, short_below: int = SHORT_HISTORY, max_jump: float = JUMP
) -> list[Finding]:
    """What is noteworthy about kept bars, by day.

    `sessions` are the exchange's days as far as they are known; what lies outside them is not held
    against the bars. Kinds: gap, extra_session, zero_volume, jump, jump_confirmed, large_dividend,
    short_history.
    """
    found = [Finding("gap", day, "the exchange was open, there is no bar") for day in gaps(bars, sessions)]
    if len(sessions):
        known = (bars.session >= sessions[0]) & (bars.session <= sessions[-1])
        extra = bars.session[known & ~np.isin(bars.session, np.asarray(sessions, dtype=np.int32))]
        found += [Finding("extra_session", day, "the exchange was closed, there is a bar") for day in extra.tolist()]
    if (bars.volume > 0).any():  # an index has no volume at all, and that is no defect
        idle = bars.session[bars.volume == 0].tolist()
        found += [Finding("zero_volume", day, "nothing was traded") for day in idle]
    found += [
        Finding("jump_confirmed" if jump.confirmed else "jump", jump.session, jump.detail)
        for jump in jumps(bars, max_jump)
    ]
    found += _large_dividends(bars)
    found.sort(key=lambda finding: finding.session)
    if 0 < len(bars) < short_below:
        detail = f"only {len(bars)} bars, features want {short_below}"
        found.append(Finding("short_history", int(bars.session[-1]), detail))
    return found


class Jump(NamedTuple):
    """A close that moved beyond the limit with no split: its day, whether the next sessions confirm it, words."""

    session: int
    confirmed: bool
    detail: str


def jumps(bars: Bars, limit: float) -> list[Jump]:
    """The jumps of kept bars, by day. A move is a fraction of the close before it, splits undone.

    A jump is confirmed once three sessions have followed and each closed nearer, in log, to where it went
    than to where it came from. A jump right after one that was not confirmed is its way back, and is not
    confirmed either.
    """
    close = bars.close * np.cumprod(bars.split)
    found: list[Jump] = []
    unconfirmed = -1
    for i in (np.flatnonzero(np.abs(close[1:] / close[:-1] - 1.0) > limit) + 1).tolist():
        move, half = float(close[i] / close[i - 1] - 1.0), float(np.sqrt(close[i] * close[i - 1]))
        after = close[i + 1 : i + 1 + CONFIRMING]
        stays = (after > half) if move > 0 else (after < half)
        confirmed = len(after) == CONFIRMING and bool(stays.all())
        words = f"close moved {move:+.0%} and no split explains it"
        if not confirmed and len(after) == stays.sum():
            words += "; too new to be confirmed"
        if 0 <= i - unconfirmed <= CONFIRMING and unconfirmed >= 0:
            confirmed = False
            words += "; the way back"
        elif confirmed:
            words += "; the next sessions stayed there" + _split_like(1.0 + move)
        unconfirmed = unconfirmed if confirmed else i
        found.append(Jump(int(bars.session[i]), confirmed, words))
    return found


def _split_like(ratio: float) -> str:
    """A remark where a move is near n:1 or 1:n, or 3:2 or 2:3; else ""."""
    factor = max(ratio, 1 / ratio)
    nearest = 1.5 if factor < 1.75 else float(round(factor))
    return "; near the ratio of a split" if abs(factor / nearest - 1.0) < SPLIT_LIKE else ""


def _large_dividends(bars: Bars) -> list[Finding]:
    """Dividends above a tenth of the price before that the price did not give up: a unit or a day is wrong.

    A price that goes ex falls by about its dividend. Less than a third of that is no fall by it.
    """
    if len(bars) < 2:
        return []
    before, paid = bars.close[:-1], bars.dividend[1:] * bars.split[1:]
    fall = before - bars.close[1:] * bars.split[1:]
    return [
        Finding("large_dividend", int(bars.session[i + 1]), f"a dividend of {paid[i] / before[i]:.0%} of the price")
        for i in np.flatnonzero((paid > LARGE_DIVIDEND * before) & (fall < paid / 3))
    ]
