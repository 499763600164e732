"""Notes in the ledger which jobs are in service, so that watchers know from when on to expect them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stockml.clock import Clock
from stockml.environment import Environment
from stockml.ledger import heartbeats
from stockml.ledger.heartbeats import Beat, Event
from stockml.schedule import accounts, jobs
from stockml.schedule.installed import Kept
from stockml.schedule.jobs import Job


def note(env: Environment, kept: Kept) -> list[tuple[str, Event]]:
    """Record `enabled` and `disabled` for what changed since the last note; returns (job, event) of each.

    A job whose times, zone or command changed is put into service anew: it is expected at its new times from now on.
    """
    clock = Clock()
    with accounts.as_owner(env.workspace):
        newest = heartbeats.newest(env.ledger, clock)
        table = {job.name: job for job in jobs.table(env.config)}
        made: list[tuple[str, Event]] = []
        for name in sorted({*kept.keepers, *newest}):
            before = _standing(newest.get(name, {}))
            now = _details(table.get(name), kept.keepers.get(name, ()))
            if now == before:
                continue
            event: Event = "enabled" if now else "disabled"
            heartbeats.record(env.ledger, name, event, clock, details=now or {}, reason=_reason(now, before))
            made.append((name, event))
    return made


def _standing(newest: Mapping[Event, Beat]) -> dict[str, Any] | None:
    """What the last note says of a job: its details, None if it is not in service."""
    on, off = newest.get("enabled"), newest.get("disabled")
    if on is None or (off is not None and off.number > on.number):
        return None
    return dict(on.details)


def _details(job: Job | None, keepers: tuple[str, ...]) -> dict[str, Any] | None:
    if job is None or not keepers:
        return None
    return {
        "keeper": ", ".join(keepers), "when": job.when, "zone": jobs.zone_of(job).key, "command": list(job.command),
    }  # fmt: skip


def _reason(now: dict[str, Any] | None, before: dict[str, Any] | None) -> str:
    if now is None:
        return "taken out of cron and systemd"
    return f"put into {now['keeper']}" if before is None else f"changed in {now['keeper']}"
