"""What the direction model leans on: each feature's share with its spread over folds, and what scrambling it costs."""

from __future__ import annotations

from typing import Any

from stockml.view.plain import NONE, number, percent
from stockml.view.report import palette
from stockml.view.report.cells import spanned
from stockml.view.report.page import WIDE, Table, Told

DRAWN = 10


def missing(told: Told) -> str:
    return "" if told["features"] else "this recipe has no features"


def _measure(told: Told) -> str:
    """What the features are ordered by: gain, or the weight of a recipe without trees."""
    return "gain" if told["features"][0]["gain"] is not None else "weight"


def describe(told: Told) -> str:
    by, first = _measure(told), told["features"][0]
    clear = [one["name"] for one in told["features"][:DRAWN] if (one["permutation_low"] or 0.0) > 0.0]
    lost = f"adds credibly to the loss for {', '.join(clear)}" if clear else "adds credibly to the loss for none"
    return (
        f"The {min(DRAWN, len(told['features']))} features with the most {by}, a share of all; {first['name']} has the "
        f"most, {percent(first[by])} %. Lines span the {told['folds']} folds. Rank correlation of the shares between "
        f"folds: {number(told['stability'], 2)}. Scrambling a feature on {told['rows']:,} held-out rows {lost}."
    )


def numbers(told: Told) -> Table:
    by = _measure(told)
    rows = [
        (one["name"], one["family"], percent(one[by]),
         f"{percent(one['gain_low'])} to {percent(one['gain_high'])}" if by == "gain" else NONE,
         spanned(one["permutation"], one["permutation_low"], one["permutation_high"], 1000.0))
        for one in told["features"]
    ]  # fmt: skip
    heads = ("feature", "family", f"{by}, %", "over folds, %", "scrambled: loss added, thousandths [95 %]")
    return Table("Features", heads, rows, left=2)


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 0.9 + 0.23 * min(DRAWN, len(told["features"])))


def draw(figure: Any, told: Told) -> None:
    features, by = told["features"][:DRAWN], _measure(told)
    shares, losses = figure.subplots(1, 2, sharey=True)
    for place, one in enumerate(features):
        shares.barh(place, 100 * one[by], color=palette.CORE, height=0.6)
        if by == "gain":
            shares.hlines(place, 100 * one["gain_low"], 100 * one["gain_high"], color=palette.INK, linewidth=1)
        _loss(losses, place, one)
    losses.axvline(0.0, color=palette.SOFT, linestyle="--", linewidth=0.8)
    shares.set_yticks(range(len(features)), [one["name"] for one in features])
    shares.set(ylim=(len(features) - 0.5, -0.5), xlabel=f"{by}, % of all", title="Share")
    losses.set(xlabel="loss added, thousandths", title="Scrambled on held-out rows")
    for panel in (shares, losses):
        panel.grid(axis="y", visible=False)


def _loss(panel: Any, place: int, one: Told) -> None:
    value, low, high = one["permutation"], one["permutation_low"], one["permutation_high"]
    if value is None:
        return
    known = low is not None and high is not None
    if known:
        panel.hlines(place, 1000 * low, 1000 * high, color=palette.ONE)
    panel.plot([1000 * value], [place], "o", color=palette.ONE, markerfacecolor=palette.ONE if known else "none")
