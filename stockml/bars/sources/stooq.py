"""Prices from Stooq's CSV download: adjusted for splits and dividends, so never joined to raw prices.

https://stooq.com/db/h/. Its levels move with every action; returns are right. It answers refusals with
status 200 and words, or with a web page that wants a browser.
"""

from __future__ import annotations

from datetime import date

from stockml.bars import http, table
from stockml.bars.answer import Answer, Request

PLACE = http.Place("Stooq", "stooq", "STOOQ_API_KEY")
ADJUSTED = True
EARLIEST = date(1962, 1, 2)
HEADER = "date,open,high,low,close"


def fetch(request: Request) -> Answer:
    """The whole history up to the day wanted. Raises `SourceError` with the outcome; empty is never a success."""
    wanted = {
        "s": spelled(request.symbol), "i": "d", "d1": f"{request.first or EARLIEST:%Y%m%d}",
        "d2": f"{request.through:%Y%m%d}",
    }  # fmt: skip
    text = http.ask(request, PLACE, "/q/d/l/", wanted, refusal, key_param="apikey")
    return table.answer(table.parse(text.splitlines(), f"{request.symbol}: stooq"), "stooq")


def spelled(symbol: str) -> str:
    """The symbol as Stooq writes it: aapl.us, brk-b.us; one with a country or an index mark as it is."""
    lower = symbol.lower()
    return lower if "." in lower or lower.startswith("^") else f"{lower}.us"


def refusal(text: str) -> http.Refusal | None:
    """What is wrong with an answer of status 200: it is no table of prices."""
    start = text.lstrip("\ufeff \r\n").lower()
    if start.startswith(HEADER):
        return None if len(start.splitlines()) > 1 else ("source_error", "it gave no rows", http.HINT_LATER)
    if "exceeded the daily hits limit" in start:
        return "rate_limited", "exceeded the daily hits limit", http.HINT_LATER
    if start.startswith("no data") or not start:
        return "unknown_symbol", "it has no data of it", "check the spelling"
    if start.startswith("<"):
        return "source_error", "it answered with a web page, not with prices", f"check {PLACE.key}"
    if "apikey" in start or "api key" in start:
        return "source_error", "it refuses the key", f"check {PLACE.key}"
    return "source_error", f"its answer was no use: {text[: http.SHOWN]!r}", http.HINT_LATER
