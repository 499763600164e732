"""Processes that die at a disk call of one's choosing: half of a write is written, then nothing more happens.

`arm` is for the process that shall die. `serve` forks one for each line it reads, so that thousands of deaths cost one
start of Python; `victims` is its other end, in the test.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import stockml

CALLS = ("write", "replace", "rename", "fsync", "link", "mkdir", "unlink", "rmdir", "symlink", "utime")
DEAD = 137
_PATH = os.pathsep.join([str(Path(__file__).parent), str(Path(str(stockml.__file__)).parents[1])])


def arm(die_at: int) -> Callable[[], int]:
    """Let this process die at its `die_at`-th call of `os` that changes a disk, 0: never; what counts them."""
    count = 0

    def mortal(call: Callable[..., Any], counts: Callable[..., Any] = lambda *words, **more: True) -> Any:
        def wrapper(*words: Any, **more: Any) -> Any:
            nonlocal count
            if counts(*words, **more):
                count += 1
                if count == die_at:
                    if call is plain_write:
                        call(words[0], bytes(words[1])[: len(words[1]) // 2])
                    os._exit(DEAD)
            return call(*words, **more)

        return wrapper

    plain_write = os.write
    for name in CALLS:
        setattr(os, name, mortal(getattr(os, name)))
    os.open = mortal(os.open, lambda path, flags, *more, **named: flags & (os.O_WRONLY | os.O_RDWR))
    return lambda: count


def serve(act: Callable[..., int]) -> None:
    """Call `act` with the words of each line of standard input, in a process of its own; say what it gave, and how
    that process ended."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _be(act, json.loads(line))
        _say(f" {os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")


def _be(act: Callable[..., int], words: list[str]) -> None:
    status = 1
    try:
        _say(str(act(*words)))
        status = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(status)


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def environment() -> dict[str, str]:
    """What a script needs that imports this module."""
    return {**os.environ, "PYTHONPATH": _PATH}


@contextlib.contextmanager
def victims(code: str) -> Iterator[Callable[..., tuple[int, int]]]:
    """What runs a script's `act` with some words: (exit status, what it returned, or 0 if it died)."""
    server = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env=environment(),
    )  # fmt: skip
    assert server.stdin is not None and server.stdout is not None

    def run(*words: str) -> tuple[int, int]:
        server.stdin.write(json.dumps(words) + "\n")
        server.stdin.flush()
        *told, status = map(int, server.stdout.readline().split())
        return status, told[0] if told else 0

    try:
        yield run
    finally:
        server.stdin.close()
        server.wait()
        server.stdout.close()
