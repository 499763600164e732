"""Everything in a workspace as things: what each kind finds, and the rest, which no clean-up touches."""

from __future__ import annotations

import os
from collections.abc import Iterable

from stockml.cleanup import kinds
from stockml.cleanup.scene import Scene
from stockml.cleanup.thing import REST, Thing
from stockml.store.sizes import Weight, weight

_WHY = {
    "persistent_data/market.db": "it holds the bars",
    "persistent_data/ledger.db": "it holds what happened",
}
OTHER = "no clean-up touches it"


def things(scene: Scene) -> list[Thing]:
    """What is there, each file in one thing at least, in no order."""
    found = [one for name in kinds.names() for one in kinds.load(name).found(scene)]
    return [*found, *_rest(scene, {one.path for one in found})]


def _rest(scene: Scene, claimed: set[str]) -> Iterable[Thing]:
    """One thing for each top-level name below persistent_data, logs, cron and systemd that has unclaimed files."""
    place = scene.workspace
    for folder in (place.data, place.logs, place.home / "cron", place.home / "systemd"):
        for path in scene.entries(folder):
            weights = tuple(_unclaimed(str(path), claimed))
            if weights:
                name = scene.name(path)
                yield Thing(REST, name, str(path), weights, 0.0, protected=_WHY.get(name, OTHER))


def _unclaimed(path: str, claimed: set[str]) -> Iterable[Weight]:
    if path in claimed:
        return
    try:
        if os.path.isdir(path) and not os.path.islink(path):
            for name in os.listdir(path):
                yield from _unclaimed(f"{path}/{name}", claimed)
        else:
            yield weight(os.lstat(path))
    except OSError:
        return  # gone meanwhile, or not to be read
