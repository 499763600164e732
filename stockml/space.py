"""Whether there is room on a disk for what is about to be written. Asked before anything is begun."""

from __future__ import annotations

import os
from pathlib import Path

from stockml.errors import WorkspaceError

FACTOR = 3  # reliability.md, design rule 5: the stage, what it replaces, and what is written beside it
RESERVE_MB = 200.0


def free_bytes(path: Path) -> int:
    """Bytes that this user may still write on the file system of a path that need not exist yet."""
    place = path
    while not place.exists() and place != place.parent:
        place = place.parent
    facts = os.statvfs(place)
    return facts.f_bavail * facts.f_frsize


def require(path: Path, needed_bytes: int, what: str, reserve_mb: float = RESERVE_MB) -> None:
    """Return if there is room for three times the bytes that will be written, and the reserve besides.

    Raises `WorkspaceError` (kind `disk`, exit status 3) that says how much is missing; nothing was begun then.
    """
    free, wanted = free_bytes(path), FACTOR * needed_bytes + int(reserve_mb * 1e6)
    if free < wanted:
        raise WorkspaceError(
            f"{path}: {told(free)} free, {what} needs {told(wanted)} "
            f"({FACTOR} times {told(needed_bytes)}, and {told(int(reserve_mb * 1e6))} that stay free)",
            symbol=str(path),
            kind="disk",
            hint="run 'stockml clean', or make room on that disk; cleanup.reserve_mb is what has to stay free",
        )


def told(count: int) -> str:
    """Bytes in words, in powers of ten as disks are sold: 5.0 GB, 12 MB, 3 kB."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(count) >= size:
            return f"{count / size:.{1 if abs(count) < 10 * size else 0}f} {unit}"
    return f"{count} bytes"
