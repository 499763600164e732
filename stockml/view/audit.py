"""The audit as people see it: a row a check, and whether the planted leaks were seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

WORDS = {True: "passed", False: "FAILED", None: "cannot tell"}


def table(result: dict[str, Any]) -> Callable[[Console], None]:
    """The checks in words, the control, and the verdict below."""

    def show(console: Console) -> None:
        from rich.text import Text

        from stockml.view import tables

        made = tables.table(console.width, ("check", "result"), title="Look-ahead audit")
        made.add_column("what was found")
        for one in result["checks"]:
            made.add_row(one["name"], WORDS[one["passed"]], Text(one["detail"]))
        console.print(made)
        control, on = result["control"], result["subject"]
        console.print(f"control: {control['caught']} of {control['planted']} planted leaks were caught")
        for one in control["kinds"]:
            seen = f"caught by {one['caught_by']}" if one["caught_by"] else "NOT CAUGHT"
            console.print(f"  {one['kind']}: {seen}", style="dim")
        console.print(
            f"audited on {' '.join(on['symbols'])}, {on['span'][0]} to {on['span'][1]}, recipe {on['recipe']}"
        )
        console.print(f"{result['verdict']}: {result['detail']}")

    return show
