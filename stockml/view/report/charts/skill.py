"""Skill by year or by policy with its interval, naive at zero: direction, interval and price."""

from __future__ import annotations

from typing import Any

from stockml.view.report import palette
from stockml.view.report.cells import counted, cut, spanned, too_few
from stockml.view.report.page import WIDE, Table, Told

ROOM = 0.5  # percent above and below 0 that are always shown
NAMES = ("direction (Brier skill)", "90 % interval (1 - Winkler ratio)", "price (1 - error / naive error)")
Ends = tuple[float | None, float | None, float | None]


def missing(told: Told) -> str:
    known = any(value is not None for block in told["groups"].values() for value, _, _ in _skills(block))
    return "" if known else too_few(sum(block["direction"]["n"] for block in told["groups"].values()))


def _skills(block: Told) -> list[Ends]:
    """(skill, low, high) of direction, interval and price; that of the interval is one minus the Winkler ratio."""
    direction, wide, price = block["direction"], block["interval"]["90"], block["price"]
    ratio = [None if (end := wide[f"winkler_{name}"]) is None else 1.0 - end for name in ("ratio", "high", "low")]
    return [
        (direction["brier_skill"], direction["brier_skill_low"], direction["brier_skill_high"]),
        (ratio[0], ratio[1], ratio[2]), (price["skill"], price["skill_low"], price["skill_high"]),
    ]  # fmt: skip


def describe(told: Told) -> str:
    parts = [f"{name[0].upper()}{name[1:]}: {_said(told, place)}." for place, name in enumerate(NAMES)]
    return (
        f"Share of the naive forecast's loss that is saved, by {told['by']}, with its 95 % interval; naive is 0. "
        + " ".join(parts)
    )


def _said(told: Told, place: int) -> str:
    judged = [_skills(block)[place] for block in told["groups"].values()]
    known = [(low, high) for value, low, high in judged if value is not None and low is not None and high is not None]
    if not known:
        return "cannot tell yet"
    above, below = sum(low > 0 for low, _ in known), sum(high < 0 for _, high in known)
    return f"of {counted(len(known), told['by'])} with an interval {above} above 0, {below} below, the others hold it"


def numbers(told: Told) -> Table:
    rows = [
        (group, f"{block['direction']['n']:,}", *(spanned(*ends, scale=100.0) for ends in _skills(block)))
        for group, block in told["groups"].items()
    ]
    return Table("Skill in percent [95 %]", (told["by"], "n", *NAMES), rows)


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 4.8)


def draw(figure: Any, told: Told) -> None:
    groups = list(told["groups"])
    panels = figure.subplots(3, 1, sharex=True)
    for number, (panel, name) in enumerate(zip(panels, NAMES, strict=True)):
        panel.axhline(0.0, color=palette.SOFT, linestyle="--", linewidth=0.8)
        for place, group in enumerate(groups):
            _point(panel, place, _skills(told["groups"][group])[number])
        panel.set_title(name)
        panel.set_ylabel("%")
        low, high = panel.get_ylim()
        panel.set_ylim(min(low, -ROOM), max(high, ROOM))
    panels[-1].set_xticks(range(len(groups)), [cut(group) for group in groups])
    panels[-1].set_xlim(-0.5, len(groups) - 0.5)


def _point(panel: Any, place: int, ends: Ends) -> None:
    value, low, high = ends
    if value is None:
        return
    known = low is not None and high is not None
    if low is not None and high is not None:
        panel.vlines(place, 100 * low, 100 * high, color=palette.ONE)
    panel.plot([place], [100 * value], "o", color=palette.ONE, markerfacecolor=palette.ONE if known else "none")
