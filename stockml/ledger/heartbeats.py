"""The heartbeats of scheduled jobs: put into service, started, ended, left out. Appended, never changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from stockml.clock import Clock, parse_stamp, recorded_at, stamp
from stockml.ledger.store import has_table, transaction

Event = Literal["enabled", "disabled", "start", "ok", "fail", "skip"]
ENDS: tuple[Event, ...] = ("ok", "fail", "skip")  # after one of these an occurrence is done with
_FIELDS = "number, job, event, at, occurrence, run, exit_code, duration_s, reason, details"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS heartbeats(
  number INTEGER PRIMARY KEY, job TEXT NOT NULL, event TEXT NOT NULL, at TEXT NOT NULL, occurrence TEXT, run TEXT,
  exit_code INTEGER, duration_s REAL, reason TEXT NOT NULL, details TEXT NOT NULL, recorded_at TEXT NOT NULL)
"""
_INDEXES = (
    "CREATE INDEX IF NOT EXISTS heartbeats_of_job ON heartbeats(job, event, number)",
    "CREATE INDEX IF NOT EXISTS heartbeats_of_occurrence ON heartbeats(job, occurrence)",
)


@dataclass(frozen=True)
class Beat:
    """One sign of life. `occurrence` is the planned instant it stands for, None where a person started the job.

    `run` is the same for a start and its end. `details` of an `enabled` beat tell who keeps the job ({"keeper",
    "when", "zone", "command"}), those of a start which process it is ({"pid", "boot"}).
    """

    number: int
    job: str
    event: Event
    at: datetime
    occurrence: datetime | None
    run: str | None
    exit_code: int | None
    duration_s: float | None
    reason: str
    details: Mapping[str, Any]


def record(
    ledger: sqlite3.Connection, job: str, event: Event, clock: Clock, *, occurrence: datetime | None = None,
    run: str | None = None, exit_code: int | None = None, duration_s: float | None = None, reason: str = "",
    details: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Append a heartbeat. The table is made on first use, so that an older ledger gets it too."""
    planned = stamp(occurrence) if occurrence else None
    told = json.dumps(dict(details or {}), sort_keys=True, allow_nan=False)
    with transaction(ledger):
        for statement in (_SCHEMA, *_INDEXES):
            ledger.execute(statement)
        ledger.execute(
            "INSERT INTO heartbeats(job, event, at, occurrence, run, exit_code, duration_s, reason, details, "
            "recorded_at) VALUES(?,?,?,?,?,?,?,?,?,?)",
            (job, event, stamp(clock.now()), planned, run, exit_code, duration_s, reason, told, stamp(recorded_at())),
        )


def newest(ledger: sqlite3.Connection, clock: Clock) -> dict[str, dict[Event, Beat]]:
    """The newest heartbeat of each job and event, as job -> event -> beat; {} where nothing was ever recorded.

    Newest is the one written last: the machine's clock may have been set back. Under a clock that stands still,
    what came later does not count.
    """
    if not has_table(ledger, "heartbeats"):
        return {}
    sql = f"SELECT {_FIELDS} FROM heartbeats WHERE number IN (SELECT max(number) FROM heartbeats WHERE "
    rows = ledger.execute(f"{sql} at <= ? GROUP BY job, event)", (_until(clock),))
    found: dict[str, dict[Event, Beat]] = {}
    for row in rows:
        found.setdefault(row["job"], {})[row["event"]] = _beat(row)
    return found


def of_occurrence(ledger: sqlite3.Connection, job: str, occurrence: datetime, clock: Clock) -> list[Beat]:
    """All heartbeats of a job that stand for one planned instant, in the order in which they were written."""
    if not has_table(ledger, "heartbeats"):
        return []
    rows = ledger.execute(
        f"SELECT {_FIELDS} FROM heartbeats WHERE job = ? AND occurrence = ? AND at <= ? ORDER BY number",
        (job, stamp(occurrence), _until(clock)),
    )
    return [_beat(row) for row in rows]


def durations(ledger: sqlite3.Connection, job: str, clock: Clock, most: int = 20) -> list[float]:
    """Seconds that the last runs of a job took which did their work, the newest first."""
    if not has_table(ledger, "heartbeats"):
        return []
    rows = ledger.execute(
        "SELECT duration_s FROM heartbeats WHERE job = ? AND event = 'ok' AND duration_s IS NOT NULL AND at <= ? "
        "ORDER BY number DESC LIMIT ?",
        (job, _until(clock), most),
    )
    return [float(row[0]) for row in rows]


def _until(clock: Clock) -> str:
    """The last stamp that counts: all there is for a clock that runs, whatever it said when a row was written."""
    return stamp(clock.now()) if clock.fixed else "9999"


def _beat(row: sqlite3.Row) -> Beat:
    planned = row["occurrence"]
    return Beat(
        row["number"], row["job"], row["event"], parse_stamp(row["at"]), parse_stamp(planned) if planned else None,
        row["run"], row["exit_code"], row["duration_s"], row["reason"], json.loads(row["details"]),
    )  # fmt: skip
