"""Section 2 of the skill report: interval methods, in calm and in storm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from _bands import Band, number, table
from _fleets import day
from _quantile_methods import LEVELS, all_methods
from _skill_known import INTERVALS, WEATHER
from _walked import Walked, years

from stockml.arrays import Flags, Floats
from stockml.evaluation import metrics, significance
from stockml.evaluation.blocks import volatility_terciles
from stockml.evaluation.rows import Rows

PRODUCT, NAIVE = "HAR x conformal + ACI", "naive expanding"
FEW = (NAIVE, "EWMA x conformal 1000", "HAR x conformal 1000", PRODUCT)  # told of the fleets besides u
CRASH = (day("2020-02-20"), day("2020-04-15"))


def intervals_section(fleets: Sequence[Walked]) -> tuple[list[str], list[Band]]:
    """The table of methods and the weather table, with the bands of fleet u."""
    lines, bands, weather = [], [], []
    for walked in fleets:
        for horizon in walked.plan.horizons:
            rows, quantiles = walked.rows[horizon], all_methods(walked, horizon)
            for name in quantiles if walked.name == "u" else FEW:
                cells = _cells(quantiles[name], quantiles[NAIVE], rows)
                known = INTERVALS.get((walked.name, horizon, name), "-")
                lines.append((walked.name, name, str(horizon), *cells, known))
            if (walked.name, horizon) == ("u", 1):
                bands, weather = _required(quantiles, rows), _weather(quantiles, rows)
    head = ("fleet", "method", "h", "n", "90 %: coverage", "years", "Winkler ratio", "80 %: coverage", "pinball ratio",
            "t", "reference")  # fmt: skip
    told = ["## 2 Intervals", "", *table(head, lines, words=2), ""]
    head = ("fleet u, h=1", "calm", "middle", "stormy", "lowest symbol", "highest", "20 Feb-15 Apr 2020", "reference")
    return [*told, *table(head, weather), ""], bands


def inside(quantiles: Floats, rows: Rows, level: float = 0.9) -> Flags:
    """Whether the outcomes lie between the ends of the central interval."""
    low, high = ends(quantiles, level)
    return metrics.covered(low, high, rows.realised)


def ends(quantiles: Floats, level: float = 0.9) -> tuple[Floats, Floats]:
    place = LEVELS.index(round((1.0 - level) / 2.0, 2))
    return quantiles[:, place], quantiles[:, -1 - place]


def pinball(quantiles: Floats, rows: Rows) -> Floats:
    """Mean quantile loss over the 19 levels of each row."""
    losses = [metrics.pinball_losses(quantiles[:, k], rows.realised, level) for k, level in enumerate(LEVELS)]
    return np.mean(losses, axis=0)


def winkler_ratio(quantiles: Floats, naive: Floats, rows: Rows) -> float | None:
    """Of the 90 % interval against the naive one, on the rows that have both."""
    loss, base = (metrics.winkler_losses(*ends(one), rows.realised, 0.9) for one in (quantiles, naive))
    return metrics.ratio(metrics.mean(loss), metrics.mean(base))


def _cells(quantiles: Floats, naive: Floats, rows: Rows) -> tuple[str, ...]:
    known = np.isfinite(quantiles[:, 0]) & np.isfinite(naive[:, 0])
    quantiles, naive, rows = quantiles[known], naive[known], rows.where(known)
    hit = inside(quantiles, rows)
    yearly = [float(hit[chosen].mean()) for _, chosen in years(rows.session)]
    loss, base = pinball(quantiles, rows), pinball(naive, rows)
    t = significance.diebold_mariano(loss, base, rows.session, rows.horizon).t if np.any(loss - base) else None
    return (
        str(len(rows)), number(metrics.mean(hit)), f"{min(yearly):.2f}-{max(yearly):.2f}",
        number(winkler_ratio(quantiles, naive, rows)), number(metrics.mean(inside(quantiles, rows, 0.8))),
        number(metrics.ratio(metrics.mean(loss), metrics.mean(base))), number(t, 1),
    )  # fmt: skip


def _required(quantiles: dict[str, Floats], rows: Rows) -> list[Band]:
    hit = inside(quantiles[PRODUCT], rows)
    yearly = {year: float(hit[chosen].mean()) for year, chosen in years(rows.session)}
    worst, best = min(yearly, key=yearly.__getitem__), max(yearly, key=yearly.__getitem__)
    ratio = winkler_ratio(quantiles[PRODUCT], quantiles[NAIVE], rows)
    return [
        Band("u h=1: pooled coverage of the 90 % interval", 0.88, 0.92, float(hit.mean())),
        Band(f"u h=1: the same, lowest year ({worst})", 0.86, 0.94, yearly[worst]),
        Band(f"u h=1: the same, highest year ({best})", 0.86, 0.94, yearly[best]),
        Band("u h=1: Winkler ratio to naive expanding", None, 0.93, ratio),
    ]


def _weather(quantiles: dict[str, Floats], rows: Rows) -> list[tuple[str, ...]]:
    tercile = volatility_terciles(rows.sigma)
    crash = (rows.session >= CRASH[0]) & (rows.session <= CRASH[1])
    lines = []
    for name, one in quantiles.items():
        hit = inside(one, rows)
        by_symbol = [float(hit[rows.symbol_id == k].mean()) for k in np.unique(rows.symbol_id)]
        shares = [float(hit[tercile == k].mean()) for k in range(3)]
        cells = [*shares, min(by_symbol), max(by_symbol), float(hit[crash].mean())]
        lines.append((name, *(number(cell, 2) for cell in cells), WEATHER.get(name, "-")))
    return lines
