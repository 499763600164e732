"""A small workspace with everything a backup holds, and what the tests of backups ask of it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import _fleet
import _lived
import _shared
import pytest

from stockml import training, workspace
from stockml.backup import creation, place
from stockml.backup.shelf import PACKS, SNAPSHOTS, Local
from stockml.clock import Clock
from stockml.environment import Environment, open_environment
from stockml.ledger import store as ledger_store
from stockml.store import golden, pointers, versions
from stockml.workspace import Workspace

NOW = datetime(2019, 12, 21, 12, tzinfo=UTC)


def template(factory: pytest.TempPathFactory) -> Path:
    """The workspace of `home`, built once for all test processes. Read it only."""
    return _shared.once(factory, "backups", lambda folder: home(folder) and None)[0]


def home(folder: Path) -> Path:
    """Four symbols that were trained and forecast; AAA and BBB got versions with trees since, AAA's deployed."""
    made = _lived.home(folder, sessions=3)
    plan = _fleet.plan()
    inputs = _fleet.build(_fleet.fleet(), plan)
    where = Workspace(made)
    ledger = ledger_store.connect(where.ledger_file)
    for day, cut in enumerate((900, 1000)):
        moment = _fleet.MOMENT + timedelta(hours=1 + day)
        names = _fleet.publish(where, inputs, training.fit(inputs, plan, cut, {}), ("AAA", "BBB"), moment)
        pointers.promote(where, ledger, "AAA", names["AAA"], Clock(moment), "train", "a test")
    ledger.close()
    return made


def env(home: Path, moment: datetime = NOW, **backup: Any) -> Environment:
    """The environment of a machine whose clock says so, with some keys of `backup` set."""
    path = workspace.find(str(home)).config_file
    if backup:
        told = json.loads(path.read_text())
        path.write_text(json.dumps({**told, "backup": {**told.get("backup", {}), **backup}}))
    made = open_environment(workspace.find(str(home)))
    made.__dict__["clock"] = Clock(moment)
    return made


def copied(template: Path, folder: Path) -> Path:
    """A copy of a workspace with its backups."""
    return Path(shutil.copytree(template, folder))


def create(home: Path, hours: float = 0.0, **more: Any) -> dict[str, Any]:
    """A backup, with the databases closed after it."""
    made = env(home, NOW + timedelta(hours=hours))
    try:
        return creation.create(made, **more)
    finally:
        _lived.close(made)


def shelf(home: Path) -> Local:
    return Local(place.folder(env(home)))


def store_files(home: Path) -> list[Path]:
    """The files of the backups: packs, snapshots, and what happened to them."""
    root = home / "persistent_data" / "backups"
    return sorted([*(root / PACKS).iterdir(), *(root / SNAPSHOTS).iterdir(), root / "facts.jsonl"])


def state(home: Path) -> dict[str, Any]:
    """What a workspace holds, in a form that can be compared: files by hash, databases by their rows."""
    where, found = Workspace(home), {}
    for path in [*sorted(where.models.rglob("*")), where.config_file]:
        if path.is_file() and path.name != "lock" and not any(part.startswith(".") for part in path.parts[-3:]):
            found[str(path.relative_to(home))] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in (where.ledger_file, where.market_file):
        if path.exists():
            found[path.name] = rows(path)
    return found


def rows(path: Path) -> str:
    """One hash of every row of a database, but for the runs, which tell of the restore itself."""
    connection = sqlite3.connect(path)
    digest = hashlib.sha256()
    for line in connection.iterdump():
        if '"runs"' not in line:
            digest.update(line.encode())
    connection.close()
    return digest.hexdigest()


def assert_sound(home: Path) -> None:
    """The invariants of docs/format.md, on disk."""
    where = Workspace(home)
    for symbol in os.listdir(where.models):
        visible = versions.names(where, symbol)
        for version in visible:
            versions.read(where, symbol, version)
        live = pointers.read(where, symbol)
        if live is not None:
            golden.load(versions.read(where, symbol, live["champion"]))
            assert live["previous"] in (None, *visible) and live["challenger"] in (None, *visible)
