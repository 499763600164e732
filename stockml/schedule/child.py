"""Runs one command in a process group of its own, with a time limit, and lets it die with the runner."""

from __future__ import annotations

import ctypes
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PATIENCE_S = 30.0  # between SIGTERM and SIGKILL
DRAIN_S = 2.0  # a process that the job left behind may hold its output open
STEP_S = 0.2
CHUNK = 65536
TIME_LIMIT, INTERRUPTED = "time limit", "interrupted"  # why a command was cut short
_PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit status or the signal that ended it, and why we ended it ("" if we did not)."""

    status: int | None
    signal: int | None
    cut_short: str
    duration_s: float


def run(
    words: Sequence[str], variables: Mapping[str, str], folder: Path, *, nice: int, limit_s: float,
    handles: Sequence[int], began: Callable[[], None], take: Callable[[bytes], None], patience_s: float = PATIENCE_S,
) -> Ended:  # fmt: skip
    """Run a command, hand its output to `take`, and wait for its end.

    At the time limit, or when this process gets SIGTERM, SIGINT or SIGHUP, the whole group gets SIGTERM and after
    `patience_s` SIGKILL. The command inherits `handles`: with a lock among them it stays locked for as long as
    anything of the job lives. If this process is killed the kernel kills the command.
    """
    since = time.monotonic()
    with _signals() as asked:
        process = subprocess.Popen(
            words, env=dict(variables), cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True, pass_fds=tuple(handles), preexec_fn=_bound(nice),
        )  # fmt: skip
        assert process.stdout is not None
        began()
        cut_short = _wait(process, process.stdout, since + limit_s, asked, take, patience_s)
    code = process.returncode
    if asked and code != 0:
        cut_short = INTERRUPTED  # systemd tells the whole group at once, and the command may be the first to go
    took_s = time.monotonic() - since
    return Ended(code if code >= 0 else None, -code if code < 0 else None, cut_short, took_s)


def _bound(nice: int) -> Callable[[], None]:
    """What the child does before it becomes the command: be nice, and die with its parent."""
    prctl, parent = ctypes.CDLL(None, use_errno=True).prctl, os.getpid()

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # it died before the kernel was asked
        missing = nice - os.getpriority(os.PRIO_PROCESS, 0)  # systemd may have seen to it, and then forbids it
        if missing > 0:
            os.nice(missing)

    return bind


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the signals that ask for an end instead of obeying them at once."""
    asked: list[int] = []
    names = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {name: signal.signal(name, lambda number, frame: asked.append(number)) for name in names}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _wait(
    process: subprocess.Popen[bytes], output: IO[bytes], until: float, asked: list[int],
    take: Callable[[bytes], None], patience_s: float,
) -> str:  # fmt: skip
    """Read and wait until the command has ended; returns why it was ended, or ""."""
    cut_short, last = "", float("inf")
    with selectors.DefaultSelector() as ready:
        os.set_blocking(output.fileno(), False)
        ready.register(output, selectors.EVENT_READ)
        while process.poll() is None:
            _read(ready, output, take, STEP_S)
            now = time.monotonic()
            if not cut_short and (asked or now >= until):
                cut_short, last = (INTERRUPTED if asked else TIME_LIMIT), now + patience_s
                _to_group(process, signal.SIGTERM)
            elif now >= last:
                last = float("inf")
                _to_group(process, signal.SIGKILL)
        drained = time.monotonic() + DRAIN_S
        while time.monotonic() < drained and _read(ready, output, take, STEP_S):
            pass
    output.close()
    return cut_short


def _read(ready: selectors.BaseSelector, output: IO[bytes], take: Callable[[bytes], None], wait_s: float) -> bool:
    """Take what there is to read within a time; False when the output has ended."""
    if not ready.get_map():
        time.sleep(wait_s)
        return False
    for _ in ready.select(wait_s):
        chunk = os.read(output.fileno(), CHUNK)
        if not chunk:
            ready.unregister(output)
            return False
        take(chunk)
    return True


def _to_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
