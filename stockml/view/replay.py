"""A replay as people see it: how far it is, what each policy was worth, whether they differ, what happened."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from stockml.view.plain import NONE, number, percent, signed_percent, words
from stockml.view.tables import table

if TYPE_CHECKING:
    from rich.console import Console

Told = Callable[[str, int, int], None]
EVERY_S = 10.0  # between two lines where no terminal is
ROUTINE = ("trained", "promoted", "alert_over")  # not worth a line on the screen; --json and the page have them
MOST_EVENTS = 24
WIDE = 110  # columns from which tables have all their columns


class Pace:
    """How much of a replay is done, and how long the rest takes at the pace of the sessions lived so far.

    A policy's first session does not count: it begins with a training, as few others do.
    """

    def __init__(self) -> None:
        self.done: dict[str, int] = {}
        self.total: dict[str, int] = {}
        self._since: dict[str, int] = {}  # sessions behind each policy when its pace began to count
        self._began_s = 0.0

    def tell(self, policy: str, done: int, total: int, now_s: float) -> None:
        """A policy has so many sessions behind it."""
        known = self.done.get(policy)
        self.done[policy], self.total[policy] = done, total
        if known is not None and done > known and policy not in self._since:
            self._since[policy], self._began_s = done, now_s

    def share(self) -> float:
        return sum(self.done.values()) / max(1, sum(self.total.values()))

    def left_s(self, now_s: float) -> float | None:
        """Seconds the rest takes; None before a second session is lived through."""
        lived = sum(self.done[one] - since for one, since in self._since.items())
        if lived <= 0 or now_s <= self._began_s:
            return None
        return (now_s - self._began_s) / lived * (sum(self.total.values()) - sum(self.done.values()))


@contextlib.contextmanager
def progress(console: Console, shown: bool) -> Iterator[Told]:
    """What draws the progress: a bar on a terminal, a line now and then elsewhere, nothing if not shown."""
    pace = Pace()
    if not shown:
        yield lambda policy, done, total: None
    elif console.is_terminal:
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"))
        with Progress(*columns, console=console, transient=True) as bar:
            task = bar.add_task("replay", total=1.0)

            def draw(policy: str, done: int, total: int) -> None:
                pace.tell(policy, done, total, time.monotonic())
                bar.update(task, completed=pace.share(), description=_left(pace))

            yield draw
    else:
        last = [time.monotonic()]

        def say(policy: str, done: int, total: int) -> None:
            pace.tell(policy, done, total, time.monotonic())
            if time.monotonic() - last[0] >= EVERY_S:
                last[0] = time.monotonic()
                console.print(f"{100.0 * pace.share():3.0f} % {_left(pace)}")

        yield say


def _left(pace: Pace) -> str:
    left = pace.left_s(time.monotonic())
    return "replay" if left is None else f"replay, {span(left)} left"


def span(seconds: float) -> str:
    """A length of time in words: 40 s, 3 min."""
    return f"{seconds:.0f} s" if seconds < 100.0 else f"{seconds / 60.0:.0f} min"


def screen(result: Mapping[str, Any]) -> Callable[[Console], None]:
    """Tables of worth by horizon, of work, of differences, and the events that are not routine."""

    def show(console: Console) -> None:
        policies = result["policies"]
        for horizon in sorted({h for one in policies.values() for h in one["horizons"]}, key=int):
            console.print(_worth(policies, horizon, console.width))
        console.print(_work(policies, console.width))
        if result["comparisons"]:
            console.print(_differences(result["comparisons"], console.width))
            console.print(
                "ratio: loss of the first over that of the second, below 1 where the first is better, with its 95 % "
                "interval; direction by Brier score of the model, interval by Winkler score. no edge: surely within "
                "0.1 % (direction) or 1 % (interval) of each other.", style="dim",
            )  # fmt: skip
        _happened(console, result["events"])

    return show


def _worth(policies: Mapping[str, Any], horizon: str, width: int) -> Any:
    plural = "" if horizon == "1" else "s"
    wide = ("n", "right %", "naive %", "Brier skill %", "90 % holds", "low", "high", "Winkler", "price skill %")
    heads = (*wide, "verdicts") if width >= WIDE else ("n", "right %", "naive %", "90 % holds", "Winkler", "verdicts")
    made = table(width, ("policy",), heads, f"Worth, {horizon} session{plural} ahead")
    for name, one in policies.items():
        block = one["horizons"].get(horizon)
        made.add_row(name, *(_cells(block, heads) if block else (NONE,) * len(heads)))
    return made


def _cells(block: Mapping[str, Any], heads: Sequence[str]) -> list[str]:
    direction, interval, price = block["direction"], block["interval"]["90"], block["price"]
    cells = {
        "n": f"{direction['n']:,}", "right %": percent(direction["accuracy"]), "naive %": percent(direction["naive"]),
        "Brier skill %": signed_percent(direction["brier_skill"]), "90 % holds": percent(interval["coverage"]),
        "low": percent(interval["low"]), "high": percent(interval["high"]),
        "Winkler": number(interval["winkler_ratio"]),
        "price skill %": signed_percent(price["skill"]),
        "verdicts": f"{words(direction['verdict'])}, {words(interval['verdict'])}",
    }  # fmt: skip
    return [cells[name] for name in heads]


def _work(policies: Mapping[str, Any], width: int) -> Any:
    wide = ("trained", "refused", "promoted", "back", "alerts", "alarms", "false", "CPU", "disk")
    heads = wide if width >= WIDE else ("trained", "refused", "back", "alerts", "alarms", "CPU")
    made = table(width, ("policy",), heads, "Work and trouble")
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


def _differences(comparisons: Sequence[Mapping[str, Any]], width: int) -> Any:
    heads = ("h", "direction", "interval", "verdicts") if width >= WIDE else ("h", "direction", "interval")
    made = table(width, ("first", "second"), heads, "Differences")
    for one in comparisons:
        for horizon, found in one["horizons"].items():
            parts = [found[name] for name in ("direction", "interval")]
            told = [_ratio(part, short=width < WIDE) for part in parts]
            verdicts = ", ".join(words(part["verdict"]) for part in parts)
            made.add_row(one["first"], one["second"], horizon, *told, *([verdicts] if width >= WIDE else []))
    return made


def _ratio(part: Mapping[str, Any], short: bool) -> str:
    if part["low"] is None:
        return f"{number(part['ratio'], 3)} {words(part['verdict'])}" if short else number(part["ratio"], 3)
    if short:
        return f"{number(part['ratio'], 3)} {words(part['verdict'])}"
    return f"{part['ratio']:.3f} [{part['low']:.3f}, {part['high']:.3f}]"


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
