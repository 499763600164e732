"""The audits in the ledger: what was looked at, what was found, and the newest one of a fingerprint."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from stockml.clock import Clock, recorded_at, stamp
from stockml.ledger.store import has_table, transaction

_SCHEMA = """
CREATE TABLE IF NOT EXISTS audits(
  number INTEGER PRIMARY KEY, at TEXT NOT NULL, fingerprint TEXT NOT NULL, verdict TEXT NOT NULL, checks TEXT NOT NULL,
  control TEXT NOT NULL, subject TEXT NOT NULL, recorded_at TEXT NOT NULL)
"""


def record(ledger: sqlite3.Connection, fingerprint: str, found: dict[str, Any], clock: Clock) -> None:
    """Append an audit: its verdict, checks and control, and the subject it was made on.

    The table is made on first use, so that a ledger from before there were audits gets it too.
    """
    values = [found["verdict"], *(json.dumps(found[name]) for name in ("checks", "control", "subject"))]
    with transaction(ledger):
        ledger.execute(_SCHEMA)
        ledger.execute(
            "INSERT INTO audits(at, fingerprint, verdict, checks, control, subject, recorded_at) VALUES(?,?,?,?,?,?,?)",
            (stamp(clock.now()), fingerprint, *values, stamp(recorded_at())),
        )


def newest(ledger: sqlite3.Connection, fingerprint: str, clock: Clock) -> dict[str, Any] | None:
    """The last audit of a fingerprint up to the clock: {"at", "verdict", "checks", "control", "subject"}, or None."""
    if not has_table(ledger, "audits"):
        return None
    row = ledger.execute(
        "SELECT at, verdict, checks, control, subject FROM audits WHERE fingerprint = ? AND at <= ? "
        "ORDER BY at DESC, number DESC LIMIT 1",
        (fingerprint, stamp(clock.now())),
    ).fetchone()
    if row is None:
        return None
    return {**dict(row), **{name: json.loads(row[name]) for name in ("checks", "control", "subject")}}
