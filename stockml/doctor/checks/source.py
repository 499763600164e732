"""Whether prices can be had: what came of the last fetch, whom the circuit breaker keeps from being asked, budgets."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stockml.bars import breaker, http, store, update
from stockml.bars.breaker import Budget, State
from stockml.clock import stamp
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, Level, several
from stockml.errors import SourceError

NAME, ORDER, NEEDS_WORKSPACE = "source", 50, True
NEARLY = 0.9  # of a day's budget
YAHOO = "yahoo.com"  # what the breaker calls Yahoo's many hosts
ASKED_DAYS = 14
CHECKING = "stockml data check"


def check(case: Case) -> list[Finding]:
    if not case.workspace.market_file.exists():
        found = [Finding(NAME, "nothing", "note", "no prices were fetched yet", "stockml data fetch")]
    else:
        config, market = case.rules, case.env.market
        stored = store.newest(market, config.data.interval)
        found = of_outcomes({symbol: stored[symbol] for symbol in config.symbols if symbol in stored}, config.symbols)
        for source, host in _hosts(case).items():
            found += of_host(source, host, _state(market, host), http.budget(config.data, source), case.now.timestamp())
    return found + (_answers(case) if case.online else [])


def of_outcomes(stored: Mapping[str, store.Newest], symbols: Sequence[str]) -> list[Finding]:
    """Findings from what came of the last fetch of each symbol."""
    outcomes = Counter(one.outcome for one in stored.values())
    missing = [symbol for symbol in symbols if symbol not in stored]
    figures = {**outcomes, "never_fetched": len(missing)}
    failed = {symbol: one for symbol, one in stored.items() if one.outcome in update.FAILURES}
    if failed:
        first, told = next(iter(failed.items()))
        level: Level = "bad" if len(failed) == len(symbols) else "warning"
        words = f"the last fetch failed for {len(failed)} of {several(len(symbols), 'symbol')}, {first}: {told.outcome}"
        return [Finding(NAME, "failed", level, words, CHECKING, figures)]
    if missing:
        words = f"no prices are stored of {len(missing)} of {several(len(symbols), 'symbol')} ({missing[0]})"
        return [Finding(NAME, "missing", "warning", words, f"stockml data fetch {missing[0]}", figures)]
    words = f"the last fetch of all {several(len(symbols), 'symbol')} brought prices"
    return [Finding(NAME, "fetched", "ok", words, figures=figures)]


def of_host(source: str, host: str, state: State, budget: Budget, now: float) -> list[Finding]:
    """Findings from the circuit breaker's row of a host; `now` in epoch seconds."""
    figures: dict[str, Any] = {"source": source, "host": host, "refusals": state.failures}
    if state.opened_at <= now < state.open_until:
        until = stamp(datetime.fromtimestamp(state.open_until, UTC))
        words = f"{source}: {host} refused {several(state.failures, 'time')} in a row and is not asked before {until}"
        advice = "wait: it is asked again by itself; or add another source to data.providers"
        return [Finding(NAME, "refusing", "warning", words, advice, {**figures, "open_until": until})]
    spent = state.spent if state.day == int(now // breaker.DAY_S) else 0
    if budget.per_day is not None and spent >= NEARLY * budget.per_day:
        words = f"{source}: {spent} of {budget.per_day} requests of today are spent"
        advice = f"tomorrow (UTC) it goes on; or: stockml config set data.{source}.requests_per_day N"
        return [Finding(NAME, "budget", "warning", words, advice, {**figures, "spent": spent})]
    return []


def _state(market: sqlite3.Connection, host: str) -> State:
    if not market.execute("SELECT 1 FROM sqlite_master WHERE name = 'hosts'").fetchone():
        return State()  # no host was ever asked
    return breaker.read(market, host)


def _hosts(case: Case) -> dict[str, str]:
    """The host of each source that has one."""
    found = {}
    for source in case.rules.data.providers:
        section = getattr(case.rules.data, source, None)
        if hasattr(section, "requests_per_day"):
            address = getattr(section, "base_url", None)
            found[source] = http.host_of(address) if address else YAHOO
    return found


def _answers(case: Case) -> list[Finding]:
    """Ask each source for a few days of the first symbol, with a request that counts as any other; keep nothing."""
    from stockml.bars import sources
    from stockml.bars.answer import Request

    config, found = case.rules, []
    symbol, now = config.symbols[0], case.env.clock.now()
    for source in config.data.providers:
        through = now.date() - timedelta(days=1)
        request = Request(
            symbol, config.data.interval, through - timedelta(days=ASKED_DAYS), through, config.data,
            case.workspace.home, "", now, known=True,
        )  # fmt: skip
        try:
            rows = len(sources.load(source).fetch(request).session)
        except SourceError as error:
            found.append(Finding(NAME, "unanswered", "bad", f"asked now: {error.message}", error.hint))
            continue
        words = f"asked now, {source} answered with {several(rows, 'row')} of {symbol}"
        found.append(Finding(NAME, "answered", "ok", words))
    return found
