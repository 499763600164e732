"""Settlement: forecasts whose target session has passed get their outcome from the stored bars, once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from stockml import files
from stockml.bars import calendar, quality, reader, store
from stockml.bars.series import adjust
from stockml.clock import from_day, stamp, to_day
from stockml.environment import Environment
from stockml.errors import DataError, StockmlError
from stockml.forecasts.settle import Evidence, outcome
from stockml.ledger import outcomes
from stockml.pace import Tell, silent
from stockml.pipeline import memory, shadow, steps, track


def settle(env: Environment, symbols: Sequence[str] = (), tell: Tell = silent) -> dict[str, Any]:
    """Bring bars up to the clock, give forecasts their outcomes and write the track record anew.

    Returns `result` of `settle` with "errors", "warnings" and "source_is_down" beside it. One transaction a symbol;
    what another run has settled already stays. Raises `BusyError` if another run is settling.
    """
    with files.lock(env.workspace.data / "settle.lock", what="settling"):
        collected = steps.collect(env, tell) if not env.offline else []
        interval = env.config.data.interval
        waiting, later = memory.of(env).waiting(env.ledger, interval, env.clock)
        chosen = [symbol for symbol in waiting if not symbols or symbol in symbols]
        cuts = reader.cut_days(env.market, env.config, chosen, env.clock)
        done: dict[str, Counter[str]] = {}
        errors: list[StockmlError] = []
        for place, symbol in enumerate(chosen):
            tell("settle", place, len(chosen), symbol)
            try:
                done[symbol] = _settle(env, symbol, waiting[symbol], cuts[symbol])
            except DataError as error:
                errors.append(error)
        tell("record", 0.0, 1.0, "")
        if env.kept is None:
            track.write(env)
        rollbacks = shadow.review(env)
    pending = Counter(later)
    for symbol, own in waiting.items():
        pending[symbol] += sum(map(_is_of_model, own)) - done.get(symbol, Counter()).total()
    rows = [
        _row(symbol, done.get(symbol, Counter()), pending[symbol])
        for symbol in sorted(pending)
        if (symbol in done or pending[symbol]) and (not symbols or symbol in symbols)
    ]
    totals = {state: sum(row[state] for row in rows) for state in ("settled", "void", "pending")}
    down = steps.source_is_down(collected)
    warnings = ["degraded: the source failed; stored bars were used"] if down else []
    warnings += [told for one in rollbacks for told in one["failed"]]
    return {**totals, "symbols": rows, "rollbacks": rollbacks, "errors": errors, "warnings": warnings,
            "source_is_down": down}  # fmt: skip


def _row(symbol: str, done: Counter[str], pending: int) -> dict[str, Any]:
    return {"symbol": symbol, "settled": done["settled"], "void": done["void"], "pending": pending}


def _settle(env: Environment, symbol: str, waiting: Sequence[dict[str, Any]], cut: int) -> Counter[str]:
    """Settle one symbol's waiting forecasts as of a day; how many of its models' forecasts became what."""
    interval, through = env.config.data.interval, from_day(cut).isoformat()
    due = [one for one in waiting if one["target_session"] <= through]
    bars = store.read(env.market, symbol, interval, cut, int(env.clock.now().timestamp())) if due else None
    if bars is None:
        return Counter()
    name = calendar.name_for(symbol, env.config.data.calendars)
    targets = {to_day(date.fromisoformat(one["target_session"])) for one in due}
    jumps = quality.jumps(bars, env.config.data.health.max_jump)
    known = Evidence(
        bars=bars,
        total=adjust(bars).close,
        unconfirmed=frozenset(one.session for one in jumps if not one.confirmed),
        passed={day: calendar.lag(env.market, name, day, cut) for day in targets},
        held={day: bool(calendar.between(env.market, name, day, day)) for day in targets},
        patience=env.config.data.max_stale_sessions,
    )
    at = stamp(env.clock.now())
    found = [(one, outcome(_with_base_rate(one), known, at)) for one in due]
    outcomes.append(env.ledger, [made for _, made in found if made is not None])
    return Counter(made["status"] for one, made in found if made is not None and _is_of_model(one))


def _is_of_model(one: Mapping[str, Any]) -> bool:
    """Whether a waiting forecast is a model's, which are counted, and not the rule signals'."""
    return "price" in one


def _with_base_rate(one: dict[str, Any]) -> dict[str, Any]:
    """A forecast's row with the naive forecast beside it, which a model's row keeps among its details."""
    return one if "base_rate" in one else {**one, "base_rate": json.loads(one["details"]).get("base_rate")}
