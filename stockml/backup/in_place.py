"""Restores everything over a workspace: part after part, each in one step, with a marker from the first to the last."""

from __future__ import annotations

import contextlib
import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stockml import files
from stockml.backup import databases, newer, source, unpacking
from stockml.backup.aside import Aside
from stockml.backup.contents import Contents
from stockml.backup.gathering import symbols_of
from stockml.backup.source import Source
from stockml.store import pointers
from stockml.workspace import RESTORING, Workspace


def unfinished(workspace: Workspace) -> str | None:
    """The snapshot that a restore was killed in the midst of, or None."""
    try:
        return str(json.loads((workspace.data / RESTORING).read_bytes())["snapshot"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def restore(wanted: Source, workspace: Workspace, *, force: bool, dry_run: bool) -> dict[str, Any]:
    """Restore configuration, databases, versions and pointers, under the locks of all symbols.

    What is replaced is kept in the trash; versions that the snapshot does not know stay. While the marker stands
    other commands do nothing, and the same restore begun anew finishes. Raises `BusyError` if a symbol is being
    trained, `StockmlError` of the kind `newer_state` without `force`, `BackupError` or OSError.
    """
    held, aside = wanted.held, Aside(workspace, wanted.why)
    with contextlib.nullcontext() if dry_run else _locked(workspace, held):
        again = unfinished(workspace) == wanted.snapshot.name
        beyond = [] if again else newer.of_workspace(workspace, wanted.snapshot, held)
        if beyond and not (force or dry_run):
            raise source.refusal(wanted, str(workspace.home), beyond)
        missing, whole = unpacking.missing(workspace, held, wanted.tell)
        told = source.pointing(workspace, held)
        if not dry_run:
            part = unpacking.only_missing(held, missing)
            with unpacking.staged(wanted.shelf, part, workspace.home, wanted.tell) as stage:
                files.replace(workspace.data / RESTORING, files.pretty_json({"snapshot": wanted.snapshot.name}))
                unpacking.publish(stage, workspace, missing, aside)
                _files(wanted, stage, workspace, aside)
                _pointers(held, workspace, aside)
                files.discard(workspace.data / RESTORING)
                files.sync_folder(workspace.data)
    return source.told(wanted, workspace, dry_run, told, len(missing), whole, beyond, aside.told)


def _files(wanted: Source, stage: Path, workspace: Workspace, aside: Aside) -> None:
    """The configuration, the bars and, last, the ledger: until then the workspace's own history stands."""
    if wanted.held.config is not None:
        aside.keep("config", workspace.config_file.name, workspace.config_file)
        files.publish_file(stage / workspace.config_file.name, workspace.config_file)
    for path in (workspace.market_file, workspace.ledger_file):
        if path.name in wanted.held.databases:
            databases.reinstate(stage / path.name, path, functools.partial(_room, aside, path))
    databases.note_restore(workspace.ledger_file, wanted.snapshot.name, wanted.snapshot.made_at, wanted.clock)


def _room(aside: Aside, path: Path, name: str) -> Path:
    return aside.room("database", name, path.with_name(name))


def _pointers(held: Contents, workspace: Workspace, aside: Aside) -> None:
    """Every symbol's pointers as in the snapshot; of symbols it does not know, none."""
    for symbol in _concerned(workspace, held):
        path, folder = pointers.live_file(workspace, symbol), held.symbols.get(symbol)
        if folder is not None and folder.live is not None:
            content = files.pretty_json(dict(folder.live))
            if not path.is_file() or path.read_bytes() != content:
                aside.keep("pointers", f"{symbol}/live.json", path, symbol)
                files.replace(path, content)
        elif os.path.lexists(path):
            aside.move("pointers", f"{symbol}/live.json", path, symbol)


@contextlib.contextmanager
def _locked(workspace: Workspace, held: Contents) -> Iterator[None]:
    with contextlib.ExitStack() as locks:
        for symbol in _concerned(workspace, held):
            path = workspace.symbol_folder(symbol) / "lock"
            locks.enter_context(files.lock(path, what=f"restore of {symbol}", symbol=symbol))
        yield


def _concerned(workspace: Workspace, held: Contents) -> list[str]:
    return sorted({*held.symbols, *symbols_of(workspace)})
