"""What became of a symbol: its versions, with pointers and what the gate said."""

from __future__ import annotations

from typing import Any

from stockml.clock import age_days, stamp
from stockml.environment import Environment
from stockml.errors import ModelError
from stockml.store import pointers, versions


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
