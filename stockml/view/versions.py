"""The table of a symbol's versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, number, share, words
from stockml.view.tables import ROOMY
from stockml.view.tables import table as empty

if TYPE_CHECKING:
    from rich.console import Console


def table(result: dict[str, Any]) -> Callable[[Console], None]:
    """One row per version, newest first, and why the champion is the champion."""

    def show(console: Console) -> None:
        roomy = console.width >= ROOMY
        left = ("version", "role", "verdict", *(("recipe", "data through") if roomy else ()))
        made = empty(console.width, left, ("n", "up %", "90 %", "Winkler"), f"Versions of {result['symbol']}")
        problems = []
        for one in result["versions"]:
            if one["problem"]:
                made.add_row(one["version"], one["role"] or "", "damaged")
                problems.append(one["problem"])
                continue
            direction, interval = one["figures"]["direction"], one["figures"]["interval"]["90"]
            recipe = one["recipe"] + (" (quick)" if one["quick"] else "")
            made.add_row(
                one["version"],
                one["role"] or "",
                words(one["verdict"]),
                *((recipe, one["data"]["last"]) if roomy else ()),
                str(direction["n"]),
                share(direction["accuracy"], direction["low"], direction["high"]),
                share(interval["coverage"], interval["low"], interval["high"]),
                number(interval["winkler_ratio"], 2),
            )
        console.print(made)
        for problem in problems:
            console.print(problem)
        if result["why"]:
            console.print(f"champion since {result['since'] or NONE}: {result['why']}")

    return show
