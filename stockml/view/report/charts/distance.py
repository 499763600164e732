"""How far each symbol is from its next training: days until its age is due, misses until the coverage test fires."""

from __future__ import annotations

from typing import Any

from stockml.view.plain import NONE
from stockml.view.report import palette
from stockml.view.report.cells import counted
from stockml.view.report.page import WIDE, Table, Told

MOST = 40
TEST = "evidence: coverage "


def missing(told: Told) -> str:
    return "" if _rows(told) else "nothing is in service, so nothing can be due"


def _rows(told: Told) -> list[tuple[str, float | None, float | None]]:
    """(symbol, days until age, misses until the first coverage test fires), the nearest first."""
    found = []
    for symbol, entries in told["symbols"].items():
        days = [one["left"] for one in entries if one["kind"] == "trigger" and one["name"] in ("age", "expired")]
        misses = [one["left"] for one in entries if one["name"].startswith(TEST) and one["left"] is not None]
        if days:
            found.append((symbol, days[0], min(misses, default=None)))
    return sorted(found, key=lambda row: (row[1], row[2] if row[2] is not None else float("inf"), row[0]))


def describe(told: Told) -> str:
    rows = _rows(told)
    due, known = sum(days == 0.0 for _, days, _ in rows), [row for row in rows if row[2] is not None]
    drawn = f" The nearest {MOST} are drawn." if len(rows) > MOST else ""
    near = min(known, key=lambda row: row[2] or 0.0, default=None)
    tested = f"nearest to its coverage test is {near[0]}, {near[2]:.0f} misses in a row away" if near else (
        "no coverage test has an outcome yet")  # fmt: skip
    return f"Of {counted(len(rows), 'symbol')} with a champion {due} are due by age; {tested}.{drawn}"


def numbers(told: Told) -> Table:
    rows = [
        (symbol, one["name"].removeprefix("evidence: "), _away(one), one["sentence"])
        for symbol, _, _ in _rows(told)[:MOST] for one in told["symbols"][symbol]
        if one["kind"] == "blocker" or one["due"] or one["left"] is not None
    ]  # fmt: skip
    return Table("What would train it next, or holds it back", ("symbol", "what", "away", "now"), rows, left=4)


def _away(one: Told) -> str:
    if one["kind"] == "blocker":
        return f"holds, {one['left']:.1f} {one['unit']}" if one["left"] is not None else "holds"
    return "due" if one["due"] else NONE if one["left"] is None else f"{one['left']:.3g} {one['unit']}"


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 0.9 + 0.19 * min(MOST, len(_rows(told))))


def draw(figure: Any, told: Told) -> None:
    rows = _rows(told)[:MOST]
    ages, tests = figure.subplots(1, 2, sharey=True)
    for place, (_, days, misses) in enumerate(rows):
        _bar(ages, place, days, "due" if days == 0.0 else "")
        _bar(tests, place, misses, "no outcome yet" if misses is None else "")
    ages.set_yticks(range(len(rows)), [symbol for symbol, _, _ in rows])
    ages.set(ylim=(len(rows) - 0.5, -0.5), xlabel="days", title="Until its age is due")
    tests.set(xlabel="misses in a row", title="Until the coverage test fires")
    for panel in (ages, tests):
        panel.grid(axis="y", visible=False)
        panel.set_xlim(0.0, max(1.0, 1.15 * panel.get_xlim()[1]))


def _bar(panel: Any, place: int, value: float | None, word: str) -> None:
    panel.barh(place, value or 0.0, color=palette.CORE, height=0.6)
    shown = word or f"{value:.0f}"
    panel.annotate(shown, (value or 0.0, place), xytext=(3, 0), textcoords="offset points", va="center", fontsize=7.5)
