"""The fleet on one screen: is anything wrong, since when, and what to do; a row a symbol between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from stockml.view import glyphs, palette, status_table, status_troubles
from stockml.view.plain import days, moment, percent
from stockml.view.status_troubles import SHOWN

if TYPE_CHECKING:
    from rich.console import Console

STATES = ("failed", "stale", "expired", "untrained", "degraded", "healthy")
MOST_ROWS = 40
FRAME, LINES_EACH = 14, 3  # lines of a screen besides rows and troubles; of a trouble
SORTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "symbol": lambda row: row["symbol"],
    "state": lambda row: (STATES.index(row["state"]), row["symbol"]),
    "age": lambda row: -(row["age_days"] or 0.0),
    "through": lambda row: row["data_through"] or "",
    "due": lambda row: (not row["due"], float("inf") if row["due_in_days"] is None else row["due_in_days"]),
    "up": lambda row: -(row["direction"] or {}).get("accuracy", 0.0),
    "coverage": lambda row: (row["interval"] or {}).get("coverage") or 0.0,
    "price": lambda row: -((row["price"] or {}).get("skill") or 0.0),
}  # the worst or nearest first, except for figures of which more is better: there the best


def screen(
    result: dict[str, Any], as_of: str | None, *, wide: bool = False, everything: bool = False, whole: bool = True
) -> Callable[[Console], None]:
    """Fleet line, a row per symbol (the worst of many), troubles, host line, what to do next.

    Unless `whole`, rows give way until the rest fits on the terminal, the best first.
    """

    def show(console: Console) -> None:
        from rich.text import Text

        rows, signs = result["symbols"], glyphs.of(console)
        if not whole:
            rows = _worst(rows, console.height - FRAME - LINES_EACH * min(len(result["troubles"]), SHOWN))
        console.print(Text(fleet_line(result, as_of), style="bold"))
        console.print(Text(bars_line(result), style=palette.FAINT))
        if rows:
            console.print()
            for line in status_table.lines(rows, console.width, signs, everything=wide):
                console.print(line, soft_wrap=wide)
            if len(rows) < sum(result["states"].values()):
                console.print(_hidden(rows, result["states"]))
            console.print()
        for part in status_troubles.lines(result["troubles"], everything=everything):
            console.print(part, soft_wrap=isinstance(part, Text))
        for told in jobs_lines(result["jobs"], everything=everything or wide):
            console.print(Text(told, style=palette.FAINT))
        console.print(Text(host_line(result), style=palette.FAINT), soft_wrap=True)
        if rows:
            console.print(Text("what the columns mean: stockml status --legend", style=palette.FAINT))
        console.print(Text.assemble("next: ", (next_line(result), "bold")), soft_wrap=True)

    return show


def fleet_line(result: dict[str, Any], as_of: str | None) -> str:
    """Whether all is well, how many symbols are in which state, and which moment this is."""
    states = Counter(result["states"])
    told = ", ".join(f"{states[state]:,} {state}" for state in reversed(STATES) if states[state])
    count = f"{states.total():,} symbol{'' if states.total() == 1 else 's'}"
    well = "All is well" if status_troubles.is_well(result) else "Something is wrong"
    late = sum(one["overdue"] for one in result["jobs"])
    jobs = f"; {late} job{'s' * (late != 1)} overdue" if late else ""
    when = f"   as of {as_of}{' (pinned)' if result['pinned'] else ''}" if as_of else ""
    return f"{well}: {count}{f' ({told})' if told else ''}{jobs}{when}"


def bars_line(result: dict[str, Any]) -> str:
    """How far the bars reach for how many symbols, and what their sources said."""
    source = result["source"]
    total = sum(result["states"].values())
    if source["through"] is None:
        return f"no bars yet; source: {', '.join(source['providers'])}"
    outcomes = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(source["outcomes"].items()))
    check = next((one["next_check"] for one in result["symbols"] if one["next_check"]), None)
    following = f", the next at {moment(check)}" if check else ""
    which = "" if source["symbols"] == total else f" ({source['symbols']:,} of {total:,})"
    return f"bars through {source['through']}{which}{following}; {', '.join(source['providers'])}: {outcomes}"


def jobs_lines(jobs: Sequence[dict[str, Any]], *, everything: bool) -> list[str]:
    """The schedule in a line; with `everything` a line a job."""
    if everything:
        return [f"job {one['name']}: {one['remark'] or 'on time'}{_coming(one)}" for one in jobs if one["enabled"]]
    kept = [one for one in jobs if one["enabled"] and one["installed"]]
    if not kept:
        return []
    late = sum(one["overdue"] for one in kept)
    coming = min((one for one in kept if one["next"]), key=lambda one: one["next"], default=None)
    following = f"; next: {coming['name']} at {moment(coming['next'])}" if coming else ""
    return [f"jobs: {len(kept)} installed, {late or 'none'} overdue{following}"]


def _coming(one: dict[str, Any]) -> str:
    return f"; next at {moment(one['next'])}" if one["next"] else ""


def host_line(result: dict[str, Any]) -> str:
    told = ", ".join(f"{name} {percent(result['host'][name], 0)} %" for name in ("cpu", "memory", "disk"))
    return f"host: {told}   {result['home']}"


def next_line(result: dict[str, Any]) -> str:
    """The one command to type next, or that there is nothing to do."""
    if result["next"]:
        return str(result["next"])
    soonest = min((one["due_in_days"] for one in result["symbols"] if one["due_in_days"] is not None), default=None)
    return "nothing to do" + (f"; training is due in {days(soonest)}" if soonest is not None else "")


def _worst(rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The rows themselves if there is room, else so many of the worst, three at least."""
    if len(rows) <= most:
        return rows
    return sorted(rows, key=SORTS["state"])[: max(3, most)]


def _hidden(rows: Sequence[dict[str, Any]], counts: dict[str, int]) -> str:
    shown, states = Counter(row["state"] for row in rows), Counter(counts)
    left = ", ".join(f"{states[one] - shown[one]:,} {one}" for one in STATES if states[one] > shown[one])
    return f"not shown: {left}; -v shows all, --state STATE one kind"
