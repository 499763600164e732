"""Makes a snapshot: objects first, then the small file that refers to them, then the fact, then the copies."""

from __future__ import annotations

import functools
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import stockml
from stockml import pace
from stockml.backup import compression, contents, copying, facts, gathering, known, objects, place, snapshots
from stockml.backup.contents import Contents
from stockml.backup.gathering import Reader
from stockml.backup.shelf import Local
from stockml.backup.snapshots import Snapshot
from stockml.clock import recorded_at, stamp
from stockml.environment import Environment
from stockml.errors import BackupError
from stockml.ledger import facts as ledger_facts
from stockml.pace import Tell


def create(
    env: Environment, *, why: str = "by hand", who: str = "by hand", reread: bool = False,
    copies: Sequence[str] | None = None, tell: Tell = pace.silent,
) -> dict[str, Any]:  # fmt: skip
    """Make a snapshot of the workspace as it is; returns `result` of `backup create`.

    With `reread`, versions that were read before are read again. `copies` are the places it is then copied to, by
    default the configured ones. Raises `BusyError` while another one is made or backups are removed, and
    `BackupError` if it cannot be made: what there was before stays as it was.
    """
    shelf, began = Local(place.folder(env)), time.monotonic()
    try:
        with shelf.creating():
            made, intake, warnings = _create(env, shelf, why, who, reread, tell)
    except OSError as error:
        raise BackupError(
            f"{shelf.name}: no backup was made ({error.strerror})", symbol=shelf.name, kind="disk",
            hint="make room on the disk; earlier backups are as they were",
        ) from error  # fmt: skip
    seconds = time.monotonic() - began
    targets = env.config.backup.copies if copies is None else copies
    return {
        **brief(made), "folder": shelf.name, "added_objects": intake.count, "seconds": seconds,
        "left_out": [{"what": what, "why": told} for what, told in made.left_out], "warnings": warnings,
        "copies": [copying.told(shelf, target, env.workspace.home, env.clock, tell) for target in targets],
    }  # fmt: skip


def brief(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as `--json` tells it."""
    told = asdict(snapshot)
    shown = ("made_at", "recorded_at", "why", "who", "files", "bytes", "added_bytes", "verified_at")
    return {"snapshot": snapshot.name, **{key: told[key] for key in shown}}


def _create(
    env: Environment, shelf: Local, why: str, who: str, reread: bool, tell: Tell
) -> tuple[Snapshot, objects.Intake, list[str]]:
    earlier, damaged = snapshots.read_all(shelf)
    workspace = ledger_facts.workspace_id(env.ledger)
    compress, warnings = _compress(env)
    warnings += [f"{file}: {told}" for file, told in damaged]
    there = set(objects.places(shelf))
    with objects.taking(shelf, there, compress) as intake:
        before = functools.partial(_contents, shelf, earlier)
        seen = {} if reread else known.load(env.workspace)
        reader = Reader(env.workspace, intake, shelf.root, before, seen)
        held = gathering.read(reader, tell)
        listed = intake.add(contents.spell(held))
    if reader.found != seen:
        known.save(env.workspace, reader.found)
    made = snapshots.write(shelf, {
        "number": max((one.number for one in earlier), default=0) + 1, "made_at": stamp(env.clock.now()),
        "recorded_at": stamp(recorded_at()), "why": why, "who": who, "workspace": workspace,
        "home": os.fsencode(env.workspace.home).decode(errors="replace"), "host": platform.node(),
        "code": stockml.__version__, "contents": listed.as_json(), "files": reader.files, "bytes": reader.bytes,
        "added_bytes": intake.stored_bytes, "left_out": [list(one) for one in reader.left_out],
    })  # fmt: skip
    facts.record(shelf, env.clock, made.name, facts.CREATED)
    return made, intake, warnings


def _compress(env: Environment) -> tuple[bool, list[str]]:
    """Whether to compress; where that is wanted and cannot be, a backup without is better than none."""
    if env.config.backup.compress and not compression.is_there():
        return False, ["backup.compress is set and zstandard is not installed: the backup is stored as it is"]
    return env.config.backup.compress, []


def _contents(shelf: Local, earlier: Sequence[Snapshot]) -> Contents | None:
    """The contents of the newest snapshot that can be read."""
    for one in reversed(earlier):
        try:
            return snapshots.contents_of(shelf, one)
        except BackupError:
            continue
    return None
