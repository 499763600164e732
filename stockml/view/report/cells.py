"""Figures as cells: digits as the error allows, percent, and "cannot tell yet" where there is nothing to tell."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, decimals
from stockml.view.report.page import Table

if TYPE_CHECKING:
    from rich.table import Table as Drawn

LONGEST = 16  # characters of a name in a drawing


def spanned(value: float | None, low: float | None, high: float | None, scale: float = 1.0, fallback: int = 2) -> str:
    """A figure with its interval, "51.6 [49.2, 54.0]"; digits down to the first of the standard error."""
    if value is None:
        return NONE
    if low is None or high is None:
        return f"{scale * value:.{fallback}f}"
    places = decimals(scale * low, scale * high, fallback)
    shown = [f"{round(scale * one, places) + 0.0:.{places}f}" for one in (value, low, high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def percent_of(one: Mapping[str, Any], name: str, ends: str = "") -> str:
    """A figure of a block in percent with its interval: `name`, and `ends` before `low` and `high`."""
    return spanned(one[name], one[f"{ends}low"], one[f"{ends}high"], 100.0, 1)


def counted(count: int, noun: str) -> str:
    if count != 1:
        noun = f"{noun[:-1]}ies" if re.search("[^aeiou]y$", noun) else f"{noun}s"
    return f"{count:,} {noun}"


def too_few(n: int) -> str:
    return f"cannot tell yet, n = {n:,}"


def cut(name: str) -> str:
    """A name that a drawing has room for."""
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def counts(number: Mapping[str, int]) -> str:
    """Names with how many of each, the most first: "3 trained, 1 refused"."""
    ordered = sorted(number.items(), key=lambda one: -one[1])
    return ", ".join(f"{count:,} {name}" for name, count in ordered)


def copied(drawn: Drawn, caption: str, first: str) -> Table:
    """A table of the terminal as one of the page; `first` heads its first column."""
    heads = [first, *(str(column.header) for column in drawn.columns[1:])]
    rows = list(zip(*([str(cell) for cell in column.cells] for column in drawn.columns), strict=True))
    return Table(caption, heads, rows, sum(column.justify == "left" for column in drawn.columns))
