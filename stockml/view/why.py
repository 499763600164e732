"""The screen of `why`: one symbol, its champion, the last decision with its figures, the log of promotions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, number, percent, share, signed_percent, words
from stockml.view.tables import ROOMY, table

if TYPE_CHECKING:
    from rich.console import Console


def screen(result: dict[str, Any]) -> Callable[[Console], None]:
    """Champion, decision, promotions, what is next; each with the figures it rested on."""

    def show(console: Console) -> None:
        champion, decision = result["champion"], result["decision"]
        console.print(_standing(result["symbol"], champion))
        if result["problem"]:
            console.print(f"problem: {result['problem']}", soft_wrap=True)
        if result["why"] and not (decision and champion and decision["version"] == champion["version"]):
            console.print(f"deployed {result['since']}: {result['why']}", soft_wrap=True)
        if result["previous"] or result["challenger"]:
            waits = f"; challenger waiting: {result['challenger']}" if result["challenger"] else ""
            console.print(f"previous: {result['previous'] or NONE}{waits}", soft_wrap=True)
        if champion and champion.get("figures"):
            console.print(_figures(champion["figures"], console.width))
            for horizon, shows in (champion["shows"] or {}).items():
                console.print(_shown(horizon, shows), soft_wrap=True)
        if decision:
            _tell_decision(console, decision, champion)
        if result["promotions"]:
            console.print(_promotions(result["promotions"], console.width))
        console.print(f"candidates fitted for it so far: {result['trials']}")
        console.print(f"next: {_next(result)}", soft_wrap=True)

    return show


def _standing(symbol: str, champion: dict[str, Any] | None) -> str:
    if champion is None:
        return f"{symbol}: no champion"
    left = champion["expires_in_days"]
    life = f"expires in {left:.0f} days" if left >= 0 else f"expired {-left:.0f} days ago, so forecasts abstain"
    recipe = f", recipe {champion['recipe']}{' (quick)' if champion['quick'] else ''}" if "recipe" in champion else ""
    return f"{symbol}: champion {champion['version']}{recipe}, {champion['age_days']:.1f} days old, {life}"


def _figures(by_horizon: dict[str, Any], width: int) -> Any:
    roomy = width >= ROOMY
    columns = ("n", "up %", "naive", *(("Brier %", "price %") if roomy else ()), "90 %", "Winkler", "verdict")
    made = table(width, ("ahead",), columns, "Held-out figures it was accepted on, pooled")
    for horizon, block in by_horizon.items():
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
    return made


def _shown(horizon: str, shows: dict[str, Any]) -> str:
    direction = "its direction model" if shows["direction"] == "model" else "the base rate, for want of a proven edge"
    price = "the median" if shows["price"] == "median" else "the last close"
    return f"{horizon} ahead it shows {direction} (shrinkage k {shows['k']:.2f}), and {price} as price"


def _tell_decision(console: Console, decision: dict[str, Any], champion: dict[str, Any] | None) -> None:
    own = champion is not None and champion["version"] == decision["version"]
    which = "the champion" if own else f"candidate {decision['version']}"
    said = words(decision["result"])
    if decision["verdict"] != decision["result"]:
        said += f" ({words(decision['verdict'])})"
    console.print(f"last decision, {decision['made_at']}, on {which}: {said}", soft_wrap=True)
    for reason in decision["reasons"]:
        console.print(f"  {reason}", soft_wrap=True)


def _promotions(rows: list[dict[str, Any]], width: int) -> Any:
    made = table(width, ("when", "who", "champion"), (), "Promotions, the newest first")
    made.add_column("why", overflow="fold")
    for row in rows:
        made.add_row(row["at"], row["who"], row["champion"], row["reason"])
    return made


def _next(result: dict[str, Any]) -> str:
    symbol = result["symbol"]
    if result["problem"]:
        return f"stockml rollback {symbol}, or stockml train {symbol} --force"
    if result["due"]:
        return f"training is due ({'; '.join(result['due'])}): stockml train"
    return f"nothing is due; stockml versions {symbol} lists what else there is"
