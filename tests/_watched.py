"""Workspaces for the tests of watching: champions deployed some time ago, and forecasts with the outcomes we want."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import _fleet
import numpy as np

from stockml.clock import from_day
from stockml.environment import Environment, open_environment
from stockml.ledger import forecasts, outcomes
from stockml.ledger.schema import JUDGED, SETTLED
from stockml.store import pointers
from stockml.workspace import Workspace

DEPLOYED = 80  # sessions before the last one
SYMBOLS = tuple(f"S{number:02d}" for number in range(13))


def home(folder: Path, symbols: tuple[str, ...] = SYMBOLS, count: int = 700) -> Path:
    """A workspace over csv files, whose champions were deployed `DEPLOYED` sessions before its last bar.

    Its clock stands at the last bar, and the recipe is the naive one, which is trained in a moment.
    """
    days = _fleet.exchange_days(count)
    made = _fleet.csv_home(folder, _fleet.fleet(count=count, days=days, symbols=symbols))
    settings = made / "persistent_data" / "ml_config.json"
    wanted = {**json.loads(settings.read_text()), "model": {"recipe": "naive"}, "expire_days": 365.0}
    settings.write_text(json.dumps({**wanted, "as_of": from_day(int(days[-1])).isoformat()}))
    begun = from_day(int(days[-DEPLOYED])).isoformat()
    for words in (("train", "--all", "--as-of", begun), ("data", "fetch")):
        ran = _fleet.stockml(*words, home=made)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return made


def opened(place: Path, offline: bool = True, as_of: str | None = None) -> Environment:
    return open_environment(Workspace(place), as_of, offline)


def say(
    env: Environment, symbol: str, inside: Sequence[bool], *, hits: Sequence[bool] | None = None, horizon: int = 1,
    error: float = 0.01, pending: int = 0, probability: float = 0.55, base_rate: float = 0.53,
) -> None:  # fmt: skip
    """Forecasts of a symbol's champion since it was deployed, one a session, settled as told; the last ones pending."""
    days = _fleet.exchange_days(700)[-DEPLOYED:]
    live = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
    assert live is not None
    said, became = [], []
    for place, held in enumerate(inside):
        session, target = (from_day(int(days[place + step])).isoformat() for step in (0, horizon))
        id_ = f"{symbol}-{horizon}-{session}"
        said.append({
            "id": id_, "symbol": symbol, "bar_interval": "1d", "horizon": horizon, "made_at": f"{session}T21:31:00Z",
            "session": session, "target_session": target, "last_close": 100.0, "price": 100.0,
            "probability_up": probability, "class": "hold", "class_probabilities": dict.fromkeys("abcde", 0.2),
            "lo80": 98.0, "hi80": 102.0, "lo90": 97.0, "hi90": 103.0, "confidence": probability,
            "regime": "sideways", "version": live["champion"], "details": {"base_rate": base_rate},
        })  # fmt: skip
        if place < len(inside) - pending:
            became.append({
                **dict.fromkeys((*SETTLED, *JUDGED)), "forecast": id_, "status": "settled", "settled_close": 101.0,
                "settled_at": f"{target}T21:32:00Z", "error_pct": error,
                "direction_hit": int(hits[place] if hits else place % 2),
                "settled_session": target, "total_return": 0.01, "naive_hit": int(place % 2), "naive_error_pct": 0.01,
                "in80": int(held), "in90": int(held), "winkler80": 0.05, "winkler90": 0.06, "reason": None,
            })  # fmt: skip
    forecasts.append(env.ledger, said, env.clock)
    outcomes.append(env.ledger, became)


def held(rate: float, count: int, seed: int) -> list[bool]:
    """So many outcomes, each inside with a probability."""
    return (np.random.default_rng(seed).random(count) < rate).tolist()
