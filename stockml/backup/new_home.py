"""Restores into a home that has nothing yet: all of it appears in one step, or nothing does."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from stockml import files
from stockml.backup import databases, source, unpacking
from stockml.backup.source import Source
from stockml.errors import UsageError
from stockml.workspace import Workspace


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
        with unpacking.staged(wanted.shelf, wanted.held, home, wanted.tell) as stage:
            ledger_file = stage / workspace.ledger_file.name
            databases.note_restore(ledger_file, wanted.snapshot.name, wanted.snapshot.made_at, wanted.clock)
            files.publish_folder(stage, workspace.data)
    return source.told(wanted, workspace, dry_run, told, count)
