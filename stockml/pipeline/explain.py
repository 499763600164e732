"""Why a symbol stands where it stands: its pointers, what the gate said last, and on which figures."""

from __future__ import annotations

from typing import Any

from stockml.clock import age_days, stamp
from stockml.environment import Environment
from stockml.errors import ModelError
from stockml.ledger import facts
from stockml.pipeline import due
from stockml.store import pointers, versions

PROMOTIONS = 5  # newest rows of the promotion log that are told


def why(env: Environment, symbol: str) -> dict[str, Any]:
    """`result` of `why`: the champion with its accepted figures, the last decision, promotions, what is due."""
    now = stamp(env.clock.now())
    problem = ""
    try:
        live = pointers.as_of(env.workspace, env.ledger, symbol, env.clock)
    except ModelError as error:
        live, problem = facts.pointers_as_of(env.ledger, symbol, now), error.message
    champion = _champion(env, symbol, str(live["champion"])) if live else None
    return {
        "symbol": symbol,
        "champion": champion,
        "previous": live and live["previous"],
        "challenger": live and live["challenger"],
        "since": live and live["since"],
        "why": live and live["why"],
        "problem": problem or (champion["problem"] if champion else None) or None,
        "decision": facts.latest_decision(env.ledger, symbol, now),
        "promotions": facts.promotions(env.ledger, symbol, now, PROMOTIONS),
        "trials": facts.trials(env.ledger, symbol, env.clock),
        "due": due.due(env, None, every=False, force=False).get(symbol, []) if not problem else [],
    }


def _champion(env: Environment, symbol: str, version: str) -> dict[str, Any]:
    """What its manifest says of the champion, without loading its model."""
    age = age_days(versions.made_at(version), env.clock.now())
    told: dict[str, Any] = {
        "version": version,
        "age_days": age,
        "expires_in_days": env.config.expire_days - age,
        "problem": "",
    }
    try:
        path = versions.folder(env.workspace, symbol, version) / versions.MANIFEST
        manifest = versions.parse_manifest(path.read_bytes(), symbol, version)
    except ModelError as error:
        return {**told, "problem": error.message}
    except OSError as error:
        return {**told, "problem": f"{symbol}: version {version} cannot be read ({error.strerror})"}
    return {
        **told,
        **{key: manifest[key] for key in ("made_at", "recipe", "quick", "data", "trials", "gate")},
        "figures": manifest["validation"]["pooled"],
        "shows": manifest.get("shows"),
    }
