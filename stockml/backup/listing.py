"""What there is in a place: its snapshots, what they take, and what is no snapshot."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from stockml.backup import snapshots
from stockml.backup.shelf import PACKS, Shelf
from stockml.clock import Clock
from stockml.errors import BackupError

_SHOWN = ("number", "made_at", "recorded_at", "why", "who", "files", "bytes", "added_bytes", "verified_at", "workspace")


def listing(shelf: Shelf, clock: Clock) -> dict[str, Any]:
    """`result` of `backup list`, the newest last. Raises `BackupError` if the place cannot be read."""
    found, problems = snapshots.read_all(shelf)
    known = snapshots.visible(found, clock)
    try:
        stored = sum(max(size, 0) for size in shelf.sizes(PACKS).values())
    except OSError as error:
        raise BackupError(f"{shelf.name}: cannot be read ({error.strerror})", symbol=shelf.name) from error
    proved = [one.name for one in known if one.verified_at]
    return {
        "folder": shelf.name, "stored_bytes": stored, "newest_verified": proved[-1] if proved else None,
        "snapshots": [
            {"snapshot": one.name, **{key: value for key, value in asdict(one).items() if key in _SHOWN},
             "left_out": [{"what": what, "why": why} for what, why in one.left_out]}
            for one in known
        ],
        "problems": [{"what": what, "detail": detail} for what, detail in problems],
    }  # fmt: skip
