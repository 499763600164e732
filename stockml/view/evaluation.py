"""Evaluation as people see it: every figure with its n, its interval and the naive figure."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from stockml.view import backtest, record, refits
from stockml.view.plain import NONE, number, percent, share, signed_percent, words
from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

COLUMNS = ("n", "up %", "naive", "verdict", "price %", "90 %", "Winkler")


@contextlib.contextmanager
def progress(console: Console, shown: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A callback (refits done, refits in all) that draws a bar on a terminal and nothing elsewhere."""
    if not shown or not console.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("refits", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def report(result: dict[str, Any]) -> Callable[[Console], None]:
    """Pooled figures first, then by year, regime and symbol."""

    def show(console: Console) -> None:
        first, last = result["span"]
        console.print(f"Walk-forward {first} to {last}, {_refitted(result['refit'])}")
        if (tried := result["trials"]) > 1:
            console.print(f"{tried} candidates were fitted so far; the best of {tried} looks better than it is")
        for horizon, parts in result["horizons"].items():
            plural = "s" if horizon != "1" else ""
            made = table(console.width, ("",), COLUMNS, f"{horizon} session{plural} ahead")
            _row(made, "pooled", parts["pooled"])
            for group in ("by_year", "by_regime", "by_symbol"):
                if parts.get(group):
                    made.add_section()
                    for name, block in parts[group].items():
                        _row(made, name, block)
            console.print(made)
        console.print(
            "up: share of right directions, its 95 % interval, and the naive rate (always the side the training "
            "window favoured). price: 1 - error / error of the last close. 90 %: share of outcomes inside the "
            "interval, meant to be 90. Winkler: interval score over that of plain history; below 1 is sharper or "
            "better placed. Direction is judged on the pool only.",
            style="dim",
        )
        refits.report(result.get("refits"))(console)
        backtest.report(result["backtest"])(console)
        record.report(result["live"])(console)

    return show


def _refitted(refit: dict[str, Any]) -> str:
    times = f"{refit['fits']} fit{'' if refit['fits'] == 1 else 's'}"
    return f"{times}, refit every {refit['policy']} sessions" if refit["policy"].isdigit() else times


def _row(made: Table, name: str, block: dict[str, Any]) -> None:
    direction, interval = block["direction"], block["interval"]["90"]
    made.add_row(
        name,
        str(direction["n"]),
        share(direction["accuracy"], direction["low"], direction["high"]),
        percent(direction["naive"]),
        words(direction["verdict"] or NONE),
        signed_percent(block["price"]["skill"], 1),
        share(interval["coverage"], interval["low"], interval["high"]),
        number(interval["winkler_ratio"]),
    )
