"""Prices told again in a replay, as they were known then: from `source.db` of the workspace, with trouble if asked for.

Written by `stockml replay` for policies whose source is to fail or to err; of no use elsewhere.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

from stockml.bars import calendar, store
from stockml.bars.answer import ROWS, Answer, Request
from stockml.clock import to_day
from stockml.errors import SourceError

PRICES = ("open", "high", "low", "close")


def fetch(request: Request) -> Answer:
    """All bars up to the request's last day as they were known at its present; wrong or none where trouble says so.

    Raises `SourceError`: `unknown_symbol` where there are none, `source_error` while the source is to fail.
    """
    path = request.home / "source.db"
    if not path.is_file():
        raise SourceError(
            f"{path}: no such file", symbol=request.symbol, hint="this source is for workspaces of 'stockml replay'"
        )
    with contextlib.closing(store.connect(path)) as connection:
        through, known = to_day(request.through), int(request.now.timestamp())
        bars = store.read(connection, request.symbol, request.interval, through, known)
        name = calendar.name_for(request.symbol, request.config.calendars)
        sessions = calendar.between(connection, name, through - 4000, through)
    if bars is None or not len(bars):
        raise SourceError(f"{request.symbol}: not in the replay", outcome="unknown_symbol", symbol=request.symbol)
    answer = Answer(**{column: getattr(bars, column) for column in ROWS}, source="replayed")
    for one in json.loads((request.home / "trouble.json").read_bytes()):
        answer = _struck(one, answer, request, sessions)
    return answer


def _struck(one: dict[str, Any], answer: Answer, request: Request, sessions: list[int]) -> Answer:
    """What is left of an answer when a trouble falls on it."""
    from datetime import date

    if one["kind"] not in ("outage", "bad_bars") or (one["symbols"] and request.symbol not in one["symbols"]):
        return answer
    begin = to_day(date.fromisoformat(one["from"]))
    struck = [day for day in sessions if day >= begin][: one["sessions"]]
    if not struck or to_day(request.through) not in struck:
        return answer
    if one["kind"] == "outage":
        raise SourceError(f"{request.symbol}: the source fails, as the replay asks", symbol=request.symbol)
    wrong = answer.session >= begin
    scaled = {name: getattr(answer, name).copy() for name in PRICES}
    for column in scaled.values():
        column[wrong] *= one["factor"]
    return replace(answer, **scaled)
