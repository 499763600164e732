"""Prices from a folder of files: SYMBOL.csv or SYMBOL.csv.gz, columns found by their header."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

from stockml.bars import table
from stockml.bars.answer import Answer, Request, unchanged
from stockml.errors import SourceError

SUFFIXES = (".csv", ".csv.gz")


def fetch(request: Request) -> Answer:
    """Read the file of a symbol, whole. Unchanged size and time since the last reading: nothing is read.

    Raises `SourceError`: `unknown_symbol` if there is no such file, `source_error` if it cannot be read.
    """
    folder = request.home / Path(request.config.csv.folder).expanduser()
    path = next((path for end in SUFFIXES if (path := folder / f"{request.symbol}{end}").is_file()), None)
    if path is None:
        raise SourceError(
            f"{folder / request.symbol}.csv: no such file, nor .csv.gz",
            outcome="unknown_symbol",
            symbol=request.symbol,
            hint="put the file there, or set data.csv.folder to the folder that holds it",
        )
    mark = fingerprint(path)
    if mark == request.fingerprint:
        return unchanged("csv", mark)
    return table.answer(table.parse(text_lines(path), str(path)), "csv", mark)


def fingerprint(path: Path) -> str:
    """Size and time of change of a file: what must be equal for it to be the same file."""
    state = path.stat()
    return f"{path.name}:{state.st_size}:{state.st_mtime_ns}"


def text_lines(path: Path) -> io.StringIO:
    """The text of a plain or gzipped file, to be read by line. Raises `SourceError` if it is damaged."""
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
        return io.StringIO(content.decode("utf-8-sig"), newline="")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise SourceError(
            f"{path}: cannot be read ({type(error).__name__}: {error})", symbol=path.name.split(".csv")[0]
        ) from error
