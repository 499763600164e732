"""A cache of versions and bars that were read whole before, by inode, size and times of change of every file.

What looks as it did when it was read (and matched its manifest) is not read again; whoever changes a byte changes
at least a time. What changes bytes without that (a failing disk) is found by every load of a version, and by
`backup --reread`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stockml import files
from stockml.backup.pieces import Piece
from stockml.clock import recorded_at
from stockml.errors import StockmlError
from stockml.workspace import Workspace

FORMAT = 1
SETTLED_S = 2.0  # a file system tells times in steps of some milliseconds


class Seen(NamedTuple):
    """A version or a database when it was read: what its files looked like, their bytes, and its objects.

    The first of the objects, of `head_bytes`, names the others: a manifest, or a list of blocks.
    """

    mark: str
    head_bytes: int
    bytes: int
    objects: tuple[str, ...]

    @property
    def head(self) -> Piece:
        return Piece(self.objects[0], self.head_bytes)


def look(folder: str) -> str:
    """What the files of a folder look like from outside. Raises OSError."""
    seen = []
    with os.scandir(folder) as found:
        for one in found:
            facts = one.stat(follow_symlinks=False)
            seen.append((one.name, facts.st_mode, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns))
    seen.sort()
    return hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()


def look_at_database(path: Path) -> str | None:
    """The same of a database and its log, or None: it changed so lately that more changes might show no other time."""
    seen = []
    for file in (path, path.with_name(f"{path.name}-wal")):
        with contextlib.suppress(FileNotFoundError):
            facts = os.stat(file)
            if facts.st_size:
                seen.append((facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns))
    latest_s = max((one[2] for one in seen), default=0) / 1e9
    return None if recorded_at().timestamp() - latest_s < SETTLED_S else repr(seen)


def load(workspace: Workspace) -> dict[str, Seen]:
    """What is known, by "SYMBOL/VERSION" and file name; nothing where the cache is not there or damaged."""
    try:
        content = _file(workspace).read_bytes()
        if int(content[-9:], 16) != zlib.crc32(content[:-9]):
            return {}
        told: dict[str, tuple[str, int, int, list[str]]] = json.loads(content[:-9])
        return {key: Seen(mark, size, total, tuple(shas)) for key, (mark, size, total, shas) in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # only a cache: the versions are read again


def save(workspace: Workspace, found: Mapping[str, Seen]) -> None:
    """Keep the rows, and a checksum of them."""
    content = files.canonical_json(found)
    try:
        files.make_folder(workspace.cache)
        files.replace(_file(workspace), content + b"%08x\n" % zlib.crc32(content))
    except StockmlError:
        pass  # a cache that cannot be written costs time, nothing else


def _file(workspace: Workspace) -> Path:
    return workspace.cache / f"backup-{FORMAT}.json"
