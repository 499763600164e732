"""Puts our units into systemd, and takes them out without a trace."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stockml import files
from stockml.environment import Environment
from stockml.schedule import accounts, jobs, systemctl, units
from stockml.schedule.systemctl import Scope
from stockml.schedule.units import Account, Units
from stockml.workspace import Workspace

WANTS = "timers.target.wants"
LINGER = (
    "lingering is {} for this user: units of your own run only while you are logged in. "
    "'loginctl enable-linger' keeps them running"
)


@dataclass(frozen=True)
class Change:
    """What becomes, or became, of the unit files: content by name before and after, and remarks."""

    folder: Path
    old: Mapping[str, bytes]
    new: Mapping[str, bytes]
    warnings: tuple[str, ...] = ()

    @property
    def differing(self) -> list[str]:
        """Names of the files that come, go or change."""
        return sorted(name for name in {*self.old, *self.new} if self.old.get(name) != self.new.get(name))

    @property
    def diff(self) -> list[str]:
        """Files that go (-) and come (+), and the lines of those that change."""
        found: list[str] = []
        for name in self.differing:
            path = str(self.folder / name)
            if name in self.old and name in self.new:
                old, new = (one[name].decode().splitlines() for one in (self.old, self.new))
                found += difflib.unified_diff(old, new, path, path, n=2, lineterm="")
            else:
                found.append(("+ " if name in self.new else "- ") + path)
        return found


def install(env: Environment, scope: Scope, account: Account | None, *, dry_run: bool) -> Change:
    """Make systemd hold one service and timer for each enabled job, and no other of this workspace's.

    Rendered into the workspace and read by systemd first: at its slightest remark nothing is installed. Raises
    `SystemdError` for that, and where no manager answers.
    """
    made = units.render(env.workspace, env.config, jobs.enabled(env.config), account)
    with accounts.as_owner(env.workspace):
        paths = _copy(env.workspace, made)
    systemctl.verify(scope, paths)
    systemctl.check_calendar(_times(made))
    change = Change(scope.units, present(env.workspace, scope), made.files, _remarks(scope))
    if dry_run:
        return change
    systemctl.require_manager(scope)
    gone = [name for name in change.old if name not in made.files]
    _disable(scope, gone)
    files.make_public_folder(scope.units)
    for name in change.differing:
        if name in made.files:
            files.replace(scope.units / name, made.files[name], 0o644)
    _clear(scope, gone)
    systemctl.call(scope, "daemon-reload")
    if made.timers:
        systemctl.call(scope, "enable", "--now", *made.timers)
        changed = [name for name in made.timers if name in change.differing and name in change.old]
        if changed:
            systemctl.call(scope, "restart", *changed)
    return change


def remove(workspace: Workspace, scope: Scope, *, dry_run: bool) -> Change:
    """Take all units of the workspace out: files, links and notes of when timers came. A running job may end."""
    change = Change(scope.units, present(workspace, scope), {})
    if dry_run or not change.old:
        return change
    warnings = []
    try:
        systemctl.require_manager(scope)
        _disable(scope, list(change.old))
    except systemctl.SystemdError as error:
        warnings.append(f"{error.message}; the files are removed all the same")
    _clear(scope, list(change.old))
    if not warnings:
        systemctl.call(scope, "daemon-reload")
    with accounts.as_owner(workspace):
        for path in workspace.systemd.glob(f"{units.prefix(workspace)}-*"):
            files.remove_file(path)
    return Change(change.folder, change.old, {}, tuple(warnings))


def present(workspace: Workspace, scope: Scope) -> dict[str, bytes]:
    """The unit files of the workspace that are installed, by name."""
    found = sorted(scope.units.glob(f"{units.prefix(workspace)}-*"))
    return {path.name: path.read_bytes() for path in found if path.is_file()}


def is_enabled(scope: Scope, timer: str) -> bool:
    """Whether a timer is started with the manager."""
    return (scope.units / WANTS / timer).is_symlink()


def _copy(workspace: Workspace, made: Units) -> list[Path]:
    """Keep a copy of the units where people look for them, and only of these."""
    files.make_folder(workspace.systemd)
    for path in workspace.systemd.glob(f"{units.prefix(workspace)}-*"):
        if path.name not in made.files:
            files.remove_file(path)
    for name, content in made.files.items():
        files.replace(workspace.systemd / name, content, 0o644)
    return [workspace.systemd / name for name in made.files]


def _times(made: Units) -> list[str]:
    begin = "OnCalendar="
    lines = (line for name in made.timers for line in made.files[name].decode().splitlines())
    return [line.removeprefix(begin) for line in lines if line.startswith(begin)]


def _disable(scope: Scope, names: list[str]) -> None:
    """Stop timers for good, and forget that anything of theirs failed. Services that run are left to end."""
    timers = [name for name in names if name.endswith(".timer")]
    if timers:
        systemctl.call(scope, "disable", "--now", *timers)
    if names:
        systemctl.forget_failures(scope, [name for name in names if "@" not in name])


def _clear(scope: Scope, names: list[str]) -> None:
    """Remove unit files, the links that enabled them, and the notes of when they came."""
    for name in names:
        for path in (scope.units / WANTS / name, scope.units / name, scope.stamps / f"stamp-{name}"):
            if path.is_symlink() or path.exists():
                files.remove_file(path)
    files.remove_empty(scope.units / WANTS)
    if not scope.system:
        for folder in (scope.units, scope.units.parent):
            files.remove_empty(folder)


def _remarks(scope: Scope) -> tuple[str, ...]:
    """What about the machine would keep the timers from coming."""
    if scope.system:
        return ()
    lingers = systemctl.lingers()
    return () if lingers else (LINGER.format("off" if lingers is False else "not known to be on"),)
