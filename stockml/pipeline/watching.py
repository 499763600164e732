"""Rounds of watching one after the other, in a process that stays small, survives failures and ends when told."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from typing import Any

from stockml import environment, logbook, workspace
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.monitor.finding import STATES

Round = Callable[[Environment], dict[str, Any]]
LONGEST = 300  # characters of an error


def keep(
    env: Environment,
    look: Round,
    pause: Callable[[], bool],
    tell: Callable[[dict[str, Any] | None, str], None],
    rounds: int | None = None,
) -> int:
    """Look again and again until `pause` says to stop, or so many rounds are done; how many rounds failed.

    Each round `tell` gets its result, or None, and one line. A round that fails is told, and the next one goes on.
    The databases stay open; they are opened anew only where the workspace's files were replaced or its configuration
    changed. Raises `WorkspaceError` if the workspace is gone.
    """
    failed, done, marks = 0, 0, _marks(env)
    while True:
        result = None
        workspace.require(env.workspace)
        try:
            if _marks(env) != marks:
                env = _opened_again(env)
                marks = _marks(env)
            result = look(env)
            words = line(result)
        except Exception as error:  # noqa: BLE001 - whatever a round meets, somebody has to go on watching
            failed += 1
            words = f"failed: {told(error)}"
        tell(result, words)
        _log(env, words)
        done += 1
        if done == rounds or not pause():
            return failed


def line(result: dict[str, Any]) -> str:
    """A round in one line: its state, how many symbols are how, what is wrong, what is triggered."""
    states = [one["state"] for one in result["symbols"]]
    counts = ", ".join(f"{states.count(state)} {state}" for state in STATES if state in states)
    causes = "; ".join(one["title"] for one in result["causes"][:3])
    more = f" and {len(result['causes']) - 3} more" if len(result["causes"]) > 3 else ""
    fired = f"; triggered: {', '.join(sorted(result['triggers'])[:5])}" if result["triggers"] else ""
    return f"{result['at']} {result['state']}: {counts or 'no symbols'}{'; ' + causes + more if causes else ''}{fired}"


def told(error: Exception) -> str:
    """A failure in one line."""
    words = error.message if isinstance(error, StockmlError) else f"{type(error).__name__}: {error}"
    return " ".join(words.split())[:LONGEST]


def _marks(env: Environment) -> list[tuple[int, int]]:
    """What tells the workspace's files from others in their place, and its configuration from an older one."""
    place = env.workspace
    found = []
    for path in (place.config_file, place.market_file, place.ledger_file):
        try:
            facts = path.stat()
        except OSError:
            found.append((0, 0))
            continue
        found.append((facts.st_ino, facts.st_mtime_ns if path == place.config_file else 0))
    return found


def _opened_again(env: Environment) -> Environment:
    """The environment on the files as they are now; what was open is closed."""
    fresh = environment.open_environment(env.workspace, env.as_of, env.offline)
    for name in ("market", "ledger"):
        opened = env.__dict__.pop(name, None)
        if isinstance(opened, sqlite3.Connection):
            opened.close()
    return fresh


def _log(env: Environment, words: str) -> None:
    with contextlib.suppress(StockmlError, OSError):  # the line was told already; a full disk is the round's to find
        workspace.require(env.workspace)
        logbook.log(env.workspace, "monitoring", f"monitor: {words}")
