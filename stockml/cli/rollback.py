"""Return to the version that was deployed before."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(
    click.argument("symbol", metavar="SYMBOL"),
    click.option("--reason", default="rolled back by hand", show_default=True, help="Why; kept in the ledger."),
)
def command(call: Call, symbol: str, reason: str) -> Outcome:
    """Make the previous version of a symbol its champion again. Run it twice to undo it."""
    from stockml.cli import _choose
    from stockml.pipeline import promotion
    from stockml.view.plain import lines

    env = call.environment()
    (name,) = _choose.symbols(env.config, [symbol])
    result = promotion.rollback(env, name, reason)
    return Outcome(result, lines([f"{name}: champion is {result['champion']}, previous {result['previous']}"]))
