"""Training as people see it: the plan, the progress bar, the table of verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, lines, words
from stockml.view.tables import table as empty

if TYPE_CHECKING:
    from rich.console import Console


def plan(symbols: list[dict[str, Any]], held: list[dict[str, Any]]) -> Callable[[Console], None]:
    """What would be trained, and why; what is held back, and by what."""
    due = [f"{one['symbol']:<8} {'; '.join(one['due'])}" for one in symbols]
    return lines((due or ["Nothing is due."]) + _held(held))


def _held(held: Sequence[dict[str, Any]]) -> list[str]:
    return [f"{one['symbol']:<8} held back: {'; '.join(one['blocked'])} ({'; '.join(one['due'])})" for one in held]


def table(
    symbols: list[dict[str, Any]], seconds: float, held: Sequence[dict[str, Any]] = ()
) -> Callable[[Console], None]:
    """One row per symbol: version, whether deployed, verdict; each reason once, with the symbols it holds for."""

    def show(console: Console) -> None:
        made = empty(console.width, ("symbol", "version", "deployed", "verdict"), (), "Training")
        reasons: dict[str, list[str]] = {}
        for one in symbols:
            deployed = "yes" if one["promoted"] else "no"
            made.add_row(one["symbol"], one["version"] or NONE, deployed, words(one["verdict"]))
            for reason in [*one["reasons"], *one.get("warnings", [])]:
                reasons.setdefault(reason, []).append(one["symbol"])
        console.print(made)
        for reason, holders in reasons.items():
            whom = "all" if len(holders) == len(symbols) > 1 else " ".join(holders)
            console.print(f"{whom}: {reason.removeprefix(whom + ': ')}")
        for line in _held(held):
            console.print(line, soft_wrap=True)
        console.print(f"{len(symbols)} symbols in {seconds:.1f} s")

    return show
