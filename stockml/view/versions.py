"""The table of a symbol's versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, between, number, percent, words

if TYPE_CHECKING:
    from rich.console import Console


def table(result: dict[str, Any]) -> Callable[[Console], None]:
    """One row per version, newest first, and why the champion is the champion."""

    def show(console: Console) -> None:
        from rich import box
        from rich.table import Table

        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=f"Versions of {result['symbol']}", title_justify="left")
        for name in ("version", "role", "recipe", "data through", "verdict"):
            made.add_column(name, no_wrap=True)
        for name in ("up %", "90 %", "Winkler"):
            made.add_column(name, justify="right", no_wrap=True)
        problems = []
        for one in result["versions"]:
            if one["problem"]:
                made.add_row(one["version"], one["role"] or "", "damaged")
                problems.append(one["problem"])
                continue
            direction, interval = one["figures"]["direction"], one["figures"]["interval"]["90"]
            made.add_row(
                one["version"],
                one["role"] or "",
                one["recipe"] + (" (quick)" if one["quick"] else ""),
                one["data"]["last"],
                words(one["verdict"]),
                f"{percent(direction['accuracy'])} {between(direction['low'], direction['high'], 0)}",
                percent(interval["coverage"]),
                number(interval["winkler_ratio"], 2),
            )
        console.print(made)
        for problem in problems:
            console.print(problem, markup=False)
        if result["why"]:
            console.print(f"champion since {result['since'] or NONE}: {result['why']}", markup=False)

    return show
