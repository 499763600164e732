"""Starts stockml commands that outlive the screen, hears how they ended, and stops a training that is really ours."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from stockml import files, processes
from stockml.clock import parse_stamp, recorded_at, stamp
from stockml.dashboard.seen import Training
from stockml.errors import EXIT_STATUS, StockmlError
from stockml.workspace import Workspace

ROOT = 0
LARGEST = 8_000_000  # bytes of a log of outputs from which another is begun
STARTED_BEFORE_S = 2.0  # boot is told in whole seconds, and so are the stamps of an event log
_STOCKML = re.compile(r"\bstockml\b")


@dataclass
class Started:
    """A command that was started from here: its words after `stockml`, and where its output begins in which log."""

    words: tuple[str, ...]
    process: subprocess.Popen[bytes]
    log: Path
    offset: int

    @property
    def name(self) -> str:
        return " ".join(self.words)


def start(place: Workspace, words: tuple[str, ...], as_of: str | None) -> Started:
    """Start a stockml command in a session of its own, with its output at the end of today's log of outputs.

    It goes on when this process ends or its terminal is closed. Raises `StockmlError` if the log cannot be written
    or there is no room for another process.
    """
    folder = place.logs / "training"
    files.make_folder(folder)
    log = folder / f"dashboard-{recorded_at():%Y%m%d}.log"
    files.rotate(log, LARGEST)
    files.append_line(log, f"--- {stamp(recorded_at())} stockml {' '.join(words)}")
    line = [sys.executable, "-m", "stockml", "--home", str(place.home), *(("--as-of", as_of) if as_of else ()), *words]
    with files.appended(log) as handle:
        offset = os.fstat(handle).st_size
        try:
            process = subprocess.Popen(
                line, stdin=subprocess.DEVNULL, stdout=handle, stderr=handle, start_new_session=True,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )  # fmt: skip
        except OSError as error:
            raise StockmlError(f"stockml {' '.join(words)}: cannot be started ({error.strerror})") from error
    return Started(words, process, log, offset)


def outcome(started: Started) -> str | None:
    """How a command ended, in words, with the last it said; None while it runs."""
    status = started.process.poll()
    if status is None:
        return None
    meaning = EXIT_STATUS.get(status, f"ended by signal {-status}" if status < 0 else "")
    said = _last_words(started)
    return f"{started.name}: exit {status}, {meaning}" + (f" ({said})" if said else "")


def _last_words(started: Started) -> str:
    """The error that a command told, else nothing: what it did is on the screen already."""
    try:
        with open(started.log, "rb") as log:
            log.seek(started.offset)
            lines = log.read(1 << 20).decode(errors="replace").splitlines()
    except OSError:
        return ""
    told = next((line.removeprefix("error: ") for line in reversed(lines) if line.startswith("error: ")), "")
    return "".join(one if one.isprintable() else "?" for one in told)


def stop(training: Training) -> str:
    """Ask the process of a running training to end, as Ctrl-C would; what was done, in words.

    Raises `StockmlError` if the process is not surely the one that began the run: whose number may be another's now.
    """
    if training.pid is None:
        raise StockmlError(
            f"run {training.id} does not tell its process",
            hint="it was begun by an older stockml; stop it where it runs",
        )
    with _held(training.pid) as send:
        refusal = stranger(training.pid, parse_stamp(training.began_at).timestamp())
        if refusal:
            raise StockmlError(f"run {training.id} is not stopped: {refusal}")
        send()
    return f"asked process {training.pid} to end; the symbol in hand is abandoned, finished ones are kept"


@contextlib.contextmanager
def _held(pid: int) -> Iterator[Callable[[], None]]:
    """A function that sends SIGTERM to this very process and to no other that may get its number meanwhile.

    Raises `StockmlError` if there is no such process, or it belongs to somebody else.
    """
    try:
        handle = os.pidfd_open(pid)
    except OSError as error:
        raise StockmlError(f"process {pid} cannot be stopped ({error.strerror})") from error

    def send() -> None:
        try:
            signal.pidfd_send_signal(handle, signal.SIGTERM)
        except OSError as error:
            raise StockmlError(f"process {pid} cannot be stopped ({error.strerror})") from error

    try:
        yield send
    finally:
        os.close(handle)


def stranger(pid: int, began: float) -> str:
    """Why a process is not the one that began a run at a moment (epoch seconds), or "" if it is.

    It is if it is this user's (or root asks), runs stockml, and began before the run did.
    """
    try:
        owner, words, started = processes.owner(pid), processes.command_line(pid), processes.started_at(pid)
    except (OSError, ValueError, IndexError):
        return f"process {pid} is gone, or the machine does not tell of it"
    if os.geteuid() not in (owner, ROOT):
        return f"process {pid} belongs to another user"
    if not words:
        return f"process {pid} has just ended"
    if not any(_STOCKML.search(os.path.basename(word)) for word in words):  # a folder of that name is no program
        return f"process {pid} is another program by now"
    if started > began + STARTED_BEFORE_S:
        return f"process {pid} is younger than the run"
    return ""
