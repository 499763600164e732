"""A replay as people see it: what it comes to, what each policy was worth, whether they differ, what happened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stockml.view import replay_verdicts
from stockml.view.plain import NONE, ahead, number, percent, say, share, signed_percent, span, words
from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

ROUTINE = ("trained", "promoted", "alert_over")  # not worth a line on the screen; --json and the page have them
MOST_EVENTS = 24
BOTH = "direction, interval"  # head of a column of two verdicts
WIDE = 120  # columns from which tables have all their columns


def screen(result: Mapping[str, Any]) -> Callable[[Console], None]:
    """What it comes to; tables of worth by horizon, of work, of differences; the events that are not routine."""

    def show(console: Console) -> None:
        policies = result["policies"]
        for sentence in replay_verdicts.sentences(result):
            say(console, f"{sentence}.")
        for horizon in replay_verdicts.horizons(policies):
            console.print(_worth(policies, horizon, console.width))
        console.print(_work(policies, console.width))
        if result["comparisons"]:
            console.print(_differences(result["comparisons"], console.width))
            say(
                console,
                "ratio: loss of the first over that of the second, below 1 where the first is better, with its 95 % "
                "interval; direction by Brier score of the model, interval by Winkler score. no edge: surely within "
                "0.1 % (direction) or 1 % (interval) of each other.",
                "dim",
            )
        _happened(console, result["events"])

    return show


def _worth(policies: Mapping[str, Any], horizon: str, width: int) -> Table:
    wide = ("n", "up %", "naive", "Brier %", "price %", "90 %", "Winkler", BOTH)
    heads = wide if width >= WIDE else ("n", "up %", "naive", "90 %", "Winkler", BOTH)
    made = _named(width, ("policy",), heads, f"Worth, {ahead(horizon)}")
    for name, one in policies.items():
        block = one["horizons"].get(horizon)
        made.add_row(name, *(_cells(block, heads) if block else (NONE,) * len(heads)))
    return made


def _cells(block: Mapping[str, Any], heads: Sequence[str]) -> list[str]:
    direction, interval = block["direction"], block["interval"]["90"]
    spanned = "Brier %" in heads
    cells = {
        "n": f"{direction['n']:,}",
        "up %": share(*_ends(direction, "accuracy")) if spanned else percent(direction["accuracy"]),
        "naive": percent(direction["naive"]), "Brier %": signed_percent(direction["brier_skill"]),
        "price %": signed_percent(block["price"]["skill"], 1),
        "90 %": share(*_ends(interval, "coverage")) if spanned else percent(interval["coverage"]),
        "Winkler": number(interval["winkler_ratio"]),
        BOTH: f"{words(direction['verdict'])}, {words(interval['verdict'])}",
    }  # fmt: skip
    return [cells[name] for name in heads]


def _ends(part: Mapping[str, Any], name: str) -> tuple[float | None, float | None, float | None]:
    return part[name], part["low"], part["high"]


def _named(width: int, left: tuple[str, ...], right: tuple[str, ...], title: str) -> Table:
    """A table in which a long name gives way, never a figure."""
    made = table(width, left, right, title)
    for column in made.columns[: len(left)]:
        column.no_wrap, column.overflow = False, "fold"
    return made


def _work(policies: Mapping[str, Any], width: int) -> Table:
    wide = ("trained", "refused", "promoted", "back", "alerts", "alarms", "false", "CPU", "disk")
    heads = wide if width >= WIDE else ("trained", "refused", "back", "alerts", "alarms", "CPU")
    made = _named(width, ("policy",), heads, "Work and trouble")
    for name, one in policies.items():
        alarms = one["alarms"]
        cells = {
            "trained": str(one["trainings"]), "refused": str(one["refused"]), "promoted": str(one["promotions"]),
            "back": str(one["rollbacks"]), "alerts": str(one["alerts"]), "alarms": str(alarms["fired"]),
            "false": _false(alarms), "CPU": span(one["seconds"]["cpu"]), "disk": f"{one['bytes'] / 1e6:.0f} MB",
        }  # fmt: skip
        made.add_row(name, *(cells[head] for head in heads))
    return made


def _false(alarms: Mapping[str, int]) -> str:
    return f"{alarms['false']} of {alarms['false'] + alarms['true']}" if alarms["fired"] else NONE


def _differences(comparisons: Sequence[Mapping[str, Any]], width: int) -> Table:
    heads = ("h", "direction", "interval", "verdicts") if width >= WIDE else ("h", "direction", "interval")
    made = _named(width, ("first", "second"), heads, "Differences")
    for one in comparisons:
        for horizon, found in one["horizons"].items():
            parts = [found[name] for name in ("direction", "interval")]
            told = [_ratio(part, short=width < WIDE) for part in parts]
            verdicts = ", ".join(words(part["verdict"]) for part in parts)
            made.add_row(one["first"], one["second"], horizon, *told, *([verdicts] if width >= WIDE else []))
    return made


def _ratio(part: Mapping[str, Any], short: bool) -> str:
    told = number(part["ratio"], 3)
    if short:
        return f"{told} {words(part['verdict'])}"
    return told if part["low"] is None else f"{told} [{part['low']:.3f}, {part['high']:.3f}]"


def _happened(console: Console, events: Sequence[Mapping[str, Any]]) -> None:
    told = [one for one in events if one["kind"] not in ROUTINE]
    if not told:
        return
    console.print("Events")
    for one in told[:MOST_EVENTS]:
        whom = " ".join(one["symbols"][:4]) + (" ..." if len(one["symbols"]) > 4 else "")
        line = f"{one['at'][:10]}  {one['policy']}: {words(one['kind'])}{' ' + whom if whom else ''}: {one['sentence']}"
        console.print(line, soft_wrap=False, overflow="ellipsis", no_wrap=True)
    if len(told) > MOST_EVENTS:
        console.print(f"and {len(told) - MOST_EVENTS} more, in --json and --report", style="dim")
