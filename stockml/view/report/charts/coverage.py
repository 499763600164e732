"""Coverage over time: the share of outcomes inside the intervals, window by window, beside what chance shows."""

from __future__ import annotations

from datetime import date
from typing import Any

from stockml.view.plain import percent
from stockml.view.report import palette
from stockml.view.report.cells import counted, too_few
from stockml.view.report.charts import _dates
from stockml.view.report.page import WIDE, Table, Told

LEVELS = ("90", "80")


def missing(told: Told) -> str:
    return "" if told["90"]["windows"] else too_few(told["90"]["n"])


def describe(told: Told) -> str:
    parts = [_said(level, told[level]) for level in LEVELS]
    first, last = told["90"]["windows"][0]["from"], told["90"]["windows"][-1]["to"]
    return (
        f"Share of outcomes inside the interval, {first} to {last}, in windows of as many sessions. The band is what "
        "an interval that holds its nominal share shows in 95 of 100 windows, with forecasts of one day counted as "
        "what they are worth. " + " ".join(parts)
    )


def _said(level: str, one: Told) -> str:
    shares = [each["coverage"] for each in one["windows"]]
    outside = sum(not each["within"] for each in one["windows"])
    return (
        f"{level} % interval: between {percent(min(shares))} and {percent(max(shares))} %, {outside or 'none'} of "
        f"{counted(len(shares), 'window')} outside the band (n = {one['n']:,}, worth {one['independent']:,.0f} "
        "independent)."
    )


def numbers(told: Told) -> Table:
    rows = [
        (f"{level} %", one["from"], one["to"], f"{one['n']:,}", percent(one["coverage"]),
         f"{percent(one['low'])} to {percent(one['high'])}", "within" if one["within"] else "outside")
        for level in LEVELS for one in told[level]["windows"]
    ]  # fmt: skip
    return Table("Windows", ("interval", "from", "to", "n", "inside, %", "band, %", "window"), rows, left=3)


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 3.9)


def draw(figure: Any, told: Told) -> None:
    for panel, level in zip(figure.subplots(2, 1, sharex=True), LEVELS, strict=True):
        _panel(panel, told[level])
        panel.set_ylabel(f"{level} %: inside, %")
    _dates.axis(panel)


def _panel(panel: Any, one: Told) -> None:
    windows = one["windows"]
    ends = [(date.fromisoformat(each["from"]), date.fromisoformat(each["to"])) for each in windows]
    middle = [begin + (end - begin) / 2 for begin, end in ends]
    low, high, share = ([100 * each[name] for each in windows] for name in ("low", "high", "coverage"))
    edges = [ends[0][0], *middle, ends[-1][1]]
    panel.fill_between(edges, [low[0], *low, low[-1]], [high[0], *high, high[-1]], color=palette.BAND, linewidth=0)
    panel.axhline(100 * one["nominal"], color=palette.SOFT, linestyle="--", linewidth=0.8)
    panel.plot(middle, share, color=palette.ONE)
    for within, mark, colour in ((True, "o", palette.ONE), (False, "X", palette.BAD)):
        own = [
            (day, value) for day, value, each in zip(middle, share, windows, strict=True) if each["within"] is within
        ]
        if own:
            panel.plot(*zip(*own, strict=True), mark, color=colour, markersize=4.5 if within else 6.5)
