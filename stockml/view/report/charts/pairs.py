"""Policies against each other: what the first lost more or less than the second, with the margin that is nothing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from stockml.view.plain import words
from stockml.view.report import palette
from stockml.view.report.cells import counts, cut, spanned, too_few
from stockml.view.report.page import WIDE, Table, Told

# Key of a comparison and its name; the margin of each is told.
KINDS = {"interval": "90 % interval (Winkler)", "direction": "direction model (Brier)",
         "shown": "published probability (Brier)"}  # fmt: skip
MARKS = {  # verdict -> (mark, colour, whether it is filled)
    "better": ("<", palette.ONE, True), "worse": (">", palette.BAD, True), "no_edge": ("o", palette.ONE, True),
    "cannot_tell": ("o", palette.SOFT, False),
}  # fmt: skip


def missing(told: Told) -> str:
    found = [one for one in told["pairs"] if any(one[kind]["ratio"] is not None for kind in KINDS)]
    return "" if found else too_few(sum(one["n"] for one in told["pairs"]))


def describe(told: Told) -> str:
    parts = []
    for kind, name in KINDS.items():
        verdicts = Counter(words(one[kind]["verdict"]) for one in told["pairs"])
        parts.append(f"{name}, margin {_margin(told, kind)}: {counts(verdicts)}")
    return (
        "Loss of the first policy over that of the second on the forecasts that both made, as a difference in percent "
        "with its 95 % interval; left of 0 the first is better. The band is the margin within which a difference is "
        "worth no training. Filled where it is surely one or the other, open where nobody can tell. "
        f"Verdicts: {'; '.join(parts)}."
    )


def _margin(told: Told, kind: str) -> str:
    return f"{100 * told['margins'][kind]:g} %"


def numbers(told: Told) -> Table:
    rows = []
    for one in told["pairs"]:
        cells = [
            cell
            for kind in KINDS
            for cell in (
                spanned(one[kind]["ratio"], one[kind]["low"], one[kind]["high"], fallback=4),
                words(one[kind]["verdict"]),
            )
        ]
        rows.append((one["first"], one["second"], f"{one['n']:,}", *cells))
    heads = [head for name in KINDS.values() for head in (name, "verdict")]
    return Table("Loss of the first over that of the second [95 %]", ("first", "second", "n", *heads), rows, left=2)


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 1.0 + 0.22 * len(told["pairs"]))


def draw(figure: Any, told: Told) -> None:
    pairs = told["pairs"]
    panels = figure.subplots(1, len(KINDS), sharey=True)
    for panel, (kind, name) in zip(panels, KINDS.items(), strict=True):
        margin = 100 * told["margins"][kind]
        panel.axvspan(-margin, margin, color=palette.BAND, linewidth=0)
        panel.axvline(0.0, color=palette.SOFT, linestyle="--", linewidth=0.8)
        for place, one in enumerate(pairs):
            _pair(panel, one[kind], place)
        panel.set_title(name)
        panel.set_xlabel("difference of loss, %")
        low, high = panel.get_xlim()
        panel.set_xlim(min(low, -1.6 * margin), max(high, 1.6 * margin))
        panel.grid(axis="y", visible=False)
    panels[0].set_yticks(range(len(pairs)), [f"{cut(one['first'])} - {cut(one['second'])}" for one in pairs])
    panels[0].set_ylim(len(pairs) - 0.5, -0.5)


def _pair(panel: Any, one: Told, place: int) -> None:
    if one["ratio"] is None:
        return
    mark, colour, filled = MARKS[one["verdict"]]
    if one["low"] is not None and one["high"] is not None:
        panel.hlines(place, 100 * (one["low"] - 1.0), 100 * (one["high"] - 1.0), color=colour)
    paper = colour if filled else palette.PAPER
    panel.plot([100 * (one["ratio"] - 1.0)], [place], mark, color=colour, markerfacecolor=paper)
