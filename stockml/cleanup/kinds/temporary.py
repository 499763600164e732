"""What processes that are gone left half-written: stages of versions, files before their rename, copies."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stockml import files, processes
from stockml.cleanup.scene import LOCKED, Scene, changed, log_folders
from stockml.cleanup.thing import Rules, Thing

VALUE, UNDOABLE, WORTHLESS = 1, False, True
WORDS = "temporary files"
GIVEN_UP = "nobody needs it"
_NAME = re.compile(r"\.stage-.*|\..+\.part")
_PID = re.compile(r"-(\d{1,7})$|\.(\d{1,7})\.part$")


def found(scene: Scene) -> list[Thing]:
    """Half-written files and folders in the places where stockml writes, each with who may still be writing it."""
    made = []
    for folder, symbol in _folders(scene):
        for path in scene.entries(folder):
            if _NAME.fullmatch(path.name):
                lock = str(scene.lock_of(symbol)) if symbol else ""
                made.append(scene.thing("temporary", path, _writer(scene, path, symbol), lock, symbol))
    return [one for one in made if one is not None]


def _folders(scene: Scene) -> Iterator[tuple[Path, str]]:
    """(folder, symbol whose lock its writers hold or "")."""
    place = scene.workspace
    fixed = (place.data, place.data / "replays", place.cache, place.models, place.logs, *log_folders(scene))
    yield from ((one, "") for one in (*fixed, place.home / "cron", place.home / "systemd"))
    for symbol in scene.symbols:
        own = place.symbol_folder(symbol)
        yield from ((own, symbol), (own / "versions", symbol))


def _writer(scene: Scene, path: Path, symbol: str) -> str:
    """That somebody may still be writing it; "" if nobody can be."""
    if symbol and scene.is_held(scene.lock_of(symbol)):
        return LOCKED
    try:
        written = os.lstat(path).st_mtime
    except OSError:
        return ""  # gone meanwhile
    pid = process_of(path.name)
    if pid is not None:
        return f"process {pid} is at work" if processes.lived_at(pid, written) else ""
    return "it may be of a process that runs" if written >= processes.booted_at() and not symbol else ""


def process_of(name: str) -> int | None:
    """The number of the process that made a temporary file, from its name."""
    hit = _PID.search(name)
    return int(hit[1] or hit[2]) if hit else None


def due(things: Iterable[Thing], rules: Rules) -> dict[str, str]:
    """All of them, unless somebody may still be writing."""
    return {one.name: "left half-written by a process that is gone" for one in things}


def still(scene: Scene, thing: Thing) -> str:
    """Asked under the symbol's lock, where there is one: whoever could be writing holds it."""
    return changed(thing)


def remove(scene: Scene, thing: Thing) -> None:
    files.remove_tree(Path(thing.path))
