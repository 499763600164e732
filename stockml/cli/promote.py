"""Deploy a version by hand."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(
    click.argument("symbol", metavar="SYMBOL"),
    click.argument("version", metavar="VERSION"),
    click.option("--reason", required=True, help="Why; kept in the ledger."),
)
def command(call: Call, symbol: str, version: str, reason: str) -> Outcome:
    """Make a version of a symbol its champion, after checking every file of it. Recorded with the reason."""
    from stockml.cli import _choose
    from stockml.pipeline import promotion
    from stockml.view.plain import lines

    env = call.environment()
    (name,) = _choose.symbols(env.config, [symbol])
    result = promotion.promote(env, name, version, "by hand", reason)
    return Outcome(result, lines([f"{name}: champion is {result['champion']}, previous {result['previous']}"]))
