"""Feature importance as people see it: families, then the leading features, each with its spread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, ahead, number, percent, say
from stockml.view.tables import table as empty

if TYPE_CHECKING:
    from rich.console import Console

SHOWN = 8
COLUMNS = ("gain, %", "over folds", "weight, %", "permuted", "95 %")


def table(importance: dict[str, Any], horizon: int | str) -> Callable[[Console], None]:
    """The families and the first features of one horizon; nothing for a model without features."""

    def show(console: Console) -> None:
        if not importance["features"]:
            return
        title = f"What the direction model leans on, {ahead(str(horizon))}"
        made = empty(console.width, ("feature",), COLUMNS, title)
        for one in sorted(importance["families"], key=lambda one: -(one["gain"] or one["weight"] or 0.0)):
            made.add_row(f"{one['family']} ({one['features']})", *_cells(one))
        made.add_section()
        for one in importance["features"][:SHOWN]:
            made.add_row(one["name"], *_cells(one))
        console.print(made)
        say(
            console,
            f"Gain: share of the trees' gain, mean of {importance['folds']} folds. Permuted: log loss that scrambling "
            f"adds, in thousandths, on {importance['rows']} held-out rows; an interval around 0 is no sign of use. "
            f"Rank correlation of gains between folds: {number(importance['stability'], 2)}.",
        )

    return show


def _cells(one: dict[str, Any]) -> tuple[str, ...]:
    low, high = one["permutation_low"], one["permutation_high"]
    return (
        percent(one["gain"]),
        NONE if one["gain"] is None else f"{percent(one['gain_low'])}-{percent(one['gain_high'])}",
        percent(one["weight"]),
        _thousandths(one["permutation"]),
        NONE if low is None else f"{_thousandths(low)} {_thousandths(high)}",
    )


def _thousandths(value: float | None) -> str:
    return NONE if value is None else f"{round(1000 * value, 2) + 0.0:+.2f}"  # no -0
