"""What is due for training, from pointers and the clock alone: no bars, no numbers."""

from __future__ import annotations

from collections.abc import Sequence

from stockml import triggers
from stockml.clock import age_days
from stockml.environment import Environment
from stockml.store import pointers, versions


def due(env: Environment, asked: Sequence[str] | None, *, every: bool, force: bool) -> dict[str, list[str]]:
    """Which symbols to train, each with its reasons."""
    if asked or every or force:
        return {symbol: ["asked for"] for symbol in (asked or env.config.symbols)}
    found = {}
    for symbol in env.config.symbols:
        live = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
        age = age_days(versions.made_at(live["champion"]), env.clock.now()) if live else None
        reasons = triggers.due(triggers.Facts(age), env.config.retrain)
        if reasons:
            found[symbol] = reasons
    return found
