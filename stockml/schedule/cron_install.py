"""Puts our block into the user's cron table, takes it out, and undoes the last of either."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from stockml import clock, files
from stockml.clock import Clock
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.schedule import calls, cron_block, cron_lines, cron_table, cron_traps, jobs
from stockml.workspace import Workspace

KEPT = 20  # tables from before a change
LAST, RENDERED, BEFORE = "last-change.json", "stockml.crontab", "crontab-{}.before"


@dataclass(frozen=True)
class Change:
    """What becomes, or became, of the table: lines by job, the difference as text, the file that holds the old one."""

    old: bytes
    new: bytes
    lines: dict[str, tuple[str, ...]] = field(default_factory=dict)
    saved: Path | None = None
    warnings: tuple[str, ...] = ()

    @property
    def diff(self) -> list[str]:
        """The lines that go (-) and come (+) with their surroundings."""
        old, new = (one.decode(errors="replace").split("\n") for one in (self.old, self.new))
        return list(difflib.unified_diff(old, new, "crontab before", "crontab after", n=2, lineterm=""))


def machine() -> ZoneInfo:
    """The zone that cron's daemon runs in: the machine's, whatever TZ a shell may have."""
    return ZoneInfo(clock.machine_zone({}))


def lines(env: Environment) -> dict[str, tuple[str, ...]]:
    """The lines that the configuration asks for, by job."""
    return cron_lines.render(env.workspace, jobs.enabled(env.config), machine(), Clock().now())


def install(env: Environment, *, dry_run: bool) -> Change:
    """Make our block hold the enabled jobs; without any the block goes. Nothing else in the table changes.

    Raises `CronError` where the table could not be read or replaced for sure, `DamagedError` for broken markers,
    `BusyError` while another stockml of this user changes the table.
    """
    wanted = lines(env)
    with _alone():
        change = _put(env.workspace, wanted, dry_run=dry_run)
        _copy(env.workspace, change.new)
    warnings = (*change.warnings, *cron_traps.warnings(change.old, calls.identity(env.workspace), machine().key))
    return dataclasses.replace(change, lines=wanted, warnings=warnings)


def remove(workspace: Workspace, *, dry_run: bool) -> Change:
    """Take our block out; the table is then what it would be without us, byte for byte."""
    with _alone():
        change = _put(workspace, {}, dry_run=dry_run)
        if not dry_run:
            _copy(workspace, change.new)
    return change


def undo(workspace: Workspace, *, force: bool, dry_run: bool) -> Change:
    """Put back the table from before our last change.

    Raises `StockmlError` if there is none, or if the table was changed by others since and `force` is not given.
    """
    with _alone():
        last, before = _last(workspace)
        old = cron_table.read()
        if _sha256(old) != last["installed"] and not force:
            raise StockmlError(
                f"the cron table was changed since {last['at']}; putting the old one back would lose that",
                kind="changed",
                hint="'schedule remove --cron' takes out our lines alone; --force puts the old table back all the same",
            )
        if dry_run:
            return Change(old, before)
        saved = _save(workspace, old)
        warnings = _swap(workspace, old, before)
        files.remove_file(workspace.cron / LAST)
        _copy(workspace, before)
    return Change(old, before, saved=saved, warnings=warnings)


def _put(workspace: Workspace, wanted: dict[str, tuple[str, ...]], *, dry_run: bool) -> Change:
    """Exchange our block. The old table is kept in the workspace before anything changes."""
    old = cron_table.read()
    new = cron_block.put(old, calls.identity(workspace), cron_lines.flat(wanted))
    if new == old or dry_run:
        return Change(old, new)
    saved = _save(workspace, old)
    warnings = _swap(workspace, old, new)
    last = {"at": clock.stamp(clock.recorded_at()), "before": saved.name, "installed": _sha256(cron_table.read())}
    files.replace(workspace.cron / LAST, files.pretty_json(last))
    return Change(old, new, saved=saved, warnings=warnings)


def _swap(workspace: Workspace, old: bytes, new: bytes) -> tuple[str, ...]:
    """Exchange the tables. Some crontab programs refuse a table whose last line has no end: then it gets one."""
    folder = _folder(workspace)
    for left in folder.glob(f"{cron_table.PASSED}*"):
        files.remove_file(left)  # of a process that was killed; the lock says that it is gone
    try:
        cron_table.swap(old, new, folder)
    except cron_table.CronError:
        if not new or new.endswith(b"\n") or cron_table.read() != old:
            raise
        cron_table.swap(old, new + b"\n", folder)
        return ("crontab refuses a table whose last line has no line end, as yours had; it has one now",)
    return ()


def _save(workspace: Workspace, table: bytes) -> Path:
    """Keep a table, and no more than `KEPT` of them."""
    folder = _folder(workspace)
    kept = sorted(folder.glob(BEFORE.format("*")))
    for old in kept[: max(0, len(kept) - KEPT + 1)]:
        files.remove_file(old)
    stamp = clock.compact(clock.recorded_at())
    path, count = folder / BEFORE.format(stamp), 1
    while path.exists():
        path, count = folder / BEFORE.format(f"{stamp}-{count}"), count + 1
    files.replace(path, table)
    return path


def _last(workspace: Workspace) -> tuple[dict[str, Any], bytes]:
    """Our last change as it was noted, and the table from before it."""
    try:
        found: dict[str, Any] = json.loads((workspace.cron / LAST).read_bytes())
        return found, (workspace.cron / found["before"]).read_bytes()
    except (OSError, ValueError, KeyError) as error:
        raise StockmlError(
            "there is no change of the cron table to undo", kind="nothing",
            hint=f"tables from before earlier changes are in {workspace.cron}",
        ) from error  # fmt: skip


def _copy(workspace: Workspace, table: bytes) -> None:
    """Keep a copy of our block where people look for it."""
    block = cron_block.split(table, calls.identity(workspace)).block.removeprefix(b"\n")
    if block:
        files.replace(_folder(workspace) / RENDERED, block)
    else:
        files.remove_file(workspace.cron / RENDERED)


@contextmanager
def _alone() -> Iterator[None]:
    """One writer at a time among all workspaces of a user: they share one table."""
    with files.lock(Path.home() / ".local" / "state" / "stockml" / "crontab.lock", what="the cron table"):
        yield


def _folder(workspace: Workspace) -> Path:
    files.make_folder(workspace.cron)
    return workspace.cron


def _sha256(table: bytes) -> str:
    return hashlib.sha256(table).hexdigest()
