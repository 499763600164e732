"""Remove what nobody needs any more: by policy, and down to the disk budget."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, verb


@verb(
    click.option("--dry-run", is_flag=True, help="Tell what would go and why; change nothing."),
    click.option("--undo", metavar="[ID]", is_flag=False, flag_value="",
                 help="Bring back what a clean-up moved to the trash; the newest unless an ID is given."),
    click.option("--list-trash", is_flag=True, help="Tell what is in the trash, and for how long."),
)  # fmt: skip
def command(call: Call, dry_run: bool, undo: str | None, list_trash: bool) -> Outcome:
    """Move old logs and superseded versions to the trash, remove what is worth nothing, keep to the disk budget.

    Champions, previous champions, challengers, versions with unsettled forecasts, the newest backups and whatever is
    in use or younger than an hour stay. The limits are in the configuration under `cleanup`; what is in the trash can
    be brought back for `cleanup.trash_days`. The exit status is 1 if the budget was not reached, or something could
    not be removed.
    """
    from stockml import workspace
    from stockml.errors import UsageError
    from stockml.pipeline import cleaning
    from stockml.pipeline import undo as undoing
    from stockml.view import clean as view

    if sum((dry_run, undo is not None, list_trash)) > 1:
        raise UsageError("--dry-run, --undo and --list-trash exclude each other", hint="choose one")
    workspace.require(call.workspace)
    env = call.environment()
    if list_trash:
        listed = undoing.listed(env)
        return Outcome(listed, view.trash(listed))
    if undo is not None:
        made = undoing.undo(env, undo)
        return Outcome(made.result, view.undone(made.result), made.status, made.warnings, made.errors)
    made = cleaning.clean(env, dry_run=dry_run)
    return Outcome(made.result, view.cleaned(made.result, bool(call.verbose)), made.status, made.warnings, made.errors)
