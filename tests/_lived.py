"""A small fleet that has lived: trained once, forecast at every session since, not settled yet."""

from __future__ import annotations

import functools
import json
import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any

import _fleet
import numpy as np

from stockml import workspace
from stockml.clock import Clock, from_day
from stockml.environment import Environment, open_environment
from stockml.pipeline import predict, steps

SPAN, SESSIONS = 840, 63


@functools.cache
def days() -> np.ndarray:
    return _fleet.exchange_days(SPAN)


def day(place: int) -> str:
    return from_day(int(days()[place])).isoformat()


def home(folder: Path, sessions: int = SESSIONS) -> Path:
    """Prices with a split among the last bars; forecasts of the naive recipe at each of the last sessions but one."""
    bars = _fleet.fleet(count=SPAN, days=days())
    for one in bars.values():
        for column in (one.open, one.high, one.low, one.close):
            column[-15:] = column[-15:] / 3.0
        one.split[-15] = 3.0
    made = _fleet.csv_home(folder, bars)
    _fleet.result("train", "--all", "--model", "naive", "--as-of", day(-sessions), home=made)
    for place in range(-sessions, -1):
        predict.predict(env := at(made, place), list(_fleet.SYMBOLS))
        close(env)
    steps.collect(env := at(made, -1))
    close(env)
    return made


def close(env: Environment) -> None:
    """Close the databases now, not when the garbage goes: only then are their logs in them, and a copy is whole."""
    for name in ("ledger", "market"):
        if name in env.__dict__:
            env.__dict__[name].close()


def at(home: Path, place: int) -> Environment:
    """The environment as of a session, counted from the end."""
    return open_environment(workspace.find(str(home)), day(place))


def live(home: Path, moment: datetime) -> Environment:
    """The environment of a machine whose clock says so."""
    made = open_environment(workspace.find(str(home)))
    made.__dict__["clock"] = Clock(moment)
    return made


def rows(home: Path, table: str = "outcomes") -> list[dict[str, Any]]:
    """The rows of a chained table without what depends on the wall clock."""
    ledger = sqlite3.connect(home / "persistent_data" / "ledger.db")
    ledger.row_factory = sqlite3.Row
    found = [dict(row) for row in ledger.execute(f"SELECT * FROM {table} ORDER BY number")]
    ledger.close()
    return [{key: one[key] for key in one if key not in ("recorded_at", "checksum")} for one in found]


def scores(home: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((home / "logs" / "performance" / "accuracy_scores.json").read_text())
    return found
