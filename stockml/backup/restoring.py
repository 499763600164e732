"""Restores: decides which of the three ways it is (a new home, over a workspace, single symbols) and goes it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stockml import pace
from stockml.backup import by_symbol, facts, in_place, new_home, snapshots, source
from stockml.backup.shelf import Shelf
from stockml.backup.source import Source
from stockml.clock import Clock
from stockml.environment import Environment
from stockml.errors import BackupError, UsageError, WorkspaceError
from stockml.pace import Tell
from stockml.workspace import Workspace


def restore(
    shelf: Shelf, workspace: Workspace, env: Environment | None, *, symbols: Sequence[str] = (),
    snapshot: str | None = None, version: str | None = None, to: Path | None = None, force: bool = False,
    dry_run: bool = False, tell: Tell = pace.silent,
) -> dict[str, Any]:  # fmt: skip
    """Restore everything, some symbols, or one version of a symbol; `result` of `backup restore`.

    `env` is needed for symbols of a workspace only: what is gone or damaged otherwise may be just what is to be
    restored. Without `snapshot` it is the newest, or the one that a killed restore was about. Raises `UsageError`,
    `BusyError`, `BackupError`, and `StockmlError` of the kind `newer_state` (see `in_place` and `by_symbol`).
    """
    if version is not None and len(symbols) != 1:
        raise UsageError("--version goes with one symbol", hint="stockml backup restore NVDA --version VERSION")
    begun = None if symbols or to else in_place.unfinished(workspace)
    clock = Clock() if env is None else env.clock
    try:
        with shelf.reading():
            if not (snapshot or begun):
                _newest_is_known(shelf)
            chosen = snapshots.chosen(shelf, snapshot or begun or None, clock)
            held = snapshots.contents_of(shelf, chosen)
            if version is not None:
                held = source.one_version(held, symbols[0], version)
            elif symbols:
                held = source.only(held, list(symbols))
            wanted = Source(shelf, chosen, held, clock, tell)
            if to is not None or not (symbols or os.path.lexists(workspace.data)):
                return new_home.restore(wanted, to or workspace.home, dry_run=dry_run)
            if not symbols:
                return in_place.restore(wanted, workspace, force=force, dry_run=dry_run)
            if env is None:
                raise WorkspaceError(f"{workspace.home}: no stockml workspace here", hint="restore everything first")
            return by_symbol.restore(env, wanted, point=version is None, force=force, dry_run=dry_run)
    except OSError as error:
        raise BackupError(
            f"the restore was not finished ({error.strerror}: {error.filename})", kind="disk",
            hint="what was replaced is in persistent_data/.trash; the same command again finishes it",
        ) from error  # fmt: skip


def _newest_is_known(shelf: Shelf) -> None:
    """Raises `BackupError` where a snapshot is damaged or gone: an older one is restored only if it is named."""
    told_of = facts.standing(facts.read(shelf)[0])  # first: a fact follows its snapshot
    found, problems = snapshots.read_all(shelf)
    gone = told_of - {one.name for one in found} - {file[:-5] for file, _ in problems}
    if problems or gone:
        told = [message for _, message in problems] + [f"snapshot {name} is gone" for name in sorted(gone)]
        raise BackupError(
            f"{shelf.name}: {told[0]}; so which is the newest is not known", symbol=shelf.name,
            hint="'stockml backup list' shows what there is; name one with --snapshot",
        )  # fmt: skip
