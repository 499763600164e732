"""Show how a symbol's forecasts fared over time."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(
    click.argument("symbol", metavar="SYMBOL"),
    click.option(
        "--window", type=click.IntRange(5, 1000), default=60, show_default=True, help="Forecasts a point is made of."
    ),
)
def command(call: Call, symbol: str, window: int) -> Outcome:
    """Show the accuracy and the coverage of a symbol's settled forecasts over time, a sparkline each.

    Every point is of the last forecasts up to a session. Marks stand where the champion changed.
    """
    from stockml.cli import _choose
    from stockml.pipeline import history
    from stockml.view import history as view

    env = call.environment()
    (name,) = _choose.symbols(env.config, [symbol])
    result = history.history_of(env, name, window)
    return Outcome(result, view.screen(result))
