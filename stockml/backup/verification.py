"""Proves backups: reads every byte of the shelf, then restores snapshots into a temporary folder and uses them."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stockml import files, pace
from stockml.backup import drill, facts, objects, packs, snapshots
from stockml.backup.references import Follower
from stockml.backup.shelf import FACTS, PACKS, SNAPSHOTS, STRANGE, Shelf
from stockml.backup.snapshots import Snapshot
from stockml.clock import Clock
from stockml.errors import BackupError, BusyError, StockmlError
from stockml.pace import Tell
from stockml.workspace import Workspace

_ROOM = "drill-"  # then the pid


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was written. `kind` is a stable word; `what` a snapshot, pack or file."""

    kind: str
    what: str
    detail: str


@dataclass
class Read:
    """What a shelf was found to hold: every object that is whole, and what is damaged, by folder and name."""

    whole: set[str]
    packs: int
    bytes: int
    damaged: list[tuple[str, str]]


def verify(
    shelf: Shelf, workspace: Workspace, clock: Clock, *, names: Sequence[str] = (), every: bool = False,
    tell: Tell = pace.silent,
) -> dict[str, Any]:  # fmt: skip
    """`result` of `backup verify`: all data read, and the named snapshots (or the newest, or every one) restored.

    Each is put together in a temporary folder; its champions have to load and answer their golden rows, its ledger's
    chains and its databases have to be sound. What came of it is recorded as a fact. What is damaged is moved to
    `damaged/` after what is whole in it was written anew, so that the next backup can write it again.
    Raises `BusyError` while something is removed, `BackupError` if there is nothing to read.
    """
    began = time.monotonic()
    try:
        with shelf.reading():
            found, read, problems = _read_all(shelf, tell)
            chosen = _chosen(shelf, found, names, every, clock, bool(problems))
            of = _of_snapshots(shelf, found, read.whole)
            proved = [_prove(shelf, one, of[one.name], workspace, clock, tell) for one in chosen]
            _tell_others(shelf, clock, [one for one in found if one not in chosen], of)
        aside, left = _set_aside(shelf, clock, read.damaged)
    except OSError as error:
        raise BackupError(f"{shelf.name}: cannot be read ({error.strerror})", symbol=shelf.name) from error
    problems += [one for name in sorted(of) for one in of[name]]
    return {
        "folder": shelf.name, "ok": not problems, "seconds": time.monotonic() - began,
        "packs": read.packs, "objects": len(read.whole), "bytes": read.bytes, "snapshots": proved,
        "problems": [asdict(one) for one in problems], "set_aside": aside, "warnings": left,
    }  # fmt: skip


def _chosen(
    shelf: Shelf, found: Sequence[Snapshot], names: Sequence[str], every: bool, clock: Clock, troubled: bool
) -> list[Snapshot]:
    """The snapshots to restore. There may be none where the only one is damaged. Raises `UsageError`."""
    if every:
        return list(found)
    if not names and not found and troubled:
        return []
    return [snapshots.chosen(shelf, name, clock) for name in names or (None,)]


def _read_all(shelf: Shelf, tell: Tell) -> tuple[tuple[Snapshot, ...], Read, list[Problem]]:
    """Every byte of facts, snapshots and packs; in this order, since a fact follows its snapshot."""
    told, damaged = facts.read(shelf)
    found, strange = snapshots.read_all(shelf)
    problems = [Problem("snapshot", file, told) for file, told in strange]
    read = Read(set(), 0, 0, [(SNAPSHOTS, file) for file, _ in strange])
    sizes = shelf.sizes(PACKS)
    for place, (name, size) in enumerate(sorted(sizes.items())):
        tell("read packs", place, len(sizes), name[:12])
        fault = _read_pack(shelf, name, read)
        read.packs += 1
        read.bytes += max(size, 0)
        if fault:
            read.whole.update(sha for sha, *_ in packs.salvage(shelf, name, size))
            problems.append(Problem("pack", name, f"pack {name[:12]} {fault}"))
            read.damaged.append((PACKS, name))
    if shelf.sizes("").get(FACTS) == STRANGE:
        read.damaged.append(("", FACTS))
    if damaged:
        problems.append(Problem("facts", "facts.jsonl", f"{damaged} lines of facts.jsonl were altered or cut short"))
    there = {one.name for one in found} | {file.removesuffix(".json") for file, _ in strange}
    for name in sorted(facts.standing(told) - there):
        problems.append(Problem("gone", name, f"snapshot {name} is gone, and no prune removed it"))
    return found, read, problems


def _read_pack(shelf: Shelf, name: str, read: Read) -> str:
    """Add a pack's objects to those that are whole; what is wrong with it, or ""."""
    try:
        content, listed = packs.read(shelf, name)
        for one in listed:
            packs.check(content[one.begin : one.begin + one.stored], one)
            read.whole.add(one.sha)
    except BackupError as error:
        if error.kind != BackupError.kind:
            raise  # a library is missing: that is no damage
        return error.message
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return ""


def _of_snapshots(shelf: Shelf, found: Sequence[Snapshot], whole: set[str]) -> dict[str, list[Problem]]:
    """Of each snapshot, what it needs and is not there whole."""
    follower = Follower(shelf)
    of: dict[str, list[Problem]] = {}
    for one in found:
        mine = of[one.name] = []
        seen: list[BackupError] = []
        lost = {piece.sha for piece in follower.needed(one, seen.append)} - whole
        mine += [Problem("object", one.name, f"snapshot {one.name}: {told}") for told in {e.message for e in seen}]
        if lost:
            shown = ", ".join(sha[:12] for sha in sorted(lost)[:3])
            mine.append(Problem("object", one.name, f"snapshot {one.name}: {len(lost)} objects are not whole: {shown}"))
    return of


def _prove(
    shelf: Shelf, one: Snapshot, known: list[Problem], workspace: Workspace, clock: Clock, tell: Tell
) -> dict[str, Any]:
    """Restore one snapshot, use it, and record what came of it. New problems are added to `known`."""
    proof = drill.Proof()
    if not known:
        with _room(workspace) as room:
            proof = drill.restore_and_use(shelf, one, room, tell)
        known += [Problem("drill", one.name, f"snapshot {one.name}: {told}") for told in proof.problems]
    warnings = _record(shelf, clock, one.name, facts.FAILED if known else facts.VERIFIED)
    return {
        **{"snapshot": one.name, "made_at": one.made_at, "ok": not known, "champions": proof.champions},
        **{"versions": proof.versions, "forecasts": proof.forecasts, "recorded": not warnings},
    }


def _tell_others(shelf: Shelf, clock: Clock, others: Sequence[Snapshot], of: dict[str, list[Problem]]) -> None:
    """Take the mark of being verified from snapshots that were not restored now and miss something."""
    for one in others:
        if of[one.name] and one.verified_at is not None:
            _record(shelf, clock, one.name, facts.FAILED)


def _record(shelf: Shelf, clock: Clock, name: str, what: str) -> str:
    """Record a fact; what stood against it: a medium that cannot be written can still be verified."""
    try:
        facts.record(shelf, clock, name, what)
    except (OSError, StockmlError) as error:
        return str(error)
    return ""


@contextlib.contextmanager
def _room(workspace: Workspace) -> Iterator[Path]:
    """A temporary folder: beside the workspace's caches, on the disk where its like lies already, if there is one."""
    place = workspace.cache if workspace.data.is_dir() else None
    if place is not None:
        files.make_folder(place)
        for left in place.glob(f"{_ROOM}*"):
            if not Path("/proc", left.name.split("-")[1]).exists():
                files.remove_tree(left)  # of one that was killed
    made = Path(tempfile.mkdtemp(prefix=f"{_ROOM}{os.getpid()}-", dir=place))
    try:
        yield made
    finally:
        files.remove_tree(made)


def _set_aside(shelf: Shelf, clock: Clock, damaged: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Move what is damaged out of the way, after what is whole in it was kept; (what, what stood against it)."""
    if not damaged:
        return [], []
    try:
        with shelf.removing():
            sizes = shelf.sizes(PACKS)
            there = set(objects.places(shelf)) - {sha for _, name in damaged for sha in objects.of_pack(shelf, name)}
            with objects.taking(shelf, there, compress=False) as intake:
                for _, name in damaged:
                    for one in packs.salvage(shelf, name, sizes.get(name, 0)):
                        intake.keep(one)
            for folder, name in damaged:
                shelf.set_aside(folder, name)
                if folder == SNAPSHOTS:
                    facts.record(shelf, clock, name.removesuffix(".json"), facts.REMOVED)  # it is told of now
            objects.places(shelf)
    except (OSError, BusyError) as error:
        return [], [f"what is damaged was left where it is ({error})"]
    return ["/".join((folder, name)).lstrip("/") for folder, name in damaged], []
