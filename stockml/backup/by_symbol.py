"""Restores single symbols into a workspace that goes on: versions, then pointers, each on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from stockml import files
from stockml.backup import newer, source, unpacking
from stockml.backup.aside import Aside
from stockml.backup.contents import Folder
from stockml.backup.source import Source
from stockml.environment import Environment
from stockml.store import golden, pointers, versions


def restore(env: Environment, wanted: Source, *, point: bool, force: bool, dry_run: bool) -> dict[str, Any]:
    """Restore the symbols of a source, one after the other; with `point` their pointers too, logged as promotions.

    Raises `BusyError`, `StockmlError` of the kind `newer_state` without `force`, `BackupError` or OSError at the
    first symbol that is refused; those before it are restored.
    """
    aside, told = Aside(env.workspace, wanted.why), source.pointing(env.workspace, wanted.held) if point else []
    beyond: list[str] = []
    restored = unchanged = 0
    for symbol, folder in wanted.held.symbols.items():
        with files.lock(env.workspace.symbol_folder(symbol) / "lock", what=f"restore of {symbol}", symbol=symbol):
            ahead = newer.of_symbol(env.ledger, symbol, wanted.snapshot, wanted.held) if point else []
            if ahead and not (force or dry_run):
                raise source.refusal(wanted, symbol, ahead)
            alone = replace(wanted.held, symbols={symbol: folder})
            missing, whole = unpacking.missing(env.workspace, alone, wanted.tell)
            if not dry_run:
                part = unpacking.only_missing(alone, missing)
                with unpacking.staged(wanted.shelf, part, env.workspace.home, wanted.tell) as stage:
                    unpacking.publish(stage, env.workspace, missing, aside)
                _point(env, wanted, symbol, folder, aside, point)
        beyond, restored, unchanged = beyond + ahead, restored + len(missing), unchanged + whole
    return source.told(wanted, env.workspace, dry_run, told, restored, unchanged, beyond, aside.told)


def _point(env: Environment, wanted: Source, symbol: str, folder: Folder, aside: Aside, point: bool) -> None:
    """Let the pointers be those of the snapshot, after the champion answered its golden rows."""
    live: Mapping[str, Any] | None = folder.live
    if not point or live is None:
        return
    golden.load(versions.read(env.workspace, symbol, live["champion"]))
    aside.keep("pointers", f"{symbol}/live.json", pointers.live_file(env.workspace, symbol), symbol)
    why = f"{wanted.why}; {live['why']}"
    pointers.reinstate(env.workspace, env.ledger, symbol, live, env.clock, "restore", why)
