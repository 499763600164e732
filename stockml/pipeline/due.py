"""What is due for training and why, what is held back and why: the facts gathered, the decision in `triggers`.

From pointers, the ledger and what the market store says of its symbols: no bars, no numbers.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from stockml import triggers
from stockml.bars import calendar, store
from stockml.clock import age_days, parse_stamp, stamp
from stockml.config import fitted
from stockml.environment import Environment
from stockml.evidence import COMMON_FEWEST, COMMON_SHARE
from stockml.ledger import facts
from stockml.ledger import triggers as trigger_ledger
from stockml.store import pointers, versions

Cooling = tuple[float, Literal["a rollback", "a refusal"]]
_FAILED = ("rate_limited", "source_error", "unknown_symbol", "delisted")  # outcomes of a fetch that brought no bars
_PROMOTIONS, _BESIDE = 40, 4  # rows of a log that are looked at; decisions beside those of a full day


@dataclass(frozen=True)
class Plan:
    """What is to be trained, each symbol with its reasons, and what is not, each with its reasons and blockers."""

    wanted: dict[str, list[str]]
    held: dict[str, dict[str, list[str]]]


def due(env: Environment, asked: Sequence[str] | None, *, every: bool, force: bool) -> dict[str, list[str]]:
    """Which symbols to train, each with its reasons."""
    return plan(env, asked, every=every, force=force).wanted


def plan(
    env: Environment, asked: Sequence[str] | None, *, every: bool = False, force: bool = False, respect: bool = False
) -> Plan:
    """Which symbols to train and which are held back.

    With `asked`, `every` or `force` a person has decided, and only market hours can hold a symbol back, if they are
    respected: by `respect` or by `retrain.avoid_market_hours`.
    """
    respects = respect or env.config.retrain.avoid_market_hours
    wanted: dict[str, list[str]] = {}
    held: dict[str, dict[str, list[str]]] = {}
    by_hand = bool(asked or every or force)
    fault = "" if by_hand else fleet_fault(env)
    for symbol in asked or env.config.symbols:
        if by_hand:
            is_open = market_open(env, symbol) if respects else ""
            reasons, blockers = ["asked for"], [f"market hours: {is_open}"] if is_open else []
        else:
            reasons, blockers = judged(env, symbol, fault, respects)
        if reasons and blockers:
            held[symbol] = {"due": reasons, "blocked": blockers}
        elif reasons:
            wanted[symbol] = reasons
    return Plan(wanted, held)


def judged(env: Environment, symbol: str, fault: str, respects: bool = False) -> tuple[list[str], list[str]]:
    """(what speaks for the smart training of a symbol now, what holds it back); `fault` as of `facts_of`."""
    known = facts_of(env, symbol, fault, respects)
    return triggers.reasons(known, env.config.retrain), triggers.blockers(known, env.config.retrain)


def waits_for_data(plan: Plan) -> bool:
    """Whether a symbol is held back by its bars or their source."""
    return any(told.startswith("data fault") for one in plan.held.values() for told in one["blocked"])


def facts_of(env: Environment, symbol: str, fault: str = "", respects: bool = False) -> triggers.Facts:
    """What is known of a symbol now. `fault` is the fleet's trouble, as `fleet_fault` tells it.

    A training counts from the decision on its candidate, whatever the decision was, unless it was a quick one: data
    revised, configuration and age are all asked of the time since then.
    """
    now = env.clock.now()
    live = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
    made_at = versions.made_at(str(live["champion"])) if live else None
    age = age_days(made_at, now) if made_at else None
    judged = facts.decisions(env.ledger, symbol, stamp(now), env.config.retrain.max_per_day + _BESIDE)
    last = next((one for one in judged if not one["figures"].get("quick")), None)
    judged_at = last["made_at"] if last else None
    since = max((one for one in (made_at, judged_at) if one), default=None)
    hours, after = _cooling(env, symbol, last, live)
    return triggers.Facts(
        age,
        trained_today=sum(age_days(one["made_at"], now) < 1.0 for one in judged),
        revised=_revised(env, symbol, since) if since else 0,
        trained_hours=age_days(judged_at, now) * 24.0 if judged_at else None,
        config_changed=fitted.changed(last["figures"].get("config", {}), env.config) if last else (),
        evidence=() if evidence_heeded_in(env, judged_at) > 0.0 else tuple(open_evidence(env, symbol)),
        cooling_hours=hours,
        data_fault=fault or data_fault(env, symbol, store.newest_of(env.market, symbol, env.config.data.interval)),
        cooling_after=after,
        is_expired=age is not None and age > env.config.expire_days,
        market_open=market_open(env, symbol) if respects else "",
    )


def open_evidence(env: Environment, symbol: str) -> list[str]:
    """What the watching found since the last training or promotion of a symbol."""
    return trigger_ledger.open_for(env.ledger, symbol, env.clock)


def evidence_heeded_in(env: Environment, judged_at: str | None) -> float:
    """Days until evidence makes a symbol due again; 0.0 if it does now.

    A test that fired goes on firing after a training that deployed nothing, and would train every night.
    """
    if judged_at is None:
        return 0.0
    return max(0.0, env.config.retrain.cooldown_days - age_days(judged_at, env.clock.now()))


def _revised(env: Environment, symbol: str, since: str) -> int:
    begin, end = int(parse_stamp(since).timestamp()), int(env.clock.now().timestamp())
    return store.revised_since(env.market, symbol, env.config.data.interval, begin, end)


def _cooling(env: Environment, symbol: str, last: dict[str, Any] | None, live: dict[str, Any] | None) -> Cooling:
    """(hours left, after what): days after a rollback, the rest of the day (UTC) after a refusal."""
    now = env.clock.now()
    refused = last is not None and last["result"] == "fail" and not (live and live["champion"] == last["version"])
    if refused and last is not None and last["made_at"][:10] == stamp(now)[:10]:
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        return (midnight - now).total_seconds() / 3600.0, "a refusal"
    back = rolled_back_at(env, symbol)
    left = env.config.retrain.cooldown_days - age_days(back, now) if back else 0.0
    return max(0.0, 24.0 * left), "a rollback"


def rolled_back_at(env: Environment, symbol: str) -> str | None:
    """When the champion in service came back into the place of the one that had replaced it; None if it did not."""
    log = facts.promotions(env.ledger, symbol, stamp(env.clock.now()), _PROMOTIONS)
    for row, before in itertools.pairwise(log):
        if row["champion"] != before["champion"]:
            return str(row["at"]) if row["champion"] == before["previous"] else None
    return None


def data_fault(env: Environment, symbol: str, stored: store.Newest | None) -> str:
    """What is wrong with the bars of a symbol: its source failed, and what is stored is too old; else ""."""
    lag = _lag(env, symbol, stored)
    limit = env.config.data.max_stale_sessions
    if stored is None or lag is None or lag <= limit or stored.outcome not in _FAILED:
        return ""
    return f"{stored.outcome}, and its newest bar is {lag} sessions old, limit {limit}"


def fleet_fault(env: Environment, stored: dict[str, store.Newest] | None = None) -> str:
    """The trouble that most of the fleet has with its source at once, in a sentence; else "".

    `stored` spares reading what the market store says of its symbols once more.
    """
    found = store.newest(env.market, env.config.data.interval) if stored is None else stored
    fleet = env.config.symbols
    down = [one for one in fleet if one in found and found[one].outcome in _FAILED and _lag(env, one, found[one])]
    if len(down) < max(COMMON_FEWEST, COMMON_SHARE * len(fleet)):
        return ""
    return f"source: {len(down)} of {len(fleet)} symbols get no new bars; look at the source, not at each symbol"


def _lag(env: Environment, symbol: str, stored: store.Newest | None) -> int | None:
    return env.lag_sessions(symbol, stored.last) if stored and stored.rows else None


def market_open(env: Environment, symbol: str) -> str:
    """That the exchange of a symbol is open now and until when, in words; "" if it is closed."""
    from stockml.bars import hours

    name = calendar.name_for(symbol, env.config.data.calendars)
    closes = hours.open_until(name, env.clock.now())
    return f"{name} is open until {stamp(closes)}" if closes else ""
