"""Prices from Massive (formerly Polygon): unadjusted daily aggregates, and its lists of splits and dividends.

https://massive.com/docs/rest/stocks. Three requests a symbol. Its dividends are not adjusted for splits.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit
from zoneinfo import ZoneInfo

from stockml.bars import http
from stockml.bars.answer import Answer, Request
from stockml.bars.sources import _json
from stockml.clock import to_day

PLACE = http.Place("Massive", "massive", "MASSIVE_API_KEY")
REQUESTS = 3  # a symbol
EARLIEST = date(1962, 1, 2)
PAGES = 50  # more than any history needs
TOO_MANY = ("exceeded the maximum requests", "too many requests", "rate limit")
FIELDS = ("o", "h", "l", "c", "v")


def fetch(request: Request) -> Answer:
    """The whole history up to the day wanted. Raises `SourceError` with the outcome; empty is never a success."""
    ticker = request.symbol.replace("-", ".")  # it writes BRK.B
    first, last = request.first or EARLIEST, request.through
    bars = _pages(
        request, f"/v2/aggs/ticker/{quote(ticker, safe='')}/range/1/day/{first}/{last}",
        {"adjusted": "false", "sort": "asc", "limit": "50000"},
    )  # fmt: skip
    if not bars:
        raise http.failure(request, PLACE, "unknown_symbol", "it has no bars of it", "check the spelling")
    about = {"ticker": ticker, "limit": "1000"}
    splits: dict[int, float] = {}
    for one in _pages(request, "/stocks/v1/splits", about):
        day, ratio = _json.day_of(one.get("execution_date")), _ratio(one)
        if day is not None:
            splits[day] = splits.get(day, 1.0) * ratio
    dividends: dict[int, float] = {}
    for one in _pages(request, "/stocks/v1/dividends", about):
        day, currency = _json.day_of(one.get("ex_dividend_date")), str(one.get("currency") or "USD")
        if currency.upper() != "USD":
            words = f"its dividend of {one.get('ex_dividend_date')} is in {currency}, its prices in USD"
            raise http.failure(request, PLACE, "source_error", words, "use another source for this symbol")
        if day is not None:
            dividends[day] = dividends.get(day, 0.0) + _json.number(one.get("cash_amount"))
    rows = sorted((_session(one.get("t")), [one.get(name) for name in FIELDS]) for one in bars)
    return _json.answer("massive", rows, dividends, splits)


def refusal(text: str) -> http.Refusal | None:
    """What is wrong with an answer of status 200: a status of its own that is not OK."""
    found = _json.parse(text)
    if not isinstance(found, dict):
        return "source_error", f"its answer was no use: {text[: http.SHOWN]!r}", http.HINT_LATER
    status = str(found.get("status", "")).upper()
    rows = found.get("results", [])
    if status in ("OK", "DELAYED") and isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
        return None
    said = str(found.get("error") or found.get("message") or status or "no status")
    if any(words in said.lower() for words in TOO_MANY):
        return "rate_limited", said, http.HINT_LATER
    if status == "NOT_FOUND":
        return "unknown_symbol", "it knows no such symbol", "check the spelling"
    if status == "NOT_AUTHORIZED" or "api key" in said.lower():
        return "source_error", said, f"check {PLACE.key} and what the plan includes"
    return "source_error", said, http.HINT_LATER


def _pages(request: Request, path: str, params: dict[str, str]) -> list[dict[str, Any]]:
    """The results of all pages. Where the next page is, only path and query are taken: the host stays ours."""
    found: list[dict[str, Any]] = []
    for _ in range(PAGES):
        page = _json.parse(http.ask(request, PLACE, path, params, refusal, key_header=("Authorization", "Bearer ")))
        found += page.get("results") or []
        if not page.get("next_url"):
            break
        onward = urlsplit(str(page["next_url"]))
        path, params = onward.path, {name: value for name, value in parse_qsl(onward.query) if name != "apiKey"}
    return found


def _session(moment: Any) -> int:
    """The trading day of a bar: the New York date of its start, given in milliseconds; 0 if it is no time."""
    start = _json.number(moment)
    if not 0 < start < 1e14:
        return 0
    return to_day(datetime.fromtimestamp(start / 1000, UTC).astimezone(ZoneInfo("America/New_York")).date())


def _ratio(split: dict[str, Any]) -> float:
    """New shares for one old; NaN if it cannot be told, so that the row is refused and not misread."""
    before = _json.number(split.get("split_from"))
    return _json.number(split.get("split_to")) / before if before > 0 else float("nan")
