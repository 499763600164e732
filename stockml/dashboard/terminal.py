"""The terminal as a source of keys: read key by key while a block runs, and given back as it was whatever happens."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from types import FrameType

from stockml.dashboard import keys

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ESCAPE_S = 0.05  # that the rest of a key's bytes may take to come after an escape
MOST = 4096  # bytes read at once


class Terminal:
    """Keys and signals of the terminal on standard input. `wake` may be called from any thread."""

    def __init__(self) -> None:
        self.handle = sys.stdin.fileno()
        self.before = termios.tcgetattr(self.handle)
        self.rest = b""
        self.is_over = self.is_suspended = False
        self._read, self._write = os.pipe()
        for end in (self._read, self._write):
            os.set_blocking(end, False)

    def wake(self) -> None:
        """Let `wait` return at once."""
        with contextlib.suppress(OSError):  # full: it is awake already; closed: the sitting is over
            os.write(self._write, b".")

    def wait(self, seconds: float) -> list[str]:
        """The keys that came within a time; it returns early for keys, signals and `wake`."""
        if self.rest:
            seconds = min(seconds, ESCAPE_S)
        ready, _, _ = select.select([self.handle, self._read], [], [], max(0.0, seconds))
        if self._read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._read, MOST)
        if self.handle not in ready:
            found, self.rest = keys.decode(self.rest, is_all=bool(self.rest) and not ready)
            return found
        try:
            content = os.read(self.handle, MOST)
        except OSError:
            content = b""
        if not content:
            self.is_over = True  # the terminal is gone
        found, self.rest = keys.decode(self.rest + content)
        return found

    def size(self) -> tuple[int, int]:
        """(columns, lines) now; 80 by 24 where the terminal does not say."""
        try:
            width, height = os.get_terminal_size(self.handle)
        except OSError:
            width = height = 0
        return width or 80, height or 24

    def take(self) -> None:
        """Let keys come one by one, without being shown."""
        tty.setcbreak(self.handle, termios.TCSADRAIN)

    def give_back(self) -> None:
        """The terminal as it was before."""
        with contextlib.suppress(termios.error):  # it is gone
            termios.tcsetattr(self.handle, termios.TCSADRAIN, self.before)

    def sleep(self) -> None:
        """Stop this process as Ctrl-Z does, until it is continued."""
        self.is_suspended = False
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)

    def close(self) -> None:
        for end in (self._read, self._write):
            os.close(end)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Remember what a signal asks for; the event loop does it."""
        if number in ENDING:
            self.is_over = True
        elif number == signal.SIGTSTP:
            self.is_suspended = True
        self.wake()


@contextlib.contextmanager
def taken() -> Iterator[Terminal]:
    """The terminal key by key, with its signals; given back as it was when the block ends, however it ends."""
    terminal = Terminal()
    numbers = (*ENDING, signal.SIGWINCH, signal.SIGTSTP)
    before = {number: signal.signal(number, terminal.on_signal) for number in numbers}
    try:
        terminal.take()
        yield terminal
    finally:
        terminal.give_back()
        for number, handler in before.items():
            signal.signal(number, handler)
        terminal.close()
