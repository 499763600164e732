"""What is restored: a snapshot with its contents, or a part of them; and how that is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from stockml import pace
from stockml.backup.contents import Contents, Folder
from stockml.backup.shelf import Shelf
from stockml.backup.snapshots import Snapshot
from stockml.clock import Clock
from stockml.errors import ModelError, StockmlError, UsageError
from stockml.pace import Tell
from stockml.store import pointers
from stockml.workspace import Workspace


@dataclass(frozen=True)
class Source:
    """A snapshot of a shelf and its contents, read and checked; when, by which clock; and who is told how far it is."""

    shelf: Shelf
    snapshot: Snapshot
    held: Contents
    clock: Clock
    tell: Tell = pace.silent

    @property
    def why(self) -> str:
        return f"restored from the backup {self.snapshot.name}"


def only(held: Contents, symbols: list[str]) -> Contents:
    """The contents of some symbols alone. Raises `UsageError` for one that is not in the snapshot."""
    for symbol in symbols:
        if symbol not in held.symbols:
            there = " ".join(held.symbols) or "none"
            raise UsageError(f"{symbol} is not in the snapshot", symbol=symbol, hint=f"it holds {there}")
    return replace(held, config=None, databases={}, symbols={symbol: held.symbols[symbol] for symbol in symbols})


def one_version(held: Contents, symbol: str, version: str) -> Contents:
    """The contents of one version alone, without pointers. Raises `UsageError` if it is not in the snapshot."""
    folder = only(held, [symbol]).symbols[symbol]
    if version not in folder.versions:
        raise UsageError(
            f"{symbol} has no version {version!r} in the snapshot", symbol=symbol,
            hint=f"it holds {' '.join(folder.versions) or 'none'}",
        )  # fmt: skip
    alone = Folder(None, {version: folder.versions[version]})
    return replace(held, config=None, databases={}, symbols={symbol: alone})


def refusal(source: Source, what: str, beyond: list[str]) -> StockmlError:
    """The error that says why a snapshot is not restored over something newer."""
    return StockmlError(
        f"{what} has gone on since the snapshot {source.snapshot.name} of {source.snapshot.made_at}: "
        + "; ".join(beyond[:4]) + (f"; and {len(beyond) - 4} more" if len(beyond) > 4 else ""),
        symbol=what, kind="newer_state", hint="--force restores it all the same; what is replaced goes to the trash",
    )  # fmt: skip


def pointing(workspace: Workspace, held: Contents) -> list[dict[str, Any]]:
    """Of each symbol whose pointers are restored, its champion then and now."""
    return [
        {"symbol": symbol, "champion": folder.live["champion"], "before": _champion(workspace, symbol)}
        for symbol, folder in held.symbols.items()
        if folder.live
    ]


def _champion(workspace: Workspace, symbol: str) -> str | None:
    try:
        live = pointers.read(workspace, symbol)
    except ModelError:
        return None
    return str(live["champion"]) if live else None


def told(
    source: Source, workspace: Workspace, dry_run: bool, symbols: Sequence[dict[str, Any]], restored: int,
    unchanged: int = 0, newer: Sequence[str] = (), set_aside: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """`result` of `backup restore`. `versions` were written, `unchanged` ones were there as they should be."""
    replaced = (["ml_config.json"] if source.held.config else []) + sorted(source.held.databases)
    return {
        "snapshot": source.snapshot.name, "made_at": source.snapshot.made_at, "to": str(workspace.home),
        "dry_run": dry_run, "files": replaced, "versions": restored, "unchanged": unchanged, "symbols": list(symbols),
        "newer": list(newer), "set_aside": set_aside,
    }  # fmt: skip
