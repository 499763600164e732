"""Promotion and rollback by hand: the same switch that training makes, with a person's reason."""

from __future__ import annotations

from typing import Any

from stockml import files
from stockml.environment import Environment
from stockml.errors import ModelError, UsageError
from stockml.store import golden, pointers, versions


def promote(env: Environment, symbol: str, version: str, who: str, reason: str) -> dict[str, Any]:
    """Deploy a version that loads and answers its golden rows. Returns the pointers as they stand then."""
    if version not in versions.names(env.workspace, symbol):
        raise UsageError(
            f"{symbol} has no version {version!r}", symbol=symbol, hint=f"'stockml versions {symbol}' lists them"
        )
    with files.lock(env.workspace.symbol_folder(symbol) / "lock", what=f"promotion of {symbol}", symbol=symbol):
        golden.load(versions.read(env.workspace, symbol, version))
        pointers.promote(env.workspace, env.ledger, symbol, version, env.clock, who, reason)
    standing = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
    return {"symbol": symbol, **(standing or {})}


def rollback(env: Environment, symbol: str, reason: str) -> dict[str, Any]:
    """Deploy what was deployed before. Raises `ModelError` if there is no such version."""
    standing = pointers.standing(env.workspace, env.ledger, symbol, env.clock)
    if standing is None or not standing["previous"]:
        raise ModelError(
            f"{symbol}: there is no previous version to return to",
            symbol=symbol,
            hint=f"'stockml train {symbol} --force' makes a new one",
        )
    return promote(env, symbol, str(standing["previous"]), "by hand", reason)
