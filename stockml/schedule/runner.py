"""Runs a job: its lock, what hinders it, its command as a process of its own, its heartbeats, and who is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from stockml import alerts, errors, files
from stockml.alerts import redaction
from stockml.clock import Clock, compact, recorded_at, stamp
from stockml.config.channels import read
from stockml.environment import Environment
from stockml.errors import BusyError, StockmlError
from stockml.ledger import heartbeats
from stockml.ledger.heartbeats import Event
from stockml.schedule import child, hindrances, joblog, jobs, lateness, standing, surroundings, watchers
from stockml.schedule.child import Ended
from stockml.schedule.joblog import JobLog
from stockml.schedule.jobs import Job
from stockml.schedule.surroundings import Secrets
from stockml.workspace import Workspace

SWEPT_AFTER = timedelta(minutes=10)  # a planned run is left to its own timer for so long
PASSED_ON = 8  # characters from which a value of the file of secrets is struck out of logs
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Ran:
    """What came of a job. `event` is ok, fail or skip, or "" if nothing was due; `exit_code` is what the runner ends
    with, `status` what the command ended with (None: it was not started, or a signal ended it).

    `problems` went wrong beside the job itself: a ping, the log, the ledger, the file of secrets.
    """

    job: str
    event: Event | None
    reason: str
    exit_code: int
    status: int | None = None
    occurrence: datetime | None = None
    duration_s: float | None = None
    log: str | None = None
    was_late: bool = False
    problems: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {
            "job": self.job, "event": self.event, "reason": self.reason, "exit_code": self.status,
            "occurrence": stamp(self.occurrence) if self.occurrence else None, "duration_s": self.duration_s,
            "log": self.log,
        }  # fmt: skip


def run(env: Environment, job: Job, clock: Clock, kept: Secrets) -> Ran:
    """Run a job now, whatever its time and whatever hinders it: a person has decided.

    It stands for the last planned run if that is still to be done, so that nothing is done twice.
    """
    return _locked(env, job, clock, kept, by_hand=True)


def run_due(env: Environment, job: Job, clock: Clock, kept: Secrets) -> Ran:
    """Run a job if its last planned run is still to be done: what timers call."""
    if not job.enabled:
        return Ran(job.name, None, "it is switched off in the configuration", errors.DONE)
    decided = lateness.due(standing.known(env, job, clock), clock.now())
    if decided.occurrence is None:
        return Ran(job.name, None, decided.sentence, errors.DONE)
    return _locked(env, job, clock, kept, by_hand=False)


def run_missed(env: Environment, clock: Clock, kept: Secrets) -> list[Ran]:
    """Run every job in service whose last planned run passed without being done, one after the other, the oldest first.

    However long the machine was off, each is run once.
    """
    missed = []
    for one in standing.of_all(env, clock):
        due = lateness.due(one.known, clock.now()).occurrence
        if one.job.enabled and one.known.kept and due is not None and clock.now() - due >= SWEPT_AFTER:
            missed.append((due, one.job))
    found: list[Ran] = []
    for _, job in sorted(missed, key=lambda one: one[0]):
        found.append(run_due(env, job, clock, kept))
        if found[-1].exit_code == errors.INTERRUPTED:
            break
    return found


def tell(env: Environment, clock: Clock, ran: Iterable[Ran]) -> list[str]:
    """Check all heartbeats, as every job does after its own work; which other jobs are overdue, a sentence each."""
    ran = list(ran)
    late = watchers.tell(env, standing.of_all(env, clock), was_away=any(one.was_late for one in ran))
    own = {one.job for one in ran}
    return [f"{one.job.name} {one.overdue.sentence}" for one in late if one.job.name not in own]


def lock_file(workspace: Workspace, job: str) -> Path:
    """The lock that keeps a job from running twice at once."""
    return workspace.data / "locks" / f"job-{job}.lock"


def command_line(env: Environment, job: Job) -> list[str]:
    """The words of a job's own command; -P keeps files in the workspace from being imported."""
    as_of = ["--as-of", env.as_of] if env.as_of else []
    return [sys.executable, "-P", "-m", "stockml", "--home", str(env.workspace.home), *as_of, *job.command]


def _locked(env: Environment, job: Job, clock: Clock, kept: Secrets, by_hand: bool) -> Ran:
    """Take the job's lock, look again whether it is due and whether something hinders it, and run it."""
    decided = lateness.due(standing.known(env, job, clock), clock.now())
    try:
        with files.lock(lock_file(env.workspace, job.name), what=f"the job {job.name}") as handle:
            decided = lateness.due(standing.known(env, job, clock), clock.now())
            if not by_hand and decided.occurrence is None:
                return Ran(job.name, None, decided.sentence, errors.DONE)
            found = None if by_hand else hindrances.find(env, job, clock)
            if found is not None:
                return _left_out(env, job, clock, decided.occurrence, found.sentence, found.until)
            return _run(env, job, clock, decided.occurrence, kept, handle)
    except BusyError as error:
        found_busy = _left_out(env, job, clock, decided.occurrence, f"busy: {error.message}", clock.now())
        return replace(found_busy, exit_code=errors.BUSY)


def _left_out(
    env: Environment, job: Job, clock: Clock, occurrence: datetime | None, reason: str, again: datetime | None
) -> Ran:
    """Record that a run is left out and why; with `again` it is tried again from then on."""
    details = {lateness.AGAIN: stamp(again)} if again else {}
    problem = _beat(env, job, "skip", clock, occurrence=occurrence, reason=reason, details=details)
    return Ran(job.name, "skip", reason, errors.DONE, occurrence=occurrence, problems=_said(problem))


def _run(env: Environment, job: Job, clock: Clock, occurrence: datetime | None, kept: Secrets, handle: int) -> Ran:
    """Run the command under its lock, with a heartbeat before and after."""
    id_ = f"{compact(recorded_at())}-{os.urandom(3).hex()}"
    was_late = occurrence is not None and clock.now() - occurrence > lateness.STARTS_WITHIN
    place = {"pid": os.getpid(), "boot": BOOT.read_text(encoding="ascii").strip() if BOOT.exists() else ""}
    problems = [*kept.problems, _beat(env, job, "start", clock, occurrence=occurrence, run=id_, details=place)]
    words = command_line(env, job)
    planned = f" planned for {stamp(occurrence)}" if occurrence else " by hand"
    log = joblog.begin(env.workspace, job.name, _striker(env, kept), f"{id_}{planned}: {' '.join(words[1:])}")
    variables = surroundings.build(env.config, env.workspace, job.name, os.environ, kept)
    try:
        ended = child.run(
            words, variables, env.workspace.home, nice=job.nice, limit_s=60.0 * job.timeout_minutes, handles=[handle],
            began=lambda: problems.extend(alerts.ping(env, job.name, "start")), take=log.feed,
        )  # fmt: skip
    except OSError as error:
        ended = Ended(None, None, f"it could not be started: {error.strerror}", 0.0)
    event, reason, exit_code = judge(job, ended)
    if event == "fail" and log.tail:
        reason = f"{reason}; it said: {_last_words(log)}"
    log.end(f"{id_} {event}: {reason}")
    again = {lateness.AGAIN: stamp(clock.now())} if event == "skip" or ended.cut_short == child.INTERRUPTED else {}
    problems += [log.problem, _beat(
        env, job, event, clock, occurrence=occurrence, run=id_, exit_code=ended.status,
        duration_s=round(ended.duration_s, 3), reason=reason, details=again,
    )]  # fmt: skip
    problems += alerts.ping(env, job.name, "fail" if event == "fail" else "success", reason)
    return Ran(
        job.name, event, reason, exit_code, ended.status, occurrence, round(ended.duration_s, 3), str(log.path),
        was_late, _said(*problems),
    )  # fmt: skip


def judge(job: Job, ended: Ended) -> tuple[Event, str, int]:
    """(heartbeat, reason, exit status of the runner) of an ended command. Pure.

    That a command found something (exit 1) it has told itself: the job did its work.
    """
    took = f"after {ended.duration_s:.1f} s"
    if ended.cut_short == child.INTERRUPTED:
        return "fail", f"the runner was told to stop {took}, and ended it", errors.INTERRUPTED
    if ended.cut_short == child.TIME_LIMIT:
        told = f"its time limit of {job.timeout_minutes} minutes was reached and it was ended"
        return "fail", told, errors.NOTHING_DONE
    if ended.cut_short:
        return "fail", ended.cut_short, errors.NOTHING_DONE
    if ended.status is None:
        return "fail", f"signal {ended.signal} ended it {took}", errors.NOTHING_DONE
    told = f"exit {ended.status} {took}: {errors.EXIT_STATUS.get(ended.status, 'a status of no meaning')}"
    if ended.status == errors.BUSY:
        return "skip", told, ended.status
    return "ok" if ended.status in (errors.DONE, errors.PARTIAL) else "fail", told, ended.status


def adopt(kept: Secrets) -> None:
    """Make the user's secrets known to this process too, which pings and alerts; what is set already stays."""
    for name, value in kept.values.items():
        os.environ.setdefault(name, value)


def _beat(env: Environment, job: Job, event: Event, clock: Clock, **facts: Any) -> str:
    """Record a heartbeat; returns why it could not be. The job that empties a full disk has to run."""
    try:
        heartbeats.record(env.ledger, job.name, event, clock, **facts)
    except StockmlError as error:
        return f"the heartbeat {event} of {job.name} was not recorded: {error.message}"
    return ""


def _said(*problems: str) -> tuple[str, ...]:
    return tuple(filter(None, problems))


def _last_words(log: JobLog) -> str:
    """The error a command ended with, else the last line it wrote."""
    lines = [line.strip() for line in log.tail if line.strip()]
    found = next((line for line in reversed(lines) if line.startswith("error: ")), lines[-1] if lines else "nothing")
    return found.removeprefix("error: ")[:200]


def _striker(env: Environment, kept: Secrets) -> Callable[[str], str]:
    """Takes secrets out of a line of output; a line without any keeps its form."""
    own = {value for value in kept.values.values() if len(value) >= PASSED_ON}
    known = (*own, *redaction.secrets(read(env.config.alerts.channels)))

    def strike(line: str) -> str:
        plain = "".join(mark if mark.isprintable() else " " for mark in line).rstrip()
        struck = redaction.redact(plain, known)
        return plain if struck == " ".join(plain.split()) else struck

    return strike


def find(env: Environment, name: str) -> Job:
    """The job of a name. Raises `UsageError` that lists the others."""
    table = {job.name: job for job in jobs.table(env.config)}
    if name not in table:
        raise errors.UsageError(f"there is no job {name!r}", hint=f"there are {', '.join(table)}")
    return table[name]
