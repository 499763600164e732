"""The commands of `schedule` that put jobs into cron or systemd and take them out."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
