"""The sections that tell the figures of one horizon: in words, drawn, all one by one, and by group."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from stockml.view import figures
from stockml.view.plain import ahead, percent, words
from stockml.view.report.cells import copied, percent_of, spanned
from stockml.view.report.charts import coverage, reliability, skill, winkler
from stockml.view.report.page import Part, Plot, Section, Table

WIDTH = 200  # of a terminal on which nothing is cut short
GROUPS = (("by_year", "By year"), ("by_regime", "By regime"), ("by_volatility", "By volatility (terciles of the span)"),
          ("by_symbol", "By symbol"), ("by_version", "By version"))  # fmt: skip
HEADS = ("n", "direction right, %", "naive, %", "verdict", "AUC", "Brier skill, %", "price skill, %",
         "90 % interval holds, %", "Winkler ratio")  # fmt: skip


def section(title: str, horizon: str, parts: Mapping[str, Any]) -> Section:
    """Plots and tables of one horizon."""
    ratios = {"pooled": parts["pooled"], **parts.get("by_regime", {})}
    found: list[Part] = [
        Plot("Reliability of the probabilities", reliability, parts["curves"]["reliability"]),
        Plot("Coverage over time", coverage, parts["curves"]["coverage"]),
        Plot("Winkler ratio by regime", winkler, {"groups": ratios}),
        Plot("Skill by year", skill, {"by": "year", "groups": parts["by_year"]}),
        everything(parts["pooled"], f"All figures, pooled, {ahead(horizon)}"),
        *groups(parts, horizon),
    ]
    return Section(f"{title}, {ahead(horizon)}", found)


def everything(block: dict[str, Any], caption: str) -> Table:
    """All figures of a block with n, interval, naive figure, test and verdict."""
    return copied(figures.figures(WIDTH, block, caption), caption, "figure")


def groups(parts: Mapping[str, Any], horizon: str) -> Iterable[Table]:
    """A table for each split that is told."""
    for key, name in GROUPS:
        if parts.get(key):
            yield Table(f"{name}, {ahead(horizon)}", ("group", *HEADS), [row(*one) for one in parts[key].items()])


def row(name: str, block: Mapping[str, Any]) -> tuple[str, ...]:
    """The leading figures of a block, by `HEADS`, after its name."""
    direction, interval, price = block["direction"], block["interval"]["90"], block["price"]
    return (
        name,
        f"{direction['n']:,}",
        percent_of(direction, "accuracy"),
        percent(direction["naive"]),
        words(direction["verdict"]),
        spanned(direction["auc"], direction["auc_low"], direction["auc_high"]),
        percent_of(direction, "brier_skill", "brier_skill_"),
        percent_of(price, "skill", "skill_"),
        percent_of(interval, "coverage"),
        spanned(interval["winkler_ratio"], interval["winkler_low"], interval["winkler_high"]),
    )


def summary(horizons: Mapping[str, Any], caption: str) -> Table:
    """What the pooled figures of each horizon come to, a verdict a row: direction, intervals, price."""
    rows = [row for horizon, parts in horizons.items() for row in _verdicts(horizon, parts["pooled"])]
    return Table(caption, ("ahead", "verdict", "what", "figure [95 %]", "naive", "n"), rows, left=3)


def _verdicts(horizon: str, block: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    direction, price, wide = block["direction"], block["price"], block["interval"]["90"]
    who = "direction model" if direction["shown"] else "direction model, not shown"
    ratio = spanned(wide["winkler_ratio"], wide["winkler_low"], wide["winkler_high"])
    held = {"no_edge": "holds", "worse": "does not hold"}.get(wide["coverage_verdict"], "cannot tell")
    hits, naive = percent_of(direction, "accuracy"), percent(direction["naive"])
    for verdict, what, figure, beside, n in (
        (words(direction["verdict"]), f"{who}: right, %", hits, naive, direction["n"]),
        (held, "90 % interval: holds, %", percent_of(wide, "coverage"), "90", wide["n"]),
        (words(wide["verdict"]), "90 % interval: Winkler ratio, below 1 is better", ratio, "1", wide["winkler_n"]),
        (words(price["verdict"]), "price: error saved, %", percent_of(price, "skill", "skill_"), "0", price["n"]),
    ):
        yield ahead(horizon), f"{verdict} yet" if verdict == "cannot tell" else verdict, what, figure, beside, f"{n:,}"
