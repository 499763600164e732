"""What is in the trash: for its days, and less if the budget needs the room."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from stockml.cleanup import trash
from stockml.cleanup.scene import Scene, changed, mark
from stockml.cleanup.thing import HOUR, YOUNG, Rules, Thing
from stockml.store import sizes

VALUE, UNDOABLE, WORTHLESS = 0, False, True
WORDS = "things in the trash"
GIVEN_UP = "what is in the trash goes first, the oldest before the rest"
HALF = "left half-done by a clean-up that was killed"
EMPTY = "nothing is left in it"


def found(scene: Scene) -> list[Thing]:
    """The things of each entry; entries in which nothing is left; what a killed clean-up left behind."""
    place, made = trash.folder(scene.workspace), []
    for name in trash.names(scene.workspace):
        entry = trash.read(place / name)
        if entry is None:
            made.append(_whole(scene, place / name, HALF if name.startswith(".") else ""))
        elif not entry.here:
            if not any(str(one) in scene.brought_back for one, _ in entry.brought_back):
                made.append(_whole(scene, entry.path, EMPTY))
        else:
            made += _items(scene, entry)
    return [one for one in made if one is not None]


def _whole(scene: Scene, path: Path, due: str) -> Thing | None:
    """Something in the trash that no note explains, or that is empty. A restore may be about to fill a young one; what
    has a hidden name is a clean-up's, and only one runs at a time.
    """
    one = scene.thing("trash", path)
    if one is None:
        return None
    return Thing(**{**one.__dict__, "due": due, "protected": "" if due == HALF else one.protected})


def _items(scene: Scene, entry: trash.Entry) -> Iterable[Thing]:
    known = {one.number: one.name for one in entry.items}
    age = entry.age_days(scene.wall)
    for number in sorted(entry.here):
        path = entry.path / number
        try:
            facts = os.lstat(path)
        except OSError:
            continue
        name, weights = f"{entry.id}/{number}", tuple(sizes.of_tree(str(path)))
        told = f"{name} ({known[number]})" if number in known else name
        due = HALF if number.startswith(".") else ""
        young = YOUNG if age < HOUR and not due else ""
        yield Thing("trash", told, str(path), weights, age, protected=young, due=due, mark=mark(facts))


def due(things: Iterable[Thing], rules: Rules) -> dict[str, str]:
    """What lies there longer than the trash is kept."""
    limit = rules.trash_days
    return {
        one.name: f"longer in the trash than the {limit:g} days it is kept"
        for one in things
        if one.age_days > limit and not one.due
    }


def still(scene: Scene, thing: Thing) -> str:
    return changed(thing)


def remove(scene: Scene, thing: Thing) -> None:
    trash.remove(scene.workspace, Path(thing.path))
