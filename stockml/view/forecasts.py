"""The table of forecasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, percent, price, words
from stockml.view.tables import ROOMY, table

if TYPE_CHECKING:
    from rich.console import Console


def screen(forecasts: list[dict[str, Any]]) -> Callable[[Console], None]:
    """One row per symbol and horizon; an abstention says why."""

    def show(console: Console) -> None:
        sessions = {one["session"] for one in forecasts if not one["abstained"]}
        wide = console.width >= ROOMY + 20
        right: tuple[str, ...] = ("close", "price", "90 % interval", "up %", "class")
        if wide:
            right = ("close", "price", "80 % interval", "90 % interval", "up %", "class", "regime")
        title = f"Forecasts from the close of {', '.join(sorted(sessions))}" if sessions else "Forecasts"
        made = table(console.width, ("symbol", "for"), right, title)
        notes = []
        for one in forecasts:
            if one["abstained"]:
                cells = [NONE] * len(right)
                cells[2 + wide] = f"abstains: {words(one['abstained'])}"
                made.add_row(one["symbol"], f"+{one['horizon']}", *cells)
                continue
            cells = [price(one["last_close"]), price(one["price"])]
            if wide:
                cells.append(f"{price(one['lo80'])} to {price(one['hi80'])}")
            cells += [
                f"{price(one['lo90'])} to {price(one['hi90'])}",
                percent(one["probability_up"]),
                words(one["class"]),
            ]
            if wide:
                cells.append(one["regime"])
            name = f"{one['symbol']} (shadow)" if one.get("shadow") else one["symbol"]
            made.add_row(name, f"+{one['horizon']} {one['target_session']}", *cells)
            notes += [f"{one['symbol']}: {words(note)}" for note in one["warnings"]]
        console.print(made)
        for note in dict.fromkeys(notes):
            console.print(note)
        console.print(
            "Price is the last close unless a better forecast proved itself. "
            "Intervals are meant to hold 90 of 100 times. Up is a probability, not advice.",
            style="dim",
        )

    return show
