"""Empty databases in place of those that cannot be read, so that a screen can still say what is known."""

from __future__ import annotations

import shlex
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stockml.bars import store as market_store
from stockml.clock import stamp
from stockml.environment import Environment
from stockml.errors import BusyError, StockmlError
from stockml.ledger import store as ledger_store
from stockml.pipeline.troubles import Damage

MEMORY = Path(":memory:")


def replace_unreadable(env: Environment, *, thoroughly: bool = False) -> list[Damage]:
    """Put an empty database in memory into the environment for each that is gone or cannot be read; what was found.

    A workspace in which nothing was trained may lack both. `thoroughly` reads them whole, after a query has failed.
    """
    found = []
    for name, path, connect in (
        ("ledger", env.workspace.ledger_file, ledger_store.connect),
        ("market", env.workspace.market_file, market_store.connect),
    ):
        problem = _problem(env, name, path, thoroughly)
        if problem:
            env.__dict__[name] = connect(MEMORY)
            found.append(Damage(name, problem, _since(env, path), _command(env, name, path)))
    return found


def _problem(env: Environment, name: str, path: Path, thoroughly: bool) -> str:
    """What is wrong with a database, or ""."""
    if not path.exists():
        return f"{path.name} is gone" if any(env.workspace.models.glob("*/live.json")) else ""
    try:
        connection: sqlite3.Connection = getattr(env, name)
        if thoroughly:
            worst = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            return "" if worst == "ok" else f"{path.name} is damaged ({_first_line(worst)})"
    except BusyError:
        raise
    except (StockmlError, sqlite3.DatabaseError) as error:
        return f"{path.name} cannot be read ({_first_line(error.__cause__ or error)})"
    return ""


def _first_line(told: Any) -> str:
    return str(told).strip().splitlines()[0].strip("* ")


def _since(env: Environment, path: Path) -> str | None:
    """When the file was changed last; of one that is gone, when the last run that had it left its line in a log."""
    seen = [path] if path.exists() else env.workspace.logs.glob("*/stockml-*.log")
    changed = max((one.stat().st_mtime for one in seen), default=None)
    return None if changed is None else stamp(datetime.fromtimestamp(changed, UTC))


def _command(env: Environment, name: str, path: Path) -> str:
    """A backup if there is one; bars can also be fetched again, and without a ledger a new one begins."""
    folder = Path(env.config.backup.folder) if env.config.backup.folder else env.workspace.data / "backups"
    if name == "ledger" and folder.is_dir() and any(folder.iterdir()):
        return "stockml backup restore"
    aside = f"mv {shlex.quote(str(path))} {shlex.quote(f'{path}.damaged')}"
    if name == "market":
        return f"{aside} && stockml data fetch" if path.exists() else "stockml data fetch"
    return aside if path.exists() else "stockml train"
