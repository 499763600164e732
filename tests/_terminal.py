"""The real command on a terminal of its own (a pty): keys go in, what it draws and how it leaves the terminal out."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ON, OFF = b"\x1b[?1049h", b"\x1b[?1049l"  # the alternate screen; xterm


class Terminal:
    """A command line that runs on a pty of some size."""

    def __init__(self, words: Sequence[str], size: tuple[int, int], variables: dict[str, str]) -> None:
        self.said, self.status = b"", None
        self.pid, self.handle = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
            os.execve(words[0], list(words), variables)
        self.before = self.settings()

    def settings(self) -> Any:
        return termios.tcgetattr(self.handle)[:4]

    def read(self, until: bytes, seconds: float = 30.0) -> bytes:
        """What is said until it holds something; everything so far is in `said`. Fails if it never comes."""
        fresh = b""
        end = time.monotonic() + seconds
        while until not in fresh:
            left = end - time.monotonic()
            assert left > 0.0, f"{until!r} never came: {fresh[-1500:]!r}"
            part = self._part(left)
            assert part is not None, f"it ended without {until!r}: {fresh[-1500:]!r}"
            fresh += part
        return fresh

    def press(self, keys: bytes) -> None:
        os.write(self.handle, keys)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def end(self, seconds: float = 20.0) -> int:
        """Wait for its end, taking what it still says; its exit status, negative for a signal."""
        end = time.monotonic() + seconds
        while self.status is None and time.monotonic() < end:
            self._part(0.05)
            self._reap()
        assert self.status is not None, f"it does not end: {self.said[-1500:]!r}"
        while self._part(0.0):
            pass
        return self.status

    def close(self) -> None:
        """Close the terminal under it, as when a window is closed."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def wait_gone(self, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while self.status is None:
            assert time.monotonic() < end, "it goes on without a terminal"
            time.sleep(0.05)
            self._reap()

    def _reap(self) -> None:
        pid, status = os.waitpid(self.pid, os.WNOHANG)
        if pid:
            self.status = os.waitstatus_to_exitcode(status)

    def _part(self, seconds: float) -> bytes | None:
        if not select.select([self.handle], [], [], seconds)[0]:
            return b""
        try:
            part = os.read(self.handle, 65536)
        except OSError:
            return None
        self.said += part
        return part


@contextlib.contextmanager
def running(words: Sequence[str], home: Path, size: tuple[int, int] = (100, 30), **more: str) -> Iterator[Terminal]:
    """A command on a terminal, in an environment that holds nothing of the user's; killed if it is still there."""
    variables = {
        "PATH": os.environ.get("PATH", os.defpath), "HOME": str(home), "TERM": "xterm-256color", "LANG": "C.UTF-8",
        "TZ": "UTC", "OMP_NUM_THREADS": "1", "TMPDIR": str(home),
        **({"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}), **more,
    }  # fmt: skip
    made = Terminal(words, size, variables)
    try:
        yield made
    finally:
        if made.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(made.pid, signal.SIGKILL)
            os.waitpid(made.pid, 0)
        made.close()
