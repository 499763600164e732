"""Logs, event logs of runs and daily metrics: for their days, and no more of them than their megabytes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from stockml import files
from stockml.cleanup.scene import Scene, changed, log_folders
from stockml.cleanup.thing import Rules, Thing
from stockml.space import told

VALUE, UNDOABLE, WORTHLESS = 20, True, False
WORDS = "logs"
GIVEN_UP = "the oldest logs go"
TODAY = "of today"
# What stockml itself names so, also once rotated or compressed; a file that somebody else put there is not ours.
_NAME = re.compile(
    r"(?:stockml-(\d{8})\.log|metrics_(\d{8})\.json|run-\d{8}T\d{6}Z-[0-9a-f]{6}\.jsonl|[a-z][a-z0-9-]*-(\d{8})\.log)"
    r"(?:\.\d+)?(?:\.gz|\.zst)?"
)


def found(scene: Scene) -> list[Thing]:
    """The logs of all areas. What a day's name or time of writing dates today, and what a process has open, stays."""
    today = f"{scene.wall:%Y%m%d}"
    made = []
    for folder in log_folders(scene):
        for path in scene.entries(folder):
            hit = _NAME.fullmatch(path.name)
            if hit and not path.is_symlink():
                made.append(scene.thing("logs", path, TODAY if today in hit.groups() else ""))
    return [one for one in made if one is not None]


def due(things: Iterable[Thing], rules: Rules) -> dict[str, str]:
    """Those older than the days that logs are kept, then the oldest until the rest is within its bytes."""
    newest_first = sorted(things, key=lambda one: (one.age_days, one.name))
    found, kept = {}, 0
    for one in newest_first:
        if one.age_days > rules.log_days:
            found[one.name] = f"older than the {rules.log_days:g} days that logs are kept"
            continue
        kept += one.bytes
        if kept > rules.log_bytes and not one.protected:
            found[one.name] = f"newer logs fill the {told(rules.log_bytes)} that are kept of them"
            kept -= one.bytes
    return found


def still(scene: Scene, thing: Thing) -> str:
    return changed(thing)


def remove(scene: Scene, thing: Thing) -> None:
    files.remove_tree(Path(thing.path))
