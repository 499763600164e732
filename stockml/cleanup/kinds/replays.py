"""Replays: folders of policies that were lived through the past, as long as logs; they can be lived again."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from stockml import files
from stockml.cleanup.scene import BACK, DAYS, LOCKED, Scene, mark
from stockml.cleanup.thing import HOUR, YOUNG, Rules, Thing
from stockml.store import sizes

VALUE, UNDOABLE, WORTHLESS = 15, True, False
WORDS = "replays"
GIVEN_UP = "the oldest replays go, which can be lived again"
LOCK = "lock"
_NAME = re.compile(r"\d{8}-[0-9a-f]{12}")


def found(scene: Scene) -> list[Thing]:
    """The folders in persistent_data/replays, each as old as what was written in it last."""
    folders = scene.entries(scene.workspace.data / "replays")
    made = [_replay(scene, path) for path in folders if _NAME.fullmatch(path.name) and _is_folder(path)]
    return [one for one in made if one is not None]


def _replay(scene: Scene, path: Path) -> Thing | None:
    try:
        facts = os.lstat(path)
    except OSError:
        return None  # gone meanwhile
    age, lock = (scene.wall.timestamp() - _written_at(path)) / DAYS, path / LOCK
    protected = LOCKED if scene.is_held(lock) else YOUNG if age < HOUR else ""
    if str(path) in scene.brought_back:
        protected = BACK
    name, weights = scene.name(path), tuple(sizes.of_tree(str(path)))
    return Thing("replays", name, str(path), weights, age, "", str(lock), protected, mark=mark(facts))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _written_at(path: Path) -> float:
    """When a file below a folder was written last, in epoch seconds; its lock is written by whoever takes it."""
    newest = 0.0
    for folder, _, names in os.walk(path):
        for name in names:
            if name == LOCK:
                continue
            try:
                newest = max(newest, os.lstat(os.path.join(folder, name)).st_mtime)
            except OSError:
                continue  # gone meanwhile
    return newest


def due(things: Iterable[Thing], rules: Rules) -> dict[str, str]:
    """Those older than the days that logs are kept."""
    limit = rules.log_days
    told = f"older than the {limit:g} days that logs and replays are kept"
    return {one.name: told for one in things if one.age_days > limit}


def still(scene: Scene, thing: Thing) -> str:
    """Asked under the replay's lock."""
    if not _is_folder(Path(thing.path)):
        return "it is gone already"
    age = (scene.wall.timestamp() - _written_at(Path(thing.path))) / DAYS
    return "it was written to meanwhile" if age < HOUR else ""


def remove(scene: Scene, thing: Thing) -> None:
    """For good: out of sight in one step."""
    path = Path(thing.path)
    hidden = path.with_name(f".{path.name}.{os.getpid()}.part")
    files.set_aside(path, hidden)
    files.remove_tree(hidden)
