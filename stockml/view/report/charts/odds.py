"""How far the monitor's sequential tests are from firing: what a bet against each symbol has come to."""

from __future__ import annotations

import math
from typing import Any

from stockml.view.plain import percent, words
from stockml.view.report import palette
from stockml.view.report.cells import counted
from stockml.view.report.page import WIDE, Table, Told

MOST = 40
CHECKS = ("coverage", "direction")
LOWEST = -4.0  # powers of ten below which odds are all the same


def missing(told: Told) -> str:
    return "" if told["tests"] else "no settled forecast of a champion yet: cannot tell, n = 0"


def describe(told: Told) -> str:
    tests = told["tests"]
    fired = [one for one in tests if one["highest"] >= one["threshold"]]
    near = max(tests, key=lambda one: one["highest"] / one["threshold"])
    said = f"{counted(len(fired), 'test')} fired" if fired else "none fired"
    return (
        f"{counted(len(tests), 'test')} of coverage and direction, {said}. The odds against a symbol start at 1 and "
        f"fire when they reach the line. The nearest was {near['check']} of {near['symbol']}, {near['horizon']} ahead: "
        f"{near['highest']:.3g} of {near['threshold']:,.0f} (n = {near['n']:,})."
    )


def numbers(told: Told) -> Table:
    rows = [
        (one["symbol"], one["check"], str(one["horizon"]), f"{one['n']:,}", percent(one["rate"]),
         percent(one["promised"]), f"{one['e_value']:.2g}", f"{one['highest']:.2g}", f"{one['threshold']:,.0f}",
         words(one["verdict"]))
        for one in told["tests"][: 3 * MOST]
    ]  # fmt: skip
    heads = ("symbol", "test", "ahead", "n", "right, %", "promised, %", "odds", "highest", "fires at", "verdict")
    return Table("Tests, the nearest first", heads, rows, left=2)


def _symbols(told: Told) -> list[str]:
    return list(dict.fromkeys(one["symbol"] for one in told["tests"]))[:MOST]


def size(told: Told) -> tuple[float, float]:
    return (WIDE, 1.1 + 0.19 * len(_symbols(told)))


def draw(figure: Any, told: Told) -> None:
    symbols = _symbols(told)
    panels = figure.subplots(1, 2, sharey=True)
    horizons = sorted({one["horizon"] for one in told["tests"]})
    marks = dict(zip(horizons, ("o", "s", "^", "d") * 3, strict=False))
    for panel, check in zip(panels, CHECKS, strict=True):
        panel.axvline(0.0, color=palette.BAD, linewidth=1.0)
        for one in told["tests"]:
            if one["check"] == check and one["symbol"] in symbols:
                _test(panel, one, symbols.index(one["symbol"]), marks[one["horizon"]])
        panel.set(xlim=(LOWEST - 0.3, 0.8), title=check, xlabel="share of the odds at which it fires")
        panel.set_xticks([-4, -2, 0], ["1/10,000", "1/100", "fires"])
        panel.grid(axis="y", visible=False)
    for horizon in horizons:
        panels[1].plot([], [], marks[horizon], color=palette.ONE, label=f"{horizon} ahead")
    panels[1].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, borderpad=0.0)
    panels[0].set_yticks(range(len(symbols)), symbols)
    panels[0].set_ylim(len(symbols) - 0.5, -0.5)


def _test(panel: Any, one: Told, place: int, mark: str) -> None:
    """The odds now, and a line to the highest they ever were, which is what fires."""
    now, most = (_power(one[name] / one["threshold"]) for name in ("e_value", "highest"))
    fired = one["highest"] >= one["threshold"]
    panel.hlines(place, now, most, color=palette.CORE)
    panel.plot([now], [place], "X" if fired else mark, color=palette.BAD if fired else palette.ONE)


def _power(share: float) -> float:
    return max(LOWEST, min(0.7, math.log10(share))) if share > 0.0 else LOWEST
