"""Backups: as the policy of `backup` says, and for the budget the oldest that nothing protects."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from stockml.backup import objects, place, pruning, retention, snapshots
from stockml.backup.references import Follower
from stockml.backup.shelf import PACKS, SNAPSHOTS, Local
from stockml.backup.snapshots import Snapshot
from stockml.cleanup.scene import Scene, mark
from stockml.cleanup.standing import LATER
from stockml.cleanup.thing import HOUR, REST, YOUNG, Rules, Thing
from stockml.clock import age_days
from stockml.environment import Environment
from stockml.errors import BackupError, StockmlError
from stockml.store import sizes
from stockml.store.sizes import Weight

VALUE, UNDOABLE, WORTHLESS = 60, False, False
WORDS = "backups"
GIVEN_UP = "the oldest backups that are neither the newest nor the newest verified go"
NEWEST, PROVED = "the newest backup", "the newest verified backup"
UNPROVED = "the newest backup is not verified, so all stay"
SHARED = "packs of backups that stay, and what nobody can tell apart in them"
_OBJECT = 1 << 200  # no file of a disk has such a number


def found(scene: Scene) -> list[Thing]:
    """The snapshots that can be read. Several share objects, which are free with the last of them only.

    What they weigh is looked up only where it counts: something is due, or the workspace is over its budget.
    """
    shelf = Local(place.folder(scene.env))
    known = _known(shelf)
    due = _due(scene, known)
    counts = len(known) > 1 and shelf.root.is_relative_to(scene.workspace.data) and (due or scene.is_over_budget)
    weights = _weights(shelf, known) if counts else {}
    made = [one for snapshot in known if (one := _thing(scene, shelf, known, snapshot, weights, due)) is not None]
    return [*made, *([_packs(scene, shelf, weights)] if weights else [])]


def waits_for_proof(env: Environment) -> str | None:
    """The newest snapshot, if nobody proved yet that it restores and there are older ones, which stay until then."""
    known = _known(Local(place.folder(env)))
    return known[-1].name if len(known) > 1 and known[-1].verified_at is None else None


def _known(shelf: Local) -> Sequence[Snapshot]:
    try:
        return snapshots.read_all(shelf)[0]
    except (BackupError, OSError):
        return ()  # a folder that is not there or cannot be read: nothing of it goes


def _due(scene: Scene, known: Sequence[Snapshot]) -> dict[str, str]:
    """Name -> why, of the snapshots that the policy does not keep."""
    try:
        decisions = retention.decide(known, pruning.rules_of(scene.env.config.backup), scene.env.clock.now())
    except StockmlError:
        return {}  # a policy that keeps nothing is for `backup` to refuse
    return {one.name: one.reason for one in decisions if not one.keep}


def _thing(
    scene: Scene, shelf: Local, known: Sequence[Snapshot], one: Snapshot, weights: dict[str, tuple[Weight, ...]],
    due: dict[str, str],
) -> Thing | None:  # fmt: skip
    path = shelf.root / SNAPSHOTS / f"{one.name}.json"
    try:
        facts = os.lstat(path)
    except OSError:
        return None
    age = age_days(one.made_at, scene.env.clock.now())
    own = (sizes.weight(facts),) if shelf.root.is_relative_to(scene.workspace.data) else ()
    weight = (*own, *weights.get(one.name, ()))
    protected = protection(known, one, age)
    told = {"protected": protected, "due": due.get(one.name, "")}
    return Thing("backups", one.name, str(path), weight, age, **told, mark=mark(facts))


def protection(known: Sequence[Snapshot], one: Snapshot, age_days: float) -> str:
    """Why a snapshot stays whatever the budget, or ""; the newest of those known is the last."""
    newest = known[-1]
    proved = next((other for other in reversed(known) if other.verified_at), None)
    if one.name == newest.name:
        return NEWEST
    if proved is not None and one.name == proved.name:
        return PROVED
    if newest.verified_at is None:
        return UNPROVED
    if age_days < 0:
        return LATER
    return YOUNG if age_days < HOUR else ""


def _weights(shelf: Local, known: Sequence[Snapshot]) -> dict[str, tuple[Weight, ...]]:
    """Snapshot -> its objects as they lie in the packs; nothing if one of them cannot be followed."""
    follower, problems = Follower(shelf), list[BackupError]()
    try:
        where = objects.places(shelf)
        needed = {one.name: {piece.sha for piece in follower.needed(one, problems.append)} for one in known}
    except OSError:
        return {}
    if problems:
        return {}
    return {
        name: tuple((_OBJECT | int(sha[:32], 16), where[sha].entry.stored) for sha in shas if sha in where)
        for name, shas in needed.items()
    }


def _packs(scene: Scene, shelf: Local, weights: dict[str, tuple[Weight, ...]]) -> Thing:
    """What the packs take besides the objects of snapshots."""
    path = shelf.root / PACKS
    whole = sum(dict(sizes.of_tree(str(path))).values())
    told = sum({object_: size for some in weights.values() for object_, size in some}.values())
    beside = ((_OBJECT - 1, max(0, whole - told)),)
    return Thing(REST, scene.name(path), str(path), beside, 0.0, protected=SHARED)


def due(things: Iterable[Thing], rules: Rules) -> dict[str, str]:
    """The room of backups has decided already, by its own rules."""
    return {}


def still(scene: Scene, thing: Thing) -> str:
    """Why it stays after all; `remove` asks once more under the lock of the backups."""
    known = _known(Local(place.folder(scene.env)))
    by_name = {one.name: one for one in known}
    if thing.name not in by_name:
        return "it is gone already"
    return protection(known, by_name[thing.name], thing.age_days)


def remove(scene: Scene, thing: Thing) -> None:
    """Raises `StockmlError` where the room of backups keeps it."""
    result = pruning.remove(scene.env, [thing.name])
    if thing.name not in result["removed"]:
        reasons = {one["snapshot"]: one["reason"] for one in result["snapshots"]}
        told = f"{thing.name}: backup kept: {reasons.get(thing.name, 'it cannot be found')}"
        raise StockmlError(told, symbol=Path(thing.path).name, kind="backup", hint="see 'stockml backup list'")
