"""The lines of our block in a cron table, built with python-crontab and read back by our own parser."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from stockml.errors import StockmlError, UsageError
from stockml.schedule import calls, times, wall_lines
from stockml.schedule.jobs import Job
from stockml.workspace import Workspace

LONGEST = 900  # bytes; Debian's crontab refuses a command of 1,000
MISSED = ("@reboot", "25 * * * *")  # when to look for runs that were missed


def render(
    workspace: Workspace, jobs: Sequence[Job], machine: ZoneInfo, now: datetime
) -> dict[str, tuple[str, ...]]:
    """Lines by job, in the table's order, and under `calls.MISSED` those that catch up; {} without jobs.

    Raises `UsageError` for a home whose path makes a line too long, `WorkspaceError` as `calls.words` does.
    """
    if not jobs:
        return {}
    wanted: dict[str, tuple[str, ...]] = {
        job.name: wall_lines.lines(job.times, ZoneInfo(job.zone) if job.zone else machine, machine, now) for job in jobs
    }
    wanted[calls.MISSED] = MISSED
    return {name: tuple(build(when, calls.words(workspace, name)) for when in whens) for name, whens in wanted.items()}


def flat(rendered: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """All lines in order."""
    return tuple(line for lines in rendered.values() for line in lines)


def build(when: str, command: tuple[str, ...]) -> str:
    """One line of a table. Raises `UsageError` if it is too long for cron."""
    import crontab

    item = crontab.CronTab(tab="").new(command=shlex.join(command))  # it escapes % itself
    item.setall(when)
    line = str(item.render())
    if line.startswith("@") and when[0] != "@":  # it likes @daily better than five fields
        line = f"{item.slices.clean_render()} {line.split(' ', 1)[1]}"
    if not item.is_valid() or not reads_as(line, when, command):
        raise StockmlError(f"the line {line!r} does not say what was meant; nothing was changed", kind="bug")
    if len(line.encode()) > LONGEST:
        raise UsageError(
            f"a line of {len(line.encode())} bytes is longer than cron takes ({LONGEST}): {line[:80]}...",
            hint="move the workspace to a shorter path, or write the job's times with fewer minutes",
        )
    return line


def reads_as(line: str, when: str, command: tuple[str, ...]) -> bool:
    """Whether a line means the same times and, to cron and sh, exactly this command."""
    if "\n" in line or "\r" in line:
        return False
    count = 1 if when.startswith("@") else len(times.FIELDS)
    parts = line.split(" ", count)
    fields, called = " ".join(parts[:-1]), parts[-1]
    if called != calls.for_cron(command):
        return False
    if when.startswith("@"):
        return fields == when
    read, meant = times.parse(fields), times.parse(when)
    return all(
        getattr(read, name) == getattr(meant, name) for name in ("minutes", "hours", "days", "months", "weekdays")
    )
