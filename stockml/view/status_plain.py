"""The fleet in sentences and 'name: value' lines, for screen readers and for grep: no signs, no colour, no table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from stockml.view import status, status_table
from stockml.view.plain import NONE, days, moment, number, percent, signed_percent, words

if TYPE_CHECKING:
    from rich.console import Console


def screen(result: dict[str, Any], as_of: str | None) -> Callable[[Console], None]:
    """What the screen of `status` says, a fact a line."""

    def show(console: Console) -> None:
        for line in lines(result, as_of):
            console.out(line, highlight=False)

    return show


def lines(result: dict[str, Any], as_of: str | None) -> Iterator[str]:
    """The same order as on the screen: the whole, troubles, then each symbol, then the machine and what is next."""
    yield f"fleet: {status.fleet_line(result, as_of)}"
    yield f"bars: {status.bars_line(result)}"
    for one in result["troubles"]:
        yield f"{one['level']}: {one['sentence']}"
        if one["since"]:
            yield f"since: {moment(one['since'])}"
        yield f"do: {one['command']}"
    for row in result["symbols"]:
        yield ""
        yield from _row(row)
    yield ""
    yield from (f"job: {line.removeprefix('job ')}" for line in status.jobs_lines(result["jobs"], everything=True))
    yield status.host_line(result)
    yield f"next: {status.next_line(result)}"


def _row(row: dict[str, Any]) -> Iterator[str]:
    yield f"symbol: {row['symbol']}"
    yield f"state: {row['state']}" + (f", {row['why']}" if row["why"] else "")
    if row["since"]:
        yield f"since: {moment(row['since'])}"
    yield f"champion: {row['champion'] or 'none'}" + (f", {days(row['age_days'])} old" if row["champion"] else "")
    yield f"data through: {row['data_through'] or 'none'}"
    if row["direction"]:
        yield from _figures(row)
    yield f"due: {'; '.join(row['due']) or status_table.due(row)}"


def _figures(row: dict[str, Any]) -> Iterator[str]:
    direction, price, interval = row["direction"], row["price"], row["interval"]
    basis = "settled" if direction["basis"] == "live" else "held out"
    naive = f"naive {percent(direction['naive'], 0)} %, {direction['n']} forecasts {basis}"
    yield f"direction right: {_share(direction, 'accuracy')}, {naive}, verdict {words(direction['verdict'])}"
    yield f"price skill: {signed_percent(price['skill'], 1)} %, verdict {words(price['verdict'])}"
    ratio = "" if interval["winkler_ratio"] is None else f", Winkler ratio {number(interval['winkler_ratio'], 2)}"
    yield f"inside the 90 % interval: {_share(interval, 'coverage')}, meant to be 90 %{ratio}"
    if row["trend"]:
        held = ", ".join(percent(value, 0) for value in row["trend"]["coverage"][-6:])
        yield f"inside it of the last {row['trend']['window']}, most recent last: {held} %"


def _share(block: dict[str, Any], name: str) -> str:
    if block[name] is None:
        return NONE
    low, high = percent(block["low"], 0), percent(block["high"], 0)
    return f"{percent(block[name], 0)} %, 95 % interval {low} to {high}"
