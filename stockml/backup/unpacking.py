"""Puts the parts of a snapshot together as files. Every byte is checked before it is written under a plain name."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from stockml import files, pace
from stockml.backup import databases, objects
from stockml.backup.aside import Aside
from stockml.backup.contents import Contents, Folder
from stockml.backup.pieces import Piece
from stockml.backup.references import manifest_files
from stockml.backup.shelf import Shelf
from stockml.errors import BackupError, ModelError
from stockml.pace import Tell
from stockml.store import versions
from stockml.workspace import Workspace

STAGE, MODELS = ".stage-restore", "ml_models"

Written = dict[Piece, Path]
"""Files by what names them, that this restore has written: versions of one fit share them as hard links."""

Missing = Mapping[tuple[str, str], Piece]
"""Versions by symbol and name, each with its manifest."""


def whole(shelf: Shelf, held: Contents, data: Path, tell: Tell = pace.silent) -> int:
    """Put everything together as a new persistent_data folder; the number of versions. Nobody sees it before.

    Raises `BackupError` for anything that is missing, altered or no part of a workspace, OSError if the disk refuses.
    """
    files.make_folder(data)
    require_room(shelf, held, data)
    if held.config is not None:
        files.write_new(data / "ml_config.json", objects.read(shelf, held.config))
    for name, database in held.databases.items():
        databases.write(shelf, database, data / name)
    written: Written = {}
    count, total = 0, _versions(held)
    for symbol, folder in held.symbols.items():
        place = data / MODELS / symbol
        files.make_folder(place / "versions")
        for name, piece in folder.versions.items():
            tell("restore", count, total, f"{symbol} {name}")
            version(shelf, symbol, name, piece, place / "versions" / name, written)
            count += 1
        if folder.live is not None:
            files.write_new(place / "live.json", files.pretty_json(dict(folder.live)))
        for inner in (place / "versions", place, data / MODELS):
            files.sync_folder(inner)
    files.sync_folder(data)
    return count


def version(shelf: Shelf, symbol: str, name: str, piece: Piece, folder: Path, written: Written) -> None:
    """Write a version's files into a new folder, the manifest last. Raises `BackupError` or OSError."""
    manifest, listed = manifest_files(shelf, symbol, name, piece)
    folder.mkdir(mode=0o700)
    for file, one in listed.items():
        earlier = written.get(one)
        if earlier is not None:
            files.link_or_copy(earlier, folder / file)
        else:
            files.write_new(folder / file, objects.read(shelf, one))
            written[one] = folder / file
    files.write_new(folder / versions.MANIFEST, manifest)


def _versions(held: Contents) -> int:
    return sum(len(folder.versions) for folder in held.symbols.values())


def missing(workspace: Workspace, held: Contents, tell: Tell = pace.silent) -> tuple[Missing, int]:
    """The versions that are not in the workspace as they should be, and how many are."""
    lacking: dict[tuple[str, str], Piece] = {}
    whole, total = 0, _versions(held)
    for symbol, folder in held.symbols.items():
        for name, piece in folder.versions.items():
            tell("compare", len(lacking) + whole, total, f"{symbol} {name}")
            if _is_there(workspace, symbol, name, piece):
                whole += 1
            else:
                lacking[symbol, name] = piece
    return lacking, whole


def _is_there(workspace: Workspace, symbol: str, name: str, piece: Piece) -> bool:
    try:
        manifest = files.read_regular(versions.folder(workspace, symbol, name) / versions.MANIFEST, piece.bytes)
        versions.read(workspace, symbol, name)
    except (ModelError, OSError):
        return False
    return hashlib.sha256(manifest).hexdigest() == piece.sha


@contextlib.contextmanager
def staged(shelf: Shelf, held: Contents, home: Path, tell: Tell = pace.silent) -> Iterator[Path]:
    """A hidden folder in a home in which everything is put together, under the lock of restores; removed at the end.

    Nothing else of the home is touched before every byte that is restored was found whole. Raises `BusyError`,
    `BackupError` or OSError.
    """
    files.make_folder(home)
    with files.lock(home / ".restore.lock", what=f"a restore into {home}"):
        stage = home / STAGE
        if os.path.lexists(stage):
            files.remove_tree(stage)  # of one that was killed
        try:
            whole(shelf, held, stage, tell)
            yield stage
        finally:
            if stage.is_dir():
                files.remove_tree(stage)


def only_missing(held: Contents, lacking: Missing) -> Contents:
    """The contents without pointers and without the versions that are there."""
    return replace(held, symbols={
        symbol: Folder(None, {name: piece for name, piece in folder.versions.items() if (symbol, name) in lacking})
        for symbol, folder in held.symbols.items()
    })  # fmt: skip


def publish(stage: Path, workspace: Workspace, wanted: Missing, aside: Aside) -> None:
    """Make staged versions visible, each in one step; what stands in its place is set aside. Under their locks."""
    for symbol, name in wanted:
        place = versions.folder(workspace, symbol, name)
        files.make_folder(place.parent)
        if os.path.lexists(place):
            aside.move("version", f"{symbol}/{name}", place, symbol)
        files.publish_folder(stage / MODELS / symbol / "versions" / name, place)


def require_room(shelf: Shelf, held: Contents, where: Path) -> None:
    """Raises `BackupError` if the parts would not fit on the disk, before any of them is written."""
    needed, free = size(shelf, held.symbols.items()), _free(where)
    needed += sum(one.bytes for one in held.databases.values())
    if needed > free:
        raise BackupError(
            f"{where}: the restored files take {needed} bytes, and {free} are free", symbol=str(where), kind="disk",
            hint="make room on the disk, or restore to another one with --to",
        )  # fmt: skip


def size(shelf: Shelf, folders: Iterable[tuple[str, Folder]]) -> int:
    """Bytes of the versions of some symbols, what they share counted once. Raises `BackupError`."""
    found: dict[str, int] = {}
    for symbol, folder in folders:
        for name, piece in folder.versions.items():
            found[piece.sha] = piece.bytes
            found.update({one.sha: one.bytes for one in manifest_files(shelf, symbol, name, piece)[1].values()})
    return sum(found.values())


def _free(where: Path) -> int:
    facts = os.statvfs(where)
    return facts.f_bavail * facts.f_frsize
