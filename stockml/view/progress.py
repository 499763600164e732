"""How far long work is: a bar on a terminal, a line every ten seconds elsewhere, nothing when it is to be quiet.

A line holds no control character, so that a log stays one. Remaining time is shown where it is honest, else "unknown".
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stockml import pace
from stockml.pace import Tell
from stockml.view.plain import span

if TYPE_CHECKING:
    from rich.console import Console

EVERY_S = 10.0  # seconds between lines where there is no terminal
SOON_S = 1.0  # seconds that work may take before a terminal shows that it goes on
DESCRIBED, ABOUT = 10, 24  # columns of the stage's name, and of what is in hand


@contextlib.contextmanager
def shown(
    console: Console, is_shown: bool, usual_s: Mapping[str, float] | None = None, unit: str = "",
    left_s: Callable[[float, float, float], float | None] = pace.by_rate,
    now: Callable[[], float] = time.monotonic,
) -> Iterator[Tell]:  # fmt: skip
    """A function that is told (stage, done, in all, about what) and shows it on `console`.

    With `usual_s`, seconds of each stage of earlier runs, the remaining time is of all stages; it is then the share of
    the stage that is done. Without, it is the stage's own, as `left_s(done, total, elapsed_s)` says.
    """
    if not is_shown:
        yield pace.silent
    elif console.is_terminal and not console.is_dumb_terminal:
        with _bar(console) as draw:
            yield _Pace(draw, usual_s or {}, left_s, unit, now, SOON_S).tell
    else:
        yield _Pace(_lines(console), usual_s or {}, left_s, unit, now, EVERY_S, EVERY_S).tell


class _Pace:
    """Remembers when work and its stage began; decides when to say something, and says it."""

    def __init__(
        self, say: Callable[[str, float, float, str, str], None], usual_s: Mapping[str, float],
        left_s: Callable[[float, float, float], float | None], unit: str, now: Callable[[], float],
        first_after_s: float, pause_s: float = 0.0,
    ) -> None:  # fmt: skip
        self.say, self.usual_s, self.left_s, self.unit, self.now = say, usual_s, left_s, unit, now
        self.began = self.stage_began = now()
        self.quiet_until = self.began + first_after_s
        self.pause_s, self.stage = pause_s, ""

    def tell(self, stage: str, done: float, total: float, about: str) -> None:
        moment = self.now()
        if stage != self.stage:
            self.stage, self.stage_began = stage, moment
        if moment < self.quiet_until:
            return
        self.quiet_until = moment + self.pause_s
        self.say(stage, done, total, about, self._told(done, total, moment))

    def _told(self, done: float, total: float, moment: float) -> str:
        """Count, rate and remaining time in words."""
        elapsed_s = moment - self.stage_began
        left = (
            pace.by_stages(self.usual_s, self.stage, done / total if total else 0.0, moment - self.began)
            if self.usual_s
            else self.left_s(done, total, elapsed_s)
        )
        counted = total > 1.0
        count = f"{done:.0f} of {total:.0f}{' ' + self.unit if self.unit else ''}" if counted else ""
        rate = _rate((total - done) / left) if counted and left else ""
        return ", ".join(filter(None, (count, rate, remaining(left))))


def remaining(seconds: float | None) -> str:
    """A remaining time in words, no finer than it can be known."""
    if seconds is None:
        return "time left unknown"
    return f"about {span(max(1.0, seconds))} left"


def _rate(per_s: float) -> str:
    if per_s >= 10.0:
        return f"{per_s:.0f} a second"
    return f"{per_s:.2g} a second" if per_s >= 1.0 else f"{60.0 * per_s:.2g} a minute"


def _lines(console: Console) -> Callable[[str, float, float, str, str], None]:
    def say(stage: str, done: float, total: float, about: str, told: str) -> None:
        console.print(f"{stage}: {told}{f' ({about})' if about else ''}", soft_wrap=True)

    return say


@contextlib.contextmanager
def _bar(console: Console) -> Iterator[Callable[[str, float, float, str, str], None]]:
    """A bar that is gone when the work ends. It begins with the first thing said, so that short work shows none."""
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description}", table_column=Column(width=DESCRIBED, no_wrap=True)),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[told]}", table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[about]}", table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis")),
    )
    bar = Progress(*columns, console=console, transient=True, expand=True)
    begun: list[Any] = []

    def say(stage: str, done: float, total: float, about: str, told: str) -> None:
        if not begun:
            begun.append(bar.add_task("", total=None, told="", about=""))
            bar.start()
        bar.update(begun[0], description=stage, completed=done, total=total, told=told, about=about[:ABOUT])

    try:
        yield say
    finally:
        if begun:
            bar.stop()
