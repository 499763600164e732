"""One round of watching: all is gathered once, every check has its say, and people are told what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from stockml import alerts
from stockml.alerts.message import Cause
from stockml.bars import reader
from stockml.clock import stamp
from stockml.environment import Environment
from stockml.ledger import facts, triggers
from stockml.ledger import live as ledger_live
from stockml.monitor import causes as causes_room
from stockml.monitor import checks, host, live
from stockml.monitor.finding import Finding, State, worst
from stockml.monitor.watch import Champion, Watch
from stockml.pipeline import in_service, memory, steps
from stockml.schedule import standing, watchers


def round(env: Environment, symbols: Sequence[str] = ()) -> dict[str, Any]:
    """`result` of `monitor`: findings, causes, states, triggers and what was told, after bringing bars up.

    With `symbols` only those are looked at and nobody is alerted, since the rest of the fleet is not known. Evidence
    that fires is recorded for the next training.
    """
    host.begin()
    if not env.offline:
        steps.collect(env)
    watch = gather(env, symbols or env.config.symbols)
    findings = [one for name in _asked(env) for one in checks.load(name).check(watch)]
    judged = causes_room.judge(findings, watch.symbols, env.config.data.benchmark)
    triggers.record(env.ledger, judged.triggers, env.clock)
    told = _tell(env, judged.causes) if watch.is_whole else None
    if watch.is_whole and not watchers.is_job():
        watchers.tell(env, watch.jobs)
    return {
        "at": stamp(env.clock.now()),
        "state": worst(one.state for one in findings),
        "counts": dict(Counter(one.state for one in findings)),
        "findings": [one.as_json() for one in findings],
        "causes": [causes_room.as_json(one) for one in judged.causes],
        "symbols": _by_symbol(watch.symbols, findings),
        "host": host_figures(findings),
        "triggers": judged.triggers,
        "blocked": judged.blocked,
        "alerts": told,
        "jobs": standing.rows(watch.jobs),
    }


def _asked(env: Environment) -> list[str]:
    """The checks of a round. A replay, which nobody reads round by round, leaves out those nothing follows from."""
    every = checks.names()
    return every if env.kept is None else [name for name in every if not checks.is_hint(name)]


def _tell(env: Environment, causes: Sequence[Cause]) -> dict[str, Any]:
    return alerts.update(env, causes, "monitor").as_json()


def _by_symbol(symbols: Sequence[str], findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The worst state of each symbol, and its state by check."""
    by_check: dict[str, dict[str, State]] = {symbol: {} for symbol in symbols}
    for one in findings:
        if one.symbol in by_check:
            by_check[one.symbol][one.check] = one.state
    return [{"symbol": symbol, "state": worst(own.values()), "checks": own} for symbol, own in by_check.items()]


def host_figures(findings: Sequence[Finding]) -> dict[str, float]:
    """What the check of the host read."""
    return next((dict(one.figures) for one in findings if one.check == "host"), {})


def gather(env: Environment, symbols: Sequence[str]) -> Watch:
    """Champions, their settled forecasts and what waits, one reading each for all symbols."""
    found = {symbol: _champion(told) for symbol, told in in_service.champions(env, symbols).items()}
    champions = {symbol: found[symbol] for symbol in symbols if symbol in found}
    past = facts.lineages(env.ledger, stamp(env.clock.now()))
    terms = {
        symbol: ledger_live.terms(place, symbol, one.version, one.since, past)
        for place, (symbol, one) in enumerate(champions.items())
    }
    interval = env.config.data.interval
    names = list(champions)
    told = live.build(
        memory.of(env).live(env.ledger, interval, env.clock, [one for own in terms.values() for one in own]),
        ledger_live.base_rates(env.ledger, [own[-1] for own in terms.values()], env.config.horizons),
        _doubtful(env, names),
    )
    whole = set(symbols) >= set(env.config.symbols)
    return Watch(env, tuple(symbols), champions, told.live, told.left_out, _due(env, names, told), whole)


def _champion(told: Mapping[str, Any]) -> Champion:
    if "problem" in told:
        return Champion("", "", "", {}, str(told["problem"]))
    pointing, summary = told["pointers"], told["summary"]
    return Champion(pointing["champion"], pointing["since"], summary["made_at"], summary)


def _doubtful(env: Environment, names: Sequence[str]) -> set[tuple[int, int]]:
    """(place, day) of bars that were refused, or changed by their source after they were first stored, by now."""
    place = {symbol: number for number, symbol in enumerate(names)}
    now, interval = env.clock.now(), env.config.data.interval
    refused = env.market.execute(
        "SELECT symbol, session FROM quarantine WHERE bar_interval = ? AND known_at <= ? AND session > 0 "
        "AND reason <> 'duplicate'",
        (interval, stamp(now)),
    )
    changed = env.market.execute(
        "SELECT symbol, session FROM revisions WHERE bar_interval = ? AND kind = 'revised' AND replaced_at <= ?",
        (interval, int(now.timestamp())),
    )
    return {(place[symbol], day) for rows in (refused, changed) for symbol, day in rows if symbol in place}


def _due(env: Environment, names: Sequence[str], told: live.Told) -> dict[str, tuple[int, int]]:
    """How many forecasts of each champion could be settled by now, and the oldest of those sessions."""
    cuts = reader.cut_days(env.market, env.config, names, env.clock)
    due: dict[str, tuple[int, int]] = {}
    for place, target in zip(told.waiting.tolist(), told.targets.tolist(), strict=True):
        symbol = names[place]
        if target <= cuts[symbol]:
            count, oldest = due.get(symbol, (0, target))
            due[symbol] = (count + 1, min(oldest, target))
    return due
