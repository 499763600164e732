"""Removes snapshots by policy or by name, then what nobody refers to any more, in that order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from stockml import pace
from stockml.backup import facts, objects, packs, place, retention, snapshots, verification
from stockml.backup.references import Follower
from stockml.backup.retention import Decision, Rules
from stockml.backup.shelf import PACKS, SNAPSHOTS, Local, Shelf
from stockml.backup.snapshots import Snapshot
from stockml.clock import Clock
from stockml.config.schema import Backup
from stockml.environment import Environment
from stockml.errors import BackupError
from stockml.pace import Tell

WASTE = 0.25  # of a pack's bytes: with more of it unused, what is used is written anew
_LIST = 4096  # bytes of a small pack's own list, which are no waste

Decide = Callable[[Sequence[Snapshot]], list[Decision]]


def rules_of(wanted: Backup) -> Rules:
    return Rules(wanted.keep_last, wanted.keep_daily, wanted.keep_weekly, wanted.keep_monthly)


def prune(env: Environment, *, dry_run: bool = False) -> dict[str, Any]:
    """Remove the snapshots that the configured policy does not keep; returns `result` of `backup prune`.

    A newest snapshot that was never proved to restore is verified first. Raises `BusyError` while somebody reads or
    writes there, `ConfigError` for a policy that keeps nothing, `BackupError` if the folder cannot be used.
    """
    return prune_shelf(Local(place.folder(env)), env, dry_run=dry_run)


def prune_shelf(shelf: Shelf, env: Environment, *, dry_run: bool = False, tell: Tell = pace.silent) -> dict[str, Any]:
    """The same on any shelf."""
    rules, proof = rules_of(env.config.backup), None
    retention.decide((), rules, env.clock.now())  # a policy that keeps nothing is refused before anything is read
    found = snapshots.read_all(shelf)[0]
    if found and found[-1].verified_at is None and not dry_run:
        proof = verification.verify(shelf, env.workspace, env.clock, names=(found[-1].name,), tell=tell)

    def decide(found: Sequence[Snapshot]) -> list[Decision]:
        return retention.decide(found, rules, env.clock.now())

    result = _prune(shelf, env.clock, decide, dry_run)
    return {**result, "verified": None if proof is None else {"snapshot": found[-1].name, "ok": proof["ok"]}}


def remove(env: Environment, names: Sequence[str]) -> dict[str, Any]:
    """Remove the named snapshots of the workspace, but for the newest and the newest that is verified.

    While the newest is not verified, none is removed. Returns what `prune` does. Raises as it does.
    """

    def decide(found: Sequence[Snapshot]) -> list[Decision]:
        return by_name(found, names)

    return {**_prune(Local(place.folder(env)), env.clock, decide, False), "verified": None}


def by_name(found: Sequence[Snapshot], names: Sequence[str]) -> list[Decision]:
    """The decision about snapshots that were asked to go; a pure one."""
    newest = found[-1] if found else None
    made = []
    for one in found:
        if one.name not in names:
            made.append(Decision(one.name, True, "not asked for"))
        elif one is newest:
            made.append(Decision(one.name, True, "the newest"))
        elif newest is not None and newest.verified_at is None:
            made.append(Decision(one.name, True, "the newest backup is not verified, so all stay"))
        else:
            made.append(Decision(one.name, False, "asked for"))
    return made


def _prune(shelf: Shelf, clock: Clock, decide: Decide, dry_run: bool) -> dict[str, Any]:
    try:
        with shelf.reading() if dry_run else shelf.removing():
            return _decided(shelf, clock, decide, dry_run)
    except OSError as error:
        raise BackupError(
            f"{shelf.name}: not pruned to the end ({error.strerror})", symbol=shelf.name, kind="disk",
            hint="what is kept is whole; the next 'stockml backup prune' goes on",
        ) from error  # fmt: skip


def _decided(shelf: Shelf, clock: Clock, decide: Decide, dry_run: bool) -> dict[str, Any]:
    found, damaged = snapshots.read_all(shelf)
    decisions = decide(found)
    going = [one.name for one in decisions if not one.keep]
    problems = [f"{file}: {told}" for file, told in damaged]
    kept = [one for one in found if one.name not in going]
    live = _live(shelf, kept, problems)
    if not dry_run:
        for name in going:
            facts.record(shelf, clock, name, facts.REMOVED)
        shelf.remove(SNAPSHOTS, [f"{name}.json" for name in going])
        shelf.sweep()
    freed = 0 if problems else _thin(shelf, live, dry_run)
    if problems:
        problems.append("as long as that is so, only snapshots are removed: nobody knows what they need")
    by = {one.name: one for one in found}
    told = [{**asdict(one), "made_at": by[one.name].made_at} for one in decisions]
    return {
        "folder": shelf.name, "dry_run": dry_run, "removed": going, "freed_bytes": freed, "problems": problems,
        "snapshots": [{"snapshot": one.pop("name"), **one} for one in told],
    }  # fmt: skip


def _live(shelf: Shelf, kept: Sequence[Snapshot], problems: list[str]) -> set[str]:
    """The objects that the snapshots need. What cannot be read is added to `problems`."""
    follower, where = Follower(shelf), objects.places(shelf)
    live = {piece.sha for one in kept for piece in follower.needed(one, lambda error: problems.append(error.message))}
    lost = sorted(live - set(where))
    if lost:
        problems.append(f"{len(lost)} objects are missing, one is {lost[0][:12]}; 'stockml backup verify' tells more")
    return live


def _thin(shelf: Shelf, live: set[str], dry_run: bool) -> int:
    """Remove the packs that hold nothing live, after those with much waste were written anew; the bytes freed."""
    where, sizes = objects.places(shelf), shelf.sizes(PACKS)
    used = _used(where, live)
    wasteful = [
        name for name, size in sizes.items() if name in used and sum(used[name].values()) < (1 - WASTE) * size - _LIST
    ]
    gone = [name for name in sizes if packs.is_name(name) and name not in used]
    if dry_run:
        return sum(sizes[name] for name in gone) + sum(sizes[name] - sum(used[name].values()) for name in wasteful)
    with objects.taking(shelf, set(), compress=False) as intake:
        for name in wasteful:
            for sha in used[name]:
                intake.keep(objects.read_stored(shelf, where[sha].piece))
    removed = [name for name in (*gone, *wasteful) if name not in intake.packs]  # after a kill it may be there already
    shelf.remove(PACKS, removed)
    objects.places(shelf)  # forgets what went
    left = shelf.sizes(PACKS)
    return sum(sizes[name] for name in removed) - sum(left[name] for name in intake.packs - set(sizes))


def _used(where: Mapping[str, objects.Place], live: set[str]) -> dict[str, dict[str, int]]:
    """Of each pack that is needed, the objects that are read from it, with the bytes they take."""
    used: dict[str, dict[str, int]] = {}
    for sha in live:
        if sha in where:
            used.setdefault(where[sha].pack, {})[sha] = where[sha].entry.stored
    return used
