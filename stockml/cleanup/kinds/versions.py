"""Superseded versions: the newest few of a symbol stay beside those in use."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from stockml import files
from stockml.cleanup import standing
from stockml.cleanup.scene import LOCKED, Scene, changed, mark
from stockml.cleanup.thing import Rules, Thing
from stockml.clock import age_days
from stockml.store import sizes, versions

VALUE, UNDOABLE, WORTHLESS = 50, True, False
WORDS = "versions"
GIVEN_UP = "the oldest versions that are not in use go"
_NAME = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")


def found(scene: Scene) -> list[Thing]:
    """Every version of every symbol that has a folder, configured or not, with what protects it."""
    made = []
    for symbol in scene.symbols:
        known = standing.of(scene, symbol)
        if scene.is_held(scene.lock_of(symbol)) and not known.everything:
            known = standing.Standing(known.pointed, known.waiting, LOCKED)
        for version in versions.names(scene.workspace, symbol):
            one = _version(scene, symbol, version, known) if _NAME.fullmatch(version) else None
            made += [one] if one else []
    return made


def _version(scene: Scene, symbol: str, version: str, known: standing.Standing) -> Thing | None:
    path = versions.folder(scene.workspace, symbol, version)
    try:
        facts = os.lstat(path)
        age = age_days(versions.made_at(version), scene.env.clock.now())
    except (OSError, ValueError):
        return None  # gone meanwhile, or a name that is no moment
    if not stat.S_ISDIR(facts.st_mode):
        return None
    protected = standing.protection(scene, known, version, str(path), facts)
    weights = tuple(sizes.of_tree(str(path)))
    name, lock = f"{symbol} {version}", str(scene.lock_of(symbol))
    return Thing("versions", name, str(path), weights, age, symbol, lock, protected, mark=mark(facts))


def due(things: Iterable[Thing], rules: Rules) -> dict[str, str]:
    """Of each symbol all that nothing protects, but for the newest few."""
    by_symbol: dict[str, list[Thing]] = {}
    for one in things:
        if not one.protected:
            by_symbol.setdefault(one.symbol, []).append(one)
    told = f"superseded: {rules.keep_versions} newer ones of its symbol are kept besides those in use"
    return {
        one.name: told
        for some in by_symbol.values()
        for one in sorted(some, key=lambda one: one.name)[: -rules.keep_versions]
    }


def still(scene: Scene, thing: Thing) -> str:
    """Why it stays after all. Asked under the symbol's lock: what points at versions does not change meanwhile."""
    path, known = Path(thing.path), standing.of(Scene(scene.env, scene.wall, thing.symbol), thing.symbol)
    try:
        reason = standing.protection(scene, known, path.name, thing.path, os.lstat(path))
    except OSError:
        reason = ""
    return reason or changed(thing)


def remove(scene: Scene, thing: Thing) -> None:
    """For good: out of sight in one step, since a version that can be seen is whole."""
    path = Path(thing.path)
    hidden = path.with_name(f".stage-{path.name}-{os.getpid()}")
    files.set_aside(path, hidden)
    files.remove_tree(hidden)
