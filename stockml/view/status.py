"""The fleet on one screen: the worst first when there are many, one command to do next at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, number, percent, share, words
from stockml.view.tables import ROOMY, table

if TYPE_CHECKING:
    from rich.console import Console

STATES = ("failed", "stale", "expired", "untrained", "degraded", "healthy")
MOST_ROWS = 40
COLOURS = {
    "healthy": "green",
    "degraded": "yellow",
    "stale": "red",
    "expired": "red",
    "failed": "bold red",
    "untrained": "cyan",
}


def screen(result: dict[str, Any], home: str, as_of: str | None) -> Callable[[Console], None]:
    """Fleet line, a row per symbol (the worst of many), host line, what to do next."""

    def show(console: Console) -> None:
        rows, states = result["symbols"], Counter(result["states"])
        told = ", ".join(f"{states[state]} {state}" for state in reversed(STATES) if states[state])
        console.print(f"{states.total()} symbols: {told or 'none'}" + (f"   as of {as_of}" if as_of else ""))
        if rows:
            console.print(_table(rows, console.width))
        if len(rows) < states.total():
            console.print(f"{states.total() - len(rows)} more are not shown; -v shows all, --state STATE one kind")
        for line in jobs(result["jobs"]):
            console.print(line, soft_wrap=False)
        host = result["host"]
        console.print(
            f"host: load {percent(host['cpu'], 0)} %, memory {percent(host['memory'], 0)} %, "
            f"disk {percent(host['disk'], 0)} %   {home}",
            style="dim",
        )
        console.print(
            "up, 90 %: shares of n held-out forecasts one session ahead (from 60 settled ones on: of those), "
            "[95 % interval]; naive: always the side the training window favoured; Winkler: interval score over that "
            "of plain history, below 1 is better.",
            style="dim",
        )
        late = any(row["overdue"] for row in result["jobs"])
        console.print(f"next: {'stockml schedule show' if late else _next(states)}")

    return show


def jobs(rows: list[dict[str, Any]]) -> list[str]:
    """The schedule in a line, and a line for each job that is overdue."""
    kept = [row for row in rows if row["enabled"] and row["installed"]]
    if not kept:
        return ["jobs: none is installed, nothing runs by itself: stockml schedule install"]
    late = [row for row in kept if row["overdue"]]
    bare = [row["name"] for row in rows if row["enabled"] and not row["installed"]]
    coming = min((row for row in kept if row["next"]), key=lambda row: row["next"], default=None)
    soon = f"; next {coming['name']} at {coming['next']}" if coming else ""
    told = f"jobs: {len(kept)} installed, {len(late) or 'none'} overdue{soon}"
    lines = [f"{told}; not installed: {', '.join(bare)}" if bare else told]
    return lines + [f"overdue: {row['name']} {row['remark']}" for row in late]


def _table(rows: list[dict[str, Any]], width: int) -> Any:
    from rich.text import Text

    roomy, wide = width >= ROOMY, width >= ROOMY + 30
    right = (*(["age d"] * roomy), "n", "up %", "naive", "90 %", "Winkler", "verdict", *(["champion"] * wide))
    made = table(width, ("symbol", "state", "through"), right)
    if roomy:
        made.add_column("due", overflow="fold")
    for row in rows:
        direction, interval = row["direction"] or {}, row["interval"] or {}
        cells: list[Any] = [row["symbol"], Text(row["state"], style=COLOURS[row["state"]]), row["data_through"] or NONE]
        if roomy:
            cells.append(number(row["age_days"], 1))
        cells += [
            str(direction.get("n", NONE)),
            share(direction.get("accuracy"), direction.get("low"), direction.get("high")),
            percent(direction.get("naive"), 0),
            share(interval.get("coverage"), interval.get("low"), interval.get("high")),
            number(interval.get("winkler_ratio"), 2),
            words(row["verdict"] or NONE),
        ]
        if wide:
            cells.append(row["champion"] or NONE)
        if roomy:
            cells.append("; ".join(row["due"]))
        made.add_row(*cells)
    return made


def _next(counts: Counter[str]) -> str:
    if counts["failed"]:
        return "stockml status --state failed, then stockml rollback SYMBOL or stockml train SYMBOL --force"
    if counts["untrained"] or counts["expired"]:
        return "stockml train"
    if counts["stale"] or counts["degraded"]:
        return "stockml data check"
    return "stockml predict"
