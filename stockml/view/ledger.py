"""The ledger as people and other programs read it: what its check found, and its forecasts as lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE
from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.console import Console

MOST_ROWS = 40


def verified(result: dict[str, Any]) -> Callable[[Console], None]:
    """One line if all is well, else a row for each problem."""

    def show(console: Console) -> None:
        told = (
            f"{result['forecasts']} forecasts, {result['outcomes']} outcomes, {result['signals']} of the rule signals"
        )
        if result["ok"]:
            console.print(f"The ledger is as it was written: {told}.")
            return
        problems = result["problems"]
        made = table(console.width, ("table", "row", "id", "kind"), (), f"The ledger is not as it was written: {told}")
        made.add_column("what", overflow="fold")
        for one in problems[:MOST_ROWS]:
            number = NONE if one["number"] is None else str(one["number"])
            made.add_row(one["table"], number, one["id"] or NONE, one["kind"], one["detail"])
        console.print(made)
        if len(problems) > MOST_ROWS:
            console.print(f"{len(problems) - MOST_ROWS} more; --json lists all")
        console.print("Restore the ledger from a backup made before.")

    return show


def exported(content: str) -> Callable[[Console], None]:
    """A view that prints the lines as they are, whatever the terminal."""

    def show(console: Console) -> None:
        console.file.write(content)

    return show


def written(count: int, path: str) -> Callable[[Console], None]:
    def show(console: Console) -> None:
        console.print(f"{count} forecasts are in {path}", soft_wrap=True)

    return show


def text(forecasts: Sequence[dict[str, Any]], columns: Sequence[str], form: str) -> str:
    """The forecasts as JSON lines, or as CSV with a header and the class probabilities as JSON in one cell.

    Reals are written by their shortest exact form, so that nothing is lost. CSV: what is absent is an empty cell.
    """
    if form == "jsonl":
        return "".join(json.dumps(one, allow_nan=False, ensure_ascii=False) + "\n" for one in forecasts)
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(one[name]) for name in columns] for one in forecasts)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else value
