"""Policies month by month: intervals that held, and losses over those of the first policy, a line each."""

from __future__ import annotations

from datetime import date
from typing import Any

from stockml.view.plain import NONE, number, percent
from stockml.view.report import palette
from stockml.view.report.cells import cut, too_few
from stockml.view.report.charts import _dates
from stockml.view.report.page import WIDE, Table, Told

FEWEST = 2  # months that make a line
COLOURS = (palette.ONE, palette.TWO, palette.THREE, palette.FOUR)
STROKES = ("-", "--", ":")
MARKS = "os^DvPX*<>"
# Key of a month, its name, where nothing is gained or lost, and by what it is told.
PANELS = (
    ("coverage", "90 % interval holds, %", 90.0, 100.0),
    ("winkler_ratio", "Winkler loss / the first's", 1.0, 1.0),
    ("brier_ratio", "Brier loss / the first's", 1.0, 1.0),
)


def missing(told: Told) -> str:
    months = {one["month"] for own in told["policies"].values() for one in own}
    return "" if len(months) >= FEWEST else too_few(sum(one["n"] for own in told["policies"].values() for one in own))


def describe(told: Told) -> str:
    policies = told["policies"]
    months = sorted({one["month"] for own in policies.values() for one in own})
    return (
        f"{months[0]} to {months[-1]}, {told['ahead']}: share of outcomes inside the 90 % interval, and the mean loss "
        f"of interval and direction over that of the policy {next(iter(policies))}, on the forecasts that both made "
        "(1 is no difference, below 1 is better). A month is few forecasts of one market, so a line may leave its "
        "level by chance; the intervals above tell what to believe. "
        f"{'; '.join(_said(name, own) for name, own in policies.items())}."
    )


def _said(name: str, own: list[dict[str, Any]]) -> str:
    held = [one["coverage"] for one in own if one["coverage"] is not None]
    ratios = [one["winkler_ratio"] for one in own if one["winkler_ratio"] is not None]
    parts = [f"holds between {percent(min(held))} and {percent(max(held))} %"] if held else []
    parts += [f"Winkler loss {number(min(ratios))} to {number(max(ratios))} times the first's"] if ratios else []
    return f"{name}: {', '.join(parts) or NONE}"


def numbers(told: Told) -> Table:
    rows = [
        (name, one["month"], f"{one['n']:,}", percent(one["coverage"]), number(one["winkler_ratio"]),
         number(one["brier_ratio"], 4))
        for name, own in told["policies"].items() for one in own
    ]  # fmt: skip
    return Table("Months", ("policy", "month", "n", *(name for _, name, _, _ in PANELS)), rows, left=2)


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 5.2)


def draw(figure: Any, told: Told) -> None:
    panels = figure.subplots(len(PANELS), 1, sharex=True)
    for panel, (key, name, level, scale) in zip(panels, PANELS, strict=True):
        panel.axhline(level, color=palette.SOFT, linestyle="--", linewidth=0.8)
        for place, (policy, own) in enumerate(told["policies"].items()):
            days = [date.fromisoformat(f"{one['month']}-15") for one in own]
            values = [float("nan") if one[key] is None else scale * one[key] for one in own]
            panel.plot(
                days, values, color=COLOURS[place % len(COLOURS)], linestyle=STROKES[place // len(COLOURS) % 3],
                marker=MARKS[place % len(MARKS)], markersize=3.2, linewidth=1.0, label=cut(policy),
            )  # fmt: skip
        panel.set_title(name)
    panels[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=min(4, len(told["policies"])), borderpad=0.0)
    _dates.axis(panels[-1])
