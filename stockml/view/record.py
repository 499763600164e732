"""The live record as people see it: forecasts that were really made, beside what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import number, percent, share, signed_percent, words
from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.console import Console

COLUMNS = ("n", "up %", "naive", "verdict", "price %", "90 %", "Winkler")


def report(live: dict[str, Any]) -> Callable[[Console], None]:
    """A row per horizon, or one line while nothing is settled."""

    def show(console: Console) -> None:
        if not live["n_forecasts"]:
            console.print("Live record: no forecasts yet; 'stockml predict' makes them")
            return
        waiting = f"{live['pending']} pending" + (f", {live['unusable']} unusable" if live["unusable"] else "")
        if not live["horizons"]:
            console.print(f"Live record: {live['n_forecasts']} forecasts, none settled yet ({waiting})")
            return
        made = table(console.width, ("ahead",), COLUMNS, f"Live record: {live['settled']} settled, {waiting}")
        for horizon, parts in live["horizons"].items():
            block = parts["pooled"]
            direction, interval = block["direction"], block["interval"]["90"]
            made.add_row(
                horizon,
                str(direction["n"]),
                share(direction["accuracy"], direction["low"], direction["high"]),
                percent(direction["naive"]),
                words(direction["verdict"]),
                signed_percent(block["price"]["skill"], 1),
                share(interval["coverage"], interval["low"], interval["high"]),
                number(interval["winkler_ratio"]),
            )
        console.print(made)

    return show
