"""Back up the workspace; list, verify, restore, copy and prune backups."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from stockml.cli._frame import SETTINGS, Call, Outcome, build, common_options
from stockml.errors import DONE, PARTIAL, StockmlError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stockml.clock import Clock
    from stockml.environment import Environment
    from stockml.pipeline.runs import Run


def create(call: Call, why: str, to: tuple[str, ...], reread: bool) -> Outcome:
    """Make a snapshot of configuration, versions, pointers, ledger and bars. Jobs may run meanwhile.

    What an earlier backup holds already takes no room. Versions that were read before and look the same from outside
    are not read again, unless --reread is given. Afterwards it is copied to backup.copies, or to where --to says.
    The exit status is 1 if something damaged was left out or a copy failed; the snapshot is made then.
    """
    from stockml.backup import creation
    from stockml.pipeline import runs
    from stockml.view import backup as view

    env = call.environment()
    with runs.recorded(env, "backup", "monitoring") as run, call.progress() as tell:
        made = creation.create(env, why=why, reread=reread, copies=to or None, tell=tell)
        failed = [one["error"] for one in made["copies"] if one["error"]]
        run.status = PARTIAL if failed or made["left_out"] else DONE
        run.summary = {"snapshot": made["snapshot"], "added_bytes": made["added_bytes"]}
    errors = [_again(one) for one in failed]
    return Outcome(_without(made, "warnings"), view.created(made), run.status, made["warnings"], errors)


def listing(call: Call, folder: str | None) -> Outcome:
    """List the backups: when and why each was made, what it holds and added, and when it was last verified.

    The exit status is 1 if a file among them cannot be read as a snapshot.
    """
    from stockml.backup import listing as room
    from stockml.backup import place
    from stockml.view import backup as view

    found = room.listing(place.shelf_of(call.workspace, folder), _clock(call))
    warnings = [f"{one['what']}: {one['detail']}" for one in found["problems"]]
    return Outcome(found, view.listed(found), PARTIAL if warnings else DONE, warnings)


def verify(call: Call, snapshot: str | None, every: bool, folder: str | None) -> Outcome:
    """Read every byte of all backups, then restore one into a temporary folder and use it.

    Its champions must load and answer their golden rows, its ledger's chains and its databases must be sound. It is
    the newest, unless --snapshot or --all says otherwise. What is damaged is moved to the folder `damaged`, so that
    the next backup can write it again. The exit status is 1 if anything is wrong.
    """
    from stockml.backup import place, verification
    from stockml.view import backup as view

    names = (snapshot,) if snapshot else ()
    with _recorded(call, "backup verify", folder is None) as run, call.progress() as tell:
        shelf = place.shelf_of(call.workspace, folder)
        found = verification.verify(shelf, call.workspace, _clock(call), names=names, every=every, tell=tell)
        run.status = DONE if found["ok"] else PARTIAL
        run.summary = {"snapshots": len(found["snapshots"]), "problems": len(found["problems"])}
    return Outcome(_without(found, "warnings"), view.verified(found), run.status, found["warnings"])


def restore(
    call: Call, symbols: tuple[str, ...], snapshot: str | None, version: str | None, to: str | None,
    folder: str | None, dry_run: bool, force: bool,
) -> Outcome:  # fmt: skip
    """Restore everything, or some symbols, or with --version one version of a symbol.

    Without a workspace in --home (or with --to) a new one is made from the snapshot. Over a workspace that has gone
    on since the snapshot nothing is restored without --force. What is replaced goes to persistent_data/.trash first.
    A symbol's restored pointers are logged as a promotion.
    """
    from pathlib import Path

    from stockml import logbook
    from stockml.backup import place, restoring
    from stockml.symbols import parse_all
    from stockml.view import backup as view

    chosen = parse_all(list(symbols))
    aim = Path(to).expanduser().absolute() if to else None
    env = call.environment() if (chosen and aim is None) or call.as_of else None
    with call.progress() as tell:
        made = restoring.restore(
            place.shelf_of(call.workspace, folder), call.workspace, env, symbols=chosen, snapshot=snapshot,
            version=version, to=aim, force=force, dry_run=dry_run, tell=tell,
        )  # fmt: skip
    if not dry_run and aim is None:
        what = " ".join(chosen) or "everything"
        logbook.log(call.workspace, "monitoring", f"restored {what} from the backup {made['snapshot']}")
    return Outcome(made, view.restored(made))


def prune(call: Call, dry_run: bool, folder: str | None) -> Outcome:
    """Remove the backups that backup.keep_last, keep_daily, keep_weekly and keep_monthly do not keep.

    The newest has to be verified before anything is removed, and is if it was not. The exit status is 1 if something
    stood in the way.
    """
    from stockml.backup import place, pruning
    from stockml.view import backup as view

    env = call.environment()
    with _recorded(call, "backup prune", folder is None and not dry_run) as run, call.progress() as tell:
        shelf = place.shelf_of(call.workspace, folder)
        made = pruning.prune_shelf(shelf, env, dry_run=dry_run, tell=tell)
        failed = made["verified"] is not None and not made["verified"]["ok"]
        run.status = PARTIAL if made["problems"] or failed else DONE
        run.summary = {"removed": len(made["removed"]), "freed_bytes": made["freed_bytes"]}
    return Outcome(made, view.pruned(made), run.status, made["problems"])


def copy(call: Call, to: tuple[str, ...], folder: str | None) -> Outcome:
    """Copy the backups that a place does not have yet to it: to backup.copies, or to where --to says.

    Places are folders, or addresses that fsspec knows (pip install 'stockml[offsite]').
    """
    from stockml.backup import copying, place
    from stockml.errors import UsageError
    from stockml.view import backup as view

    env = call.environment()
    targets = to or env.config.backup.copies
    if not targets:
        raise UsageError("there is nowhere to copy to", hint="say --to DIR, or set backup.copies")
    source, home = place.shelf_of(call.workspace, folder), env.workspace.home
    with call.progress() as tell:
        made = [copying.told(source, target, home, env.clock, tell) for target in targets]
    failed = [_again(one["error"]) for one in made if one["error"]]
    return Outcome({"copies": made}, view.copied(made), PARTIAL if failed else DONE, errors=failed)


def _clock(call: Call) -> Clock:
    """The workspace's clock, or the machine's where there is no workspace that could have one."""
    from stockml.clock import Clock

    env = _environment(call)
    return Clock() if env is None else env.clock


def _environment(call: Call) -> Environment | None:
    """The workspace, or None if it cannot be opened: backups are for that case too."""
    if call.as_of:
        return call.environment()
    try:
        env = call.environment()
        return env if env.clock else None
    except StockmlError:
        return None


@contextlib.contextmanager
def _recorded(call: Call, name: str, own: bool) -> Iterator[Run]:
    """A run of the workspace's ledger, where it can be opened and the backups are its own."""
    from stockml.pipeline import runs

    env = _environment(call) if own else None
    try:
        usable = env is not None and env.ledger is not None
    except StockmlError:
        usable = False
    if env is None or not usable:
        yield runs.Run("")
        return
    with runs.recorded(env, name, "monitoring") as run:
        yield run


def _again(told: dict[str, Any]) -> StockmlError:
    return StockmlError(told["message"], symbol=told["symbol"], hint=told["hint"], kind=told["kind"])


def _without(result: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key != name}


class Backup(click.Group):
    """`stockml backup` alone is `stockml backup create`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not any(word in self.commands or word in ("-h", "--help") for word in args):
            args = ["create", *args]
        return super().parse_args(ctx, args)


_FOLDER = click.option("--folder", metavar="PLACE", help="Folder or address of the backups, if not the configured one.")
_DRY = click.option("--dry-run", is_flag=True, help="Show what would happen; change nothing.")

command = Backup(
    "backup", params=common_options(), context_settings=SETTINGS,
    help="Back up the workspace; list, verify, restore, copy and prune backups. Alone it is `backup create`.",
)  # fmt: skip
command.add_command(build("create", create, [
    click.option("--why", metavar="TEXT", default="by hand", help="Why; kept with the snapshot."),
    click.option("--to", metavar="PLACE", multiple=True, help="Copy it there, instead of to backup.copies."),
    click.option("--reread", is_flag=True, help="Read every version again, whatever it looks like from outside."),
]))  # fmt: skip
command.add_command(build("list", listing, [_FOLDER]))
command.add_command(build("verify", verify, [
    click.option("--snapshot", metavar="NAME", help="The snapshot to restore, instead of the newest."),
    click.option("--all", "every", is_flag=True, help="Restore every snapshot, one after the other."), _FOLDER,
]))  # fmt: skip
command.add_command(build("restore", restore, [
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--snapshot", metavar="NAME", help="The snapshot, instead of the newest."),
    click.option("--version", metavar="VERSION", help="This version of the symbol alone; the pointers stay."),
    click.option("--to", metavar="DIR", help="Make a new workspace in this folder."), _FOLDER, _DRY,
    click.option("--force", is_flag=True, help="Restore over a newer state too."),
]))  # fmt: skip
command.add_command(build("prune", prune, [_DRY, _FOLDER]))
command.add_command(build("copy", copy, [
    click.option("--to", metavar="PLACE", multiple=True, help="Where to, instead of to backup.copies."), _FOLDER,
]))  # fmt: skip
