"""What settlement did, a row a symbol."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.console import Console

STATES = ("settled", "void", "pending")


def screen(result: dict[str, Any]) -> Callable[[Console], None]:
    """The symbols of which something was settled or waits, and where the record is."""

    def show(console: Console) -> None:
        for one in result["rollbacks"]:
            console.print(f"rolled back {' '.join(one['symbols'])}: {one['sentence']}", soft_wrap=True)
        if not result["symbols"]:
            console.print("Nothing to settle: no forecast waits for its outcome.")
            return
        made = table(console.width, ("symbol",), STATES)
        for row in result["symbols"]:
            made.add_row(row["symbol"], *(str(row[state]) for state in STATES))
        console.print(made)
        console.print(", ".join(f"{result[state]} {state}" for state in STATES))
        console.print("the record is in logs/performance/accuracy_scores.json", style="dim")

    return show
