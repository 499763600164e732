"""The event loop on rich alone: a full screen drawn when something changed, keys from the terminal in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from stockml.dashboard import terminal as terminals
from stockml.dashboard.frame import Line, Pen
from stockml.dashboard.session import Session
from stockml.view import glyphs

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.live import Live
    from rich.segment import Segment

    from stockml.dashboard.terminal import Terminal

REST_S = 0.02  # between two drawings while keys keep coming, so that a held key does not fill the line


class Picture:
    """A frame as something rich can print."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[Segment]:
        from rich.segment import Segment

        for place, line in enumerate(self.lines):
            if place:
                yield Segment.line()
            yield from line


def run(make: Callable[[Callable[[], None]], Session], console: Console, every_s: float) -> None:
    """Show a session until it is over, a signal ends it, or the terminal is gone."""
    from rich.live import Live

    pen = Pen(console, glyphs.of(console))
    with terminals.taken() as terminal:
        session = make(terminal.wake)
        session.begin()
        try:
            with Live(
                console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
            ) as live:
                _loop(session, terminal, live, pen, every_s)
        except OSError:
            if not terminal.is_over:  # else nobody looks any more: the terminal was closed
                raise
        finally:
            session.end()


def _loop(session: Session, terminal: Terminal, live: Live, pen: Pen, every_s: float) -> None:
    from rich.console import ConsoleDimensions

    drawn: list[Line] = []
    while not session.is_over and not terminal.is_over:
        session.hear()
        width, height = terminal.size()
        pen.console.size = ConsoleDimensions(width, height)
        made = session.lines(width, height, pen)
        if made != drawn:
            live.update(Picture(made), refresh=True)
            drawn = made
            time.sleep(REST_S)
        for key in terminal.wait(every_s):
            session.press(key)
        if terminal.is_suspended:
            _suspend(terminal, live)
            drawn = []


def _suspend(terminal: Terminal, live: Live) -> None:
    """Give the terminal back, stop, and take it again when this process is continued."""
    live.stop()
    terminal.give_back()
    terminal.sleep()
    terminal.take()
    live.start()
