"""Small fleets for the tests of replays: a workspace over csv files, its sessions, and what a policy's ledger holds."""

from __future__ import annotations

import json
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import _fleet
import numpy as np

from stockml import workspace
from stockml.bars.series import Bars
from stockml.clock import from_day
from stockml.config import load as config_load
from stockml.environment import open_environment
from stockml.pipeline import steps
from stockml.replay import place, policy, replay
from stockml.replay.place import Place

COUNT = 700
VOLATILE = ("recorded_at", "checksum", "run", "figures", "started_at", "ended_at")
TABLES = ("forecasts_made", "outcomes", "signals_made", "abstentions", "trials", "decisions", "promotions", "triggers",
          "alerts", "audits")  # fmt: skip


def days(count: int = COUNT) -> np.ndarray:
    return _fleet.exchange_days(count)


def day(place_: int) -> str:
    """A session of the fleet counted from the end, as a date."""
    return from_day(int(days()[place_])).isoformat()


def home(folder: Path, recipe: str = "naive", bars: dict[str, Bars] | None = None, **changes: Any) -> Path:
    """A workspace over csv files with a fixed schedule in UTC."""
    made = _fleet.csv_home(folder, bars or _fleet.fleet(count=COUNT, days=days()))
    settings = made / "persistent_data" / "ml_config.json"
    wanted = json.loads(settings.read_text())
    wanted["model"] = {"recipe": recipe, "options": {"rounds": 10} if recipe == "pooled" else {}}
    wanted["schedule"] = {"zone": "America/New_York"}
    settings.write_text(json.dumps({**wanted, **changes}))
    return made


def fetched(home: Path) -> None:
    """Fetch all bars there are."""
    env = open_environment(workspace.find(str(home)), day(-1))
    steps.collect(env)
    env.market.close()


def lived(
    home: Path, first: str, last: str, *policies: str | Path, jobs: int = 1
) -> tuple[dict[str, Any], Place]:
    """A replay in this process: (its result, where it is)."""
    env = open_environment(workspace.find(str(home)), last)
    read = [policy.read(str(one)) for one in policies]
    result, _ = replay.replay(
        env, date.fromisoformat(first), date.fromisoformat(last), read, [], jobs, lambda *told: None
    )
    base = config_load.parse_json(config_load.read(env.workspace))
    return result, place.find(env, base, env.config.symbols, date.fromisoformat(first))


def told(own: Path, until: str = "9999") -> dict[str, list[dict[str, Any]]]:
    """What a workspace's ledger holds, by table, without what depends on the wall clock or on chance."""
    ledger = sqlite3.connect(own / "persistent_data" / "ledger.db")
    ledger.row_factory = sqlite3.Row
    found = {}
    for table in TABLES:
        if ledger.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            rows = [dict(row) for row in ledger.execute(f"SELECT * FROM {table}")]
            found[table] = [_bare(row) for row in rows if _at(row) <= until]
    ledger.close()
    return found


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in VOLATILE}


def figures(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what no two machines share."""
    policies = {
        name: {key: value for key, value in one.items() if key not in ("seconds", "bytes")}
        for name, one in result["policies"].items()
    }
    return {**{key: result[key] for key in ("span", "symbols", "comparisons", "events")}, "policies": policies}


def policy_file(folder: Path, name: str, **keys: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(keys))
    return path


def _at(row: dict[str, Any]) -> str:
    return str(next((row[name] for name in ("made_at", "at", "settled_at") if row.get(name)), ""))
