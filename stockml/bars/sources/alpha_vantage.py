"""Prices from Alpha Vantage's TIME_SERIES_DAILY_ADJUSTED: raw, with dividend and split coefficient of their day.

https://www.alphavantage.co/documentation/#dailyadj. It answers every refusal with status 200.
"""

from __future__ import annotations

from stockml.bars import http
from stockml.bars.answer import Answer, Request
from stockml.bars.sources import _json

PLACE = http.Place("Alpha Vantage", "alpha_vantage", "ALPHAVANTAGE_API_KEY")
SERIES = "Time Series (Daily)"
FIELDS = ("1. open", "2. high", "3. low", "4. close", "6. volume", "7. dividend amount", "8. split coefficient")
TOO_MANY = ("rate limit", "call frequency", "requests per", "calls per", "spreading out")


def fetch(request: Request) -> Answer:
    """The whole history. Raises `SourceError` with the outcome; empty is never a success."""
    wanted = {
        "function": "TIME_SERIES_DAILY_ADJUSTED", "symbol": request.symbol, "outputsize": "full", "datatype": "json",
    }  # fmt: skip
    rows = _json.parse(http.ask(request, PLACE, "/query", wanted, refusal, key_param="apikey"))[SERIES]
    return _json.answer("alpha_vantage", ((day, [rows[day].get(name) for name in FIELDS]) for day in sorted(rows)))


def refusal(text: str) -> http.Refusal | None:
    """What is wrong with an answer: there are words where the rows should be."""
    found = _json.parse(text)
    if not isinstance(found, dict):
        return "source_error", f"its answer was no use: {text[: http.SHOWN]!r}", http.HINT_LATER
    rows = found.get(SERIES)
    if isinstance(rows, dict) and rows and all(isinstance(row, dict) for row in rows.values()):
        return None
    said = " ".join(str(found[name]) for name in ("Note", "Information", "Error Message") if name in found)
    lower = said.lower()
    if any(words in lower for words in TOO_MANY):
        return "rate_limited", said, http.HINT_LATER
    if "premium" in lower:
        return "source_error", said, "raw prices with actions are part of its paid plans"
    if "apikey" in lower or "api key" in lower:
        return "source_error", said, f"check {PLACE.key}"
    if "invalid api call" in lower:
        return "unknown_symbol", "it knows no such symbol", "check the spelling"
    return "source_error", said or "it gave no rows", http.HINT_LATER
