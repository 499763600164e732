"""The doctor's findings on one screen: what is bad first, each with what to do, then a line of each that is well."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

LEVELS = ("bad", "warning", "note", "ok")
COLOURS = {"bad": "bold red", "warning": "yellow", "note": "cyan", "ok": "green"}


def screen(result: dict[str, Any]) -> Callable[[Console], None]:
    """A line of counts, the findings from the worst on, and the first thing to do."""

    def show(console: Console) -> None:
        console.print(_summary(result), soft_wrap=True)
        for level in LEVELS:
            for one in result["findings"]:
                if one["level"] == level:
                    _show(console, one)
        first = next((one["advice"] for level in LEVELS[:2] for one in result["findings"]
                      if one["level"] == level and one["advice"]), "")  # fmt: skip
        if first:
            console.print(f"first: {first}", soft_wrap=True)

    return show


def _summary(result: dict[str, Any]) -> str:
    words = {"warning": "warnings", "note": "notes"}
    counts = [(count, level) for level in LEVELS if (count := result["counts"].get(level))]
    told = ", ".join(f"{count} {level if count == 1 else words.get(level, level)}" for count, level in counts)
    return f"{told}   {result['workspace'] or 'no workspace'}"


def _show(console: Console, finding: dict[str, Any]) -> None:
    """One finding, its level in front, folded under itself; below it what to do, unless it is well."""
    from rich.table import Table
    from rich.text import Text

    row = Table.grid(padding=(0, 1))
    row.add_column(width=7, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(finding["level"], style=COLOURS[finding["level"]]), f"{finding['check']}: {finding['sentence']}")
    if finding["advice"] and finding["level"] != "ok":
        row.add_row("", Text(f"-> {finding['advice']}", style="dim"))
    console.print(row)
