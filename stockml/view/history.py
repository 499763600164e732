"""How a symbol's forecasts fared over time, as sparklines with the promotions marked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view import glyphs, sparkline
from stockml.view.plain import percent, share

if TYPE_CHECKING:
    from rich.console import Console

PARTS = (("accuracy", "up"), ("coverage", "90 %"))
_BESIDE = 34  # columns beside a sparkline: what it is, lowest and highest, the last


def screen(result: dict[str, Any]) -> Callable[[Console], None]:
    """Two lines a horizon, marks where the champion changed, the figures of the whole record beneath."""

    def show(console: Console) -> None:
        if not result["horizons"]:
            console.print(f"{result['symbol']}: no forecast has its outcome yet; stockml settle gives outcomes")
        for horizon, found in result["horizons"].items():
            width, blocks = max(10, console.width - _BESIDE), glyphs.of(console).blocks
            for text in _of_horizon(result, horizon, found, width, blocks):
                console.print(text, soft_wrap=True, highlight=False)
        for row in result["promotions"]:
            console.print(f"{sparkline.MARK} {row['at'][:16]}Z {row['champion']} by {row['who']}", highlight=False)

    return show


def _of_horizon(result: dict[str, Any], horizon: str, found: dict[str, Any], width: int, blocks: str) -> list[str]:
    points, whole = found["points"], found["all"]
    begin, end = whole["sessions"]
    out = [f"{result['symbol']} {horizon} ahead, {whole['n']} forecasts of {begin} to {end}"]
    for name, label in PARTS:
        values = [point[name] for point in points]
        known = [value for value in values if value is not None]
        if known:
            drawn = sparkline.line(values, width, min(known), max(known), blocks)
            span = f"{percent(min(known), 0)}-{percent(max(known), 0)}"
            out.append(f"  {label:<5}{drawn:<{min(width, len(values))}}  {span:>7} now {percent(values[-1], 0)}")
    days = [point["session"] for point in points]
    places = [place for row in result["promotions"] if (place := _place(days, row["at"][:10])) is not None]
    if places:
        out.append(f"  {'':<5}{sparkline.marks(places, len(points), width)}")
    direction, interval = whole["direction"], whole["interval"]["90"]
    right = share(direction["accuracy"], direction["low"], direction["high"])
    inside = share(interval["coverage"], interval["low"], interval["high"])
    out.append(f"  all: up % {right}, naive {percent(direction['naive'], 0)}; 90 % {inside}")
    if points:
        out.append(f"  a point is the last {result['window']} forecasts, 20 at least")
    return out


def _place(days: list[str], day: str) -> int | None:
    """The first point from a day on; None if there is none, or all points are later."""
    if not days or day < days[0]:
        return None
    return next((place for place, one in enumerate(days) if one >= day), None)
