"""Tells people which jobs are overdue: one alert for the schedule where most are silent, else one for each job."""

from __future__ import annotations

import os
from collections.abc import Sequence

from stockml import alerts
from stockml.alerts.message import Cause
from stockml.environment import Environment
from stockml.evidence import COMMON_FEWEST, COMMON_SHARE
from stockml.schedule.standing import Standing

AREA = "schedule"
RUN_BY = "STOCKML_JOB"  # the variable that tells a command which job it is
TITLES = {"silent": "has not been started", "unended": "has no end", "failed": "failed"}


def tell(env: Environment, listed: Sequence[Standing], *, was_away: bool = False) -> tuple[Standing, ...]:
    """Record and tell which of all jobs are overdue; returns those that are.

    With `was_away` the machine was off or asleep until just now: jobs that were due in that time are about to be
    caught up on, and nobody is told of them yet.
    """
    late = tuple(one for one in listed if one.overdue.kind)
    told = [one for one in late if not (was_away and one.overdue.kind == "silent")]
    alerts.update(env, causes(told, sum(one.job.enabled and one.known.kept for one in listed)), AREA)
    return late


def is_job() -> bool:
    """Whether this process was started by the runner, which does the telling when it has ended."""
    return bool(os.environ.get(RUN_BY))


def causes(late: Sequence[Standing], kept: int) -> list[Cause]:
    """What to tell of overdue jobs, of which `kept` are in service in all. Pure.

    Many silent jobs have one cause: cron or systemd does not run, or what was installed is gone. The share is that
    by which the monitor takes what many symbols have for one cause.
    """
    silent = [one for one in late if one.overdue.kind == "silent"]
    found = []
    if len(silent) >= max(COMMON_FEWEST, COMMON_SHARE * kept):
        names = ", ".join(one.job.name for one in silent)
        first = f"{silent[0].job.name} {silent[0].overdue.sentence}"
        sentence = f"{names}: not started when they were due ({first}); does cron or systemd run? stockml schedule show"
        found.append(Cause("jobs:silent", "critical", f"{len(silent)} of {kept} jobs are not run", sentence))
        late = [one for one in late if one.overdue.kind != "silent"]
    return found + [_cause(one) for one in late]


def _cause(one: Standing) -> Cause:
    level = "critical" if one.overdue.kind == "silent" else "warning"
    title = f"job {one.job.name} {TITLES[one.overdue.kind]}"
    return Cause(f"job:{one.job.name}:{one.overdue.kind}", level, title, f"{one.job.name} {one.overdue.sentence}")
