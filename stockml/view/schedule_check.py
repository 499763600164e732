"""What a simulation of the schedule found: what matters first, what is harmless after it, each with what would help."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def screen(result: dict[str, Any]) -> Callable[[Console], None]:
    """A line on what was simulated, a paragraph for each finding, and what to do next."""

    def show(console: Console) -> None:
        total = sum(job["starts"] for job in result["jobs"])
        console.print(
            f"{total:,} runs of {len(result['jobs'])} jobs simulated, {result['from'][:10]} to {result['to'][:10]}"
        )
        found = sorted(result["findings"], key=lambda one: one["harmless"])
        for one in found:
            _paragraph(console, "harmless" if one["harmless"] else "look at", one["sentence"])
            if one["fix"]:
                _paragraph(console, "", f"to avoid it: {one['fix']}")
        if not found:
            console.print("nothing was found")
        elif all(one["harmless"] for one in found):
            console.print("nothing of this loses work or does it twice; it can be left as it is")
        if result["not_installed"]:
            _paragraph(console, "note", f"not installed: {', '.join(result['not_installed'])}")
        console.print(f"next: stockml schedule {'install' if result['not_installed'] else 'show'}")

    return show


def _paragraph(console: Console, label: str, words: str) -> None:
    """Words folded under themselves, with a label in front."""
    from rich.table import Table
    from rich.text import Text

    row = Table.grid(padding=(0, 1))
    row.add_column(width=8, no_wrap=True)
    row.add_column(overflow="fold")
    row.add_row(Text(label, style="" if label != "look at" else "yellow"), Text(words))
    console.print(row)
