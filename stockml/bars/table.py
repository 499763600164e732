"""Reads price tables by their header, in any spelling, and finds the dividends and splits in them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from stockml.arrays import Days, Floats
from stockml.bars import actions
from stockml.bars.answer import Answer
from stockml.bars.series import PRICES
from stockml.clock import EPOCH
from stockml.errors import SourceError

SPELLINGS = {
    "date": "date", "datetime": "date", "timestamp": "date",
    "open": "open", "high": "high", "low": "low", "close": "close",
    "adjclose": "adjusted", "adjustedclose": "adjusted", "volume": "volume", "dividend": "dividend",
    "dividends": "dividend", "split": "split", "splits": "split", "splitfactor": "split",
    "stocksplits": "split", "divcash": "dividend", "dividendamount": "dividend", "splitcoefficient": "split",
    "vol": "volume",
}  # fmt: skip
REQUIRED = ("date", *PRICES)
WHEN_EMPTY = {"volume": 0.0, "dividend": 0.0, "split": 1.0}
YAHOOS = ("dividends", "stocksplits")  # yfinance's own: splits are in the prices already, dividends perhaps too
_EPOCH = EPOCH.toordinal()


@dataclass(frozen=True)
class Table:
    """Rows with a readable date: `session` in days since 1970-01-01, float64 columns under our names.

    `yahoos` says that the actions are spelled as yfinance spells them.
    """

    session: Days
    columns: dict[str, Floats]
    unreadable: list[tuple[int, str]]
    yahoos: bool = False


def column_names(header: Sequence[str], where: str) -> dict[str, int]:
    """Our column names by their place in a header; unknown columns are left out.

    Raises `SourceError` if the date or one of the four prices is missing.
    """
    places: dict[str, int] = {}
    for place, spelled in enumerate(header):
        name = SPELLINGS.get(_bare(spelled))
        if name is not None:
            places.setdefault(name, place)
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        raise SourceError(
            f"{where}: no column {', '.join(missing)}",
            hint="needed: date, open, high, low, close; used if there: volume, adj_close, dividend, split",
        )
    return places


def _bare(spelled: str) -> str:
    """A heading in small letters and digits, without the number Alpha Vantage puts before it ("5. volume")."""
    return "".join(letter for letter in spelled.lower() if letter.isalnum()).lstrip("0123456789")


def yahoos(header: Sequence[str]) -> bool:
    """Whether a header spells its dividends or splits as yfinance does."""
    return any(_bare(spelled) in YAHOOS for spelled in header)


def tells_scale(header: Sequence[str]) -> bool:
    """Whether the columns tell if the prices are adjusted: an adjusted close beside them, or actions.

    yfinance adjusts by default and then leaves the adjusted close out, so its actions alone tell nothing.
    """
    names = {SPELLINGS.get(_bare(spelled)) for spelled in header}
    return "adjusted" in names or (bool(names & {"dividend", "split"}) and not yahoos(header))


def heading(line: str) -> list[str]:
    """The cells of a CSV header, whatever separates them."""
    return next(csv.reader([line], delimiter=_delimiter(line)), [])


def _delimiter(line: str) -> str:
    return next((mark for mark in ",;\t" if mark in line), ",")


def parse(lines: Iterable[str], where: str) -> Table:
    """Read the lines of a CSV file with a header. `where` names the file in errors.

    A cell that is no number becomes NaN; an empty one too, except volume and dividend (0) and split (1).
    Rows whose date cannot be read are listed with their row number (the header is row 1), never dropped
    without a word. Raises `SourceError` for text that is no table of prices.
    """
    try:
        content = iter(lines)
        head = next(content, "")
        delimiter = _delimiter(head)
        header = heading(head)
        rows = list(csv.reader(content, delimiter=delimiter))
    except csv.Error as error:
        raise SourceError(f"{where}: not a CSV file ({error})") from error
    places = column_names(header, where)
    width, date_at = len(header), places["date"]
    days, kept, unreadable = [], [], []
    for number, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) < width:
            row = row + [""] * (width - len(row))
        try:
            days.append(date.fromisoformat(row[date_at].strip()[:10]).toordinal() - _EPOCH)
        except ValueError:
            unreadable.append((number, delimiter.join(row)[:200]))
            continue
        kept.append(row)
    columns = {
        name: _numbers([row[place] for row in kept], WHEN_EMPTY.get(name, np.nan))
        for name, place in places.items()
        if name != "date"
    }
    return Table(np.array(days, dtype=np.int32), columns, unreadable, yahoos(header))


def _numbers(cells: list[str], empty: float) -> Floats:
    try:
        return np.array(list(map(float, cells)), dtype=np.float64)
    except ValueError:
        return np.array([_number(cell, empty) for cell in cells], dtype=np.float64)


def _number(cell: str, empty: float) -> float:
    text = cell.strip()
    if not text:
        return empty
    try:
        return float(text)
    except ValueError:
        return float("nan")


def answer(table: Table, source: str, fingerprint: str = "", *, scale: str | None = None) -> Answer:
    """The table as a source's answer.

    Dividends and splits come from their own columns if there is one, else from the steps of the
    adjusted close, else there are none. A split of 0 means none, as Yahoo writes it; splits in the columns
    of yfinance are undone in the prices if these do not show them. `scale` is what is known besides:
    "raw" prices are taken as they are, "adjusted" ones hold all actions already, so that none are left.
    """
    columns, count = table.columns, len(table.session)
    opened, high, low, close = (columns[name] for name in PRICES)
    volume, adjusted = columns.get("volume", np.zeros(count)), columns.get("adjusted")
    dividend, split = np.zeros(count), np.ones(count)
    if scale == "adjusted":
        adjusted = None
    elif "dividend" in columns or "split" in columns:
        dividend, split = columns.get("dividend", dividend), columns.get("split", split)
        split = np.where(split == 0.0, 1.0, split)
        adjusted = None
        if table.yahoos and scale is None and _holds_splits(table.session, close, split):
            later = _later_splits(table.session, split)
            opened, high, low, close = (one * later for one in (opened, high, low, close))
            dividend, volume = dividend * later, volume / later
    elif adjusted is not None:
        dividend, split = derived(table.session, close, adjusted)
    return Answer(
        table.session, opened, high, low, close, volume, dividend, split,
        source, fingerprint, adjusted=adjusted, unreadable=table.unreadable,
    )  # fmt: skip


def _holds_splits(session: Days, close: Floats, split: Floats) -> bool:
    """Whether closes are adjusted for the splits beside them: most splits leave no step in the close."""
    order = np.argsort(session, kind="stable")
    close, split = close[order], split[order]
    with np.errstate(invalid="ignore", divide="ignore"):
        told = np.flatnonzero((split[1:] > 0) & (split[1:] != 1.0) & (close[1:] > 0) & (close[:-1] > 0))
        step, ratio = np.log(close[1:] / close[:-1])[told], np.log(split[1:][told])
    return bool(len(told)) and float(np.mean(np.abs(step) < np.abs(step + ratio))) > 0.5


def _later_splits(session: Days, split: Floats) -> Floats:
    """The product of all splits of later days, for rows in any order."""
    order = np.argsort(session, kind="stable")
    sound = np.where(np.isfinite(split) & (split > 0), split, 1.0)[order]
    later = np.ones(len(split))
    later[order[:-1]] = np.cumprod(sound[::-1])[::-1][1:]
    return later


def derived(session: Days, close: Floats, adjusted: Floats) -> tuple[Floats, Floats]:
    """`actions.derive` for rows in any order, over those whose two closes are positive numbers.

    Returns (dividend, split), float64, in the given order. An action seen across a bad row belongs to the
    row after it. A step that would be a negative dividend is a mistake in the file and no action.
    """
    dividend, split = np.zeros(len(close)), np.ones(len(close))
    order = np.argsort(session, kind="stable")
    with np.errstate(invalid="ignore"):
        usable = np.isfinite(close) & np.isfinite(adjusted) & (close > 0) & (adjusted > 0)
    order = order[usable[order]]
    dividend[order], split[order] = actions.derive(close[order], adjusted[order])
    np.maximum(dividend, 0.0, out=dividend)
    return dividend, split
