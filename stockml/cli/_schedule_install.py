"""The commands of `schedule` that put jobs into cron or systemd, take them out, and show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stockml.cli._frame import Call, Outcome, build
from stockml.errors import DONE, PARTIAL, UsageError

if TYPE_CHECKING:
    from stockml.environment import Environment
    from stockml.schedule import cron_install, systemd_install
    from stockml.workspace import Workspace


def install(call: Call, cron: bool, systemd: bool, system: bool, user: str | None, dry_run: bool) -> Outcome:
    """Install the enabled jobs of the configuration into cron or systemd, or bring what is there up to date.

    Cron: a block of our own in your table; every other line stays byte for byte, the old table is kept in the
    workspace, and 'schedule undo' puts it back. Systemd: a service and a timer for each job, yours, or with --system
    the machine's (as root, for --user NAME). --dry-run renders into the workspace and shows what would change.
    """
    from stockml.schedule import accounts, cron_install, systemctl, systemd_install
    from stockml.view import schedule_install as view

    keeper = _keeper(cron, systemd, system)
    if user and keeper != "systemd system":
        raise UsageError("--user goes with --systemd --system", hint="your own jobs run as you")
    account = None
    if keeper == "systemd system":
        account = accounts.service_account(_home(call), user)
    else:
        accounts.require_own(_home(call))
    env = _environment(call)
    if keeper == "cron":
        table = cron_install.install(env, dry_run=dry_run)
        result, remarks = _of_cron(table, dry_run), table.warnings
    else:
        scope = systemctl.SYSTEM if system else systemctl.USER
        made = systemd_install.install(env, scope, account, dry_run=dry_run)
        result, remarks = _of_systemd(made, scope.name, dry_run), made.warnings
    warnings = [*remarks, *_after(env, dry_run, keeper)]
    return Outcome(result, view.changed(result, "install"), DONE, warnings)


def remove(call: Call, cron: bool, systemd: bool, system: bool, dry_run: bool) -> Outcome:
    """Take the jobs of this workspace out of cron and systemd; without an option out of wherever they are.

    Leaves no trace there: lines, units, links and systemd's notes go, everything else stays as it is.
    """
    from stockml.schedule import cron_install, installed, systemctl, systemd_install
    from stockml.view import schedule_install as view

    env = _environment(call)
    if cron or systemd:
        keepers = {_keeper(cron, systemd, system)}
    else:
        keepers = installed.traces(env)
    changes: list[dict[str, Any]] = []
    warnings: list[str] = []
    for scope in (systemctl.USER, systemctl.SYSTEM):
        if scope.name in keepers:
            units = systemd_install.remove(env.workspace, scope, dry_run=dry_run)
            changes.append(_of_systemd(units, scope.name, dry_run))
            warnings += units.warnings
    if "cron" in keepers:
        table = cron_install.remove(env.workspace, dry_run=dry_run)
        changes.append(_of_cron(table, dry_run))
        warnings += table.warnings
    result = {"removed": changes}
    return Outcome(result, view.removed(result), DONE, [*warnings, *_after(env, dry_run, None)])


def undo(call: Call, force: bool, dry_run: bool) -> Outcome:
    """Put back the cron table from before our last change of it.

    Refused if somebody else has changed the table since; --force puts it back all the same.
    """
    from stockml.schedule import cron_install
    from stockml.view import schedule_install as view

    env = _environment(call)
    change = cron_install.undo(env.workspace, force=force, dry_run=dry_run)
    result = _of_cron(change, dry_run)
    return Outcome(result, view.changed(result, "undo"), DONE, [*change.warnings, *_after(env, dry_run, None)])


def show(call: Call) -> Outcome:
    """Show every job: when it runs, where it is installed, when it comes next, and how its last run ended.

    The exit status is 1 if a job is overdue, if one is installed otherwise than the configuration says, or if cron
    or systemd could not be looked into.
    """
    from stockml.schedule import overview
    from stockml.view import schedule_install as view

    env = _environment(call)
    result, warnings = overview.show(env)
    status = DONE if overview.is_in_order(result) and not warnings else PARTIAL
    return Outcome(result, view.jobs(result), status, warnings)


def failed(call: Call, unit: str) -> Outcome:
    """Tell that a unit failed: what systemd calls when one of ours does."""
    from stockml.schedule import failures
    from stockml.view.plain import lines

    result = failures.tell(call.environment(), unit)
    return Outcome(result, lines([f"recorded as failed: {name}" for name in result["recorded"]] + result["overdue"]))


def _keeper(cron: bool, systemd: bool, system: bool) -> str:
    """Which of the three is meant."""
    if cron == systemd:
        raise UsageError("say one of --cron and --systemd", hint="systemd knows time zones and catches up by itself")
    if cron and system:
        raise UsageError("--system goes with --systemd")
    return "cron" if cron else "systemd system" if system else "systemd user"


def _home(call: Call) -> Workspace:
    from stockml import workspace

    return workspace.require(call.workspace)


def _environment(call: Call) -> Environment:
    """The workspace, opened as its owner where root is at work, so that nothing in it becomes root's."""
    from stockml.schedule import accounts

    with accounts.as_owner(_home(call)):
        env = call.environment()
        env.ledger.execute("SELECT 1")  # a ledger that is made now is the owner's too
        return env


def _after(env: Environment, dry_run: bool, keeper: str | None) -> list[str]:
    """Note in the ledger what is in service now; warn of jobs that two keep."""
    from stockml.schedule import installed, service

    if dry_run:
        return []
    kept = installed.find(env)
    service.note(env, kept)
    others = sorted(kept.all_keepers() - {keeper}) if keeper else []
    return [f"also in {one}: every run is done once, but 'schedule remove' one of them" for one in others]


def _of_cron(change: cron_install.Change, dry_run: bool) -> dict[str, Any]:
    return {
        "keeper": "cron", "dry_run": dry_run, "changed": change.new != change.old, "diff": change.diff,
        "jobs": {name: list(lines) for name, lines in change.lines.items()},
        "saved": str(change.saved) if change.saved else None,
    }  # fmt: skip


def _of_systemd(change: systemd_install.Change, keeper: str, dry_run: bool) -> dict[str, Any]:
    return {
        "keeper": keeper, "dry_run": dry_run, "changed": bool(change.differing), "diff": change.diff,
        "files": [str(change.folder / name) for name in change.differing], "saved": None,
    }  # fmt: skip


_DRY_RUN = click.option("--dry-run", is_flag=True, help="Show what would change; nothing is installed or removed.")
_WHERE = [
    click.option("--cron", is_flag=True, help="The cron table of this user."),
    click.option("--systemd", is_flag=True, help="Timers of systemd."),
    click.option("--system", is_flag=True, help="With --systemd: the machine's units, not the user's."),
]
COMMANDS: tuple[click.Command, ...] = (
    build("install", install, [
        *_WHERE, click.option("--user", metavar="NAME", help="With --system: whom the jobs run as."), _DRY_RUN,
    ]),
    build("remove", remove, [*_WHERE, _DRY_RUN]),
    build("undo", undo, [click.option("--force", is_flag=True, help="Whatever was changed since."), _DRY_RUN]),
    build("show", show, []),
    build("failed", failed, [click.argument("unit", metavar="UNIT")]),
)  # fmt: skip
COMMANDS[-1].hidden = True
