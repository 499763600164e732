"""The state of the fleet as `status` shows it: from pointers, manifests and the ledger; no bars, no numbers."""

from __future__ import annotations

from typing import Any

from stockml.bars import calendar, store
from stockml.clock import age_days, from_day
from stockml.environment import Environment
from stockml.errors import ModelError
from stockml.store import index, pointers, versions

NOMINAL = 0.90


def fleet(env: Environment, symbols: list[str]) -> dict[str, Any]:
    """`result` of `status`: a row per symbol, jobs, host."""
    if env.clock.as_of is None:
        known = index.champions(env.workspace, symbols)
    else:
        known = _as_of(env, symbols)
    stored = store.series(env.market, env.config.data.interval)
    now = env.clock.now()
    newest: dict[str, int] = {}
    rows = [_row(env, symbol, known.get(symbol), stored.get(symbol), now, newest) for symbol in symbols]
    return {"symbols": rows, "jobs": [], "host": host(env)}


def _as_of(env: Environment, symbols: list[str]) -> dict[str, dict[str, Any]]:
    """Champions as the promotion log had them at the clock. Where they are today's, the index answers."""
    known = index.champions(env.workspace, symbols)
    found = {}
    for symbol in symbols:
        then = pointers.as_of(env.workspace, env.ledger, symbol, env.clock)
        if then is None:
            continue
        today = known.get(symbol, {})
        if today.get("pointers", {}).get("champion") == then["champion"] or "problem" in today:
            found[symbol] = today
            continue
        path = versions.folder(env.workspace, symbol, then["champion"]) / versions.MANIFEST
        try:
            manifest = versions.parse_manifest(path.read_bytes(), symbol, then["champion"])
            found[symbol] = {"pointers": then, "summary": index.summarise(manifest)}
        except (OSError, ModelError) as error:
            found[symbol] = {"problem": str(error)}
    return found


def _row(
    env: Environment,
    symbol: str,
    champion: dict[str, Any] | None,
    stored: dict[str, Any] | None,
    now: Any,
    newest: dict[str, int],
) -> dict[str, Any]:
    pointing = (champion or {}).get("pointers") or {}
    summary = (champion or {}).get("summary")
    name = calendar.name_for(symbol, env.config.data.calendars)
    if name not in newest:
        newest[name] = env.cut_day(symbol)
    last = min(stored["last"], newest[name]) if stored and stored["rows"] else None
    lag = None
    if last is not None:
        lag = 0 if last >= newest[name] else calendar.lag(env.market, name, last, newest[name])
    age = age_days(summary["made_at"], now) if summary else None
    state, due = _state(env, champion, age, lag, stored)
    row = {
        "symbol": symbol,
        "state": state,
        "champion": pointing.get("champion"),
        "previous": pointing.get("previous"),
        "trained_at": summary["made_at"] if summary else None,
        "age_days": age,
        "data_through": from_day(last).isoformat() if last is not None else None,
        "due": due,
        "next_check": None,
        "verdict": summary["verdict"] if summary else None,
        "recipe": summary["recipe"] if summary else None,
        "quick": summary["quick"] if summary else None,
    }
    return {**row, **_figures(summary)}


def _state(
    env: Environment, champion: dict[str, Any] | None, age: float | None, lag: int | None, stored: dict[str, Any] | None
) -> tuple[str, list[str]]:
    """(state, what is due and why), the worst state first."""
    limit = env.config.data.max_stale_sessions
    if champion is not None and "problem" in champion:
        return "failed", [champion["problem"]]
    if lag is not None and lag > limit:
        return "stale", [f"data: newest bar is {lag} sessions old, limit {limit}"]
    if age is None:
        return "untrained", ["untrained"]
    if age > env.config.expire_days:
        return "expired", [f"expired: the champion is {age:.0f} days old, limit {env.config.expire_days:g}"]
    due = []
    if age > env.config.retrain.max_age_days:
        due.append(f"age: the champion is {age:.1f} days old, limit {env.config.retrain.max_age_days:g}")
    if stored and stored["outcome"] in ("rate_limited", "source_error"):
        return "degraded", [*due, f"source: {stored['outcome']}: {stored['message']}"]
    if champion and champion["summary"]["quick"]:
        return "degraded", [*due, "quick: trained with a tiny budget"]
    return "healthy", due


def _figures(summary: dict[str, Any] | None) -> dict[str, Any]:
    """The champion's held-out figures at the shortest horizon, as the contract names them."""
    if summary is None:
        return {"direction": None, "price": None, "interval": None, "confidence": None}
    own, pooled = summary["own"], summary["pooled"]
    wide = own["interval"]["90"]
    direction = {key: own["direction"][key] for key in ("n", "accuracy", "low", "high", "naive")}
    return {
        "direction": {**direction, "verdict": pooled["direction"]["verdict"], "basis": "validation"},
        "price": {key: own["price"][key] for key in ("n", "mape", "naive_mape", "skill", "verdict")},
        "interval": {
            "nominal": NOMINAL,
            "n": wide["n"],
            "coverage": wide["coverage"],
            "low": wide["low"],
            "high": wide["high"],
            "winkler_ratio": wide["winkler_ratio"],
            "verdict": coverage_verdict(wide["low"], wide["high"]),
        },
        "confidence": own["confidence"],
    }


def coverage_verdict(low: float | None, high: float | None) -> str:
    """Whether the interval of a coverage leaves room for the nominal 90 %."""
    if low is None or high is None:
        return "cannot_tell"
    return "no_edge" if low <= NOMINAL <= high else "worse"


def host(env: Environment) -> dict[str, float]:
    """Use of processor, memory and the workspace's disk, as fractions."""
    import os
    import shutil

    disk = shutil.disk_usage(env.workspace.home)
    memory = {}
    with open("/proc/meminfo", encoding="ascii") as lines:
        for line in lines:
            key, _, value = line.partition(":")
            if key in ("MemTotal", "MemAvailable"):
                memory[key] = float(value.split()[0])
    load = os.getloadavg()[0] / (os.cpu_count() or 1)
    return {
        "cpu": min(1.0, load),
        "memory": 1.0 - memory["MemAvailable"] / memory["MemTotal"],
        "disk": disk.used / disk.total,
    }
