"""Show the fleet on one screen."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb
from stockml.view.status import STATES


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--state", type=click.Choice(STATES), help="Only symbols in this state."),
)
def command(call: Call, symbols: tuple[str, ...], state: str | None) -> Outcome:
    """Show each symbol's state, champion, data, figures and what is due.

    Figures come from the sessions before the champion was trained, forecast by a model that had not seen
    them; from 60 settled forecasts of its own on, from those. The exit status is 1 if a symbol is not healthy
    or a job is overdue.
    """
    from stockml import alerts
    from stockml.cli import _choose
    from stockml.pipeline import overview
    from stockml.view import status

    env = call.environment()
    everything = call.as_json or call.verbose > 0
    most = None if everything else status.MOST_ROWS
    result = overview.fleet(env, _choose.symbols(env.config, symbols), most, state)
    unwell = any(name != "healthy" for name in result["states"]) or any(job["overdue"] for job in result["jobs"])
    as_of = env.clock.as_of.isoformat() if env.clock.as_of else None
    return Outcome(result, status.screen(result, str(env.workspace.home), as_of), int(unwell), alerts.troubles(env))
