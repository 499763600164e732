"""The event loop on Textual (extra `tui`): the same frames and keys, with the mouse besides."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from stockml.dashboard.frame import Line, Pen
from stockml.dashboard.session import Session
from stockml.view import glyphs

if TYPE_CHECKING:
    from rich.console import Console
    from textual import events

KEYS = {"shift+tab": "backtab", "ctrl+i": "tab", "ctrl+m": "enter", "ctrl+j": "enter", "ctrl+h": "backspace"}
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Board(Widget):
    """The whole screen: lines that are drawn when the session says that something changed."""

    DEFAULT_CSS = "Board { width: 100%; height: 100%; background: ansi_default; color: ansi_default; }"

    def __init__(self, session: Session, pen: Pen) -> None:
        super().__init__()
        self.session, self.pen = session, pen
        self.drawn: list[Line] = []

    def draw(self) -> None:
        """Make the frame anew, and show the lines of it that are others than before."""
        made = self.session.lines(self.size.width, self.size.height, self.pen)
        before, self.drawn = self.drawn, made
        changed = [y for y, line in enumerate(made) if y >= len(before) or line != before[y]]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        return Strip(self.drawn[y] if y < len(self.drawn) else [], self.size.width)

    def on_resize(self) -> None:
        self.drawn = []
        self.draw()


class Dashboard(App[None]):
    """Gives keys to the session and shows what it draws; ends with it."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, make: Callable[[Callable[[], None]], Session], pen: Pen) -> None:
        super().__init__(ansi_color=True)
        self.session = make(self._wake)
        self.board = Board(self.session, pen)
        self.loop: asyncio.AbstractEventLoop | None = None
        self.failure: BaseException | None = None

    def compose(self) -> ComposeResult:
        yield self.board

    def on_mount(self) -> None:
        self.loop = asyncio.get_running_loop()
        for number in ENDING:
            self.loop.add_signal_handler(number, self.exit)
        self.app_resume_signal.subscribe(self, lambda _: self.board.refresh())  # the terminal shows another's screen
        self.session.begin()

    def on_unmount(self) -> None:
        self.session.end()
        if self.loop is not None:
            for number in ENDING:
                self.loop.remove_signal_handler(number)
            self.loop = None

    async def on_event(self, event: events.Event) -> None:
        """Take keys before Textual gives them a meaning of its own, such as tab."""
        from textual import events as kinds

        if not isinstance(event, kinds.Key) or event.is_forwarded:
            await super().on_event(event)
        elif event.key == "ctrl+z":
            self.action_suspend_process()
        else:
            name = KEYS.get(event.key, event.key)
            self._press(event.character if event.is_printable and event.character else name)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        self._press("down")

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        self._press("up")

    def _press(self, key: str) -> None:
        self.session.press(key)
        self._show()

    def _wake(self) -> None:
        """From the reading thread: there is something new."""
        if self.loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                self.loop.call_soon_threadsafe(self._show)

    def _show(self) -> None:
        try:
            self.session.hear()
        except BaseException as error:  # noqa: BLE001 - raised again once the terminal is as it was
            self.failure = error
        if self.failure is not None or self.session.is_over:
            self.exit()
            return
        self.board.draw()


def run(make: Callable[[Callable[[], None]], Session], console: Console) -> None:
    """Show a session until it is over, a signal ends it, or the terminal is gone."""
    app = Dashboard(make, Pen(console, glyphs.of(console)))
    app.run()
    if app.failure is not None:
        raise app.failure
