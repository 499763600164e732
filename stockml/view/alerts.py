"""Alerts as people see them: what is wrong now, what is over, and which messages did not arrive."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view import palette
from stockml.view.plain import NONE

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 12  # symbols named before the rest is counted
INDENT = (0, 0, 0, 2)
STATES = {"delivered": "delivered", "waiting": "waiting", "given_up": "GIVEN UP"}


def screen(result: dict[str, Any], as_of: str | None) -> Callable[[Console], None]:
    """Open alerts in full, closed ones in a line each, then the messages."""

    def show(console: Console) -> None:
        from rich.padding import Padding
        from rich.text import Text

        count = len(result["open"])
        head = f"{count} open alert{'s' * (count != 1)}" if count else "No open alerts"
        console.print(head + (f"   as of {as_of}: nothing is sent" if as_of else ""))
        for one in result["open"]:
            console.print()
            console.print(Text(one["level"], palette.LEVELS[one["level"]]), one["title"])
            console.print(Padding(Text(one["sentence"]), INDENT))
            told = f"told {_moment(one['last_told_at'])}" if one["told"] else "not told"
            console.print(f"  since {_moment(one['opened_at'])}, {told}   {one['area']} {one['key']}", style="dim")
            if one["symbols"]:
                console.print(Padding(Text(_symbols(one["symbols"]), "dim"), INDENT))
        if result["closed"]:
            console.print(f"\nClosed since {_moment(result['since'])}")
            for one in result["closed"]:
                console.print(f"  {_moment(one['closed_at'])} {one['title']}, open since {_moment(one['opened_at'])}")
        if result["deliveries"]:
            _messages(console, result["deliveries"])
        elif not result["channels"]:
            console.print("No channels are configured (alerts.channels); see docs/alerts.md.", style="dim")

    return show


def _messages(console: Console, deliveries: list[dict[str, Any]]) -> None:
    from rich.text import Text

    from stockml.view import tables

    made = tables.table(console.width, ("made", "channel", "state"), ("tries",), title="Messages")
    made.add_column("what")
    for one in deliveries:
        more = f"; next try {_moment(one['next_at'])}" if one["next_at"] else ""
        trouble = f" ({one['error']}{more})" if one["error"] or more else ""
        made.add_row(
            _moment(one["made_at"]), one["channel"], STATES[one["state"]], str(one["attempts"]),
            Text(one["title"] + trouble),
        )  # fmt: skip
    console.print(made)


def trial(found: list[dict[str, Any]]) -> Callable[[Console], None]:
    """A row per channel that was tried."""

    def show(console: Console) -> None:
        from rich.text import Text

        from stockml.view import tables

        made = tables.table(console.width, ("channel", "type", "result"), ("s",))
        made.add_column("")
        for one in found:
            result = "delivered" if one["ok"] else "FAILED"
            made.add_row(one["channel"], one["type"], result, f"{one['seconds']:.1f}", Text(one["error"]))
        console.print(made)

    return show


def _symbols(symbols: list[str]) -> str:
    more = len(symbols) - SHOWN
    named = " ".join(symbols[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    return f"{len(symbols)} symbol{'s' * (len(symbols) != 1)}: {named}"


def _moment(stamp: str | None) -> str:
    """An instant in UTC to the minute."""
    return NONE if stamp is None else stamp[:16].replace("T", " ")
