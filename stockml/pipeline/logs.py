"""Reads the logs: the newest lines of all areas by time, what is added to them from now on, the events of a run."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from stockml.errors import UsageError
from stockml.workspace import Workspace

AREAS = ("training", "monitoring", "cron", "performance")
_NAME = re.compile(r"stockml-\d{8}\.log")
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_RUN = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")
_CHUNK = 1 << 20  # bytes read at once while following


class Line(NamedTuple):
    """A line of a log: its stamp (empty if it has none), its area, its words."""

    at: str
    area: str
    text: str


def newest(workspace: Workspace, areas: Sequence[str], most: int) -> list[Line]:
    """The newest lines of some areas, oldest first; of one second in the order of areas and as written."""
    found: list[Line] = []
    for area in areas:
        own: list[Line] = []
        for path in reversed(_files(workspace, area)):
            own = [_line(area, text) for text in _text(path).splitlines()] + own
            if len(own) >= most:
                break
        found += own[-most:] if most else []
    return sorted(found, key=lambda one: one.at)[-most:] if most else []


def events(workspace: Workspace, run: str) -> list[dict[str, Any]]:
    """The events of a run in order. Raises `UsageError` if there is no such run, or its log was cleaned away."""
    path = workspace.logs / "training" / f"run-{run}.jsonl"
    if not _RUN.fullmatch(run) or not path.is_file():
        raise UsageError(f"there are no events of a run {run!r}", hint="'stockml logs --area training' names the runs")
    found = []
    for text in _text(path).splitlines():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue  # the last line of a run that was killed while it wrote
    return found


class Tail:
    """A file of lines that is read on from where it was read last; from its beginning once it was cut or replaced."""

    def __init__(self, path: Path, *, at_end: bool = False) -> None:
        self.path = path
        self.inode, self.offset, self.rest = 0, 0, b""
        if at_end:
            facts = os.stat(path)
            self.inode, self.offset = facts.st_ino, facts.st_size

    def added(self) -> Iterator[str]:
        """The whole lines that were added since the last call; none of a file that is not there."""
        try:
            handle = os.open(self.path, os.O_RDONLY)
        except OSError:
            return
        try:
            facts = os.fstat(handle)
            if self.inode != facts.st_ino or facts.st_size < self.offset:
                self.inode, self.offset, self.rest = facts.st_ino, 0, b""
            os.lseek(handle, self.offset, os.SEEK_SET)
            while part := os.read(handle, _CHUNK):
                self.offset += len(part)
                *whole, self.rest = (self.rest + part).split(b"\n")
                yield from (one.decode(errors="replace") for one in whole)
        finally:
            os.close(handle)


class Follower:
    """What is added to the logs of some areas from its making on, also to files that appear or are replaced later."""

    def __init__(self, workspace: Workspace, areas: Sequence[str]) -> None:
        self.workspace = workspace
        self.areas = tuple(areas)
        self.tails: dict[Path, Tail] = {}
        for area in self.areas:
            for path in _files(workspace, area):
                self.tails[path] = Tail(path, at_end=True)

    def added(self) -> list[Line]:
        """The whole lines that were added since the last call, by time."""
        found = [line for area in self.areas for path in _files(self.workspace, area) for line in self._of(area, path)]
        return sorted(found, key=lambda one: one.at)

    def _of(self, area: str, path: Path) -> Iterator[Line]:
        return (_line(area, text) for text in self.tails.setdefault(path, Tail(path)).added())


def _files(workspace: Workspace, area: str) -> list[Path]:
    """The text logs of an area, oldest first."""
    folder = workspace.logs / area
    try:
        names = [name for name in os.listdir(folder) if _NAME.fullmatch(name)]
    except OSError:
        return []
    return [folder / name for name in sorted(names)]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""  # cleaned away between listing and reading


def _line(area: str, text: str) -> Line:
    """A line taken apart; characters that could move a terminal's cursor are left out."""
    clean = "".join(one if one.isprintable() else "?" for one in text)
    first, _, rest = clean.partition(" ")
    return Line(first, area, rest) if _STAMP.fullmatch(first) else Line("", area, clean)
