"""Reports of bugs that stockml left in the machine's folder for temporary files: as long as logs."""

from __future__ import annotations

import os
import re
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from stockml import files
from stockml.cleanup.scene import Scene, changed
from stockml.cleanup.thing import Rules, Thing

VALUE, UNDOABLE, WORTHLESS = 30, False, False
WORDS = "reports of bugs"
GIVEN_UP = "they lie outside the workspace and free nothing"
_NAME = re.compile(r"stockml-crash-[A-Za-z0-9_]+\.txt")


def found(scene: Scene) -> list[Thing]:
    """Ordinary files of this user under the name that reports of bugs have. They weigh nothing in the workspace."""
    made = []
    for path in scene.entries(Path(tempfile.gettempdir())):
        if _NAME.fullmatch(path.name) and _is_ours(path):
            one = scene.thing("crashes", path)
            made += [Thing(**{**one.__dict__, "weights": ()})] if one else []
    return made


def _is_ours(path: Path) -> bool:
    try:
        facts = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(facts.st_mode) and facts.st_uid == os.getuid()


def due(things: Iterable[Thing], rules: Rules) -> dict[str, str]:
    """Those older than the days that logs are kept."""
    limit = rules.log_days
    return {
        one.name: f"older than the {limit:g} days that logs and reports of bugs are kept"
        for one in things
        if one.age_days > limit
    }


def still(scene: Scene, thing: Thing) -> str:
    return changed(thing)


def remove(scene: Scene, thing: Thing) -> None:
    files.remove_tree(Path(thing.path))
