"""Bars in and out as files, SYMBOL.csv or SYMBOL.parquet, such that what goes out comes back in equal."""

from __future__ import annotations

import io
import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stockml import files
from stockml import symbols as naming
from stockml.bars import reader, store, update
from stockml.clock import Clock, from_day
from stockml.config.schema import Config
from stockml.errors import DataError, SourceError, SymbolError, UsageError
from stockml.workspace import Workspace

if TYPE_CHECKING:
    from stockml.bars.answer import Answer
    from stockml.bars.series import Bars
    from stockml.bars.table import Table

FORMATS = ("csv", "parquet")
SUFFIXES = (".csv", ".csv.gz", ".parquet")
IMPORT, ADJUSTED_IMPORT = "import", "import_adjusted"
FIELDS = ("open", "high", "low", "close", "volume", "dividend", "split")


def export(
    connection: sqlite3.Connection, symbol: str, interval: str, folder: Path, format: str, through: int,
    known: int | None = None,
) -> Path:  # fmt: skip
    """Write a symbol's bars up to a day, as known at an instant, into a folder and return the file's path.

    Raw prices with dividend and split columns; numbers in their shortest exact form. Raises `DataError`
    if there are no bars, `UsageError` for an unknown format.
    """
    if format not in FORMATS:
        raise UsageError(f"there is no export format {format!r}", hint=f"there are {', '.join(FORMATS)}")
    bars = store.read(connection, symbol, interval, through, known)
    if bars is None or not len(bars):
        raise DataError(f"{symbol}: no bars are stored", symbol=symbol, hint="run 'stockml data fetch' first")
    files.make_folder(folder)
    path = folder / f"{symbol}.{format}"
    files.replace(path, as_csv(bars) if format == "csv" else as_parquet(bars))
    return path


def as_csv(bars: Bars) -> bytes:
    """The bars as CSV text: date,open,high,low,close,volume,dividend,split."""
    columns = [[repr(value) for value in getattr(bars, name).tolist()] for name in FIELDS]
    days = [from_day(day).isoformat() for day in bars.session.tolist()]
    lines = [",".join(("date", *FIELDS)), *(",".join(row) for row in zip(days, *columns, strict=True))]
    return ("\n".join(lines) + "\n").encode()


def as_parquet(bars: Bars) -> bytes:
    """The same as a Parquet file with a date32 column and float64 columns."""
    import pyarrow
    from pyarrow import parquet

    columns: dict[str, Any] = {"date": pyarrow.array(bars.session, type=pyarrow.date32())}
    columns.update({name: getattr(bars, name) for name in FIELDS})
    sink = io.BytesIO()
    parquet.write_table(pyarrow.table(columns), sink)
    return sink.getvalue()


def import_path(
    connection: sqlite3.Connection,
    path: Path,
    config: Config,
    workspace: Workspace,
    clock: Clock,
    dry_run: bool = False,
    scale: str | None = None,
) -> list[update.Result]:
    """Take bars from a file, or from every price file of a folder; the file's name is the symbol.

    One result per file, by name; a file that cannot be used fails alone. `dry_run` writes nothing. `scale`
    is "raw" or "adjusted" where that is known besides the columns; prices that nothing tells are taken as
    raw. Raises `UsageError` if there is no such path or no price file in it.
    """
    found = price_files(path)
    results = []
    for file in found:
        name = symbol_text(file)
        try:
            symbol = naming.parse(name)
            cut = reader.cut_days(connection, config, [symbol], clock)[symbol]
            answer = read_file(file, scale)
            _refuse_mixture(connection, config, symbol, answer)
            results.append(update.take(connection, config, clock, symbol, answer, cut, dry_run=dry_run))
        except SymbolError as error:
            results.append(update.Result(name, "unknown_symbol", None, 0, 0, None, error.message))
        except SourceError as error:
            results.append(update.Result(name, error.outcome, None, 0, 0, None, error.message))
    return results


_INTRADAY = re.compile(r"\.\d+[mh]\.")  # SYMBOL.5m.csv is for the intraday archive


def price_files(path: Path) -> list[Path]:
    """The price files a path stands for, sorted. Raises `UsageError` if there are none."""
    if path.is_file() and path.name.endswith(SUFFIXES):
        return [path]
    within = path.iterdir() if path.is_dir() else ()
    found = sorted(one for one in within if one.name.endswith(SUFFIXES) and not _INTRADAY.search(one.name))
    if not found:
        raise UsageError(
            f"{path}: no price files there",
            hint="name a SYMBOL.csv, .csv.gz or .parquet file, or a folder of them",
        )
    return found


def symbol_text(file: Path) -> str:
    """The part of a file's name that names the symbol, not yet checked."""
    return next(file.name.removesuffix(end) for end in SUFFIXES if file.name.endswith(end))


def read_file(file: Path, scale: str | None = None) -> Answer:
    """One price file as a source's answer. Raises `SourceError` if it is not one."""
    from stockml.bars import table
    from stockml.bars.sources import csv

    source = ADJUSTED_IMPORT if scale == "adjusted" else IMPORT
    rows = _parquet_table(file) if file.suffix == ".parquet" else table.parse(csv.text_lines(file), str(file))
    return table.answer(rows, source, scale=scale)


def untold(path: Path) -> list[str]:
    """Names of the price files whose columns do not tell whether their prices are adjusted.

    A file that cannot be read is not among them: importing it says what is wrong.
    """
    import pyarrow
    from pyarrow import parquet

    from stockml.bars import table
    from stockml.bars.sources import csv

    found = []
    for file in price_files(path):
        try:
            if file.suffix == ".parquet":
                header = parquet.read_schema(file).names
            else:
                header = table.heading(next(iter(csv.text_lines(file)), ""))
            table.column_names(header, str(file))
        except (SourceError, pyarrow.ArrowException, OSError):
            continue
        if not table.tells_scale(header):
            found.append(file.name)
    return found


def _refuse_mixture(connection: sqlite3.Connection, config: Config, symbol: str, answer: Answer) -> None:
    """Raise `SourceError` if raw and adjusted bars of a symbol would stand side by side."""
    import numpy as np

    kept = store.read_kept(connection, symbol, config.data.interval)
    if kept is None:
        return
    names = store.source_names(connection)
    stays = np.unique(kept.source[~np.isin(kept.bars.session, answer.session)]).tolist()
    if any(_is_adjusted(names.get(number, "")) != _is_adjusted(answer.source) for number in stays):
        ours, theirs = ("adjusted", "raw") if _is_adjusted(answer.source) else ("raw", "adjusted")
        raise SourceError(
            f"{symbol}: the file's prices are {ours}, those stored for other days are {theirs}; they are never mixed",
            symbol=symbol, hint="import a file that covers all stored days",
        )  # fmt: skip


def _is_adjusted(source: str) -> bool:
    from stockml.bars import joining

    return source == ADJUSTED_IMPORT or joining.is_adjusted(source)


def _parquet_table(file: Path) -> Table:
    """A Parquet file's columns under our names. Null numbers become NaN, null dates are listed."""
    import numpy as np
    import pyarrow
    from pyarrow import compute, parquet

    from stockml.bars import table

    try:
        content = parquet.read_table(file)
        places = table.column_names(content.column_names, str(file))
        days = content.column(places.pop("date"))
        if pyarrow.types.is_timestamp(days.type) and days.type.tz is not None:
            days = compute.local_timestamp(days)
        days = days.cast(pyarrow.date32(), safe=pyarrow.types.is_string(days.type))
        dated = compute.is_valid(days).to_numpy(zero_copy_only=False)
        session = days.cast(pyarrow.int32()).to_numpy(zero_copy_only=False)
        columns = {}
        for name, place in places.items():
            values = content.column(place).cast(pyarrow.float64())
            values = compute.fill_null(values, table.WHEN_EMPTY.get(name, np.nan))
            columns[name] = values.to_numpy(zero_copy_only=False)[dated]
    except (pyarrow.ArrowException, OSError) as error:
        raise SourceError(f"{file}: cannot be read ({type(error).__name__}: {error})") from error
    unreadable = [(int(row) + 1, "") for row in np.flatnonzero(~dated)]
    return table.Table(session[dated].astype(np.int32), columns, unreadable, table.yahoos(content.column_names))
