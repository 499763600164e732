"""Restores into a home that has nothing yet: all of it appears in one step, or nothing does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from stockml import files
from stockml.backup import databases, source, unpacking
from stockml.backup.source import Source
from stockml.errors import StockmlError, UsageError
from stockml.workspace import Workspace

STAGE = ".stage-restore"


def restore(wanted: Source, home: Path, *, dry_run: bool) -> dict[str, Any]:
    """Put the persistent_data of a home together. Raises `UsageError` if there is one, `BackupError` or OSError."""
    workspace = Workspace(home)
    if os.path.lexists(workspace.data):
        raise UsageError(
            f"{workspace.data} is there already", symbol=str(home),
            hint="name another folder with --to; without it the workspace of --home is restored",
        )  # fmt: skip
    told = source.pointing(workspace, wanted.held)
    count = sum(len(folder.versions) for folder in wanted.held.symbols.values())
    if not dry_run:
        files.make_folder(home)
        with files.lock(home / ".restore.lock", what=f"a restore into {home}"):
            _restore(wanted, workspace)
    return source.told(wanted, workspace, dry_run, told, count)


def _restore(wanted: Source, workspace: Workspace) -> None:
    stage = workspace.home / STAGE
    if os.path.lexists(stage):
        files.remove_tree(stage)  # of one that was killed
    try:
        unpacking.whole(wanted.shelf, wanted.held, stage)
        ledger_file = stage / workspace.ledger_file.name
        databases.note_restore(ledger_file, wanted.snapshot.name, wanted.snapshot.made_at, wanted.clock)
        files.publish_folder(stage, workspace.data)
    except (StockmlError, OSError):
        if stage.is_dir():
            files.remove_tree(stage)
        raise
