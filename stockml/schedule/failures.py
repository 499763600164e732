"""What becomes of a failed unit: its job's run is given an end, and people are told like of any other."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from stockml import files
from stockml.clock import Clock, stamp
from stockml.environment import Environment
from stockml.errors import BusyError, UsageError
from stockml.ledger import heartbeats
from stockml.ledger.heartbeats import Beat
from stockml.schedule import calls, jobs, lateness, runner, standing, units, watchers
from stockml.schedule.jobs import Job

RESULT = ("MONITOR_SERVICE_RESULT", "MONITOR_EXIT_CODE", "MONITOR_EXIT_STATUS")  # systemd.exec(5), from 251 on
SIGNS = ("start", "ok", "fail", "skip")


def tell(env: Environment, unit: str) -> dict[str, Any]:
    """Record that the jobs of a unit failed, unless they did so themselves, and tell what is wrong now.

    Raises `UsageError` for a unit that is none of the workspace's.
    """
    clock = Clock()
    reason = f"systemd: {unit} failed{_result()}"
    chosen = _jobs(env, unit)
    found = [job.name for job in chosen if _end(env, job, clock, reason, alone=len(chosen) == 1)]
    late = watchers.tell(env, standing.of_all(env, clock))
    return {"unit": unit, "recorded": found, "overdue": [f"{one.job.name} {one.overdue.sentence}" for one in late]}


def _jobs(env: Environment, unit: str) -> Sequence[Job]:
    """The job that a unit runs; all of them for the unit that catches up."""
    table = jobs.table(env.config)
    name = units.job_of(env.workspace, unit)
    if name == calls.MISSED:
        return table
    for job in table:
        if job.name == name:
            return (job,)
    raise UsageError(f"{unit!r} is no unit of this workspace", hint="stockml schedule show lists the jobs")


def _end(env: Environment, job: Job, clock: Clock, reason: str, *, alone: bool) -> bool:
    """Record the failure of a job whose run was killed, or, if the unit is its own, that did not get to running.

    A run that was killed is due once more; how often in all, `lateness` decides.
    """
    last = _last(heartbeats.newest(env.ledger, clock).get(job.name, {}).values())
    if last is not None and last.event == "start":
        if _is_running(env, job):
            return False
        again = {lateness.AGAIN: stamp(clock.now())}
        heartbeats.record(
            env.ledger, job.name, "fail", clock, occurrence=last.occurrence, run=last.run, reason=reason, details=again
        )
        return True
    if not alone or (last is not None and last.event == "fail"):
        return False
    heartbeats.record(env.ledger, job.name, "fail", clock, reason=reason)
    return True


def _last(beats: Any) -> Beat | None:
    return max((one for one in beats if one.event in SIGNS), key=lambda one: one.number, default=None)


def _is_running(env: Environment, job: Job) -> bool:
    """Whether a process holds the job's lock."""
    try:
        with files.lock(runner.lock_file(env.workspace, job.name), what=f"the job {job.name}"):
            return False
    except BusyError:
        return True


def _result() -> str:
    """What systemd says of how the unit ended."""
    told = [os.environ[name] for name in RESULT if os.environ.get(name)]
    return f" ({', '.join(told)})" if told else ""
