"""Caches: what an older stockml left, and all of them where room is needed; they are made anew."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from stockml import files
from stockml.cleanup.scene import Scene, changed
from stockml.cleanup.thing import Rules, Thing
from stockml.store import index, sizes

VALUE, UNDOABLE, WORTHLESS = 10, False, True
WORDS = "caches"
GIVEN_UP = "a cache is made anew when it is needed"
DRILL_DAYS = 1.0  # no drill takes as long
_SIDES = ("-journal", "-wal", "-shm")  # what SQLite keeps beside a database; it goes with it
_FORMAT = re.compile(r"champions-(\d+)\.db")


def found(scene: Scene) -> list[Thing]:
    """What lies in the cache folder, but for locks and half-written files."""
    made = []
    for path in scene.entries(scene.workspace.cache):
        if path.name.endswith((".lock", *_SIDES)) or path.name.startswith("."):
            continue
        one = scene.thing("caches", path)
        if one is not None:
            weights = (*one.weights, *(weight for side in _beside(path) for weight in sizes.of_tree(str(side))))
            made.append(Thing(**{**one.__dict__, "weights": weights}))
    return made


def _beside(path: Path) -> list[Path]:
    return [side for end in _SIDES if (side := path.with_name(path.name + end)).exists()]


def due(things: Collection[Thing], rules: Rules) -> dict[str, str]:
    """Indexes in a format that this stockml does not read, and rooms of restore drills that were killed."""
    formats = {one.name: _FORMAT.fullmatch(Path(one.path).name) for one in things}
    old = {name: hit[1] for name, hit in formats.items() if hit and int(hit[1]) != index.FORMAT}
    found = {name: f"its format is {known}, this stockml uses {index.FORMAT}" for name, known in old.items()}
    drills = [one for one in things if Path(one.path).name.startswith("drill-") and one.age_days > DRILL_DAYS]
    return found | {one.name: "a restore drill left it behind" for one in drills}


def still(scene: Scene, thing: Thing) -> str:
    return changed(thing)


def remove(scene: Scene, thing: Thing) -> None:
    """A database goes after what lies beside it: a journal without its database would be played into the next one."""
    for side in _beside(Path(thing.path)):
        files.remove_tree(side)
    files.remove_tree(Path(thing.path))
