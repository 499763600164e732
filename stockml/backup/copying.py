"""Copies snapshots to another shelf: the objects it lacks, then the snapshots themselves, the oldest first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stockml import pace
from stockml.backup import facts, objects, snapshots
from stockml.backup.references import Follower
from stockml.backup.shelf import SNAPSHOTS, Shelf, open_shelf
from stockml.backup.snapshots import Snapshot
from stockml.clock import Clock
from stockml.errors import BackupError, StockmlError
from stockml.pace import Tell


def copy(source: Shelf, target: Shelf, clock: Clock, tell: Tell = pace.silent) -> dict[str, Any]:
    """Copy every snapshot newer than the newest there is in `target`; returns what was copied.

    What is copied is checked on the way. Older ones that were removed from the target stay so. Raises `BackupError`
    or `BusyError`; what was copied by then is whole and counts.
    """
    try:
        with source.reading(), target.creating():
            found = snapshots.read_all(source)[0]
            newest = max((one.number for one in snapshots.read_all(target)[0]), default=0)
            there, follower = set(objects.places(target)), Follower(source)
            told: dict[str, Any] = {"to": target.name, "snapshots": [], "objects": 0, "bytes": 0}
            wanted = [one for one in found if one.number > newest]
            for place, snapshot in enumerate(wanted):
                tell("copy", place, len(wanted), snapshot.name)
                count, size = _copy(source, target, snapshot, there, follower)
                facts.record(target, clock, snapshot.name, facts.COPIED)
                told["snapshots"].append(snapshot.name)
                told["objects"] += count
                told["bytes"] += size
            return told
    except OSError as error:
        raise BackupError(
            f"{target.name}: the copy was not finished ({error.strerror})", symbol=target.name, kind="copy",
            hint="what was made here is whole; 'stockml backup copy' tries again",
        ) from error  # fmt: skip


def told(source: Shelf, target: str, home: Path, clock: Clock, tell: Tell = pace.silent) -> dict[str, Any]:
    """The same for a place by its name; a failure becomes part of what is told, since the backup itself is made."""
    try:
        return {**copy(source, open_shelf(target, home), clock, tell), "error": None}
    except StockmlError as error:
        return {"to": target, "snapshots": [], "objects": 0, "bytes": 0, "error": error.as_json()}


def _copy(source: Shelf, target: Shelf, snapshot: Snapshot, there: set[str], follower: Follower) -> tuple[int, int]:
    """Copy one snapshot; how many objects and bytes that took. Raises `BackupError` if it is not whole."""

    def stop(error: BackupError) -> None:
        raise error

    with objects.taking(target, there, compress=False) as intake:
        for piece in follower.needed(snapshot, stop):
            if piece.sha not in there:
                intake.keep(objects.read_stored(source, piece))
    target.write(SNAPSHOTS, f"{snapshot.name}.json", snapshots.raw(source, snapshot))
    return intake.count, intake.stored_bytes
