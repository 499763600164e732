"""A cache of version folders that were read whole before, by inode, size and times of change of every file.

A version is immutable. One whose files all look as they did when they were read and matched their manifest is not
read again; whoever changes a byte changes at least a time. What changes bytes without that (a failing disk) is
found by every load of a version, and by `backup --reread`.
"""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stockml import files
from stockml.errors import StockmlError
from stockml.workspace import Workspace

FORMAT = 1


class Version(NamedTuple):
    """A version as it was when it was read: what its files looked like, their bytes, and its objects.

    The first of the objects is the manifest.
    """

    mark: str
    manifest_bytes: int
    bytes: int
    objects: tuple[str, ...]


def look(folder: str) -> str:
    """What the files of a folder look like from outside. Raises OSError."""
    seen = []
    with os.scandir(folder) as found:
        for one in found:
            facts = one.stat(follow_symlinks=False)
            seen.append((one.name, facts.st_mode, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns))
    seen.sort()
    return hashlib.blake2b(repr(seen).encode(), digest_size=16).hexdigest()


def load(workspace: Workspace) -> dict[str, Version]:
    """The known versions by "SYMBOL/VERSION"; none where the cache is not there or damaged."""
    try:
        content = _file(workspace).read_bytes()
        if int(content[-9:], 16) != zlib.crc32(content[:-9]):
            return {}
        told: dict[str, tuple[str, int, int, list[str]]] = json.loads(content[:-9])
        return {key: Version(mark, size, total, tuple(shas)) for key, (mark, size, total, shas) in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # only a cache: the versions are read again


def save(workspace: Workspace, found: Mapping[str, Version]) -> None:
    """Keep the rows, and a checksum of them."""
    content = files.canonical_json(found)
    try:
        files.make_folder(workspace.cache)
        files.replace(_file(workspace), content + b"%08x\n" % zlib.crc32(content))
    except StockmlError:
        pass  # a cache that cannot be written costs time, nothing else


def _file(workspace: Workspace) -> Path:
    return workspace.cache / f"backup-{FORMAT}.json"
