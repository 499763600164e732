"""Promotions and refusals over time, a row a symbol."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from stockml.view.report import palette
from stockml.view.report.cells import counted
from stockml.view.report.charts import _dates
from stockml.view.report.page import WIDE, Table, Told

MOST = 40  # rows that are drawn
KINDS = {  # kind -> (in words, mark, colour, whether it is filled)
    "deployed": ("deployed by training", "^", palette.ONE, True),
    "by_hand": ("deployed by hand", "s", palette.INK, True),
    "rolled_back": ("rolled back by review", "<", palette.BAD, True),
    "waits": ("waits as challenger", "o", palette.TWO, False),
    "undecided": ("undecided", "d", palette.SOFT, False),
    "refused": ("refused", "X", palette.BAD, True),
}


def missing(told: Told) -> str:
    return "" if told["rows"] else "nothing was promoted or refused yet"


def describe(told: Told) -> str:
    rows = told["rows"]
    kinds = Counter(one["kind"] for one in rows)
    parts = [f"{count} {KINDS[kind][0]}" for kind, count in kinds.items()]
    symbols = len({one["symbol"] for one in rows})
    drawn = f"; the first {MOST} are drawn" if symbols > MOST else ""
    left = f" {counted(told['left_out'], 'older change')} left out." if told["left_out"] else ""
    return (
        f"Candidates of {counted(symbols, 'symbol')} from {rows[-1]['at'][:10]} to {rows[0]['at'][:10]}: "
        f"{', '.join(parts)}{drawn}.{left}"
    )


def numbers(told: Told) -> Table:
    """What happened at one time for one reason is one row."""
    together: dict[tuple[str, str, str, str], list[str]] = {}
    for one in told["rows"]:
        key = (one["at"], KINDS[one["kind"]][0], one["who"], one["reason"])
        together.setdefault(key, []).append(one["symbol"])
    rows = [(at, _names(symbols), kind, who, reason) for (at, kind, who, reason), symbols in together.items()]
    return Table("Changes, the newest first", ("at", "symbols", "what", "by", "reason"), rows, left=5)


def _names(symbols: list[str]) -> str:
    shown = ", ".join(sorted(symbols)[:8])
    return shown if len(symbols) <= 8 else f"{shown} and {len(symbols) - 8} more"


def _drawn(told: Told) -> list[str]:
    return sorted({one["symbol"] for one in told["rows"]})[:MOST]


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 1.0 + 0.19 * len(_drawn(told)))


def draw(figure: Any, told: Told) -> None:
    panel, symbols = figure.subplots(), _drawn(told)
    for kind, (name, mark, colour, filled) in KINDS.items():
        own = [(datetime.fromisoformat(one["at"]), symbols.index(one["symbol"])) for one in told["rows"]
               if one["kind"] == kind and one["symbol"] in symbols]  # fmt: skip
        if own:
            days, places = zip(*own, strict=True)
            panel.plot(days, places, mark, color=colour, markerfacecolor=colour if filled else "none", label=name)
    panel.set_yticks(range(len(symbols)), symbols)
    panel.set_ylim(len(symbols) - 0.5, -0.5)
    panel.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, borderpad=0.0)
    panel.margins(x=0.05)
    _dates.axis(panel)
