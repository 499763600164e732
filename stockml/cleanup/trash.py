"""The trash: what was cleaned away, where it was and why, until it is brought back or its days are over.

persistent_data/.trash/STAMP-ID/ is what one clean-up moved there: `note.json`, and the things by number. The note is
written first, under a hidden name, and tells every move that is about to be made; a number that is not there was not
moved, or is gone again. What is removed for good gets a hidden name first. So a kill leaves nothing that is not
either at its place, or in the trash, or hidden and without worth.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stockml import files
from stockml.clock import compact, parse_stamp, stamp
from stockml.errors import StockmlError
from stockml.workspace import Workspace

NOTE = "note.json"
FORMAT = 1
STAGE, GONE = ".stage-", ".gone-"


@dataclass(frozen=True)
class Item:
    """One thing of an entry: its number, what it is, where it was (below the workspace), why it went, its bytes, the
    symbol under whose lock it goes; a stamp if it was brought back.
    """

    number: str
    kind: str
    name: str
    origin: str
    why: str
    bytes: int
    symbol: str
    undone_at: str | None = None


@dataclass(frozen=True)
class Entry:
    """What one clean-up moved to the trash. `items` holds all of it; `here` the numbers that are still there."""

    id: str
    path: Path
    at: str
    items: tuple[Item, ...]
    here: frozenset[str]

    @property
    def brought_back(self) -> list[tuple[str, str]]:
        """(where it is again, when) of each item that was brought back."""
        back = [one for one in self.items if one.undone_at and one.number not in self.here]
        return [(str(self.origin(one)), str(one.undone_at)) for one in back]

    def origin(self, item: Item) -> Path:
        """Where an item was, and belongs."""
        return self.path.parents[2] / item.origin

    def age_days(self, wall: datetime) -> float:
        """Days since the move, by the machine's time."""
        return (wall - parse_stamp(self.at)).total_seconds() / 86400


def folder(workspace: Workspace) -> Path:
    return workspace.data / ".trash"


def entries(workspace: Workspace) -> list[Entry]:
    """The entries whose note can be read, oldest first."""
    return [entry for name in names(workspace) if (entry := read(folder(workspace) / name)) is not None]


def names(workspace: Workspace) -> list[str]:
    """What stands in the trash, hidden names among it."""
    try:
        return sorted(os.listdir(folder(workspace)))
    except OSError:
        return []


def read(path: Path) -> Entry | None:
    """One entry; None if it has no note that can be read: only its age is known then."""
    if path.name.startswith("."):
        return None
    try:
        note = json.loads((path / NOTE).read_bytes())
        items = tuple(Item(**one) for one in note["things"])
        parse_stamp(note["at"])
        here = frozenset(os.listdir(path)) - {NOTE}
        whole = note["format"] == FORMAT and all(_is_sound(one) for one in items)
        return Entry(path.name, path, note["at"], items, here) if whole else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def begin(workspace: Workspace, wall: datetime, items: Sequence[Item]) -> Entry:
    """Make an entry whose note tells the moves that are about to be made. Raises `StockmlError` if the disk refuses."""
    same = sum(one.startswith(compact(wall)) for one in names(workspace))  # so that the newest has the last name
    name = f"{compact(wall)}-{same:02x}{os.urandom(2).hex()}"
    stage, path = folder(workspace) / f"{STAGE}{name}", folder(workspace) / name
    files.make_folder(stage)
    entry = Entry(name, path, stamp(wall), tuple(items), frozenset())
    try:
        files.write_new(stage / NOTE, _note(entry))
        files.publish_folder(stage, path)
    except OSError as error:
        raise StockmlError(
            f"{path}: the trash cannot be written ({error.strerror})", symbol=str(path), kind="disk",
            hint="make room on the disk; nothing was moved",
        ) from error  # fmt: skip
    return entry


def take(entry: Entry, item: Item) -> None:
    """Move a thing into an entry under its number. The caller syncs both folders."""
    files.move(entry.origin(item), entry.path / item.number)


def give_back(entry: Entry, item: Item, wall: datetime) -> Entry:
    """Move a thing back to where it was; returns the entry as it is then.

    The note says so first: what was brought back is left alone by the next clean-ups. Raises `StockmlError` if
    something else stands at its place.
    """
    place = entry.origin(item)
    if os.path.lexists(place):
        raise StockmlError(
            f"{item.name}: something else is at its place now", symbol=item.symbol or item.origin, kind="trash",
            hint=f"it stays in the trash as {entry.path / item.number}",
        )  # fmt: skip
    marked = Item(**{**item.__dict__, "undone_at": stamp(wall)})
    items = tuple(marked if one.number == item.number else one for one in entry.items)
    fresh = Entry(entry.id, entry.path, entry.at, items, entry.here - {item.number})
    files.replace(entry.path / NOTE, _note(fresh))
    files.make_folder(place.parent)
    files.move(entry.path / item.number, place)
    files.sync_folder(place.parent)
    files.sync_folder(entry.path)
    return fresh


def remove(workspace: Workspace, path: Path) -> None:
    """Remove something of the trash for good: out of sight in one step, then gone."""
    if path.name.startswith("."):
        files.remove_tree(path)
        return
    hidden = folder(workspace) / f"{GONE}{path.parent.name}-{path.name}-{os.urandom(3).hex()}"
    files.set_aside(path, hidden)
    files.remove_tree(hidden)


def _is_sound(item: Item) -> bool:
    """Whether an item of a note stays inside its entry and inside the workspace."""
    place = Path(item.origin)
    return item.number.isdigit() and not place.is_absolute() and ".." not in place.parts


def _note(entry: Entry) -> bytes:
    things: list[dict[str, Any]] = [dict(one.__dict__) for one in entry.items]
    return files.pretty_json({"format": FORMAT, "at": entry.at, "things": things})
