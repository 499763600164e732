"""Show, check and change the configuration."""

from __future__ import annotations

import click

from stockml.cli._frame import SETTINGS, Call, Outcome, build, common_options
from stockml.errors import DONE, USAGE


def show(call: Call) -> Outcome:
    """Show the effective configuration: the file's keys, and the defaults of all others."""
    import dataclasses

    from stockml.config.load import load
    from stockml.view import config

    effective = dataclasses.asdict(load(call.workspace))
    return Outcome(effective, config.document(effective))


def check(call: Call) -> Outcome:
    """Check the configuration and list every mistake with its path, its value and the nearest right key."""
    from stockml.config.load import problems_of
    from stockml.errors import ConfigError
    from stockml.view import config

    workspace = call.workspace
    found = problems_of(workspace)
    shown = config.problems(found, str(workspace.config_file))
    errors = [ConfigError(f"{workspace.config_file}: {len(found)} problem{'s' * (len(found) != 1)}")] if found else []
    return Outcome({"ok": not found, "problems": found}, shown, USAGE if found else DONE, errors=[*errors])


def schema(call: Call) -> Outcome:
    """Print the JSON Schema of the configuration, for editors."""
    from stockml.config.load import json_schema
    from stockml.view import config

    made = json_schema()
    return Outcome(made, config.document(made))


def change(call: Call, key: str, value: str) -> Outcome:
    """Change one key, such as data.max_stale_sessions. VALUE is JSON, else a string.

    The whole configuration is checked before it is written; if it has a mistake, nothing changes.
    """
    from stockml.config.edit import put
    from stockml.view.plain import lines

    before, after = put(call.workspace, key, value)
    told = [f"{key} is set in {call.workspace.config_file}"]
    return Outcome({"key": key, "value": after, "before": before}, lines(told))


command = click.Group(
    "config", params=common_options(), context_settings=SETTINGS,
    help="Show, check and change the configuration.", no_args_is_help=True,
)  # fmt: skip
command.add_command(build("show", show, []))
command.add_command(build("check", check, []))
command.add_command(build("schema", schema, []))
command.add_command(
    build("set", change, [click.argument("key", metavar="KEY"), click.argument("value", metavar="VALUE")])
)
command.commands["set"].ignore_unknown_options = True  # a negative number is a value
