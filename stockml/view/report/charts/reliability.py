"""Reliability: how often prices rose of those told to rise with a probability, beside what chance shows."""

from __future__ import annotations

from typing import Any

from stockml.view.plain import percent
from stockml.view.report import palette
from stockml.view.report.cells import counted, too_few
from stockml.view.report.page import WIDE, Table, Told

PARTS = (("told", "As told"), ("model", "The direction model, shown or not"))


def missing(told: Told) -> str:
    return "" if told["told"]["bins"] else too_few(told["told"]["n"])


def describe(told: Told) -> str:
    """What each part's points are worth, and how many lie outside the band."""
    parts = [f"{name}: {_said(told[key])}." for key, name in PARTS if told[key]]
    return (
        "Share that rose, against the probability of a rise that was told; on the dashed line both are equal. The bars "
        "hold 95 of 100 points of calibrated forecasts. " + " ".join(parts)
    )


def _said(one: Told) -> str:
    outside = sum(not each["within"] for each in one["bins"])
    said = f"{outside or 'none'} of {counted(len(one['bins']), 'point')} outside the bars, where chance leaves 1 in 20"
    return f"{said} (n = {one['n']:,}, worth {one['independent']:,.0f} independent)"


def numbers(told: Told) -> Table:
    rows = [
        (name, f"{one['n']:,}", percent(one["said"]), percent(one["rose"]),
         f"{percent(one['low'])} to {percent(one['high'])}", "within" if one["within"] else "outside")
        for key, name in PARTS if told[key] for one in told[key]["bins"]
    ]  # fmt: skip
    return Table("Points", ("forecasts", "n", "told, %", "rose, %", "by chance, %", "point"), rows)


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 3.6)


def draw(figure: Any, told: Told) -> None:
    parts = [(told[key], name) for key, name in PARTS if told[key]]
    panels = figure.subplots(1, 2, squeeze=False)[0]
    for panel in panels[len(parts) :]:
        panel.set_visible(False)
    said = [100 * one["said"] for part, _ in parts for one in part["bins"]]
    bounds = max(0.0, min(said) - 2.0), min(100.0, max(said) + 2.0)
    for panel, (part, name) in zip(panels, parts, strict=False):
        _panel(panel, part["bins"], bounds)
        panel.set_title(name)
        panel.set_xlabel("told, %")
    panels[0].set_ylabel("rose, %")


def _panel(panel: Any, bins: list[dict[str, Any]], bounds: tuple[float, float]) -> None:
    panel.plot(bounds, bounds, color=palette.SOFT, linestyle="--", linewidth=0.8)
    said = [100 * one["said"] for one in bins]
    panel.vlines(said, [100 * one["low"] for one in bins], [100 * one["high"] for one in bins], color=palette.BAND,
                 linewidth=6)  # fmt: skip
    for within, mark, colour in ((True, "o", palette.ONE), (False, "X", palette.BAD)):
        own = [(100 * one["said"], 100 * one["rose"]) for one in bins if one["within"] is within]
        if own:
            panel.plot(*zip(*own, strict=True), mark, color=colour, markersize=4.5 if within else 6.5)
    panel.set_xlim(bounds)
