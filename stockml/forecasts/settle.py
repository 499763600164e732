"""Gives one forecast its outcome from settled bars, or says why it has none. Pure: bars and words in, facts out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from stockml.arrays import Floats
from stockml.bars.actions import SMALLEST_SPLIT
from stockml.bars.series import Bars
from stockml.clock import from_day, to_day
from stockml.ledger.schema import JUDGED, SETTLED


@dataclass(frozen=True)
class Evidence:
    """What is known of a symbol by now: settled bars, `total` their closes on the total-return scale, days (since
    1970-01-01) whose close no later session has confirmed, and for each target day the exchange's sessions since
    then (`passed`) and whether it was a session at all (`held`). `patience` is the wait, in sessions, for a bar
    that others have overtaken.
    """

    bars: Bars
    total: Floats
    unconfirmed: frozenset[int]
    passed: Mapping[int, int]
    held: Mapping[int, bool]
    patience: int


def outcome(forecast: Mapping[str, Any], known: Evidence, at: str) -> dict[str, Any] | None:
    """The outcome of a forecast at an instant (a stamp), with the fields of the ledger's outcomes; None: it waits.

    It is settled from the bar of its target session. It waits for that bar, and for the confirmation of a jump on
    the way, as long as later bars exist for at most `patience` sessions; it then becomes void if there is no bar.
    Where the exchange held no session that day after all, the horizon's count of stored sessions is the target.
    Prices: `error_pct` is |price - settled close| / settled close, a fraction (Hyndman & Koehler 2006, sec. 2.2).
    """
    days = known.bars.session
    session, target = _day(forecast["session"]), _day(forecast["target_session"])
    if not len(days) or days[-1] < target:
        return None
    patient = known.passed[target] <= known.patience
    row, end = (_place(known.bars, day) for day in (session, target))
    if row is None:
        return None if patient else _void(forecast, at, f"the bar of its session {forecast['session']} is not stored")
    notes = []
    if end is None and not known.held[target] and row + forecast["horizon"] < len(days):
        end = row + forecast["horizon"]
        notes.append(f"there was no session on {forecast['target_session']}: settled on {from_day(days[end])}")
    if end is None:
        return None if patient else _void(forecast, at, _absent(forecast, known, target))
    if any(day in known.unconfirmed for day in days[row + 1 : end + 1].tolist()):
        if patient:
            return None
        notes.append("no later session confirmed a jump on the way")
    if not notes and end - row != forecast["horizon"]:
        notes.append(f"{end - row} stored sessions later, not {forecast['horizon']}")
    return _settled(forecast, known, row, end, at, notes)


def _day(session: str) -> int:
    return to_day(date.fromisoformat(session))


def _place(bars: Bars, day: int) -> int | None:
    place = int(np.searchsorted(bars.session, day))
    return place if place < len(bars) and bars.session[place] == day else None


def _absent(forecast: Mapping[str, Any], known: Evidence, target: int) -> str:
    later = int(np.count_nonzero(known.bars.session > target))
    return f"no bar of {forecast['target_session']} came, though {later} later sessions are stored"


def _void(forecast: Mapping[str, Any], at: str, reason: str) -> dict[str, Any]:
    empty = dict.fromkeys((*SETTLED, *JUDGED))
    return {**empty, "forecast": forecast["id"], "status": "void", "settled_at": at, "reason": reason}


def _settled(
    forecast: Mapping[str, Any], known: Evidence, row: int, end: int, at: str, notes: list[str]
) -> dict[str, Any]:
    """Prices are compared on the scale of the forecast's own session, returns as log total returns."""
    bars = known.bars
    scale = float(np.prod(bars.split[row + 1 : end + 1]))
    restated = float(forecast["last_close"]) / float(bars.close[row])
    if not 1.0 / SMALLEST_SPLIT < restated < SMALLEST_SPLIT:  # the source moved its whole history to another scale
        scale *= restated
        notes = [*notes, "the stored history is on another scale than the forecast; its own is kept"]
    close = float(bars.close[end]) * scale
    realised = math.log(float(known.total[end]) / float(known.total[row]))
    up = realised > 0.0
    return {
        **dict.fromkeys((*SETTLED, *JUDGED)),
        "forecast": forecast["id"],
        "status": "settled",
        "settled_close": close,
        "settled_at": at,
        "direction_hit": int((forecast["probability_up"] > 0.5) == up),
        "settled_session": from_day(bars.session[end]).isoformat(),
        "total_return": realised,
        "naive_hit": _naive_hit(forecast["base_rate"], up),
        "naive_error_pct": abs(float(forecast["last_close"]) - close) / close,
        "reason": "; ".join(notes) or None,
        **(_prices(forecast, close, realised) if "price" in forecast else {}),
    }


def _prices(forecast: Mapping[str, Any], close: float, realised: float) -> dict[str, Any]:
    """How a model's price and intervals fared. The intervals are of total returns, their ends told as prices."""
    told: dict[str, Any] = {"error_pct": abs(forecast["price"] - close) / close}
    for name, level in (("80", 0.8), ("90", 0.9)):
        low, high = (math.log(forecast[side + name] / forecast["last_close"]) for side in ("lo", "hi"))
        told[f"in{name}"] = int(low <= realised <= high)
        told[f"winkler{name}"] = interval_score(low, high, realised, level)
    return told


def _naive_hit(base_rate: float | None, up: bool) -> int | None:
    """Whether the side the training window favoured was right; None where an older stockml did not keep it."""
    return None if base_rate is None else int((base_rate > 0.5) == up)


def interval_score(low: float, high: float, realised: float, level: float) -> float:
    """(u - l) + 2/a (l - x)+ + 2/a (x - u)+ with a = 1 - level, in log returns.

    Source: Gneiting & Raftery 2007, JASA 102, eq. 43; Winkler 1972.
    """
    missed = max(low - realised, 0.0) + max(realised - high, 0.0)
    return (high - low) + 2.0 / (1.0 - level) * missed
