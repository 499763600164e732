"""List a symbol's versions with their pointers and figures."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(click.argument("symbol", metavar="SYMBOL"))
def command(call: Call, symbol: str) -> Outcome:
    """List the versions of a symbol, newest first: when made, from what data, what the gate said, which is live."""
    from stockml.cli import _choose
    from stockml.pipeline import history
    from stockml.view import versions

    env = call.environment()
    (name,) = _choose.symbols(env.config, [symbol])
    result = history.versions_of(env, name)
    damaged = any(one["problem"] for one in result["versions"])
    return Outcome(result, versions.table(result), int(damaged))
