"""Clean-up: look at everything, decide, remove, record."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from stockml import files, logbook, space
from stockml.cleanup import inventory, kinds, removal
from stockml.cleanup import plan as planning
from stockml.cleanup.kinds import backups
from stockml.cleanup.plan import Plan
from stockml.cleanup.removal import Done
from stockml.cleanup.scene import Scene
from stockml.cleanup.thing import Thing, rules_of
from stockml.clock import recorded_at
from stockml.environment import Environment
from stockml.errors import BUSY, DONE, PARTIAL, BusyError, StockmlError
from stockml.ledger import removals
from stockml.pipeline import runs
from stockml.space import told

RAISE = "raise cleanup.max_disk_gb, or make the fleet or its history smaller"


@dataclass
class Cleaned:
    """The result of a clean-up as JSON, its exit status, what could not be done and what could not be recorded."""

    result: dict[str, Any]
    status: int
    errors: list[StockmlError]
    warnings: list[str] = field(default_factory=list)


def clean(env: Environment, *, dry_run: bool = False) -> Cleaned:
    """Clean the workspace up by policy and budget; with `dry_run` only tell what would go.

    What was removed stands in the ledger and in logs/monitoring, with its reason. A ledger that cannot be written
    (a full disk) keeps nobody from cleaning. Raises `BusyError` if another clean-up runs.
    """
    if dry_run:
        things, plan, free = _look(env, Scene(env, recorded_at()))
        return _told(env, things, plan, free, Done(removed=list(plan.removals)), dry_run=True)
    with alone(env), recorded(env, "clean") as (run, warnings):
        _prove_backups(env, warnings)
        scene = Scene(env, recorded_at())
        things, plan, free = _look(env, scene)
        done = removal.carry_out(scene, plan)
        made = _told(env, things, plan, free, done, dry_run=False)
        made.warnings = warnings
        entry = done.entry.id if done.entry else None
        keep(env, run, [_row(one, entry) for one in done.removed], warnings)
        if run is not None:
            freed = told(made.result["before"] - made.result["after"])
            figures = {key: made.result[key] for key in ("before", "after", "budget", "reached")}
            run.status, run.summary = made.status, {"removed": len(done.removed), "freed": freed, **figures}
    return made


def _prove_backups(env: Environment, warnings: list[str]) -> None:
    """Prove that the newest backup restores, if nobody has: older ones go only then."""
    name = backups.waits_for_proof(env)
    if name is None:
        return
    from stockml.backup import place, verification
    from stockml.backup.shelf import Local

    try:
        proof = verification.verify(Local(place.folder(env)), env.workspace, env.clock, names=(name,))
        problem = "" if proof["ok"] else "'stockml backup verify' tells what is wrong"
    except StockmlError as error:
        problem = error.message
    if problem:
        warnings.append(f"the newest backup, {name}, was not proved to restore, so all stay: {problem}")


def _look(env: Environment, scene: Scene) -> tuple[list[Thing], Plan, int]:
    """(everything there is, the plan for it, bytes free on the disk)."""
    things, free = inventory.things(scene), space.free_bytes(env.workspace.data)
    return things, planning.decide(things, rules_of(env.config), free), free


@contextlib.contextmanager
def alone(env: Environment) -> Iterator[None]:
    """Hold the lock of clean-up: the trash has one writer."""
    with files.lock(env.workspace.data / "clean.lock", what="clean-up"):
        yield


@contextlib.contextmanager
def recorded(env: Environment, command: str) -> Iterator[tuple[runs.Run | None, list[str]]]:
    """Record a block as a run if the ledger can be written; else (None, a warning that says so)."""
    warnings: list[str] = []
    with contextlib.ExitStack() as stack:
        run = None
        try:
            run = stack.enter_context(runs.recorded(env, command, "monitoring"))
        except BusyError:
            raise
        except StockmlError as error:
            warnings.append(f"the ledger does not know of this run: {error.message}")
        yield run, warnings


def keep(env: Environment, run: runs.Run | None, rows: Sequence[removals.Row], warnings: list[str]) -> None:
    """Put what happened into the ledger and the log; what cannot be written becomes a warning."""
    try:
        for one in rows:
            logbook.log(env.workspace, "monitoring", f"clean: {one.name}: {one.reason}")
        if run is not None and rows:
            removals.record(env.ledger, run.id, env.clock, rows)
    except StockmlError as error:
        warnings.append(f"not everything was recorded: {error.message}")


def _row(one: planning.Removal, entry: str | None) -> removals.Row:
    return removals.Row(one.thing.kind, one.thing.name, one.thing.bytes, one.why, None if one.for_good else entry)


def _told(env: Environment, things: list[Thing], plan: Plan, free: int, done: Done, *, dry_run: bool) -> Cleaned:
    """What was done, or would be, as the result of the command."""
    rules = rules_of(env.config)
    after, why_not = planning.outcome(things, done.removed, rules, free)
    errors = [error for _, error in done.failed]
    status = PARTIAL if errors or why_not else DONE
    if errors and not done.removed and all(isinstance(error, BusyError) for error in errors):
        status = BUSY
    if why_not:
        errors.append(_over_budget(env, plan, after, why_not[0]))
    stays = planning.groups(things, {one.thing.name for one in done.removed})
    result = {
        "action": "clean", "dry_run": dry_run, "before": plan.before, "after": after, "budget": plan.budget,
        "free": free, "reached": not why_not, "why_not": list(why_not),
        "removed": [_removed(one) for one in done.removed],
        "stays": [{**dataclasses.asdict(one), "why": one.why or None} for one in stays],
        "spared": [{"name": one.thing.name, "why": why} for one, why in done.spared],
        "failed": [{"name": one.thing.name, "why": error.message} for one, error in done.failed],
        "trash": done.entry.id if done.entry else None,
    }  # fmt: skip
    return Cleaned(result, status, errors)


def _removed(one: planning.Removal) -> dict[str, Any]:
    thing = one.thing
    return {
        "kind": thing.kind, "words": kinds.load(thing.kind).WORDS, "name": thing.name,
        "symbol": thing.symbol or None, "bytes": thing.bytes, "freed": one.freed,
        "age_days": round(thing.age_days, 2), "to_trash": not one.for_good, "why": one.why,
    }  # fmt: skip


def _over_budget(env: Environment, plan: Plan, after: int, sentence: str) -> StockmlError:
    """That the budget was not reached, with what a person can do where clean-up cannot."""
    hint = "make room on that disk; cleanup.reserve_mb is what shall stay free"
    if after > plan.budget:
        hint = f"{RAISE}; {told(after)} are in use"
    return StockmlError(sentence, symbol=str(env.workspace.home), kind="budget", hint=hint)
