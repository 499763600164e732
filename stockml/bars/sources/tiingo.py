"""Prices from Tiingo's end-of-day API: raw, with cash dividends and split factors of their day.

https://www.tiingo.com/documentation/end-of-day
"""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

from stockml.bars import http
from stockml.bars.answer import Answer, Request
from stockml.bars.sources import _json

PLACE = http.Place("Tiingo", "tiingo", "TIINGO_API_KEY")
EARLIEST = date(1962, 1, 2)
FIELDS = ("open", "high", "low", "close", "volume", "divCash", "splitFactor")


def fetch(request: Request) -> Answer:
    """The whole history up to the day wanted. Raises `SourceError` with the outcome; empty is never a success."""
    wanted = {
        "startDate": (request.first or EARLIEST).isoformat(), "endDate": request.through.isoformat(), "format": "json",
    }  # fmt: skip
    text = http.ask(
        request, PLACE, f"/tiingo/daily/{quote(request.symbol, safe='')}/prices", wanted, refusal,
        key_header=("Authorization", "Token "),
    )  # fmt: skip
    return _json.answer("tiingo", ((row.get("date"), [row.get(name) for name in FIELDS]) for row in _json.parse(text)))


def refusal(text: str) -> http.Refusal | None:
    """What is wrong with an answer of status 200: no list of rows, or an empty one."""
    rows = _json.parse(text)
    if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
        return None
    if rows == []:
        return "source_error", "it gave no rows", http.HINT_LATER
    said = str(rows.get("detail", "")) if isinstance(rows, dict) else text[: http.SHOWN]
    if "not found" in said.lower():
        return "unknown_symbol", "it knows no such symbol", "check the spelling"
    if "run over your" in said.lower() or "request allocation" in said.lower():
        return "rate_limited", said, http.HINT_LATER
    return "source_error", f"its answer was no use: {said!r}", http.HINT_LATER
