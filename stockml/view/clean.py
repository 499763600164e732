"""What a clean-up did or would do, and what is in the trash."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.space import told
from stockml.view.tables import table as empty

if TYPE_CHECKING:
    from rich.console import Console

Show = Callable[["Console"], None]
MOST = 8  # rows of what stays; the rest is smaller


def cleaned(result: dict[str, Any], verbose: bool) -> Show:
    """What goes and why, by kind and reason or (verbose) by name; then what it makes of the workspace."""

    def show(console: Console) -> None:
        if result["removed"]:
            title = "Would go" if result["dry_run"] else "Gone"
            console.print(_removed(console.width, result["removed"], title, verbose))
        for one in result["spared"]:
            console.print(f"{one['name']} stays: {one['why']}", soft_wrap=True)
        if result["removed"] or result["why_not"]:
            console.print(_stays(console.width, result["stays"]))
        console.print(_sum(result), soft_wrap=True)
        if result["trash"]:
            words = f"'stockml clean --undo {result['trash']}' brings back what went to the trash"
            console.print(words, soft_wrap=True)

    return show


def _removed(width: int, rows: list[dict[str, Any]], title: str, verbose: bool) -> Any:
    made = empty(width, ("what", "where to"), ("bytes", "freed"), title)
    made.add_column("why")
    grouped: dict[tuple[str, str, bool], list[dict[str, Any]]] = {}
    for one in rows:
        name = one["name"] if verbose else one["words"]
        grouped.setdefault((name, one["why"], one["to_trash"]), []).append(one)
    for (name, why, to_trash), some in grouped.items():
        what = some[0]["name"] if len(some) == 1 else f"{len(some)} {name}"
        freed, held = (told(sum(one[key] for one in some)) for key in ("freed", "bytes"))
        made.add_row(what, "trash" if to_trash else "gone", held, freed, why)
    return made


def _stays(width: int, rows: list[dict[str, Any]]) -> Any:
    made = empty(width, ("stays",), ("bytes",))
    made.add_column("why")
    rows = [one for one in rows if one["bytes"]]
    for one in rows[:MOST]:
        made.add_row(one["words"], told(one["bytes"]), one["why"] or "the policy keeps it")
    if rest := rows[MOST:]:
        made.add_row("what is smaller", told(sum(one["bytes"] for one in rest)))
    return made


def _sum(result: dict[str, Any]) -> str:
    """Before, after and the budget in one line."""
    count = len(result["removed"])
    what = f"{count:,} thing{'' if count == 1 else 's'}" if count else "nothing"
    how, verb = ("to remove", "would take") if result["dry_run"] else ("removed", "takes")
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
            title = f"{entry['id']}: {entry['age_days']:.1f} days old, {entry['days_left']:.1f} left"
            made = empty(console.width, ("thing",), ("bytes",), title)
            made.add_column("why")
            for one in entry["things"]:
                made.add_row(one["name"], told(one["bytes"]), one["why"])
            console.print(made)

    return show


def undone(result: dict[str, Any]) -> Show:
    """What is at its place again."""

    def show(console: Console) -> None:
        for one in result["restored"]:
            console.print(f"{one['name']} is back", soft_wrap=True)

    return show
