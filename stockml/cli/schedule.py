"""Install, remove, show, check and run the jobs that keep the fleet alive."""

from __future__ import annotations

import click

from stockml.cli import _schedule_install, _schedule_run
from stockml.cli._frame import SETTINGS, common_options

command = click.Group(
    "schedule", params=common_options(), context_settings=SETTINGS,
    help="Install, remove, show, check and run the jobs that keep the fleet alive.", no_args_is_help=True,
)  # fmt: skip
for _one in (*_schedule_install.COMMANDS, *_schedule_run.COMMANDS):
    command.add_command(_one)
