"""Which symbols of the fleet are listed, and in which order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stockml.dashboard.state import State
from stockml.view.status import SORTS, STATES

Row = dict[str, Any]
ORDERS = ("", *SORTS)  # the first is the configuration's own order
ONLY = ("", *STATES)


def listed(rows: Sequence[Row], state: State) -> list[Row]:
    """The rows that pass the filters, sorted."""
    typed = state.filter.casefold()
    chosen = [
        row for row in rows if typed in row["symbol"].casefold() and (not state.only or row["state"] == state.only)
    ]
    return sorted(chosen, key=SORTS[state.sort]) if state.sort else chosen


def place_of(rows: Sequence[Row], symbol: str | None) -> int:
    """Where a symbol is listed; 0 if it is not."""
    return next((place for place, row in enumerate(rows) if row["symbol"] == symbol), 0)


def chosen(rows: Sequence[Row], symbol: str | None) -> str | None:
    """The symbol that is selected: the wanted one if it is listed, else the first; None of an empty list."""
    return str(rows[place_of(rows, symbol)]["symbol"]) if rows else None


def window(count: int, place: int, height: int) -> tuple[int, int]:
    """(first, end) of the rows that fit into a height with one of them about the middle."""
    first = max(0, min(place - height // 2, count - height))
    return first, min(count, first + height)
