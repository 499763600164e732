"""What is due for training, from pointers and the clock alone: no bars, no numbers."""

from __future__ import annotations

from collections.abc import Sequence

from stockml import triggers
from stockml.bars import store
from stockml.clock import age_days, parse_stamp
from stockml.environment import Environment
from stockml.store import pointers, versions


def due(env: Environment, asked: Sequence[str] | None, *, every: bool, force: bool) -> dict[str, list[str]]:
    """Which symbols to train, each with its reasons."""
    if asked or every or force:
        return {symbol: ["asked for"] for symbol in (asked or env.config.symbols)}
    found = {}
    for symbol in env.config.symbols:
        live = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
        known = triggers.Facts(None)
        if live:
            made_at, now = versions.made_at(live["champion"]), env.clock.now()
            since, until = int(parse_stamp(made_at).timestamp()), int(now.timestamp())
            revised = store.revised_since(env.market, symbol, env.config.data.interval, since, until)
            known = triggers.Facts(age_days(made_at, now), revised=revised)
        reasons = triggers.due(known, env.config.retrain)
        if reasons:
            found[symbol] = reasons
    return found
