"""A cache of version folders that were read whole before, by inode, size and times of change of every file.

A version is immutable. One whose files all look as they did when they were read and matched their manifest is not
read again; whoever changes a byte changes at least a time. What changes bytes without that (a failing disk) is
found by every load of a version, and by `backup --reread`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stockml import files
from stockml.backup.pieces import SHA
from stockml.errors import StockmlError
from stockml.workspace import Workspace

FORMAT = 1


class Version(NamedTuple):
    """A version as it was when it was read: what its files looked like, its manifest, and all its objects."""

    mark: str
    manifest: str
    manifest_bytes: int
    bytes: int
    objects: tuple[str, ...]


def look(folder: Path) -> str:
    """What the files of a folder look like from outside. Raises OSError."""
    with os.scandir(folder) as found:
        seen = []
        for one in found:
            facts = one.stat(follow_symlinks=False)
            seen.append((one.name, facts.st_mode, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns))
    return hashlib.blake2b(repr(sorted(seen)).encode(), digest_size=16).hexdigest()


def load(workspace: Workspace) -> dict[str, Version]:
    """The known versions by "SYMBOL/VERSION"; none where the cache is not there or damaged."""
    try:
        told = json.loads(_file(workspace).read_bytes())
        return {str(key): _version(row) for key, row in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # only a cache: the versions are read again


def save(workspace: Workspace, found: Mapping[str, Version]) -> None:
    try:
        files.make_folder(workspace.cache)
        files.replace(_file(workspace), files.canonical_json(found))
    except StockmlError:
        pass  # a cache that cannot be written costs time, nothing else


def _version(row: list[object]) -> Version:
    mark, manifest, manifest_bytes, total, shas = row
    texts = [mark, manifest, *(shas if isinstance(shas, list) else [None])]
    if not (isinstance(manifest_bytes, int) and isinstance(total, int) and all(isinstance(one, str) for one in texts)):
        raise ValueError("no row of this cache")
    if not all(SHA.fullmatch(str(one)) for one in texts[1:]):
        raise ValueError("no row of this cache")
    return Version(str(mark), str(manifest), manifest_bytes, total, tuple(str(one) for one in texts[2:]))


def _file(workspace: Workspace) -> Path:
    return workspace.cache / f"backup-{FORMAT}.json"
