"""Winkler's interval score over that of plain history, pooled and by regime, with its interval."""

from __future__ import annotations

from typing import Any

from stockml.view.plain import words
from stockml.view.report import palette
from stockml.view.report.cells import spanned, too_few
from stockml.view.report.page import WIDE, Table, Told

LEVELS = (("90", palette.ONE, "o"), ("80", palette.TWO, "s"))


def missing(told: Told) -> str:
    ratios = [one["interval"]["90"]["winkler_ratio"] for one in told["groups"].values()]
    return "" if any(one is not None for one in ratios) else too_few(_pool(told)["winkler_n"])


def _pool(told: Told) -> Any:
    return told["groups"]["pooled"]["interval"]["90"]


def describe(told: Told) -> str:
    parts = [f"{name} {_said(block['interval']['90'])}" for name, block in told["groups"].items()]
    return (
        "Winkler's score of the interval over that of plain history, with its 95 % interval: below 1 is sharper or "
        f"better placed. 90 % interval: {'; '.join(parts)}."
    )


def _said(one: Told) -> str:
    if one["winkler_low"] is None:
        return too_few(one["winkler_n"])
    return spanned(one["winkler_ratio"], one["winkler_low"], one["winkler_high"]) + f" (n = {one['winkler_n']:,})"


def numbers(told: Told) -> Table:
    rows = [
        (name, f"{level} %", f"{one['winkler_n']:,}", spanned(one["winkler_ratio"], one["winkler_low"],
         one["winkler_high"]), words(one["verdict"]))
        for name, block in told["groups"].items() for level, one in block["interval"].items()
    ]  # fmt: skip
    return Table("Winkler ratio, naive is 1", ("regime", "interval", "n", "ratio [95 %]", "verdict"), rows, left=2)


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 0.9 + 0.36 * len(told["groups"]))


def draw(figure: Any, told: Told) -> None:
    panel, names = figure.subplots(), list(told["groups"])
    panel.axvline(1.0, color=palette.SOFT, linestyle="--", linewidth=0.8)
    for shift, (level, colour, mark) in zip((-0.13, 0.13), LEVELS, strict=True):
        for place, name in enumerate(names):
            _row(panel, told["groups"][name]["interval"][level], place + shift, colour, mark)
        panel.plot([], [], mark, color=colour, label=f"{level} % interval")
    panel.set_yticks(range(len(names)), names)
    panel.set(ylim=(len(names) - 0.5, -0.5), xlabel="Winkler ratio, plain history is 1")
    panel.grid(axis="y", visible=False)
    panel.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _row(panel: Any, one: Told, place: float, colour: str, mark: str) -> None:
    """A filled mark with its interval; without one it is open."""
    value, low, high = one["winkler_ratio"], one["winkler_low"], one["winkler_high"]
    if value is None:
        return
    known = low is not None and high is not None
    if known:
        panel.hlines(place, low, high, color=colour)
    panel.plot([value], [place], mark, color=colour, markerfacecolor=colour if known else "none")
