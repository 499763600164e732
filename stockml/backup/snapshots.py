"""Snapshots: small sealed files that say what a backup holds, listed in the order they were made."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from stockml import files
from stockml.backup import contents as contents_room
from stockml.backup import facts, objects
from stockml.backup.contents import Contents
from stockml.backup.pieces import Piece, keys, piece, strict, whole
from stockml.backup.shelf import SNAPSHOTS, Local, Shelf
from stockml.clock import Clock, compact, parse_stamp, stamp
from stockml.errors import BackupError, UsageError

FORMAT = 1
LARGEST = 1 << 20  # bytes of a snapshot's own file
CONTENTS_LARGEST = 1 << 26  # bytes of its list of contents; 10,000 symbols with 20 versions take a third
_NAME = re.compile(r"(\d{8}T\d{6}Z-[0-9a-f]{6})\.json", re.ASCII)
_TEXTS = ("made_at", "recorded_at", "why", "who", "workspace", "home", "host", "code", "seal")
_NUMBERS = ("number", "files", "bytes", "added_bytes")
_MOST = 1 << 62


@dataclass(frozen=True)
class Snapshot:
    """One snapshot. `bytes` and `files` are what it restores to, `added_bytes` what it took when it was made.

    `made_at` is a stamp of the clock; `number` grows whatever the clock does, and is the order.
    """

    name: str
    number: int
    made_at: str
    recorded_at: str
    why: str
    who: str
    workspace: str
    home: str
    host: str
    code: str
    contents: Piece
    files: int
    bytes: int
    added_bytes: int
    left_out: tuple[tuple[str, str], ...]
    verified_at: str | None = None


def listed(folder: Path) -> tuple[Snapshot, ...]:
    """The snapshots in a folder that can be read, the newest last. Raises `BackupError` if the folder cannot be."""
    return read_all(Local(folder))[0]


def newest_verified(folder: Path) -> Snapshot | None:
    """The newest snapshot that was proved to restore and has not failed since."""
    return next((one for one in reversed(listed(folder)) if one.verified_at), None)


def read_all(shelf: Shelf) -> tuple[tuple[Snapshot, ...], list[tuple[str, str]]]:
    """The snapshots in their order, and (file, what is wrong) of each that is none."""
    try:
        names = sorted(shelf.sizes(SNAPSHOTS))
    except OSError as error:
        raise BackupError(f"{shelf.name}: cannot be read ({error.strerror})", symbol=shelf.name) from error
    found: list[Snapshot] = []
    problems: list[tuple[str, str]] = []
    proved = facts.verified(facts.read(shelf)[0]) if names else {}
    for name in names:
        try:
            found.append(_read(shelf, name, proved))
        except BackupError as error:
            problems.append((name, error.message))
    return tuple(sorted(found, key=lambda one: (one.number, one.made_at, one.name))), problems


def chosen(shelf: Shelf, name: str | None, clock: Clock) -> Snapshot:
    """The snapshot of a name, or the newest; under an as-of clock none from later. Raises `UsageError`."""
    found, problems = read_all(shelf)
    known = visible(found, clock)
    if not known and not problems:
        raise UsageError(f"{shelf.name}: there are no backups", hint="'stockml backup' makes one")
    if name is None and known:
        return known[-1]
    for one in known:
        if one.name == name:
            return one
    damaged = next((told for file, told in problems if name is None or file == f"{name}.json"), "")
    if damaged:
        raise BackupError(damaged, symbol=shelf.name, hint="'stockml backup list' shows the others")
    raise UsageError(f"{shelf.name}: there is no snapshot {name!r}", hint="'stockml backup list' shows what there is")


def visible(found: Sequence[Snapshot], clock: Clock) -> list[Snapshot]:
    """The snapshots that were there by an as-of clock; all of them by the machine's, which may have been set back."""
    now = stamp(clock.now())
    return [one for one in found if clock.as_of is None or one.made_at <= now]


def contents_of(shelf: Shelf, snapshot: Snapshot) -> Contents:
    """What a snapshot holds, every byte checked. Raises `BackupError`."""
    try:
        return contents_room.parse(objects.read(shelf, snapshot.contents))
    except BackupError as error:
        told = f"snapshot {snapshot.name}: {error.message}"
        raise BackupError(told, symbol=shelf.name, hint=error.hint, kind=error.kind) from error


def write(shelf: Shelf, told: dict[str, Any]) -> Snapshot:
    """Seal a snapshot and make it visible, in one step. Its objects are durable before. Raises OSError."""
    blank = files.canonical_json({**told, "format": FORMAT, "seal": ""})
    seal = hashlib.sha256(blank).hexdigest()
    content = files.canonical_json({**told, "format": FORMAT, "seal": seal}) + b"\n"
    name = f"{compact(parse_stamp(told['made_at']))}-{seal[:6]}"
    shelf.write(SNAPSHOTS, f"{name}.json", content)
    return parse(content, name, None)


def raw(shelf: Shelf, snapshot: Snapshot) -> bytes:
    """A snapshot's own file, after it was read once more. Raises `BackupError`."""
    content = _bytes(shelf, f"{snapshot.name}.json")
    parse(content, snapshot.name, None)
    return content


def parse(content: bytes, name: str, verified_at: str | None) -> Snapshot:
    """A snapshot of its file's bytes. Raises `BackupError` if a byte or its name is not as it was sealed."""
    what = f"snapshot {name}"
    if not content.endswith(b"\n"):
        raise BackupError(f"{what} was cut short")
    told = strict(content[:-1], what)
    if isinstance(told, dict) and told.get("format") != FORMAT:
        shown = str(told.get("format"))[:20]
        raise BackupError(f"{what}: its format is {shown}, this stockml reads {FORMAT}", hint="upgrade stockml")
    keys(told, {"format", "contents", "left_out", *_TEXTS, *_NUMBERS}, what)
    seal = hashlib.sha256(files.canonical_json({**told, "seal": ""})).hexdigest()
    if told["seal"] != seal or not all(isinstance(told[key], str) for key in _TEXTS):
        raise BackupError(f"{what} was altered")
    for key in ("made_at", "recorded_at"):
        _moment(told[key], what)
    if name != f"{compact(_moment(told['made_at'], what))}-{seal[:6]}":
        raise BackupError(f"{what} has another's name")
    for key in _NUMBERS:
        whole(told[key], _MOST, f"{what}: {key}")
    left_out = told["left_out"]
    if not (isinstance(left_out, list) and all(_is_pair(one) for one in left_out)):
        raise BackupError(f"{what}: what it left out is no list")
    plain = {key: told[key] for key in (*_TEXTS, *_NUMBERS) if key != "seal"}
    pairs = tuple((one[0], one[1]) for one in left_out)
    held = piece(told["contents"], CONTENTS_LARGEST)
    return Snapshot(name, contents=held, left_out=pairs, verified_at=verified_at, **plain)


def _is_pair(told: Any) -> bool:
    return isinstance(told, list) and len(told) == 2 and all(isinstance(one, str) for one in told)


def _moment(text: str, what: str) -> datetime:
    try:
        return parse_stamp(text).astimezone(UTC)
    except ValueError as error:
        raise BackupError(f"{what}: {text[:40]!r} is no time") from error


def _read(shelf: Shelf, file: str, proved: dict[str, str]) -> Snapshot:
    name = _NAME.fullmatch(file)
    if name is None:
        raise BackupError(f"{file[:80]!r} is no snapshot")
    return parse(_bytes(shelf, file), name[1], proved.get(name[1]))


def _bytes(shelf: Shelf, file: str) -> bytes:
    try:
        return shelf.read(SNAPSHOTS, file, LARGEST)
    except OSError as error:
        raise BackupError(f"{shelf.name}: snapshot {file[:80]} cannot be read ({error.strerror})") from error
