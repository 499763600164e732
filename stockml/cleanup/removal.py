"""Carries a plan out, one thing at a time: what cannot go now is told and stops nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stockml import files
from stockml.cleanup import kinds, trash
from stockml.cleanup.plan import Plan, Removal
from stockml.cleanup.scene import Scene
from stockml.cleanup.thing import Thing
from stockml.errors import StockmlError


@dataclass
class Done:
    """What went, what stayed after all and why, what could not go, and the trash entry that was made."""

    removed: list[Removal] = field(default_factory=list)
    spared: list[tuple[Removal, str]] = field(default_factory=list)
    failed: list[tuple[Removal, StockmlError]] = field(default_factory=list)
    entry: trash.Entry | None = None


def carry_out(scene: Scene, plan: Plan) -> Done:
    """Remove what the plan names, in its order. Each thing is looked at once more under its lock.

    What goes for good goes first, so that a full disk has room again for the trash's note. Call under the lock of
    clean-up. Raises `StockmlError` if the disk does not confirm the moves.
    """
    done = Done()
    for one in plan.removals:
        if one.for_good:
            _try(scene, one, None, done)
    moved = [one for one in plan.removals if not one.for_good]
    if moved:
        items = _items(scene, moved)
        try:
            done.entry = trash.begin(scene.workspace, scene.wall, items)
        except StockmlError as error:
            done.failed += [(one, error) for one in moved]
            return done
        for one, item in zip(moved, items, strict=True):
            _try(scene, one, item, done)
        _sync(done)
    return done


def _sync(done: Done) -> None:
    """Make the moves durable before anybody tells of them; until then a power cut puts things back where they were."""
    parents = {Path(one.thing.path).parent for one in done.removed if not one.for_good}
    for folder in (*sorted(parents), *([done.entry.path] if done.entry else [])):
        try:
            files.sync_folder(folder)
        except OSError as error:
            raise StockmlError(
                f"{folder}: what was moved to the trash may be back at its place after a power cut ({error.strerror})",
                symbol=str(folder), kind="disk", hint="look at the disk, then run 'stockml clean' again",
            ) from error  # fmt: skip


def _items(scene: Scene, moved: list[Removal]) -> list[trash.Item]:
    home = scene.workspace.home
    return [
        trash.Item(
            f"{number:04d}", one.thing.kind, one.thing.name, str(Path(one.thing.path).relative_to(home)), one.why,
            one.thing.bytes, one.thing.symbol,
        )
        for number, one in enumerate(moved, start=1)
    ]  # fmt: skip


def _try(scene: Scene, one: Removal, item: trash.Item | None, done: Done) -> None:
    """Remove or move one thing, and note how it went."""
    kind = kinds.load(one.thing.kind)
    try:
        with _held(one.thing):
            reason = kind.still(scene, one.thing)
            if reason:
                done.spared.append((one, reason))
                return
            if item is not None and done.entry is not None:
                trash.take(done.entry, item)
            else:
                kind.remove(scene, one.thing)
        done.removed.append(one)
    except StockmlError as error:
        done.failed.append((one, error))
    except OSError as error:
        done.failed.append((one, refused(one.thing, error)))


def refused(thing: Thing, error: OSError) -> StockmlError:
    """That the disk or its rights do not let a thing go."""
    return StockmlError(
        f"{thing.name}: cannot be removed ({error.strerror})", symbol=thing.symbol or thing.path, kind="disk",
        hint="look at the rights of its folder; the next clean-up tries again",
    )  # fmt: skip


@contextlib.contextmanager
def _held(thing: Thing) -> Iterator[None]:
    """Hold the lock of a thing, if it goes under one."""
    if not thing.lock:
        yield
        return
    with files.lock(Path(thing.lock), what="clean-up", symbol=thing.symbol or None):
        yield
