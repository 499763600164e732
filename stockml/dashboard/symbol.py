"""One symbol in detail: closes and forecasts on one price scale, and what happened to it; from market and ledger."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from stockml.bars import store
from stockml.clock import from_day, stamp
from stockml.dashboard.seen import Detail, Event, Spoken
from stockml.environment import Environment
from stockml.errors import DataError
from stockml.ledger import facts, forecasts, triggers

CLOSES = 260  # newest closes that are kept: a year
PAST = 120  # newest forecasts of which the outcome is shown
DECISIONS = 6  # newest decisions, promotions and outcomes among the events


def look(env: Environment, symbol: str, horizon: int | None) -> Detail:
    """What is known of a symbol now. `horizon` (sessions) is the shortest configured one unless it is configured."""
    horizons = tuple(sorted(env.config.horizons))
    chosen = horizon if horizon in horizons else horizons[0]
    sessions, closes, later, problem = _closes(env, symbol)
    axis = _Axis(sessions, later)
    begin = sessions[0] if sessions else ""
    told = {one: _told(env, symbol, one, begin, PAST if one == chosen else 1) for one in horizons}
    newest = {one: axis.place(rows[-1], one) for one, rows in told.items() if rows}
    past = tuple(axis.place(row, chosen) for row in told[chosen])
    events = _events(env, symbol, told[chosen])
    return Detail(symbol, chosen, horizons, tuple(sessions), tuple(closes), newest, past, events, problem)


def _told(env: Environment, symbol: str, horizon: int, begin: str, most: int) -> list[dict[str, Any]]:
    """The newest forecasts that were made at one of the sessions that are shown."""
    rows = forecasts.newest_of(env.ledger, symbol, env.config.data.interval, horizon, env.clock, most)
    return [row for row in rows if row["session"] >= begin]


def _closes(env: Environment, symbol: str) -> tuple[list[str], list[float], list[float], str]:
    """(sessions, closes adjusted for later splits, the product of the splits after each session, what is wrong)."""
    known = int(env.clock.now().timestamp())
    try:
        bars = store.read(env.market, symbol, env.config.data.interval, env.cut_day(symbol), known)
    except DataError as error:
        return [], [], [], error.message
    if bars is None or not len(bars):
        return [], [], [], "no bars are stored"
    later, product = [], 1.0
    for split in bars.split[: -CLOSES - 1 : -1].tolist():
        later.append(product)
        product *= split
    later.reverse()
    closes = [close / scale for close, scale in zip(bars.close[-CLOSES:].tolist(), later, strict=True)]
    return [from_day(day).isoformat() for day in bars.session[-CLOSES:]], closes, later, ""


class _Axis:
    """Where a forecast stands among the sessions, and its prices on the scale of the last of them."""

    def __init__(self, sessions: Sequence[str], later: Sequence[float]) -> None:
        self.sessions, self.later = sessions, later

    def place(self, row: dict[str, Any], horizon: int) -> Spoken:
        made = bisect_left(self.sessions, row["session"])
        target = bisect_left(self.sessions, row["target_session"])
        if target == len(self.sessions):  # still to come: as many sessions ahead as the horizon says
            target = max(target, made + horizon)
        scale = self.later[made] if made < len(self.later) else 1.0
        prices = {name: row[name] / scale for name in ("price", "lo80", "hi80", "lo90", "hi90")}
        return Spoken(
            made=made, target=target, session=row["session"], target_session=row["target_session"], **prices,
            up=row["probability_up"], class_=row["class"], inside=_inside(row),
            hit=None if row["direction_hit"] is None else bool(row["direction_hit"]),
        )  # fmt: skip


def _inside(row: dict[str, Any]) -> int | None:
    """The narrowest interval that held the outcome."""
    if row["in90"] is None:
        return None
    return 80 if row["in80"] else 90 if row["in90"] else 0


def _events(env: Environment, symbol: str, told: Sequence[dict[str, Any]]) -> tuple[Event, ...]:
    """What happened to a symbol, the newest first."""
    now = stamp(env.clock.now())
    judged = {one["version"]: one for one in facts.decisions(env.ledger, symbol, now, DECISIONS)}
    found = []
    for one in facts.promotions(env.ledger, symbol, now, DECISIONS):
        why = "" if one["champion"] in judged else f": {one['reason']}"
        found.append(Event(one["at"], "deployed", f"{one['champion']} by {one['who'].removeprefix('by ')}{why}"))
    for one in judged.values():
        found.append(Event(one["made_at"], "judged", f"{one['version']} {one['result']}: {'; '.join(one['reasons'])}"))
    found += [Event(now, "evidence", one) for one in triggers.open_for(env.ledger, symbol, env.clock)]
    found += [_outcome(one) for one in told if one["status"] == "settled"][-DECISIONS:]
    if told and told[-1]["status"] == "pending":
        found.append(Event(told[-1]["made_at"], "forecast", f"for {told[-1]['target_session']}: open"))
    return tuple(sorted(found, key=lambda one: one.at, reverse=True))


def _outcome(row: dict[str, Any]) -> Event:
    inside = {80: "inside the 80 %", 90: "inside the 90 %", 0: "outside the 90 %", None: "not judged"}[_inside(row)]
    side = {True: "direction right", False: "direction wrong", None: "no direction"}[row["direction_hit"]]
    close = f"{row['target_session']} at {row['settled_close']:,.2f}"
    return Event(row["settled_at"], "settled", f"{close}: {inside}, {side}")
