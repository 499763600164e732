"""Intraday bars from the sources that have them: Yahoo, as far back as it keeps them, and files SYMBOL.5m.csv."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from stockml.arrays import Days, Floats, Places
from stockml.bars import breaker, http, table
from stockml.bars.series import PRICES
from stockml.bars.sources import yahoo
from stockml.bars.sources.csv import SUFFIXES, text_lines
from stockml.clock import recorded_at
from stockml.errors import SourceError

if TYPE_CHECKING:
    from stockml.bars.answer import Request

NAMES = ("yahoo", "csv")
# Days for which Yahoo keeps the bars of an interval; of 1m it gives at most eight days at once.
KEPT_DAYS = {"1m": 30, "2m": 60, "5m": 60, "15m": 60, "30m": 60, "60m": 730}
AT_ONCE_DAYS = {"1m": 7}
MARGIN_S = 3600  # inside the limit, so that a slow request is still within it
DAY_S = 86400


@dataclass(frozen=True)
class Told:
    """Intraday rows as a source gave them, raw, all arrays of one length, in its order.

    `start` is int64, epoch seconds UTC. `complete_from` is the instant from which the source was asked: of a
    session that opened before, bars may be missing. `unreadable` lists (row number, text) of rows without a
    start that can be read. `splits` are those told along, by day.
    """

    start: Places
    values: dict[str, Floats]
    source: str
    complete_from: int = 0
    message: str = ""
    unreadable: list[tuple[int, str]] = field(default_factory=list)


def fetch(name: str, request: Request, splits: dict[int, float]) -> Told:
    """Ask one of the sources in `NAMES`. `splits` are the symbol's known ones, ratio by day since 1970-01-01.

    `request.first` None asks for all there is; rows before it may come along. Raises `SourceError` with the outcome.
    """
    return from_yahoo(request, splits) if name == "yahoo" else from_csv(request)


def kept_from(interval: str) -> int:
    """The instant (epoch seconds) from which Yahoo still has the bars of an interval."""
    return int(recorded_at().timestamp()) - KEPT_DAYS[interval] * DAY_S + MARGIN_S


def from_yahoo(request: Request, splits: dict[int, float]) -> Told:
    """Ask Yahoo from `request.first` up to the present, in as many pieces as it wants, and undo splits.

    Yahoo's intraday prices are split-adjusted as of the download. Each bar is multiplied by every split after
    its session: those of the stored daily bars, and those Yahoo tells along. As the pieces always reach the
    present, a split that took effect today is among them.
    """
    limit, now = kept_from(request.interval), int(recorded_at().timestamp())
    wanted = limit if request.first is None else int(datetime.combine(
        request.first, datetime.min.time(), UTC).timestamp()) - DAY_S // 2  # fmt: skip
    start = max(limit, wanted)
    step = AT_ONCE_DAYS.get(request.interval, 10 * 365) * DAY_S
    tables = [part for part in _pieces(request, range(start, now, step), step, now) if len(part)]
    if not tables:
        raise yahoo._failure(request, "source_error", f"Yahoo gave no {request.interval} bars", http.HINT_LATER)
    message = ""
    if request.first is None or wanted < limit:
        message = f"Yahoo keeps {request.interval} bars for {KEPT_DAYS[request.interval]} days"
    starts, days, values, told = _columns(tables)
    later = _later({**splits, **told}, days)
    values = {name: column / later if name == "volume" else column * later for name, column in values.items()}
    return Told(starts, values, "yahoo", start, message)


def _pieces(request: Request, starts: range, step: int, now: int) -> list[Any]:
    """yfinance's tables of the pieces. One without prices is empty: the symbol may be younger than it."""
    library = yahoo._library(request)
    yahoo._check_version(library.__version__)
    base_url = request.config.yahoo.base_url
    host, session = http.host_of(base_url) if base_url else "yahoo.com", yahoo._session(base_url)
    found = []
    with breaker.gate(request.home, host, http.budget(request.config, "yahoo"), request.symbol, "yahoo") as gate:
        session.gate = gate
        try:
            for start in starts:
                end = now + DAY_S // 24 if start + step >= now else start + step
                try:
                    found.append(library.Ticker(request.symbol, session=session).history(
                        period=None, interval=request.interval, start=start, end=end, prepost=False, actions=True,
                        auto_adjust=False, back_adjust=False, repair=False, keepna=True, rounding=False,
                        timeout=request.config.yahoo.timeout_s,
                    ))  # fmt: skip
                except SourceError:
                    raise  # of the gate
                except Exception as error:
                    if type(error).__name__ != "YFPricesMissingError" or session.status >= 400 or len(starts) == 1:
                        raise yahoo._as_source_error(error, request, session.status) from error
        finally:
            session.gate = None
    return found


def _columns(tables: Sequence[Any]) -> tuple[Places, Days, dict[str, Floats], dict[int, float]]:
    """Starts, days of the exchange, values and splits (by day) of yfinance's tables; pieces do not overlap."""
    starts, days, splits = [], [], {}
    values: dict[str, list[Floats]] = {name: [] for name in (*PRICES, "volume")}
    for part in tables:
        starts.append(part.index.tz_convert("UTC").as_unit("s").asi8)
        local = part.index.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int32)
        days.append(local)
        for name, column in values.items():
            column.append(np.array(part[name.capitalize()].to_numpy(dtype=np.float64, na_value=np.nan)))
        if "Stock Splits" in part.columns:
            ratio = part["Stock Splits"].to_numpy(dtype=np.float64, na_value=0.0)
            splits.update({int(local[i]): float(ratio[i]) for i in np.flatnonzero(ratio > 0)})
    joined = {name: np.concatenate(column) for name, column in values.items()}
    return np.concatenate(starts), np.concatenate(days), joined, splits


def _later(splits: dict[int, float], days: Days) -> Floats:
    """For each day the product of the splits after it."""
    out = np.ones(len(days))
    for day, ratio in splits.items():
        out[days < day] *= ratio
    return out


def from_csv(request: Request) -> Told:
    """Read SYMBOL.INTERVAL.csv[.gz] of the folder of the csv source, prices taken as traded.

    Columns as for daily files; `date` or `datetime` is the start of a bar, ISO 8601 with Z or an offset. A
    start without one is not readable: it could mean any clock. Raises `SourceError`: `unknown_symbol` if
    there is no such file, `source_error` if it is none of prices.
    """
    folder = request.home / Path(request.config.csv.folder).expanduser()
    spelled = (request.interval, "1h") if request.interval == "60m" else (request.interval,)
    paths = (folder / f"{request.symbol}.{one}{end}" for one in spelled for end in SUFFIXES)
    path = next((path for path in paths if path.is_file()), None)
    if path is None:
        raise SourceError(
            f"{folder / request.symbol}.{request.interval}.csv: no such file, nor .csv.gz", outcome="unknown_symbol",
            symbol=request.symbol, hint="put the file there, or set data.csv.folder to the folder that holds it",
        )  # fmt: skip
    lines = text_lines(path)
    try:
        header = table.heading(lines.readline())
        places, rows = table.column_names(header, str(path)), list(csv.reader(lines))
    except csv.Error as error:
        raise SourceError(f"{path}: not a CSV file ({error})", symbol=request.symbol) from error
    starts, kept, unreadable = [], [], []
    for number, row in enumerate(rows, start=2):
        moment = _moment(row, places["date"])
        if moment is not None:
            starts.append(moment)
            kept.append(row)
        elif row:
            unreadable.append((number, ",".join(row)[:200]))
    values = {
        name: np.array([_cell(row, places.get(name)) for row in kept], dtype=np.float64) for name in (*PRICES, "volume")
    }
    return Told(np.array(starts, dtype=np.int64), values, "csv", unreadable=unreadable)


def _moment(row: list[str], place: int) -> int | None:
    """Epoch seconds of a row's start, or None."""
    try:
        found = datetime.fromisoformat(row[place].strip())
    except (ValueError, IndexError):
        return None
    return int(found.timestamp()) if found.tzinfo is not None else None


def _cell(row: list[str], place: int | None) -> float:
    """A cell as a number: 0 where there is no such column, NaN where it holds none."""
    if place is None:
        return 0.0
    try:
        return float(row[place])
    except (ValueError, IndexError):
        return float("nan")
