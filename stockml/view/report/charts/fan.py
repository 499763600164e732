"""The 80 and 90 % intervals of the newest forecasts, as changes from their last close, and what came of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from stockml.view.plain import NONE, ahead, percent, price
from stockml.view.report import palette
from stockml.view.report.cells import counted
from stockml.view.report.charts import _dates
from stockml.view.report.page import WIDE, Table, Told

LISTED = 20  # newest forecasts told in numbers; all are drawn, and in the JSON


def missing(told: Told) -> str:
    return "" if told["rows"] else "no forecast yet"


def describe(told: Told) -> str:
    rows, n = told["rows"], told["settled"]
    said = (
        f"Intervals of {counted(len(rows), 'forecast')} {ahead(told['horizon'])}, for {rows[0]['target_session']} to "
        f"{rows[-1]['target_session']}, as change from the close they were made at. "
    )
    if not n:
        return said + "No outcome yet: cannot tell, n = 0."
    inside = [f"{told[key]} in the {level} % interval ({percent(told[key] / n, 0)} %)" for key, level in
              (("in80", 80), ("in90", 90))]  # fmt: skip
    return said + f"Of {counted(n, 'outcome')} {' and '.join(inside)}; still to come: {told['waiting']}."


def numbers(told: Told) -> Table:
    rows = [
        (one["session"], one["target_session"], price(one["last_close"]), price(one["price"]),
         f"{price(one['lo80'])} to {price(one['hi80'])}", f"{price(one['lo90'])} to {price(one['hi90'])}",
         percent(one["probability_up"], 0), *_came(one))
        for one in reversed(told["rows"][-LISTED:])
    ]  # fmt: skip
    heads = ("made after", "for", "last close", "price", "80 %", "90 %", "up, %", "came", "90 % interval")
    return Table(f"The newest {len(rows)}, in prices of the session they were made after", heads, rows, left=2)


def _came(one: Told) -> tuple[str, str]:
    """The close it came to, or that there is none, and on which side of the interval."""
    if one["status"] != "settled":
        return one["status"], NONE
    return price(one["settled_close"]), NONE if one["in90"] is None else "inside" if one["in90"] else "outside"


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 3.0)


def draw(figure: Any, told: Told) -> None:
    panel, rows = figure.subplots(), told["rows"]
    days = [date.fromisoformat(one["target_session"]) for one in rows]
    lo80, hi80, lo90, hi90, middle = (
        [_change(one, name) for one in rows] for name in ("lo80", "hi80", "lo90", "hi90", "price")
    )
    panel.fill_between(days, lo90, hi90, color=palette.BAND, linewidth=0, label="90 %")
    panel.fill_between(days, lo80, hi80, color=palette.CORE, linewidth=0, label="80 %")
    if len(rows) == 1:  # a band has no width then
        panel.vlines(days, lo90, hi90, color=palette.BAND, linewidth=9)
        panel.vlines(days, lo80, hi80, color=palette.CORE, linewidth=9)
    panel.plot(days, middle, color=palette.SOFT, linestyle="--", linewidth=0.8, label="price")
    for inside, mark, colour, name in (
        (True, "o", palette.ONE, "came"),
        (False, "X", palette.BAD, "came, outside 90 %"),
    ):
        own = [(day, _change(one, "settled_close")) for day, one in zip(days, rows, strict=True)
               if one["status"] == "settled" and bool(one["in90"]) is inside]  # fmt: skip
        if own:
            panel.plot(*zip(*own, strict=True), mark, color=colour, markersize=3.5 if inside else 6.0, label=name)
    panel.set_ylabel("change, %")
    panel.legend(loc="upper left", ncols=5, bbox_to_anchor=(0.0, 1.15), borderpad=0.0, handlelength=1.2)
    _dates.axis(panel)


def _change(one: Told, name: str) -> float:
    """A price in percent of the last close it was made at: splits later on do not matter."""
    return 100.0 * (float(one[name]) / float(one["last_close"]) - 1.0)
