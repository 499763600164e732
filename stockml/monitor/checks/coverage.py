"""Sequential tests of the 90 % intervals: of each symbol, corrected for their number, and of the fleet as one."""

from __future__ import annotations

from typing import Any

import numpy as np

from stockml.arrays import Flags
from stockml.bars.health import COMMON_FEWEST, COMMON_SHARE
from stockml.clock import from_day
from stockml.evidence import COVERAGE_BETS, sequential_odds
from stockml.monitor import sequential
from stockml.monitor.finding import Finding, State
from stockml.monitor.live import Live
from stockml.monitor.watch import Watch

NAME, ORDER = "coverage", 50
SHARES = np.array(COVERAGE_BETS) / sequential.NOMINAL


def check(watch: Watch) -> list[Finding]:
    """One finding of each symbol with outcomes, and one of the fleet where that fires.

    What fires only because of sessions on which most of the fleet missed is an event, of the market or of the
    source, and no evidence against the models.
    """
    by_symbol: dict[int, list[dict[str, Any]]] = {}
    fleet = []
    for horizon in watch.horizons:
        rows = watch.live.at(horizon)
        if not len(rows):
            continue
        for place, figures in _screen(rows, horizon, watch.odds(horizon)):
            by_symbol.setdefault(place, []).append(figures)
        fleet += _fleet(watch, rows, horizon)
    none = [Finding(NAME, "few", symbol, "cannot_tell", "no outcome yet") for symbol in watch.without(by_symbol)]
    return [*fleet, *(_finding(watch.watched[place], told) for place, told in sorted(by_symbol.items())), *none]


def _screen(rows: Live, horizon: int, odds: float) -> list[tuple[int, dict[str, Any]]]:
    """(place, figures) of each symbol. All are tested at once; only what fires is looked at closely."""
    places, begins, ends = rows.spans()
    packed = rows.packed(rows.in90)
    path, thinned = _path(packed, horizon), packed[:, ::horizon]
    enough = sequential.coverage(np.empty(0, dtype=np.bool_), horizon, 1, odds).telling_from
    count, hits = np.isfinite(thinned).sum(axis=1), np.nansum(thinned, axis=1)
    found = []
    for row, place in enumerate(places):
        figures: dict[str, Any] = {
            "horizon": horizon, "n": int(count[row]), "rate": float(hits[row] / count[row]),
            "promised": sequential.NOMINAL, "e_value": float(path[row, -1]), "highest": float(path[row].max()),
            "threshold": odds, "telling_from": enough, "verdict": _word(int(count[row]), enough),
        }  # fmt: skip
        if figures["highest"] >= figures["threshold"]:
            own = slice(begins[row], ends[row])
            common = np.isin(rows.session[own], _events(rows))
            figures["verdict"] = _fires(rows.in90[own], common, horizon, odds)
        found.append((place, figures))
    return found


def _word(count: int, enough: int) -> str:
    return "holds" if count >= enough else "cannot_tell"


def _fires(inside: Flags, common: Flags, horizon: int, odds: float) -> str:
    """Whether a test fires without the sessions on which most of the fleet missed."""
    return "fires" if sequential.coverage(inside[~common], horizon, 1, odds).alarmed else "event"


def _events(rows: Live) -> Any:
    """The sessions whose forecasts missed for most of the fleet (the share and number of `bars.health`)."""
    inside, days = rows.by_session(rows.in90)
    missed, known = (inside == 0.0).sum(axis=0), np.isfinite(inside).sum(axis=0)
    return days[missed >= np.maximum(COMMON_FEWEST, COMMON_SHARE * known)]


def _fleet(watch: Watch, rows: Live, horizon: int) -> list[Finding]:
    """The finding of the fleet as one where it fires: an equal stake on each symbol, and on each horizon.

    Symbols that fire by themselves are left out: they are told already, and accuse nobody else.
    """
    inside, days = rows.by_session(rows.in90)
    threshold = sequential_odds(horizon, watch.horizons)
    if len(inside) < COMMON_FEWEST or not watch.is_whole:
        return []
    path = _path(inside, horizon)
    calm = path.max(axis=1) < watch.odds(horizon)
    if _together(path, calm) < threshold:
        return []
    test = sequential.fleet_coverage(inside, horizon)
    events = _events(rows)
    when = [from_day(day).isoformat() for day in events]
    places = rows.spans()[0]
    figures = {
        "horizon": horizon, "n": test.n, "rate": test.rate, "promised": test.promised, "e_value": test.e_value,
        "highest": test.highest, "threshold": threshold, "events": when,
        "against": [watch.watched[places[row]] for row in np.flatnonzero(calm & (path[:, -1] > 1.0))],
    }  # fmt: skip
    told = f"{test.rate or 0.0:.1%} of {test.n:,} intervals of the fleet held their outcome, 90.0% were promised"
    if _together(_path(inside[:, ~np.isin(days, events)], horizon), calm) < threshold:
        why = f"without the sessions on which most of the fleet missed ({', '.join(when[-3:])}) it holds: an event"
        return [Finding(NAME, "event", None, "warn", f"{horizon} ahead: {told}; {why}", figures)]
    evidence = (f"fleet coverage {horizon} ahead: {told}",)
    return [Finding(NAME, "fleet", None, "bad", f"{horizon} ahead: {told}", figures, evidence)]


def _path(inside: Any, horizon: int) -> Any:
    """What has been won against each symbol after each session that counts, (symbols, sessions)."""
    thinned = inside[:, ::horizon]
    return sequential.winnings(thinned, np.full(thinned.shape[1], sequential.NOMINAL), SHARES)


def _together(path: Any, calm: Flags) -> float:
    """The most that an equal stake on some of the symbols ever became."""
    return float(path[calm].mean(axis=0).max(initial=0.0)) if calm.any() else 0.0


def _finding(symbol: str, told: list[dict[str, Any]]) -> Finding:
    figures = {str(one["horizon"]): one for one in told}
    words = [one["verdict"] for one in told]
    lead = next((one for one in told if one["verdict"] in ("fires", "event")), told[0])
    said = f"{lead['rate']:.1%} of {lead['n']:,} intervals held their outcome, 90.0% were promised"
    if "fires" in words:
        evidence = tuple(
            f"coverage {one['horizon']} ahead: {one['rate']:.1%} of {one['n']:,} intervals held, 90.0% were promised "
            f"(odds {one['highest']:,.0f} to 1, limit {one['threshold']:,.0f})"
            for one in told if one["verdict"] == "fires"
        )  # fmt: skip
        return Finding(NAME, "fires", symbol, "bad", f"{lead['horizon']} ahead: {said}", figures, evidence)
    if "event" in words:
        why = "only with the sessions on which most of the fleet missed: an event, not the model"
        return Finding(NAME, "event", symbol, "warn", f"{lead['horizon']} ahead: {said}; {why}", figures)
    state: State = "ok" if "holds" in words else "cannot_tell"
    more = min(one["telling_from"] - one["n"] for one in told)
    if state == "cannot_tell":
        said += f"; silence means something after about {more:,} more"
    return Finding(NAME, "held" if state == "ok" else "few", symbol, state, said, {**figures, "needed": max(more, 0)})
