"""The back-test as people see it: beside buy and hold, after costs, and told to be a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, number, percent, signed_percent, words
from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

TITLE = "Back-test (a report, not a gate)"
COLUMNS = ("a year %", "vol. %", "Sharpe", "95 %", "max fall %", "held %", "traded %")


def report(found: dict[str, Any] | None) -> Callable[[Console], None]:
    """The strategy, buy and hold, and one line on the difference. Nothing where there is no back-test."""

    def show(console: Console) -> None:
        if found is None:
            return
        console.print(books(console.width, found))
        console.print(excess(found))
        console.print(notes(found), style="dim")

    return show


def books(width: int, found: dict[str, Any]) -> Table:
    """The strategy beside buy and hold."""
    made = table(width, ("",), COLUMNS, TITLE)
    for name, one in (("forecasts", found), ("buy and hold", found["buy_and_hold"])):
        made.add_row(
            name,
            signed_percent(one["annual_return"], 1),
            percent(one["annual_volatility"], 0),
            number(one["sharpe"], 2),
            _between(one["sharpe_low"], one["sharpe_high"]),
            percent(one["max_drawdown"], 0),
            percent(one["invested"], 0),
            percent(one["turnover"], 0),
        )
    return made


def notes(found: dict[str, Any]) -> str:
    """What was traded, at which cost, and what the figures leave out."""
    return (
        f"{found['sessions']} sessions of {found['symbols']} symbols, {found['cost_bp']:g} basis points a trade; "
        f"held, traded: share of the weight in a session; {found['note']}."
    )


def excess(found: dict[str, Any]) -> str:
    """Over buy and hold, and what is left of that as the best of so many candidates."""
    excess, deflated = found["excess"], found["deflated"]
    told = f"over buy and hold: {signed_percent(excess['annual_return'], 1)} % a year, t {number(excess['t'], 1)}"
    told += f" ({words(excess['verdict'])}), information ratio {number(excess['information_ratio'], 2)}"
    if deflated["dsr"] is None:
        return told
    if deflated["trials"] > 1:
        best = number(deflated["expected_best"], 2)
        told += f"; of {deflated['trials']} candidates without skill the best would show {best}"
    return f"{told}; deflated Sharpe ratio {number(deflated['dsr'], 2)} (skill: above 0.95)"


def _between(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else f"[{low:.1f},{high:.1f}]"
