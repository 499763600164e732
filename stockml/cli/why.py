"""Explain a symbol: why this champion, what the gate said last."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(click.argument("symbol", metavar="SYMBOL"))
def command(call: Call, symbol: str) -> Outcome:
    """Tell why a symbol has the champion it has, and what was decided last, on which figures."""
    from stockml.cli import _choose
    from stockml.pipeline import explain
    from stockml.view import why

    env = call.environment()
    (name,) = _choose.symbols(env.config, [symbol])
    result = explain.why(env, name)
    return Outcome(result, why.screen(result), int(bool(result["problem"])))
