"""Show the newest lines of the logs, or follow them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stockml.cli._frame import Call, Outcome, verb

if TYPE_CHECKING:
    from stockml.pipeline.logs import Follower

AREAS = ("training", "monitoring", "cron", "performance")
_PAUSE_S = 0.25  # between two looks


@verb(
    click.option("-f", "--follow", is_flag=True, help="Go on with what is added, until interrupted."),
    click.option("--area", "areas", multiple=True, type=click.Choice(AREAS), help="Only this area; may be repeated."),
    click.option("-n", "--lines", "most", type=click.IntRange(0, 100_000), default=50, show_default=True,
                 help="How many of the newest lines."),
    click.option("--run", metavar="ID", help="The events of one training run instead."),
)  # fmt: skip
def command(call: Call, follow: bool, areas: tuple[str, ...], most: int, run: str | None) -> Outcome:
    """Show what was logged last in all areas, by the machine's time.

    With -f it goes on with what is added, also after a log was rotated, and ends with Ctrl-C. The runs that the lines
    name can be looked at with --run.
    """
    from stockml import workspace
    from stockml.errors import UsageError
    from stockml.pipeline import logs
    from stockml.view import logs as view
    from stockml.view.plain import lines

    home = workspace.require(call.workspace)
    if run is not None:
        if follow:
            raise UsageError("--run shows a run that was; --follow what comes", hint="leave out one of them")
        found = logs.events(home, run)
        return Outcome({"lines": [], "events": found}, lines([view.event(one) for one in found]))
    if follow and call.as_json:
        raise UsageError("--follow never ends, and --json is one document", hint="leave out one of them")
    chosen = areas or AREAS
    follower = logs.Follower(home, chosen) if follow else None
    told = logs.newest(home, chosen, most)
    if follower is not None:
        _follow(follower, [view.line(*one) for one in told])
        return Outcome({"lines": [], "events": []})
    result = {"lines": [one._asdict() for one in told], "events": []}
    return Outcome(result, lines([view.line(*one) for one in told]))


def _follow(follower: Follower, before: list[str]) -> None:
    """Print what was and what comes, until the person stops it."""
    import time

    from stockml.view import logs as view

    try:
        for text in before:
            click.echo(text)
        while True:
            for one in follower.added():
                click.echo(view.line(*one))
            time.sleep(_PAUSE_S)
    except KeyboardInterrupt:
        return
