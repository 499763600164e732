"""Runs a job once as cron would: its line through /bin/sh, in cron's bare environment, from the home folder."""

from __future__ import annotations

import os
import pwd
import shlex
from pathlib import Path
from typing import Any

from stockml import errors
from stockml.schedule import calls, child, surroundings
from stockml.schedule.jobs import Job
from stockml.workspace import Workspace

SHELL = "/bin/sh"
PATH = "/usr/bin:/bin"  # crontab(5) of Debian
SHOWN = 20  # last lines of output
LONGEST = 65536  # bytes of output that are looked at
MARGIN_S = 120.0  # beyond the job's own time limit


def line(workspace: Workspace, job: str) -> str:
    """The command line that cron hands to the shell, without --due: a person wants to see it run."""
    return shlex.join(word for word in calls.words(workspace, job) if word != "--due")


def variables() -> dict[str, str]:
    """All that cron sets."""
    return {"SHELL": SHELL, "PATH": PATH, "HOME": surroundings.home(), "LOGNAME": pwd.getpwuid(os.getuid()).pw_name}


def run(workspace: Workspace, job: Job) -> dict[str, Any]:
    """`result` of `schedule test`: how the job ended, how long it took, and the last lines it wrote."""
    told = bytearray()

    def take(chunk: bytes) -> None:
        told.extend(chunk)
        del told[:-LONGEST]

    command = line(workspace, job.name)
    ended = child.run(
        [SHELL, "-c", command], variables(), Path(surroundings.home()), nice=0,
        limit_s=60.0 * job.timeout_minutes + MARGIN_S, handles=[], began=lambda: None, take=take,
    )  # fmt: skip
    lines = [line for line in told.decode(errors="replace").splitlines() if line.strip()]
    return {
        "job": job.name, "command": command, "variables": variables(), "exit_code": ended.status,
        "signal": ended.signal, "duration_s": round(ended.duration_s, 3), "output": lines[-SHOWN:],
    }  # fmt: skip


def status(result: dict[str, Any]) -> int:
    """The exit status of `schedule test`: that of the job, or that nothing could be done if a signal ended it."""
    code = result["exit_code"]
    return errors.NOTHING_DONE if code is None or code not in errors.EXIT_STATUS else int(code)
