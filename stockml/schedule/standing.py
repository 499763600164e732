"""How every job stands now: the facts gathered from table and heartbeats, the decisions in `lateness`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from stockml.clock import Clock, stamp
from stockml.environment import Environment
from stockml.ledger import heartbeats
from stockml.ledger.heartbeats import Beat, Event
from stockml.schedule import jobs, lateness, times
from stockml.schedule.jobs import Job
from stockml.schedule.lateness import Known, Overdue

HINT = "not installed: stockml schedule install --cron"


@dataclass(frozen=True)
class Standing:
    """One job: what is known of it, whether it is overdue, and when it comes next (None: never)."""

    known: Known
    overdue: Overdue
    following: datetime | None

    @property
    def job(self) -> Job:
        return self.known.job


def clock_of(env: Environment) -> Clock:
    """The clock that jobs live by: the machine's, also where the configuration pins that of the data.

    Only `--as-of` on the command line moves it, so that the past can be looked at.
    """
    return env.clock if env.as_of is not None else Clock()


def known(env: Environment, job: Job, clock: Clock) -> Known:
    """What is known of one job."""
    newest = heartbeats.newest(env.ledger, clock).get(job.name, {})
    return _known(env, job, jobs.zone_of(job), clock, newest)


def of_all(env: Environment, clock: Clock) -> tuple[Standing, ...]:
    """Every job of the table, in its order."""
    newest, table = heartbeats.newest(env.ledger, clock), jobs.table(env.config)
    zones = {zone: jobs.zone_of(job) for zone, job in {job.zone: job for job in table}.items()}  # the machine's once
    return tuple(_standing(_known(env, job, zones[job.zone], clock, newest.get(job.name, {})), clock) for job in table)


def overdue(env: Environment, clock: Clock | None = None) -> tuple[Standing, ...]:
    """The jobs that are overdue."""
    return tuple(one for one in of_all(env, clock or clock_of(env)) if one.overdue.kind)


def rows(standings: tuple[Standing, ...]) -> list[dict[str, Any]]:
    """`jobs` of `status` and `monitor`: what each job is, when it ran, and whether it is overdue."""
    return [_row(one) for one in standings]


def _known(env: Environment, job: Job, zone: ZoneInfo, clock: Clock, newest: Mapping[Event, Beat]) -> Known:
    latest = times.latest(job.times, zone, clock.now())
    beats = heartbeats.of_occurrence(env.ledger, job.name, latest, clock) if latest and newest else []
    return Known(job, zone, latest, beats, newest)


def _standing(known: Known, clock: Clock) -> Standing:
    now = clock.now()
    coming = times.following(known.job.times, known.zone, now) if known.job.enabled else None
    return Standing(known, lateness.overdue(known, now), coming)


def _row(one: Standing) -> dict[str, Any]:
    job, newest, last = one.job, one.known.newest, one.known.last_end
    remark = one.overdue.sentence or (HINT if job.enabled and not one.known.kept else "")
    return {
        "name": job.name,
        "schedule": job.when,
        "zone": one.known.zone.key,
        "enabled": job.enabled,
        "installed": one.known.kept,
        "last_start": stamp(newest["start"].at) if "start" in newest else None,
        "last_ok": stamp(newest["ok"].at) if "ok" in newest else None,
        "last_exit": last.exit_code if last else None,
        "next": stamp(one.following) if one.following else None,
        "overdue": bool(one.overdue.kind),
        "remark": remark or None,
    }
