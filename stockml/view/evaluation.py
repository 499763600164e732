"""Evaluation as people see it: every figure with its n, its interval and the naive figure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view import backtest, importance, record, refits
from stockml.view.figures import figures, fraction
from stockml.view.plain import NONE, ahead, bare, percent, share, words
from stockml.view.tables import ROOMY, table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

NARROW = ("n", "up %", "naive", "verdict", "price", "90 %", "score")
WIDE = ("n", "up %", "naive", "verdict", "AUC", "Brier", "price", "90 %", "score")  # where 100 columns have room
SPACIOUS = 120  # columns from which nothing needs to be cut short
NOTES = (
    "up: share of right directions, its 95 % interval, and the naive rate (always the side the training window "
    "favoured). AUC: chance that a rise was given more than a fall; naive 0.5. Brier, price, RPSS: skill in %, 1 - "
    "loss / naive loss. RPSS, volatility: five classes against the same forecast without direction. IC: correlation "
    "across symbols, a session at a time. 90 %: share of outcomes inside the interval, meant to be 90. score: "
    "Winkler's interval score over that of plain history; below 1 is sharper or better placed. Calibration error: "
    "confidence against hits; naive is what a calibrated forecaster shows. Direction is judged on the pool only."
)


def report(result: dict[str, Any]) -> Callable[[Console], None]:
    """Pooled figures first, then by year, regime, volatility and symbol; then all pooled figures one by one."""

    def show(console: Console) -> None:
        first, last = result["span"]
        console.print(f"Walk-forward {first} to {last}, {_refitted(result['refit'])}")
        if (tried := result["trials"]) > 1:
            console.print(f"{tried} candidates were fitted so far; the best of {tried} looks better than it is")
        for horizon, parts in result["horizons"].items():
            console.print(_groups(console.width, parts, ahead(horizon)))
            console.print(figures(console.width, parts["pooled"], f"More figures, pooled, {ahead(horizon)}"))
        console.print(NOTES, style="dim")
        for horizon, parts in result["importance"].items():
            importance.table(parts, horizon)(console)
        refits.report(result.get("refits"))(console)
        backtest.report(result["backtest"])(console)
        record.report(result["live"])(console)

    return show


def _refitted(refit: dict[str, Any]) -> str:
    times = f"{refit['fits']} fit{'' if refit['fits'] == 1 else 's'}"
    return f"{times}, refit every {refit['policy']} sessions" if refit["policy"].isdigit() else times


def _groups(width: int, parts: dict[str, Any], title: str) -> Table:
    """A row for the pool and for each group of it."""
    # Between 100 and 120 columns more figures take the room that cells would get.
    room = width if width < ROOMY or width >= SPACIOUS else ROOMY - 1
    made = table(room, ("",), WIDE if width >= ROOMY else NARROW, title)
    made.columns[0].no_wrap, made.columns[0].overflow = False, "fold"  # a long name gives way, never a figure
    _row(made, "pooled", parts["pooled"], width)
    for group in ("by_year", "by_regime", "by_volatility", "by_symbol"):
        if parts.get(group):
            made.add_section()
            for name, block in parts[group].items():
                _row(made, name, block, width)
    return made


def _row(made: Table, name: str, block: dict[str, Any], width: int) -> None:
    direction, interval = block["direction"], block["interval"]["90"]
    ranking = fraction(direction["auc"], direction["auc_low"], direction["auc_high"], 2 if width < SPACIOUS else 4)
    made.add_row(
        name,
        str(direction["n"]),
        share(direction["accuracy"], direction["low"], direction["high"]),
        percent(direction["naive"]),
        words(direction["verdict"] or NONE),
        *((ranking, _skill(direction, "brier_skill")) if width >= ROOMY else ()),
        _skill(block["price"], "skill"),
        share(interval["coverage"], interval["low"], interval["high"]),
        bare(interval["winkler_ratio"], interval["winkler_low"], interval["winkler_high"], otherwise=3),
    )


def _skill(block: dict[str, Any], name: str) -> str:
    """A skill in percent, digits as its interval says."""
    return bare(block[name], block[f"{name}_low"], block[f"{name}_high"], unit=100.0, otherwise=1, signed=True)
