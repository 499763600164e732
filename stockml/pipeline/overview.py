"""The state of the fleet as `status` shows it: from pointers, manifests and the ledger; no bars, no numbers."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from stockml.bars import calendar, store
from stockml.clock import age_days, from_day, parse_stamp, stamp
from stockml.environment import Environment
from stockml.ledger import alerts as alert_ledger
from stockml.ledger import forecasts
from stockml.pipeline import due, in_service, recent, stand_ins, standing, troubles
from stockml.pipeline.standing import STATES, Known, Standing
from stockml.pipeline.status_row import row_of
from stockml.schedule import standing as job_standing
from stockml.store import index


class _Seen(NamedTuple):
    """What was found of a symbol: how it stands, its champion's age and name, the day of its last bar."""

    standing: Standing
    age_days: float | None
    champion: str
    last: int | None


def fleet(
    env: Environment, symbols: Sequence[str], most: int | None = None, only: Sequence[str] = ()
) -> dict[str, Any]:
    """`result` of `status`: rows, how many symbols are in each state, troubles with commands, jobs, host, source.

    With `most`, only so many rows are made, the worst first; with `only`, those in some states. All symbols are
    checked and counted; the files of champions that are shown are looked at one by one. A database that cannot be
    read is the first trouble, and the rest is told without it.
    """
    damaged = stand_ins.replace_unreadable(env)
    try:
        return _fleet(env, symbols, most, only, damaged)
    except sqlite3.DatabaseError:
        deeper = stand_ins.replace_unreadable(env, thoroughly=True)
        if not deeper:
            raise
        return _fleet(env, symbols, most, only, [*damaged, *deeper])


def _fleet(
    env: Environment, symbols: Sequence[str], most: int | None, only: Sequence[str],
    damaged: Sequence[troubles.Damage],
) -> dict[str, Any]:  # fmt: skip
    checked = index.check(env.workspace, list(symbols))
    past = in_service.as_of(env, symbols, checked) if env.clock.as_of else None
    stored = store.newest(env.market, env.config.data.interval)
    alerts, days = _alerts(env), _Days(env)
    seen = _look(env, symbols, checked, past, stored, alerts, days)
    chosen = [symbol for symbol in symbols if not only or seen[symbol].standing.state in only]
    if most is not None and len(chosen) > most:
        chosen = sorted(chosen, key=lambda symbol: (STATES.index(seen[symbol].standing.state), symbol))[:most]
    for symbol in chosen:
        seen[symbol] = _with_files(env, symbol, seen[symbol])
    full = checked.full(chosen) if past is None else past
    fault = due.fleet_fault(env, stored)
    rows = [
        _row(env, symbol, full.get(symbol, {}), seen[symbol], days, due.judged(env, symbol, fault)) for symbol in chosen
    ]
    jobs = job_standing.of_all(env, job_standing.clock_of(env))
    load = host(env)
    found = troubles.of(_facts(env, symbols, seen, rows, alerts, jobs, load, damaged))
    return {
        "symbols": rows,
        "states": dict(Counter(one.standing.state for one in seen.values())),
        "troubles": [one.as_json() for one in found],
        "next": troubles.next_command(found) or None,
        "source": _source(env, stored, seen),
        "jobs": job_standing.rows(jobs),
        "host": load,
        "home": str(env.workspace.home),
        "pinned": _pinned(env) is not None,
    }


def _row(
    env: Environment, symbol: str, champion: dict[str, Any], seen: _Seen, days: _Days,
    judged: tuple[list[str], list[str]],
) -> dict[str, Any]:  # fmt: skip
    """The row of a symbol. `judged` is what speaks for its training, as `train --dry-run` says, and what forbids it."""
    reasons, blockers = judged
    made_at = (champion.get("summary") or {}).get("made_at")
    fared = recent.of(env, symbol, seen.champion or None, made_at)
    wanted = [*reasons, *(f"held back: {one}" for one in blockers if reasons)]
    limit = env.config.retrain.max_age_days
    return row_of(
        symbol, champion, seen.standing, wanted, seen.age_days, seen.last, fared, limit, days.next_check(symbol)
    )


def _with_files(env: Environment, symbol: str, seen: _Seen) -> _Seen:
    """What was found of a symbol, after a look at its champion's files one by one."""
    if not seen.champion or seen.standing.state == "failed":
        return seen
    problem = in_service.alteration(env, symbol, seen.champion)
    if not problem:
        return seen
    stands = Standing("failed", "champion", problem, in_service.touched_at(env, symbol, seen.champion))
    return seen._replace(standing=stands)


def _look(
    env: Environment, symbols: Sequence[str], checked: index.Checked, past: Mapping[str, Any] | None,
    stored: Mapping[str, store.Newest], alerts: Sequence[troubles.Alert], days: _Days,
) -> dict[str, _Seen]:  # fmt: skip
    """How each symbol stands."""
    now = env.clock.now()
    limits = standing.Limits(env.config.data.max_stale_sessions, env.config.expire_days)
    accused = _accused(alerts)
    seen = {}
    for symbol in symbols:
        brief, problem = in_service.brief(symbol, checked, past)
        bars = stored.get(symbol)
        last, lag = days.of(symbol, bars)
        age = age_days(brief.made_at, now) if brief else None
        known = Known(
            problem=problem, problem_since=in_service.touched_at(env, symbol) if problem else None,
            made_at=brief.made_at if brief else None, age_days=age, is_quick=bool(brief and brief.is_quick),
            expires_at=_expiry(brief, age, limits.expire_days),
            through=None if last is None else from_day(last).isoformat(), lag=lag,
            outcome=bars.outcome if bars else "", message=bars.message if bars else "",
            accused=_of_this(accused.get(symbol), brief),
        )  # fmt: skip
        seen[symbol] = _Seen(standing.of(known, limits), age, brief.champion if brief else "", last)
    return seen


def _accused(alerts: Sequence[troubles.Alert]) -> dict[str, tuple[str, str]]:
    """(what an open alert of the monitor says against a symbol's model, since when), the oldest of each symbol."""
    found: dict[str, tuple[str, str]] = {}
    for one in sorted(alerts, key=lambda one: one.opened_at):
        check = one.key.partition(":")[0]
        if check in ("coverage", "direction", "thresholds", "answers") and ":event" not in one.key:
            for symbol in one.symbols:
                found.setdefault(symbol, (f"{check}: {one.sentence}", one.opened_at))
    return found


def _of_this(accused: tuple[str, str] | None, brief: index.Brief | None) -> tuple[str, str] | None:
    """An accusation, unless the champion was made after it: then it was about another."""
    return accused if accused and brief and brief.made_at < accused[1] else None


def _alerts(env: Environment) -> list[troubles.Alert]:
    return [
        troubles.Alert(one.key, one.sentence, one.symbols, one.opened_at)
        for one in alert_ledger.standing(env.ledger, env.clock, "monitor")
        if one.is_open
    ]


def _expiry(brief: index.Brief | None, age: float | None, days: float) -> str | None:
    """When a champion expired; None of one that has not, since nobody asks."""
    if brief is None or age is None or age <= days:
        return None
    return stamp(parse_stamp(brief.made_at) + timedelta(days=days))


@dataclass
class _Days:
    """Questions to the calendar, each asked once: thousands of symbols share an exchange and a newest bar."""

    env: Environment
    newest: dict[str, int] = field(default_factory=dict)
    checks: dict[str, str | None] = field(default_factory=dict)
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

    def next_check(self, symbol: str) -> str | None:
        """When the next session's bar will have settled: the earliest moment at which anything new can be known."""
        name = calendar.name_for(symbol, self.env.config.data.calendars)
        if name not in self.checks:
            self.checks[name] = calendar.next_settled(
                self.env.market, name, self.newest[name], self.env.config.data.settle_minutes
            )
        return self.checks[name]


def _facts(
    env: Environment, symbols: Sequence[str], seen: Mapping[str, _Seen], rows: Sequence[dict[str, Any]],
    alerts: Sequence[troubles.Alert], jobs: Sequence[job_standing.Standing], load: Mapping[str, float],
    damaged: Sequence[troubles.Damage],
) -> troubles.Facts:  # fmt: skip
    limits = env.config.monitor
    failed = [symbol for symbol, one in seen.items() if one.standing.kind == "champion"]
    newest = max((one.last for one in seen.values() if one.last is not None), default=None)
    wanted = [job for job in jobs if job.job.enabled]
    return troubles.Facts(
        fleet=env.config.symbols,
        standings={symbol: one.standing for symbol, one in seen.items()},
        repairs={symbol: in_service.repair(env, symbol) for symbol in failed[:1]},
        damaged=damaged,
        host=load,
        limits={"disk": limits.disk, "memory": limits.memory},
        overdue=[(f"{one.job.name} {one.overdue.sentence}", _late_since(one)) for one in jobs if one.overdue.kind],
        is_scheduled=not wanted or any(one.known.kept for one in wanted),
        due={row["symbol"]: row["due"][0] for row in rows if _is_due(row)},
        alerts=[one for one in alerts if not one.symbols or {*one.symbols} & {*symbols}],
        forecast_of=forecasts.newest_session(env.ledger, env.config.data.interval, env.clock),
        data_of=None if newest is None else from_day(newest).isoformat(),
        pinned=_pinned(env),
    )


def _is_due(row: dict[str, Any]) -> bool:
    return bool(row["due"]) and not any(one.startswith("held back") for one in row["due"])


def _late_since(one: job_standing.Standing) -> str | None:
    """Since when a job is overdue: its planned instant, its start that has no end, or its end that was a failure."""
    known = one.known
    begun = known.newest["start"].at if "start" in known.newest else None
    ended = known.last_end.at if known.last_end else None
    since = {"silent": known.latest, "unended": begun, "failed": ended}.get(one.overdue.kind)
    return stamp(since) if since else None


def _pinned(env: Environment) -> tuple[str, str] | None:
    """(the day at which the configuration holds the clock, when it was written), unless --as-of was asked for."""
    if env.as_of is not None or env.config.as_of is None:
        return None
    written = os.stat(env.workspace.config_file).st_mtime
    return env.config.as_of, stamp(datetime.fromtimestamp(written, UTC))


def _source(env: Environment, stored: Mapping[str, store.Newest], seen: Mapping[str, _Seen]) -> dict[str, Any]:
    """What came of the last fetch of each symbol, counted, and how far the newest bars reach for how many."""
    outcomes = Counter(stored[symbol].outcome for symbol in seen if symbol in stored)
    lasts = Counter(one.last for one in seen.values() if one.last is not None)
    newest = max(lasts, default=None)
    return {
        "providers": list(env.config.data.providers),
        "outcomes": dict(outcomes),
        "through": None if newest is None else from_day(newest).isoformat(),
        "symbols": 0 if newest is None else lasts[newest],
    }


def host(env: Environment) -> dict[str, float]:
    """Use of processor, memory and the workspace's disk, as fractions."""
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
