"""The rows of `status`: as many columns as the terminal has room for, the most telling first, never a broken line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stockml.view import interval_bar, palette, sparkline
from stockml.view.glyphs import ASCII, Glyphs
from stockml.view.plain import NONE, days, estimate, number, percent, signed_percent, words
from stockml.view.tables import ROOMY

if TYPE_CHECKING:
    from rich.text import Text

Row = dict[str, Any]
REACH = 0.10  # how far a bar reaches on either side of the naive rate or the nominal coverage
BAR, SPARK = 9, 10  # columns of a bar, points of a sparkline
LIVE = "L"  # behind a number of settled forecasts; without it they were held out
LOWEST = 0.60  # coverage at the bottom of a sparkline; its top is 1


@dataclass(frozen=True)
class Column:
    """A column: its head, how a row's cell is made, when it has to give way (the highest number first)."""

    head: str
    cell: Callable[[Row, Glyphs], str]
    priority: int
    is_right: bool = False


def _direction(row: Row, key: str) -> Any:
    return (row["direction"] or {}).get(key)


def _interval(row: Row, key: str) -> Any:
    return (row["interval"] or {}).get(key)


def whole(value: float | None, low: float | None, high: float | None) -> str:
    """A share in whole points with its interval: of a symbol's few hundred forecasts no more is known."""
    return estimate(value, low, high, unit=100.0, otherwise=0, most=0)


def _up(row: Row, glyphs: Glyphs) -> str:
    return whole(_direction(row, "accuracy"), _direction(row, "low"), _direction(row, "high"))


def _up_bar(row: Row, glyphs: Glyphs) -> str:
    value, low, high, naive = (_direction(row, key) for key in ("accuracy", "low", "high", "naive"))
    return interval_bar.draw(value, low, high, naive, REACH, BAR, glyphs)


def _held(row: Row, glyphs: Glyphs) -> str:
    return whole(_interval(row, "coverage"), _interval(row, "low"), _interval(row, "high"))


def _held_bar(row: Row, glyphs: Glyphs) -> str:
    value, low, high, nominal = (_interval(row, key) for key in ("coverage", "low", "high", "nominal"))
    return interval_bar.draw(value, low, high, nominal, REACH, BAR, glyphs)


def _trend(row: Row, glyphs: Glyphs) -> str:
    return sparkline.line(row["trend"]["coverage"][-SPARK:], SPARK, LOWEST, 1.0, glyphs.blocks) if row["trend"] else ""


def due(row: Row) -> str:
    """When the symbol is to be trained next."""
    if row["state"] in ("stale", "failed"):
        return NONE
    if row["due"]:
        return "held" if any(one.startswith("held back") for one in row["due"]) else "now"
    return NONE if row["due_in_days"] is None else f"in {days(row['due_in_days'])}"


def _n(row: Row, glyphs: Glyphs) -> str:
    count = _direction(row, "n")
    return NONE if count is None else f"{count}{LIVE if _direction(row, 'basis') == 'live' else ''}"


COLUMNS = (
    Column("symbol", lambda row, _: row["symbol"], 0),
    Column("state", lambda row, _: row["state"], 0),
    Column("age", lambda row, _: days(row["age_days"]), 6, True),
    Column("through", lambda row, _: row["data_through"] or NONE, 7),
    Column("n", _n, 2, True),
    Column("up %", _up, 1, True),
    Column("naive", lambda row, _: percent(_direction(row, "naive"), 0), 2, True),
    Column("up ± 10", _up_bar, 3),
    Column("price %", lambda row, _: signed_percent((row["price"] or {}).get("skill"), 1), 8, True),
    Column("90 %", _held, 2, True),
    Column("90 ± 10", _held_bar, 9),
    Column("Winkler", lambda row, _: number(_interval(row, "winkler_ratio"), 2), 10, True),
    Column("held", _trend, 4),
    Column("verdict", lambda row, _: words(row["verdict"] or NONE), 11),
    Column("due", lambda row, _: due(row), 5, True),
    Column("champion", lambda row, _: row["champion"] or NONE, 13),
    Column("why", lambda row, _: row["why"] or "", 12),
)
FLEXIBLE = "why"  # the column that takes what room is left, and is cut short
LEAST = 24  # columns below which that is of no use


def lines(rows: Sequence[Row], width: int, glyphs: Glyphs, *, everything: bool = False) -> list[Text]:
    """The head and a line a row, with the columns that fit into `width`; with all columns if `everything`."""
    from rich.cells import cell_len
    from rich.text import Text

    cells = {one.head: [one.cell(row, glyphs) for row in rows] for one in COLUMNS}
    widths = {one.head: max(map(cell_len, (_named(one.head, glyphs), *cells[one.head]))) for one in COLUMNS}
    gap = 2 if everything or width >= ROOMY else 1
    told = [one for one in COLUMNS if everything or any(cell.strip(NONE) for cell in cells[one.head])]
    chosen = told if everything else fitting(told, widths, width, gap)
    if not everything:
        rest = width - sum(widths[one.head] + gap for one in chosen if one.head != FLEXIBLE)
        widths[FLEXIBLE] = min(widths[FLEXIBLE], max(rest, LEAST))
    heads = (_padded(_named(one.head, glyphs), widths[one.head], one, glyphs) for one in chosen)
    out = [Text((" " * gap).join(heads), "bold")]
    for place, row in enumerate(rows):
        line = Text()
        for one in chosen:
            line.append(_padded(cells[one.head][place], widths[one.head], one, glyphs), style=_style(one.head, row))
            line.append(" " * gap)
        out.append(line)
    for line in out:
        line.rstrip()
    return out


def fitting(columns: Sequence[Column], widths: dict[str, int], width: int, gap: int) -> list[Column]:
    """The columns that fit, tried by priority; one that does not fit leaves its room to the next."""
    taken, chosen = -gap, set()
    for one in sorted(columns, key=lambda one: one.priority):
        needed = min(widths[one.head], LEAST) if one.head == FLEXIBLE else widths[one.head]
        if one.priority == 0 or taken + gap + needed <= width:
            taken += gap + needed
            chosen.add(one.head)
    return [one for one in columns if one.head in chosen]


def _named(head: str, glyphs: Glyphs) -> str:
    return head if glyphs is not ASCII else head.replace("±", "+-")


def _padded(text: str, width: int, column: Column, glyphs: Glyphs) -> str:
    """A cell in exactly so many columns of terminal."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + glyphs.more
    room = " " * (width - cell_len(text))
    return room + text if column.is_right else text + room


def _style(head: str, row: Row) -> str:
    return palette.STATES[row["state"]] if head == "state" else ""
