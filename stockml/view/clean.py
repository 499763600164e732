"""What a clean-up did or would do, and what is in the trash."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.space import told
from stockml.view.tables import table as empty

if TYPE_CHECKING:
    from rich.console import Console

Show = Callable[["Console"], None]


def cleaned(result: dict[str, Any]) -> Show:
    """What goes and why, then what it makes of the workspace."""

    def show(console: Console) -> None:
        word = "Would go" if result["dry_run"] else "Gone"
        if result["removed"]:
            console.print(_removed(console.width, result["removed"], word))
        for one in result["spared"]:
            console.print(f"{one['name']} stays: {one['why']}")
        if result["removed"] or result["why_not"]:
            console.print(_stays(console.width, result["stays"]))
        console.print(_sum(result), soft_wrap=True)
        if result["trash"]:
            told_undo = f"'stockml clean --undo {result['trash']}' brings back what went to the trash"
            console.print(told_undo, soft_wrap=True)

    return show


def _removed(width: int, rows: list[dict[str, Any]], title: str) -> Any:
    """A row for each kind and reason: one log more or less is no news, what happened to which kind is."""
    made = empty(width, ("what", "where to"), ("bytes", "freed"), title)
    made.add_column("why")
    grouped: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
    for one in rows:
        alone = (one["kind"], one["why"], one["to_trash"])
        grouped.setdefault(alone, []).append(one)
    for (kind, why, to_trash), some in grouped.items():
        name = some[0]["name"] if len(some) == 1 else f"{len(some)} {kind}"
        made.add_row(name, "trash" if to_trash else "-", _sum_of(some, "bytes"), _sum_of(some, "freed"), why)
    return made


def _sum_of(rows: list[dict[str, Any]], key: str) -> str:
    return told(sum(one[key] for one in rows))


def _stays(width: int, rows: list[dict[str, Any]]) -> Any:
    made = empty(width, ("stays",), ("bytes",))
    made.add_column("why")
    for one in rows:
        made.add_row(one["words"], told(one["bytes"]), one["why"] or "the policy keeps it")
    return made


def _sum(result: dict[str, Any]) -> str:
    """Before, after and the budget in one line."""
    verb = "would take" if result["dry_run"] else "takes"
    count = len(result["removed"])
    what = f"{count} thing{'' if count == 1 else 's'}" if count else "nothing"
    how = "to remove" if result["dry_run"] else "removed"
    return (
        f"{what} {how}; the workspace took {told(result['before'])} and {verb} {told(result['after'])} "
        f"of {told(result['budget'])}; {told(result['free'])} were free on its disk"
    )


def trash(result: dict[str, Any]) -> Show:
    """The entries of the trash with their things."""

    def show(console: Console) -> None:
        if not result["entries"]:
            console.print("the trash is empty")
        for entry in result["entries"]:
            made = empty(console.width, ("thing",), ("bytes",), _title(entry))
            made.add_column("why")
            for one in entry["things"]:
                made.add_row(one["name"], told(one["bytes"]), one["why"])
            console.print(made)

    return show


def _title(entry: dict[str, Any]) -> str:
    return f"{entry['id']}: {entry['age_days']:.1f} days old, {entry['days_left']:.1f} left"


def undone(result: dict[str, Any]) -> Show:
    """What is at its place again."""

    def show(console: Console) -> None:
        for one in result["restored"]:
            console.print(f"{one['name']} is back", soft_wrap=True)

    return show
