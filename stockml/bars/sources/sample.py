"""Five companies, 2000 to 2013, from the data file of PyPI's bokeh_sampledata. Nothing of it is imported."""

from __future__ import annotations

import importlib.util
from datetime import date
from itertools import chain
from pathlib import Path

from stockml.bars import table
from stockml.bars.answer import Answer, Request, unchanged
from stockml.bars.sources.csv import fingerprint, text_lines
from stockml.errors import SourceError

SYMBOLS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")
LAST_SESSION = date(2013, 3, 1)


def data_file() -> Path | None:
    """Where the installed package keeps its stock prices, or None if it is not installed."""
    found = importlib.util.find_spec("bokeh_sampledata")
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder) / "_data" / "stocks.csv.gz"
        if path.is_file():
            return path
    return None


def fetch(request: Request) -> Answer:
    """The rows of one company; closes are raw, actions derived from the adjusted close.

    Raises `SourceError`: `unknown_symbol` for any other symbol, `source_error` if the package is missing.
    """
    path = data_file()
    if path is None:
        raise SourceError(
            "the sample prices are not installed", symbol=request.symbol, hint="pip install 'stockml[sample]'"
        )
    if request.symbol not in SYMBOLS:
        raise SourceError(
            f"{request.symbol} is not in the sample",
            outcome="unknown_symbol",
            symbol=request.symbol,
            hint=f"the sample holds {', '.join(SYMBOLS)} up to {LAST_SESSION}",
        )
    mark = fingerprint(path)
    if mark == request.fingerprint:
        return unchanged("sample", mark)
    lines = text_lines(path)
    header = lines.readline()
    ours = (line for line in lines if line.startswith(request.symbol + ","))
    return table.answer(table.parse(chain([header], ours), str(path)), "sample", mark)
