"""Evaluation as people see it: every figure with its n, its interval and the naive figure."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, between, number, percent, signed_percent, words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table


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
        console.print(f"Walk-forward {first} to {last}; {result['trials']} candidates tried so far", markup=False)
        for horizon, parts in result["horizons"].items():
            plural = "s" if horizon != "1" else ""
            made = _table(f"{horizon} session{plural} ahead")
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
            markup=False,
            style="dim",
        )

    return show


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=title, title_justify="left")
    made.add_column("", no_wrap=True)
    for name in ("n", "up %", "interval", "naive", "verdict", "price %", "90 %", "interval", "Winkler"):
        made.add_column(name, justify="right", no_wrap=True)
    return made


def _row(table: Table, name: str, block: dict[str, Any]) -> None:
    direction, interval = block["direction"], block["interval"]["90"]
    table.add_row(
        name,
        str(direction["n"]),
        percent(direction["accuracy"]),
        between(direction["low"], direction["high"]),
        percent(direction["naive"]),
        words(direction["verdict"] or NONE),
        signed_percent(block["price"]["skill"]),
        percent(interval["coverage"]),
        between(interval["low"], interval["high"]),
        number(interval["winkler_ratio"]),
    )
