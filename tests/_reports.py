"""What reports are told, for the tests: a whole document made from simulated forecasts, and hostile words."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from _rows import BESIDE, make_rows

from stockml.evaluation import blocks
from stockml.replay import figures

HOSTILE = (
    "<script>alert(\"x\")</script> & ]]> | `*_[a](http://x)_*` \x00\x1b[31m\u2028\u202e 'é' "
    '"><img src=x onerror=alert(1)>'
)
SYMBOLS = tuple(f"S{number:02d}" for number in range(5))
IMPORTANCE: dict[str, Any] = {
    "features": [
        {"name": f"feature_{k}", "family": "price", "gain": 0.2 - 0.01 * k, "gain_low": 0.1 - 0.01 * k,
         "gain_high": 0.3, "weight": 0.1, "permutation": None if k > 9 else 0.001 * (k - 3),
         "permutation_low": None if k > 7 else 0.001 * (k - 4), "permutation_high": None if k > 7 else 0.001 * (k - 2)}
        for k in range(10)
    ],
    "families": [], "stability": 0.8, "folds": 6, "rows": 590,
}  # fmt: skip


def splits(dates: int = 600, symbols: int = 5, horizon: int = 1) -> dict[str, Any]:
    made = make_rows(dates=dates, symbols=symbols, horizon=horizon, seed=horizon)
    return blocks.splits(made, [f"S{number:02d}" for number in range(symbols)])


def evaluation(dates: int = 600) -> dict[str, Any]:
    """The result of `evaluate` over simulated forecasts."""
    rows = {h: make_rows(dates=dates, symbols=5, horizon=h) for h in (1, 5)}
    found = blocks.report(rows, SYMBOLS, ("2018-01-01", "2019-09-01"), 7)
    return {**found, **BESIDE, "importance": {"1": IMPORTANCE}}


def fan(count: int = 60, settled: int = 55) -> dict[str, Any]:
    """Forecasts with their outcomes, some outside, one void, the last ones waiting."""
    rows = []
    for k in range(count):
        day = date(2026, 1, 5) + timedelta(days=k)
        status = "void" if k == 7 else "settled" if k < settled else "pending"
        is_judged = status == "settled"
        close = 100.0 * (1.0 + (0.06 if k % 10 == 3 else 0.01) * (-1) ** k)
        rows.append({
            "session": day.isoformat(), "target_session": (day + timedelta(days=1)).isoformat(), "last_close": 100.0,
            "price": 100.0, "lo80": 97.0, "hi80": 103.0, "lo90": 96.0, "hi90": 104.0, "probability_up": 0.53,
            "status": status, "settled_close": close if is_judged else None,
            "in80": 97 <= close <= 103 if is_judged else None, "in90": 96 <= close <= 104 if is_judged else None,
        })  # fmt: skip
    judged = [one for one in rows if one["status"] == "settled"]
    inside = {name: sum(bool(one[name]) for one in judged) for name in ("in80", "in90")}
    return {"rows": rows, "settled": len(judged), "waiting": count - settled, **inside}


def distance(days: float, misses: float | None) -> list[dict[str, Any]]:
    entry = {"kind": "trigger", "due": days == 0.0, "sentence": HOSTILE}
    found = [{**entry, "name": "age", "left": days, "unit": "days"}]
    if misses is not None:
        found.append({**entry, "name": "evidence: coverage 1 ahead", "left": misses, "unit": "outcomes", "due": False})
    return [*found, {**entry, "kind": "blocker", "name": "cool-down", "left": 3.0, "unit": "hours", "due": False}]


def changes(symbols: tuple[str, ...] = SYMBOLS) -> dict[str, Any]:
    kinds = ("deployed", "by_hand", "rolled_back", "waits", "undecided", "refused")
    rows = [
        {"symbol": symbol, "at": f"2026-0{1 + number}-10T20:30:00Z", "kind": kind, "who": "train",
         "version": "20260110T203000Z-4c6a48", "reason": HOSTILE}
        for number, kind in enumerate(kinds) for symbol in symbols
    ]  # fmt: skip
    return {"rows": rows[::-1], "left_out": 3}


def tests() -> list[dict[str, Any]]:
    """Figures of sequential tests: one fired, one far away, one that was nearer once."""
    told = {"n": 70, "rate": 0.8, "promised": 0.9, "threshold": 325.0, "telling_from": 60}
    return [
        {**told, "symbol": "S00", "check": "coverage", "horizon": 1, "e_value": 400.0, "highest": 900.0,
         "verdict": "fires"},
        {**told, "symbol": "S01", "check": "coverage", "horizon": 5, "e_value": 0.0, "highest": 1.0,
         "verdict": "holds"},
        {**told, "symbol": "S01", "check": "direction", "horizon": 1, "e_value": 2.0, "highest": 80.0,
         "verdict": "cannot_tell"},
    ]  # fmt: skip


def document() -> dict[str, Any]:
    """The result of `report` over simulated forecasts, with hostile words wherever words come from outside."""
    horizons = {str(h): splits(horizon=h) for h in (1, 5)}
    word = {"n": 503, "verdict": "no_edge"}
    direction = {**word, "accuracy": 0.51, "low": 0.47, "high": 0.55, "naive": 0.52, "basis": "live"}
    wide = {**word, "nominal": 0.9, "coverage": 0.89, "low": 0.87, "high": 0.92, "winkler_ratio": 0.91}
    row = {"state": "healthy", "champion": "20260110T203000Z-4c6a48", "data_through": "2026-05-29", "due": [HOSTILE],
           "direction": direction, "interval": wide, "trained_at": "2026-01-10T20:30:00Z"}  # fmt: skip
    bare = {**row, "state": "untrained", "champion": None, "direction": None, "interval": None, "due": ["untrained"]}
    reasons = [{"about": "training", "code": "age", "sentence": HOSTILE}]
    detail = {"reasons": reasons, "due": [], "blocked": [], "next_check": None, "trials": 3}
    return {
        "made_at": "2026-05-29T20:30:00Z", "as_of": "2026-05-29", "home": f"/home/{HOSTILE}", "asked": [], "from": None,
        "to": None, "n_symbols": len(SYMBOLS),
        "fleet": {"states": {"healthy": 4, "untrained": 1},
                  "rows": [{**(bare if k == 4 else row), "symbol": symbol} for k, symbol in enumerate(SYMBOLS)]},
        "record": {"forecasts": 6000, "settled": 5990, "void": 2, "pending": 8, "unusable": 0,
                   "span": ["2018-01-01", "2019-08-23"], "horizons": horizons},
        "newest": {"symbol": "S00", "version": "20260110T203000Z-4c6a48", "made_at": "2026-01-10T20:30:00Z",
                   "recipe": HOSTILE, "trials": 3, "held_out": {"1": horizons["1"]["pooled"]},
                   "importance": {"1": IMPORTANCE}},
        "changes": changes(),
        "triggers": {symbol: distance(3.0 * k, None if k == 2 else 9.0 - k) for k, symbol in enumerate(SYMBOLS)},
        "details": {symbol: {**detail, "fans": {"1": fan(), "5": fan(5, 0)}} for symbol in SYMBOLS[:2]},
        "file": None,
    }  # fmt: skip


def monitored() -> dict[str, Any]:
    """The result of `monitor`, with hostile words."""
    findings = [
        {"check": one["check"], "kind": "few", "symbol": one["symbol"], "state": state, "sentence": HOSTILE,
         "figures": {str(one["horizon"]): one, "needed": 3}}
        for one, state in zip(tests(), ("bad", "ok", "cannot_tell"), strict=True)
    ]  # fmt: skip
    return {
        "at": "2026-05-29T20:30:00Z", "state": "bad", "counts": {"bad": 1, "ok": 1, "cannot_tell": 1},
        "findings": findings, "host": {"cpu": 0.5, "memory": 0.2, "disk": 0.3, "load": 1.2},
        "causes": [{"key": "k", "level": "critical", "title": HOSTILE, "sentence": HOSTILE, "symbols": ["S00"]}],
        "symbols": [{"symbol": "S00", "state": "bad", "checks": {}}], "alerts": None, "jobs": [],
        "triggers": {"S00": [HOSTILE]}, "blocked": [HOSTILE], "trained": [{"symbol": "S00"}],
    }  # fmt: skip


def replayed(dates: int = 300) -> dict[str, Any]:
    """The result of `replay` over simulated forecasts of three policies, with hostile words and every kind of event."""
    names = ("default", "never", "<b>mine</b> with a long name")
    walked = {
        name: {h: make_rows(dates=dates, symbols=5, horizon=h, seed=h, skill=0.02 - 0.01 * place) for h in (1, 5)}
        for place, name in enumerate(names)
    }
    counts = dict.fromkeys(("trainings", "symbols_trained", "refused", "quarantined", "waiting", "promotions",
                            "rollbacks", "alerts", "abstentions", "failed_jobs"), 3)  # fmt: skip
    policies = {
        name: {
            "meaning": HOSTILE, "horizons": figures.figures(rows), **counts, "left_out": ["backup create", "clean"],
            "months": figures.over(figures.months(rows), rows, walked[names[0]]),
            "seconds": {"cpu": 250.0}, "bytes": 12_345_678,
            "alarms": {"fired": 3, "false": 2, "true": 0, "unknown": 1},
        }
        for name, rows in walked.items()
    }  # fmt: skip
    kinds = ("trouble", "trained", "quarantined", "refused", "waits", "promoted", "rolled_back", "evidence", "alert",
             "alert_over", "abstained", "caught_up", "failed")  # fmt: skip
    events = [
        {"policy": name, "at": f"2018-{1 + k % 9:02d}-1{place}T20:30:00Z", "kind": kind,
         "symbols": [] if kind == "trouble" else list(SYMBOLS), "sentence": HOSTILE}
        for k, kind in enumerate(kinds) for place, name in enumerate(names)
    ]  # fmt: skip
    return {
        "span": ["2018-01-02", "2019-03-01"], "symbols": list(SYMBOLS), "folder": HOSTILE, "policies": policies,
        "comparisons": figures.compare(walked), "margins": figures.SAME_WITHIN, "events": events,
    }  # fmt: skip


def every_number_is_whole(text: str) -> bool:
    """Whether no figure on a page is missing its value: no None, NaN or infinity among its words."""
    words = set(text.replace(",", " ").replace("[", " ").replace("]", " ").split())
    return not words & {"None", "nan", "NaN", "inf", "-inf"}
