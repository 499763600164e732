"""Reads a workspace for a snapshot in the order that keeps it consistent while others write.

The ledger first, then the bars, then each symbol's pointers, then its versions: writers go the other way, so what
the ledger and the pointers name is there by the time it is looked for. No lock of a symbol is needed.
"""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stockml import files, pace, symbols
from stockml.backup import contents, databases, known
from stockml.backup.contents import Contents, Database, Folder
from stockml.backup.known import Seen
from stockml.backup.objects import Intake
from stockml.backup.pieces import LARGEST, Piece
from stockml.errors import BackupError, ModelError, SymbolError
from stockml.pace import Tell
from stockml.store import pointers, versions
from stockml.workspace import Workspace

_TRIES = 3


@dataclass
class Reader:
    """One reading of a workspace. `before` gives the newest snapshot's contents, for what is damaged by now.

    `left_out`: (what, why) of everything that is not in the snapshot as it is on the disk. `seen` remembers files
    by inode, so that what many versions share is read once.
    """

    workspace: Workspace
    intake: Intake
    room: Path
    before: Callable[[], Contents | None]
    known: Mapping[str, Seen]
    found: dict[str, Seen] = field(default_factory=dict)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    seen: dict[tuple[int, ...], Piece] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0

    @functools.cached_property
    def models(self) -> str:
        return str(self.workspace.models)


def read(reader: Reader, tell: Tell = pace.silent) -> Contents:
    """Everything of the workspace that a backup holds. Raises `BackupError` or OSError."""
    held, heads = _databases(reader, tell)
    config = files.read_regular(reader.workspace.config_file, contents.CONFIG_LARGEST)
    reader.files += 1
    reader.bytes += len(config)
    names = symbols_of(reader.workspace)
    folders = {}
    for place, symbol in enumerate(names):
        tell("symbols", place, len(names), symbol)
        folders[symbol] = _folder(reader, symbol)
    kept = {symbol: one for symbol, one in folders.items() if one.live or one.versions}
    return Contents(reader.intake.add(config), held, heads, kept)


def _databases(reader: Reader, tell: Tell) -> tuple[dict[str, Database], dict[str, Any]]:
    """The ledger, then the bars; what there is of them."""
    held: dict[str, Database] = {}
    heads: dict[str, Any] = {}
    ledger, market = reader.workspace.ledger_file, reader.workspace.market_file
    tell("databases", 0, 2, ledger.name)
    if ledger.exists():
        with databases.copied(ledger, reader.room) as copy:
            held[ledger.name] = databases.take(copy, reader.intake)[0]
            heads = databases.heads(copy)
    tell("databases", 1, 2, market.name)
    if market.exists():
        held[market.name] = _market(reader, market)
    reader.files += len(held)
    reader.bytes += sum(one.bytes for one in held.values())
    return held, heads


def _market(reader: Reader, path: Path) -> Database:
    """The bars, copied only if they look otherwise than before: every day has one fetch and many backups."""
    mark, made = known.look_at_database(path), reader.known.get(path.name)
    if made is None or made.mark != mark or not reader.intake.there.issuperset(made.objects):
        with databases.copied(path, reader.room) as copy:
            database, shas = databases.take(copy, reader.intake)
        made = Seen(mark or "", database.blocks.bytes, database.bytes, (database.blocks.sha, *shas))
    if mark is not None:
        reader.found[path.name] = made
    return Database(made.bytes, contents.block_size(made.bytes), made.head)


def symbols_of(workspace: Workspace) -> list[str]:
    """The symbols that have a folder, configured or not."""
    try:
        names = sorted(os.listdir(workspace.models))
    except FileNotFoundError:
        return []
    return [name for name in names if _is_symbol(name)]


def _is_symbol(name: str) -> bool:
    try:
        return symbols.parse(name) == name
    except SymbolError:
        return False


def _folder(reader: Reader, symbol: str) -> Folder:
    """A symbol's pointers, then the versions that are there; again if one went away in between."""
    left_out = len(reader.left_out)
    for _ in range(_TRIES):
        del reader.left_out[left_out:]
        live = _pointers(reader, symbol)
        held = {}
        for name in versions.names(reader.workspace, symbol):
            piece = _version(reader, symbol, name)
            if piece is not None:
                held[name] = piece
        lost = sorted({live[role] for role in pointers.ROLES if live and live[role]} - set(held)) if live else []
        if not lost:
            break
    if live and lost:
        reader.left_out.append((f"{symbol}/live.json", f"it names version {lost[0]}, which is not whole"))
        live = None
    reader.files += live is not None
    reader.bytes += 0 if live is None else len(files.pretty_json(live))
    return Folder(live, held)


def _pointers(reader: Reader, symbol: str) -> dict[str, Any] | None:
    try:
        return pointers.read(reader.workspace, symbol)
    except ModelError as error:
        reader.left_out.append((f"{symbol}/live.json", error.message))
        return None


def _version(reader: Reader, symbol: str, name: str) -> Piece | None:
    """A version's manifest as an object, its other files kept too; None if it is not whole and never was kept.

    One that is damaged by now is kept as the newest snapshot has it: a version never changes.
    """
    folder, key = f"{reader.models}/{symbol}/versions/{name}", f"{symbol}/{name}"
    try:
        mark = known.look(folder)
        made = reader.known.get(key)
        if made is None or made.mark != mark or not reader.intake.there.issuperset(made.objects):
            made = _read_whole(reader, folder, symbol, name)._replace(mark=mark)
    except FileNotFoundError:
        if not os.path.lexists(folder):
            return None  # cleaned away meanwhile
        return _as_before(reader, symbol, name, "a file is missing")
    except (ModelError, BackupError, OSError) as error:
        return _as_before(reader, symbol, name, getattr(error, "message", "") or str(error))
    reader.found[key] = made
    reader.files += len(made.objects)
    reader.bytes += made.bytes
    return made.head


def _as_before(reader: Reader, symbol: str, name: str, problem: str) -> Piece | None:
    before = reader.before()
    held = before and before.symbols.get(symbol)
    piece = held.versions.get(name) if held else None
    reader.left_out.append((f"{symbol}/{name}", f"{problem}; " + (
        "the snapshot holds it as the one before did" if piece else "no snapshot holds it"
    )))  # fmt: skip
    return piece


def _read_whole(reader: Reader, folder: str, symbol: str, name: str) -> Seen:
    """Read a version's files, compare them with its manifest, and keep them. Raises `ModelError` or OSError."""
    content = files.read_regular(f"{folder}/{versions.MANIFEST}", contents.MANIFEST_LARGEST)
    listed = contents.files_of(versions.parse_manifest(content, symbol, name))
    if set(os.listdir(folder)) != {*listed, versions.MANIFEST}:
        raise ModelError("its folder holds other files than its manifest lists", symbol=symbol)
    for file, piece in listed.items():
        if not _keep(reader, f"{folder}/{file}", piece):
            raise ModelError(f"{file} was altered", symbol=symbol)
    manifest = reader.intake.add(content)
    total = manifest.bytes + sum(piece.bytes for piece in listed.values())
    return Seen("", manifest.bytes, total, (manifest.sha, *(piece.sha for piece in listed.values())))


def _keep(reader: Reader, path: str, wanted: Piece) -> bool:
    """Keep a file if it is what its manifest says. Raises OSError."""
    facts = os.stat(path, follow_symlinks=False)
    key = (facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
    if key not in reader.seen:
        content = files.read_regular(path, LARGEST)
        reader.seen[key] = Piece(hashlib.sha256(content).hexdigest(), len(content))
        if reader.seen[key] == wanted:
            reader.intake.add(content, wanted.sha)
    return reader.seen[key] == wanted
