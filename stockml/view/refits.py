"""Refit policies as people see them: what each forecast, and whether it beat the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, ahead, number, percent, signed_percent, words
from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

COLUMNS = ("fits", "Brier skill %", "t", "90 %", "Winkler", "t", "verdicts")


def report(policies: list[dict[str, Any]] | None) -> Callable[[Console], None]:
    """A table per horizon; nothing where only one policy was walked."""

    def show(console: Console) -> None:
        if not policies:
            return
        for made in tables(console.width, policies):
            console.print(made)
        console.print(notes(policies), style="dim")

    return show


def tables(width: int, policies: list[dict[str, Any]]) -> list[Table]:
    """A row a policy, a table for each horizon."""
    found = []
    for horizon in policies[0]["horizons"]:
        made = table(width, ("refit",), COLUMNS, f"Refit policies, {ahead(horizon)}")
        for one in policies:
            made.add_row(*_cells(one, horizon))
        found.append(made)
    return found


def notes(policies: list[dict[str, Any]]) -> str:
    """What the tests stand for."""
    return (
        f"t: against '{policies[0]['policy']}' on the same forecasts, above 0 is better; the first of direction "
        "(Brier score), the second of the 90 % interval (Winkler score). Verdicts in that order."
    )


def _cells(one: dict[str, Any], horizon: str) -> tuple[str, ...]:
    figures, tests = one["horizons"][horizon], (one["against_first"] or {}).get(horizon)
    direction, interval = (tests["direction"], tests["interval"]) if tests else ({}, {})
    verdicts = f"{words(direction['verdict'])}, {words(interval['verdict'])}" if tests else NONE
    name = one["policy"]
    return (
        f"every {name}" if name.isdigit() else name,
        str(one["fits"]),
        signed_percent(figures["brier_skill"]),
        number(direction.get("t"), 1),
        percent(figures["coverage"]),
        number(figures["winkler_ratio"]),
        number(interval.get("t"), 1),
        verdicts,
    )
