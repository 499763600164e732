"""The table of forecasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import percent, price, words

if TYPE_CHECKING:
    from rich.console import Console


def table(forecasts: list[dict[str, Any]]) -> Callable[[Console], None]:
    """One row per symbol and horizon; an abstention says why."""

    def show(console: Console) -> None:
        from rich import box
        from rich.table import Table

        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="Forecasts", title_justify="left")
        for name in ("symbol", "from", "for"):
            made.add_column(name, no_wrap=True)
        for name in ("close", "price", "90 % interval", "up %"):
            made.add_column(name, justify="right", no_wrap=True)
        made.add_column("class", no_wrap=True)
        wide = console.width >= 110
        if wide:
            made.add_column("regime")
            made.add_column("80 % interval", justify="right", no_wrap=True)
        notes = []
        for one in forecasts:
            if one.get("abstained"):
                made.add_row(
                    one["symbol"],
                    one["session"],
                    f"+{one['horizon']}",
                    "-",
                    "-",
                    "abstains",
                    "-",
                    words(one["abstained"]),
                )
                continue
            row = [
                one["symbol"],
                one["session"],
                f"+{one['horizon']} {one['target_session'][5:]}",
                price(one["last_close"]),
                price(one["price"]),
                f"{price(one['lo90'])} to {price(one['hi90'])}",
                percent(one["probability_up"]),
                words(one["class"]),
            ]
            if wide:
                row += [one["regime"], f"{price(one['lo80'])} to {price(one['hi80'])}"]
            made.add_row(*row)
            notes += [f"{one['symbol']} +{one['horizon']}: {words(note)}" for note in one["warnings"]]
        console.print(made)
        for note in dict.fromkeys(notes):
            console.print(note, markup=False)
        console.print(
            "Price is the last close unless a better forecast proved itself. "
            "Intervals are meant to hold 90 of 100 times.",
            markup=False,
            style="dim",
        )

    return show
