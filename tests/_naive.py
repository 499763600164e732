"""A small fleet trained by the naive recipe, which takes a second, and environments of it in this process."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import _fleet

from stockml import environment
from stockml.clock import Clock, from_day
from stockml.environment import Environment
from stockml.ledger import facts, forecasts
from stockml.pipeline import runs
from stockml.workspace import Workspace

DAYS = _fleet.exchange_days(840)
SESSIONS = [from_day(int(day)).isoformat() for day in DAYS]
FIRST = SESSIONS[-15]  # when the fleet is trained


def make(folder: Path) -> Path:
    """A workspace trained as of `FIRST`."""
    home = _fleet.csv_home(folder, _fleet.fleet(count=840, days=DAYS))
    configure(home, model={"recipe": "naive", "options": {}})
    _fleet.result("train", "--all", "--as-of", FIRST, home=home)
    return home


def copy(home: Path, folder: Path) -> Path:
    return Path(shutil.copytree(home, folder / "home"))


def configure(home: Path, **changes: Any) -> None:
    path = home / "persistent_data" / "ml_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def at(home: Path, session: str) -> Environment:
    """The workspace as of a session, without asking its source."""
    return environment.open_environment(Workspace(home), session, offline=True)


def live(home: Path, moment: datetime) -> Environment:
    """The workspace at an instant of the machine's clock."""
    env = environment.open_environment(Workspace(home), None, offline=True)
    env.__dict__["clock"] = Clock(fixed=moment)
    return env


def judged(env: Environment, symbol: str, version: str, result: str, **figures: Any) -> None:
    """Record a decision of the gate as training does."""
    told = {"result": result, "verdict": "cannot_tell", "reasons": ["a test"], "figures": figures}
    with runs.recorded(env, "train", "training") as run:
        facts.record_decision(env.ledger, run.id, symbol, version, env.clock, told)


def speak(home: Path, version: dict[str, str], width: float, sessions: range) -> None:
    """Write forecasts of a version one session ahead, whose 90 % interval is `width` times two per cent each way."""
    bars = _fleet.fleet(count=840, days=DAYS)
    for place in sessions:
        env = at(home, SESSIONS[place])
        env.ledger.execute("PRAGMA synchronous = OFF")
        made = [said(env, bars, one, version[one], width, place) for one in _fleet.SYMBOLS]
        forecasts.append(env.ledger, made, env.clock)


def said(env: Environment, bars: Any, symbol: str, version: str, width: float, place: int) -> dict[str, Any]:
    close = float(bars[symbol].close[place])
    ends = {f"{side}{name}": close * math.exp(sign * width * half) for side, sign in (("lo", -1), ("hi", 1))
            for name, half in (("80", 0.015), ("90", 0.02))}  # fmt: skip
    return {
        "id": hashlib.sha256(f"{symbol}{version}{place}".encode()).hexdigest()[:16], "symbol": symbol,
        "bar_interval": "1d", "horizon": 1, "made_at": f"{SESSIONS[place]}T21:30:00Z", "session": SESSIONS[place],
        "target_session": SESSIONS[place + 1], "last_close": close, "price": close, "probability_up": 0.5,
        "class": "hold", "class_probabilities": {}, **ends, "confidence": 0.5, "regime": "sideways",
        "version": version, "details": {"base_rate": 0.5},
    }  # fmt: skip
