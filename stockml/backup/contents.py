"""What is in a snapshot: which objects make up which part of a workspace. Never trusted when it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stockml import files, symbols
from stockml.backup.pieces import LARGEST, Piece, keys, piece, strict, whole
from stockml.errors import BackupError, ModelError, SymbolError
from stockml.store import pointers, versions

DATABASES = ("market.db", "ledger.db")
BLOCK, MOST_BLOCKS = 32 * 1024, 8192  # bytes; a larger database has larger blocks
DIGEST = 32  # bytes of a sha256 in a list of blocks
CONFIG_LARGEST = 1_000_000  # bytes, as of the configuration itself
MANIFEST_LARGEST = 16 * 1024 * 1024  # bytes; parsed as a whole
_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}", re.ASCII)
_FILE = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.^=_-]{0,99}", re.ASCII)
_LARGEST_DATABASE = 1 << 44  # bytes; SQLite's own limit is near


@dataclass(frozen=True)
class Database:
    """A database in blocks of one size, the last shorter; `blocks` is the object that lists their sha256."""

    bytes: int
    block: int
    blocks: Piece


@dataclass(frozen=True)
class Folder:
    """A symbol's pointers, or None, and its versions, each named by its manifest, which names the other files."""

    live: Mapping[str, Any] | None
    versions: Mapping[str, Piece]


@dataclass(frozen=True)
class Contents:
    """All of a snapshot. `heads`: where the ledger's chains and its promotion log ended."""

    config: Piece | None
    databases: Mapping[str, Database]
    heads: Mapping[str, Any]
    symbols: Mapping[str, Folder] = field(default_factory=dict)


def spell(contents: Contents) -> bytes:
    """The bytes of the object that holds the contents."""
    return files.canonical_json({
        "config": contents.config and contents.config.as_json(),
        "databases": {
            name: {"bytes": one.bytes, "block": one.block, "blocks": one.blocks.as_json()}
            for name, one in contents.databases.items()
        },
        "heads": contents.heads,
        "symbols": {
            symbol: {"live": one.live, "versions": {name: kept.as_json() for name, kept in one.versions.items()}}
            for symbol, one in contents.symbols.items()
        },
    })  # fmt: skip


def block_size(size: int) -> int:
    """Bytes of a block of a database of `size` bytes: a multiple of every page size, and not too many of them."""
    block = BLOCK
    while size > block * MOST_BLOCKS:
        block *= 2
    return block


def parse(content: bytes) -> Contents:
    """The contents of their object's bytes. Raises `BackupError` for anything that `spell` would not have written."""
    told = strict(content, "its list of contents")
    keys(told, {"config", "databases", "heads", "symbols"}, "its list of contents")
    config = None if told["config"] is None else piece(told["config"], CONFIG_LARGEST)
    databases = {name: _database(name, one) for name, one in _table(told["databases"]).items()}
    return Contents(config, databases, _heads(told["heads"]), {
        symbol: _folder(symbol, one) for symbol, one in _table(told["symbols"]).items()
    })  # fmt: skip


def files_of(manifest: Mapping[str, Any]) -> dict[str, Piece]:
    """The files that a manifest lists, by plain names that stay in their folder. Raises `BackupError`."""
    made = {}
    for name, entry in _table(manifest.get("files")).items():
        if not _FILE.fullmatch(name) or name == versions.MANIFEST:
            raise BackupError(f"a manifest lists the file {name[:60]!r}, which is no name of a file of a version")
        keys(entry, {"sha256", "bytes"}, f"a manifest's entry of {name}")
        made[name] = piece([entry["sha256"], entry["bytes"]], LARGEST)
    return made


def _table(told: Any) -> dict[str, Any]:
    if not isinstance(told, dict):
        raise BackupError("a list is where a table by names should be")
    return told


def _database(name: str, told: Any) -> Database:
    if name not in DATABASES:
        raise BackupError(f"there is no database {name[:60]!r} in a workspace")
    keys(told, {"bytes", "block", "blocks"}, name)
    size = whole(told["bytes"], _LARGEST_DATABASE, f"the size of {name}")
    count = -(-size // block_size(size))
    blocks = piece(told["blocks"], LARGEST)
    if told["block"] != block_size(size) or type(told["block"]) is not int or blocks.bytes != DIGEST * count:
        raise BackupError(f"the blocks of {name} do not add up to its {size} bytes")
    return Database(size, told["block"], blocks)


def _heads(told: Any) -> dict[str, Any]:
    for chain, head in _table(told).items():
        if chain == "promotions":
            whole(head, 1 << 62, "the number of promotions")
            continue
        keys(head, {"number", "hash"}, f"the end of the chain {chain[:40]!r}")
        whole(head["number"], 1 << 62, f"the end of the chain {chain[:40]!r}")
        if not isinstance(head["hash"], str):
            raise BackupError(f"the end of the chain {chain[:40]!r} has no hash")
    return dict(told)


def _folder(symbol: str, told: Any) -> Folder:
    """A symbol's part. Its pointers must name versions that are there."""
    try:
        known = symbols.parse(symbol) == symbol
    except SymbolError:
        known = False
    if not known:
        raise BackupError(f"{symbol[:40]!r} is not a symbol")
    keys(told, {"live", "versions"}, symbol)
    for name in (held := _table(told["versions"])):
        if not _VERSION.fullmatch(name):
            raise BackupError(f"{symbol}: {name[:60]!r} is no version")
    live = told["live"]
    if live is not None:
        try:
            live = pointers.parse(files.canonical_json(live), symbol)
        except ModelError as error:
            raise BackupError(error.message) from error
        if not all(isinstance(live[key], str) for key in ("since", "why")):
            raise BackupError(f"{symbol}: its pointers tell neither since when nor why")
        for role in pointers.ROLES:
            if live[role] is not None and live[role] not in held:
                raise BackupError(f"{symbol}: its {role} {live[role]} is not in the snapshot")
    return Folder(live, {name: piece(one, MANIFEST_LARGEST) for name, one in held.items()})
