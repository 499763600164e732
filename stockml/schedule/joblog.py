"""The log of a job's output: logs/cron/JOB-YYYYMMDD.log, with no secrets in it and never longer than it may be."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from stockml import files
from stockml.clock import recorded_at, stamp
from stockml.errors import StockmlError
from stockml.workspace import Workspace

LARGEST = 8_000_000  # bytes of a file from which the next run begins another
ROOM = 1_000_000  # bytes of one run that are kept in full
TAIL = 40  # last lines that are kept whatever came before
LINE = 16_384  # bytes after which a line without an end is taken for one


@dataclass
class JobLog:
    """The output of one run. `problem` is why it could not be written, or ""; a job does not fail for its log."""

    path: Path
    strike: Callable[[str], str]
    room: int = ROOM
    cut_bytes: int = 0
    problem: str = ""
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))
    _rest: bytes = b""
    _late: int = 0

    def feed(self, chunk: bytes) -> None:
        """Take what a job wrote; whole lines are kept."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LINE:
            lines, self._rest = [*lines, self._rest], b""
        self._keep([self.strike(line.decode(errors="replace")) for line in lines])

    def say(self, words: str) -> None:
        """Add a line of the runner's own."""
        self._write([f"--- {stamp(recorded_at())} {words}"])

    def end(self, words: str) -> None:
        """Take what stands without an end of line, tell what was cut, and close with a line of the runner's own."""
        if self._rest:
            self.feed(b"\n")
        if self.cut_bytes:
            kept = list(self.tail)[-self._late :]
            self.say(f"{self.cut_bytes} bytes were cut; the last {len(kept)} lines were:")
            self._write(kept)
        self.say(words)

    def _keep(self, lines: list[str]) -> None:
        whole = []
        for line in lines:
            size = len(line.encode()) + 1
            self.tail.append(line)
            if self.cut_bytes or size > self.room:
                self.cut_bytes += size
                self._late = min(self._late + 1, TAIL)
            else:
                self.room -= size
                whole.append(line)
        self._write(whole)

    def _write(self, lines: list[str]) -> None:
        try:
            if lines and not self.problem:
                files.append_line(self.path, "\n".join(lines))
        except StockmlError as error:
            self.problem = error.message


def begin(workspace: Workspace, job: str, strike: Callable[[str], str], words: str) -> JobLog:
    """Open the log of today, or begin another if it has grown too long, with a line that tells what runs."""
    folder = workspace.logs / "cron"
    made = JobLog(folder / f"{job}-{recorded_at():%Y%m%d}.log", strike)
    try:
        files.make_folder(folder)
        files.rotate(made.path, LARGEST)
    except (StockmlError, OSError) as error:
        made.problem = str(error)
    made.say(words)
    return made
