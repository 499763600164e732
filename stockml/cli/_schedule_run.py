"""The commands of `schedule` that run a job, try one, or simulate the table."""

from __future__ import annotations

import click

COMMANDS: tuple[click.Command, ...] = ()
