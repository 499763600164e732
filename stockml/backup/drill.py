"""A restore drill: a snapshot put together in a folder, and everything in it used as the real one would be."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from stockml import pace
from stockml.backup import snapshots, unpacking
from stockml.backup.contents import Contents
from stockml.backup.shelf import Shelf
from stockml.backup.snapshots import Snapshot
from stockml.errors import StockmlError
from stockml.pace import Tell
from stockml.workspace import Workspace


@dataclass
class Proof:
    """What was used, and what did not do what it should, in sentences."""

    champions: int = 0
    versions: int = 0
    forecasts: int = 0
    problems: list[str] = field(default_factory=list)


def restore_and_use(shelf: Shelf, snapshot: Snapshot, room: Path, tell: Tell = pace.silent) -> Proof:
    """Restore a snapshot into an empty folder, load every champion, and check ledger, bars and configuration."""
    proof, workspace = Proof(), Workspace(room)
    try:
        held = snapshots.contents_of(shelf, snapshot)
        proof.versions = unpacking.whole(shelf, held, workspace.data, tell)
    except StockmlError as error:
        proof.problems.append(error.message)
        return proof
    except OSError as error:
        proof.problems.append(f"it cannot be restored here ({error.strerror})")
        return proof
    checks = {"configuration": _config, "champions": _champions, "ledger": _ledger, "bars": _market}
    for place, (name, check) in enumerate(checks.items()):
        tell("use", place, len(checks), name)
        try:
            check(workspace, held, proof)
        except StockmlError as error:
            proof.problems.append(error.message)
        except sqlite3.Error as error:
            proof.problems.append(f"a database cannot be read ({error})")
    return proof


def _config(workspace: Workspace, held: Contents, proof: Proof) -> None:
    from stockml.config.load import load

    load(workspace)


def _champions(workspace: Workspace, held: Contents, proof: Proof) -> None:
    """Every champion loads and answers its golden rows; every version it may return to is whole."""
    from stockml.store import golden, pointers, versions

    for symbol in held.symbols:
        live = pointers.read(workspace, symbol)
        for role in pointers.ROLES if live else ():
            try:
                if live and live[role] is not None:
                    contents = versions.read(workspace, symbol, live[role])
                    if role == "champion":
                        golden.load(contents)
                        proof.champions += 1
            except StockmlError as error:
                proof.problems.append(error.message)


def _ledger(workspace: Workspace, held: Contents, proof: Proof) -> None:
    from stockml.ledger import store, verification

    if workspace.ledger_file.name not in held.databases:
        return
    with contextlib.closing(store.connect(workspace.ledger_file)) as ledger:
        told = verification.verify(ledger)
    proof.forecasts = told["forecasts"]
    proof.problems += [f"its ledger: {one['table']}: {one['detail']}" for one in told["problems"][:5]]


def _market(workspace: Workspace, held: Contents, proof: Proof) -> None:
    from stockml.bars import store

    if workspace.market_file.name not in held.databases:
        return
    with contextlib.closing(store.connect(workspace.market_file)) as market:
        found = market.execute("PRAGMA integrity_check(3)").fetchall()
    proof.problems += [f"its bars: {row[0]}" for row in found if row[0] != "ok"]
