"""The screen of `why`: one symbol, each decision about it with its reason, figures, and what would come next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, moment, number, percent, share, signed_percent, words
from stockml.view.tables import ROOMY, table

if TYPE_CHECKING:
    from rich.console import Console

LABELS = ("training", "held back", "decision", "champion", "shadow", "data", "forecast")


def screen(result: dict[str, Any], verbose: bool = False) -> Callable[[Console], None]:
    """Champion, reasons, figures, triggers, promotions, what is next; with `verbose` nothing is left out."""

    def show(console: Console) -> None:
        champion = result["champion"]
        console.print(_standing(result["symbol"], champion))
        console.print(_reasons(result))
        if champion and champion.get("figures"):
            console.print(_figures(result, console.width))
            for horizon, shows in (champion["shows"] or {}).items():
                console.print(_shown(horizon, shows))
        console.print("What would train it next, and how far away that is:")
        console.print(_triggers(result["distance"]))
        for row in result["promotions"][: len(result["promotions"]) if verbose else 2]:
            told = f": {row['reason']}" if verbose else ""
            who = row["who"].removeprefix("by ")
            console.print(f"promoted {moment(row['at'])} by {who}: {row['champion']}{told}")
        if result["challenger"]:
            console.print(f"challenger waiting: {result['challenger']}")
        console.print(f"candidates fitted for it so far: {result['trials']}")
        console.print(f"next: {_next(result)}")

    return show


def _standing(symbol: str, champion: dict[str, Any] | None) -> str:
    if champion is None:
        return f"{symbol}: no champion"
    left = champion["expires_in_days"]
    life = f"expires in {left:.0f} days" if left >= 0 else f"expired {-left:.0f} days ago, so forecasts abstain"
    recipe = f", recipe {champion['recipe']}{' (quick)' if champion['quick'] else ''}" if "recipe" in champion else ""
    return f"{symbol}: champion {champion['version']}{recipe}, {champion['age_days']:.1f} days old, {life}"


def _reasons(result: dict[str, Any]) -> Any:
    """A line for each reason, what it is about to the left. Where the champion is what was decided last, once."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True, style="bold")
    made.add_column(overflow="fold")
    decision, champion = result["decision"], result["champion"]
    own = bool(decision and champion and decision["version"] == champion["version"])
    for about in LABELS:
        told = [one["sentence"] for one in result["reasons"] if one["about"] == about]
        if about == "decision" and decision:
            told = [f"{_said(decision, own)}: {told[0]}"]
        if (about == "champion" and own and not result["problem"]) or (about == "shadow" and result["shadow"] is None):
            continue
        for place, sentence in enumerate(told):
            made.add_row("" if place else about, sentence)
    return made


def _said(decision: dict[str, Any], own: bool) -> str:
    which = "the champion" if own else f"candidate {decision['version']}"
    said = words(decision["result"])
    if decision["verdict"] != decision["result"]:
        said += f" ({words(decision['verdict'])})"
    return f"{moment(decision['made_at'])} on {which}: {said}"


def _figures(result: dict[str, Any], width: int) -> Any:
    """Held-out figures, pooled, and the symbol's own since deployment, each beside the naive forecast's."""
    roomy = width >= ROOMY
    columns = ("n", "up %", "naive", *(("Brier %", "price %") if roomy else ()), "90 %", "Winkler", "verdict")
    made = table(width, ("ahead",), columns, "Accepted on, held out and pooled; live: its own since")
    live = result["live"]
    for horizon, block in result["champion"]["figures"].items():
        direction, interval = block["direction"], block["interval"]["90"]
        made.add_row(
            horizon,
            str(direction["n"]),
            share(direction["accuracy"], direction["low"], direction["high"]),
            percent(direction["naive"], 0),
            *((signed_percent(direction["brier_skill"]), signed_percent(block["price"]["skill"], 1)) * roomy),
            share(interval["coverage"], interval["low"], interval["high"]),
            number(interval["winkler_ratio"], 2),
            words(direction["verdict"]),
        )
        if horizon in live:
            made.add_row(*_live_cells(horizon, live[horizon], roomy))
    return made


def _live_cells(horizon: str, block: dict[str, Any], roomy: bool) -> list[str]:
    direction, interval = block["direction"], block["interval"]["90"]
    return [
        f"{horizon} live",
        str(block["n"]),
        share(direction["accuracy"], direction["low"], direction["high"]),
        percent(direction["naive"], 0),
        *((NONE, signed_percent(block["price"]["skill"], 1)) * roomy),
        share(interval["coverage"], interval["low"], interval["high"]),
        NONE,
        NONE,
    ]


def _shown(horizon: str, shows: dict[str, Any]) -> str:
    direction = "the direction model" if shows["direction"] == "model" else "the base rate (no proven edge)"
    price = "the median" if shows["price"] == "median" else "the last close"
    return f"shows {horizon} ahead: {direction}, k {shows['k']:.2f}; price: {price}"


def _triggers(distance: list[dict[str, Any]]) -> Any:
    """What would make a training due and how far away it is, the due ones first."""
    from rich.table import Table

    made = Table.grid(padding=(0, 2, 0, 0))
    for name in ("trigger", "away"):
        made.add_column(name, no_wrap=True)
    made.add_column("now", overflow="fold")
    for one in sorted((one for one in distance if one["kind"] == "trigger"), key=lambda one: not one["due"]):
        away = "due" if one["due"] else NONE if one["left"] is None else f"{one['left']:.3g} {one['unit']}"
        made.add_row(f"  {one['name'].removeprefix('evidence: ')}", away, one["sentence"])
    return made


def _next(result: dict[str, Any]) -> str:
    symbol, check = result["symbol"], result["next_check"]
    if result["problem"]:
        return f"stockml rollback {symbol}, or stockml train {symbol} --force"
    if result["due"] and not result["blocked"]:
        return "training is due: stockml train"
    settles = f"the next bar settles {check}; " if check else ""
    return f"{settles}{'held back' if result['due'] else 'nothing is due'}; see also: stockml versions {symbol}"
