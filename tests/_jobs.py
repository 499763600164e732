"""Workspaces with jobs of their own for the tests of the schedule, and what their heartbeats say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import _fleet

from stockml.clock import Clock
from stockml.environment import Environment, open_environment
from stockml.ledger import heartbeats
from stockml.schedule import jobs
from stockml.workspace import Workspace

COUNT = 700  # sessions
LONG_AGO = Clock(datetime(2026, 1, 1, tzinfo=UTC))
ENDLESS = ["monitor", "--continuous", "--offline", "--interval", "600"]


def home(folder: Path, table: dict[str, dict[str, Any]], **more: Any) -> Path:
    """A workspace of three symbols whose only jobs are those of a table; the naive recipe trains in a moment.

    The clock of the data stands at the last bar, 2019-12-20; jobs live on the machine's time all the same.
    """
    days = _fleet.exchange_days(COUNT)
    made = _fleet.csv_home(folder, _fleet.fleet(count=COUNT, days=days, symbols=("AAA", "BBB", "CCC")))
    off = {job.name: {"enabled": False} for job in jobs.DEFAULTS}
    schedule = {"zone": "UTC", "jobs": {**off, **table}}
    change(made, **{"as_of": "2019-12-20", "model": {"recipe": "naive"}, "schedule": schedule, **more})
    return made


def change(place: Path, **keys: Any) -> None:
    path = place / "persistent_data" / "ml_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **keys}))


def opened(place: Path) -> Environment:
    return open_environment(Workspace(place))


def install(place: Path, *names: str, clock: Clock = LONG_AGO) -> None:
    """Let jobs be in service since some time, as an installation does."""
    for name in names:
        heartbeats.record(opened(place).ledger, name, "enabled", clock, reason="put into cron")


def beats(place: Path, job: str) -> list[tuple[str, int | None, str]]:
    """(event, exit status, reason) of the runs of a job, oldest first."""
    rows = opened(place).ledger.execute(
        "SELECT event, exit_code, reason FROM heartbeats WHERE job = ? AND event <> 'enabled' ORDER BY number", (job,)
    )
    return [tuple(row) for row in rows]


def wait_for(what: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come about in time"
        time.sleep(0.05)


def log(place: Path, job: str) -> str:
    return "".join(path.read_text() for path in sorted((place / "logs" / "cron").glob(f"{job}-*.log")))
