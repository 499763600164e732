"""Explain a symbol: why this champion, what was decided last, what comes next."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(click.argument("symbol", metavar="SYMBOL"))
def command(call: Call, symbol: str) -> Outcome:
    """Tell why a symbol stands where it stands, on which figures.

    Why it is trained or not, why its candidate was deployed or refused, whether the replaced champion is still
    compared with it, how far the data reach, what was forecast last, and what would train it next, how far away.
    """
    from stockml.cli import _choose
    from stockml.pipeline import explain
    from stockml.view import why

    env = call.environment()
    (name,) = _choose.symbols(env.config, [symbol])
    result = explain.why(env, name)
    return Outcome(result, why.screen(result, bool(call.verbose)), int(bool(result["problem"])))
