"""The state of the fleet as `status` shows it: from pointers, manifests and the ledger; no bars, no numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stockml.bars import calendar, store
from stockml.clock import from_day, stamp
from stockml.environment import Environment
from stockml.errors import ModelError
from stockml.ledger import facts
from stockml.pipeline import due, track
from stockml.schedule import standing
from stockml.store import index, versions

NOMINAL = 0.90
SECONDS_A_DAY = 86400


STATES = ("failed", "stale", "expired", "untrained", "degraded", "healthy")  # the worst first


def fleet(env: Environment, symbols: list[str], most: int | None = None, only: str | None = None) -> dict[str, Any]:
    """`result` of `status`: a row per symbol, jobs, host, and `states`, how many symbols are in each.

    With `most`, only so many rows are made, the worst first; with `only`, those in one state. All symbols
    are checked and counted.
    """
    checked = index.check(env.workspace, symbols)
    past = _as_of(env, symbols, checked) if env.clock.as_of else {}
    stored = store.newest(env.market, env.config.data.interval)
    days, now = _Days(env), env.clock.now()
    seen = {}
    for symbol in symbols:
        brief, problem = _brief(symbol, checked, past, env.clock.as_of is not None)
        last, lag = days.of(symbol, stored.get(symbol))
        age = (now - datetime.fromisoformat(brief[0])).total_seconds() / SECONDS_A_DAY if brief else None
        quick = bool(brief and brief[1])
        seen[symbol] = (*_state(env, problem, age, quick, lag, stored.get(symbol)), age, last)
    chosen = [symbol for symbol in symbols if only is None or seen[symbol][0] == only]
    if most is not None and len(chosen) > most:
        chosen = sorted(chosen, key=lambda symbol: (STATES.index(seen[symbol][0]), symbol))[:most]
    full = {**checked.full(chosen), **past} if past else checked.full(chosen)
    if env.clock.as_of is not None:
        full = {symbol: told for symbol, told in full.items() if symbol in past}
    states = dict(Counter(seen[symbol][0] for symbol in symbols))
    fault = due.fleet_fault(env, stored)
    rows = [
        _with_live(env, _row(symbol, full.get(symbol, {}), state, [*words, *_due(env, symbol, fault)], age, last))
        for symbol, (state, words, age, last) in ((symbol, seen[symbol]) for symbol in chosen)
    ]
    jobs = standing.rows(standing.of_all(env, standing.clock_of(env)))
    return {"symbols": rows, "states": states, "jobs": jobs, "host": host(env)}


def _due(env: Environment, symbol: str, fault: str) -> list[str]:
    """Why the smart training would train a symbol now, and what holds it back, as `train --dry-run` says."""
    reasons, blockers = due.judged(env, symbol, fault)
    return [*reasons, *(f"held back: {one}" for one in blockers if reasons)]


def champions(env: Environment, symbols: list[str]) -> dict[str, dict[str, Any]]:
    """The champions as of the clock: {"pointers", "summary"} of each symbol that has one, or {"problem"}."""
    checked = index.check(env.workspace, symbols)
    return _as_of(env, symbols, checked) if env.clock.as_of else checked.full(symbols)


def _brief(
    symbol: str, checked: index.Checked, past: dict[str, dict[str, Any]], is_past: bool
) -> tuple[tuple[str, bool] | None, str]:
    """((made_at, whether quick) of the champion or None, what is wrong with it or "")."""
    if not is_past:
        return checked.brief.get(symbol), checked.problems.get(symbol, "")
    told = past.get(symbol, {})
    if "summary" in told:
        return (told["summary"]["made_at"], told["summary"]["quick"]), ""
    return None, told.get("problem", "")


@dataclass
class _Days:
    """Questions to the calendar, each asked once: thousands of symbols share an exchange and a newest bar."""

    env: Environment
    newest: dict[str, int] = field(default_factory=dict)
    lags: dict[tuple[str, int], int] = field(default_factory=dict)

    def of(self, symbol: str, stored: store.Newest | None) -> tuple[int | None, int | None]:
        """(day of the newest bar that counts now, how many sessions it is old); None without bars."""
        name = calendar.name_for(symbol, self.env.config.data.calendars)
        if name not in self.newest:
            self.newest[name] = self.env.cut_day(symbol)
        newest = self.newest[name]
        if not stored or not stored.rows:
            return None, None
        last = stored.last
        if last >= newest:
            return newest, 0
        if (name, last) not in self.lags:
            self.lags[name, last] = calendar.lag(self.env.market, name, last, newest)
        return last, self.lags[name, last]


def _as_of(env: Environment, symbols: list[str], checked: index.Checked) -> dict[str, dict[str, Any]]:
    """Champions as the promotion log had them at the clock. Where they are today's, the index answers."""
    log = facts.all_pointers_as_of(env.ledger, stamp(env.clock.now()))
    today = checked.full(symbols)
    found = {}
    for symbol in symbols:
        if symbol not in log:
            continue
        then, known = log[symbol], today.get(symbol, {})
        if "problem" in known or known.get("pointers", {}).get("champion") == then["champion"]:
            found[symbol] = known
            continue
        path = versions.folder(env.workspace, symbol, then["champion"]) / versions.MANIFEST
        try:
            manifest = versions.parse_manifest(path.read_bytes(), symbol, then["champion"])
            found[symbol] = {"pointers": then, "summary": index.summarise(manifest)}
        except (OSError, ModelError) as error:
            found[symbol] = {"problem": str(error)}
    return found


def _row(
    symbol: str, champion: dict[str, Any], state: str, reasons: list[str], age: float | None, last: int | None
) -> dict[str, Any]:
    pointing, summary = champion.get("pointers") or {}, champion.get("summary") or {}
    return {
        "symbol": symbol,
        "state": state,
        "champion": pointing.get("champion"),
        "previous": pointing.get("previous"),
        "trained_at": summary.get("made_at"),
        "age_days": age,
        "data_through": from_day(last).isoformat() if last is not None else None,
        "due": reasons,
        "next_check": None,
        "verdict": summary.get("verdict"),
        "recipe": summary.get("recipe"),
        "quick": summary.get("quick"),
        **_figures(summary),
    }


def _with_live(env: Environment, row: dict[str, Any]) -> dict[str, Any]:
    """The row with its champion's live figures in place of the held-out ones, once enough forecasts are settled."""
    told = track.live(env, row["symbol"], row["champion"]) if row["champion"] and row["direction"] else None
    if told is None:
        return row
    direction, wide = told["direction"], told["interval"]["90"]
    return {
        **row,
        "direction": {**row["direction"], **direction, "basis": "live"},
        "price": {**row["price"], **told["price"]},
        "interval": {
            **row["interval"], **{key: wide[key] for key in ("n", "coverage", "low", "high")}, "winkler_ratio": None,
            "verdict": coverage_verdict(wide["low"], wide["high"]),
        },
    }  # fmt: skip


def _state(
    env: Environment, problem: str, age: float | None, quick: bool, lag: int | None, stored: store.Newest | None
) -> tuple[str, list[str]]:
    """(state, what is wrong beyond what makes a training due), the worst state first."""
    limit = env.config.data.max_stale_sessions
    if problem:
        return "failed", [problem]
    if lag is not None and lag > limit:
        return "stale", [f"data: newest bar is {lag} sessions old, limit {limit}"]
    if age is None:
        return "untrained", []
    if age > env.config.expire_days:
        return "expired", []
    if stored and stored.outcome in ("rate_limited", "source_error"):
        return "degraded", [f"source: {stored.outcome}: {stored.message}"]
    if quick:
        return "degraded", ["quick: trained with a tiny budget"]
    return "healthy", []


def _figures(summary: dict[str, Any]) -> dict[str, Any]:
    """The champion's held-out figures at the shortest horizon, as the contract names them."""
    if not summary:
        return {"direction": None, "price": None, "interval": None, "confidence": None}
    wide = summary["interval"]
    verdict = coverage_verdict(wide["low"], wide["high"])
    return {
        "direction": {
            **summary["direction"],
            "verdict": summary["pooled_direction_verdict"],
            "basis": "validation",
        },
        "price": summary["price"],
        "interval": {"nominal": NOMINAL, **wide, "verdict": verdict},
        "confidence": summary["confidence"],
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
