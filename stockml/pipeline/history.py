"""What became of a symbol: its versions, with pointers and what the gate said, and how its forecasts fared."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from stockml.clock import age_days, stamp
from stockml.environment import Environment
from stockml.errors import ModelError
from stockml.ledger import facts, outcomes
from stockml.pipeline import track
from stockml.store import pointers, versions

FEWEST = 20  # forecasts in a window; below that a share says next to nothing
_PROMOTIONS = 1000
_COLUMNS = {"accuracy": "direction_hit", "naive": "naive_hit", "coverage": "in90", "winkler": "winkler90"}


def versions_of(env: Environment, symbol: str) -> dict[str, Any]:
    """`result` of `versions`: the versions that exist as of the clock, newest first."""
    live = pointers.as_of(env.workspace, env.ledger, symbol, env.clock) or {}
    now = stamp(env.clock.now())
    roles = {live.get(role): role for role in ("challenger", "previous", "champion") if live.get(role)}
    listed = []
    for name in reversed(versions.names(env.workspace, symbol)):
        one: dict[str, Any] = {"version": name, "role": roles.get(name), "problem": None}
        try:
            content = (versions.folder(env.workspace, symbol, name) / versions.MANIFEST).read_bytes()
            manifest = versions.parse_manifest(content, symbol, name)
        except (OSError, ModelError) as error:
            one["problem"] = (
                error.message if isinstance(error, ModelError) else f"manifest unreadable ({error.strerror})"
            )
            listed.append(one)
            continue
        if manifest["made_at"] > now:
            continue
        shortest = str(min(manifest["horizons"]))
        listed.append(
            {
                **one,
                "made_at": manifest["made_at"],
                "age_days": age_days(manifest["made_at"], env.clock.now()),
                "recipe": manifest["recipe"],
                "quick": manifest["quick"],
                "data": manifest["data"],
                "trials": manifest["trials"],
                "verdict": manifest["gate"]["verdict"],
                "result": manifest["gate"]["result"],
                "reasons": manifest["gate"]["reasons"],
                "model_hash": manifest["model_hash"],
                "figures": manifest["validation"]["pooled"][shortest],
            }
        )
    return {"symbol": symbol, "since": live.get("since"), "why": live.get("why"), "versions": listed}


def history_of(env: Environment, symbol: str, window: int) -> dict[str, Any]:
    """`result` of `history`: by horizon, figures of the last `window` settled forecasts after each session.

    One forecast a session counts, the earliest. A point is {"session", "n", "accuracy", "naive", "coverage",
    "winkler"}: shares of right directions, of the naive side's, of outcomes inside the 90 % interval (fractions), and
    the mean Winkler score in log returns. `promotions` are the changes of champion, oldest first.
    """
    log = reversed(list(facts.promotions(env.ledger, symbol, stamp(env.clock.now()), _PROMOTIONS)))
    changes = [next(same) for _, same in groupby(log, key=lambda row: row["champion"])]
    rows = outcomes.settled(env.ledger, env.config.data.interval, env.clock, symbol)
    horizons = {}
    for horizon, of_horizon in groupby(rows, key=lambda row: row["horizon"]):
        single = [next(same) for _, same in groupby(of_horizon, key=lambda row: row["session"])]
        horizons[str(horizon)] = {"all": track.figures(single, horizon), "points": _points(single, window)}
    told = [{key: row[key] for key in ("at", "who", "champion", "reason")} for row in changes]
    return {"symbol": symbol, "window": window, "horizons": horizons, "promotions": told}


def _points(rows: Sequence[Any], window: int) -> list[dict[str, Any]]:
    found = []
    for end in range(min(FEWEST, window), len(rows) + 1):
        part = rows[max(0, end - window) : end]
        means = {name: _mean(part, column) for name, column in _COLUMNS.items()}
        found.append({"session": part[-1]["session"], "n": len(part), **means})
    return found


def _mean(rows: Sequence[Any], column: str) -> float | None:
    told = [row[column] for row in rows if row[column] is not None]
    return sum(told) / len(told) if told else None
