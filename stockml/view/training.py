"""Training as people see it: the plan, the progress bar, the table of verdicts."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from stockml.view.plain import lines, words

if TYPE_CHECKING:
    from rich.console import Console

Watcher = Callable[[dict[str, Any]], None]


def plan(symbols: list[dict[str, Any]]) -> Callable[[Console], None]:
    """What would be trained, and why."""
    if not symbols:
        return lines(["Nothing is due."])
    return lines([f"{one['symbol']:<8} {'; '.join(one['due'])}" for one in symbols])


@contextlib.contextmanager
def progress(console: Console, shown: bool) -> Iterator[Watcher]:
    """A watcher that draws events: a bar on a terminal, a line per stage elsewhere, nothing if not shown."""
    if not shown:
        yield lambda event: None
    elif not console.is_terminal:
        told: set[str] = set()

        def say(event: dict[str, Any]) -> None:
            if event["stage"] not in told:
                told.add(event["stage"])
                console.print(f"{event['percent']:3.0f} % {event['stage']} {event['message']}".rstrip(), markup=False)

        yield say
    else:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            TextColumn("{task.description:<9}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("collect", total=100)
            yield lambda event: bar.update(task, completed=event["percent"], description=event["stage"])


def table(symbols: list[dict[str, Any]], seconds: float) -> Callable[[Console], None]:
    """One row per symbol: version, verdict, and the reason in words."""

    def show(console: Console) -> None:
        from rich import box
        from rich.table import Table

        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="Training", title_justify="left")
        for name in ("symbol", "version", "deployed", "verdict"):
            made.add_column(name, no_wrap=True)
        made.add_column("reason")
        for one in symbols:
            made.add_row(
                one["symbol"], one["version"] or "-", "yes" if one["promoted"] else "no", words(one["verdict"]),
                "; ".join(one["reasons"]),
            )  # fmt: skip
        console.print(made)
        console.print(f"{len(symbols)} symbols in {seconds:.1f} s", markup=False)

    return show
