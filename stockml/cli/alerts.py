"""Show what is wrong and who was told, or send a test message."""

from __future__ import annotations

import click

from stockml.cli._frame import SETTINGS, Call, Outcome, build, common_options
from stockml.errors import DONE, PARTIAL


def show(call: Call, days: int) -> Outcome:
    """Show open alerts, those that closed lately, and their messages.

    The exit status is 1 if an alert is open.
    """
    from stockml.alerts import overview, troubles
    from stockml.view import alerts

    env = call.environment()
    result = overview.since(env, days)
    as_of = env.clock.as_of.isoformat() if env.clock.as_of else None
    return Outcome(result, alerts.screen(result, as_of), PARTIAL if result["open"] else DONE, troubles(env))


def test(call: Call, channel: str | None) -> Outcome:
    """Send a test message to every channel, or to CHANNEL. Nothing is recorded, nothing is tried again.

    The exit status is 1 if a channel did not take it.
    """
    from stockml.alerts import trial
    from stockml.view import alerts

    found = trial.send(call.environment(), channel)
    failed = any(not one["ok"] for one in found)
    return Outcome({"channels": found}, alerts.trial(found), PARTIAL if failed else DONE)


command = click.Group(
    "alerts", params=common_options(), context_settings=SETTINGS,
    help="Show what is wrong and who was told, or send a test message.", no_args_is_help=True,
)  # fmt: skip
command.add_command(build("list", show, [
    click.option("--days", type=click.IntRange(0, 3650), default=7, show_default=True, help="How far back to look."),
]))  # fmt: skip
command.add_command(build("test", test, [click.argument("channel", required=False, metavar="[CHANNEL]")]))
