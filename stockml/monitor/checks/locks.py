"""Who holds the workspace's locks, and since when. Looking takes no lock, so that nobody is kept out by it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from stockml.clock import stamp
from stockml.monitor.finding import Finding, plural
from stockml.monitor.watch import Watch

NAME, ORDER = "locks", 72
KERNEL = Path("/proc/locks")
LONG_HOURS = 6.0


def check(watch: Watch) -> list[Finding]:
    """One finding of each lock that is held; a long-held one may be a process that hangs."""
    try:
        held = _held(KERNEL.read_text(encoding="ascii"))
    except OSError:
        return [Finding(NAME, "unknown", None, "cannot_tell", "this machine does not tell who holds locks")]
    found = []
    for path in _lock_files(watch) if held else ():
        try:
            facts = path.stat()
        except OSError:
            continue
        pid = held.get((os.major(facts.st_dev), os.minor(facts.st_dev), facts.st_ino))
        if pid is not None:
            found.append(_told(watch, path, pid, datetime.fromtimestamp(facts.st_mtime, UTC)))
    return found or [Finding(NAME, "free", None, "ok", "no lock is held")]


def _told(watch: Watch, path: Path, pid: int, since: datetime) -> Finding:
    clock = watch.env.clock
    name = str(path.relative_to(watch.env.workspace.data))
    figures = {"lock": name, "pid": pid, "since": stamp(since)}
    told = f"{name} is held by process {pid} since {stamp(since)}"
    if clock.as_of is None and (clock.now() - since).total_seconds() > LONG_HOURS * 3600:
        return Finding(NAME, "long", None, "warn", f"{told}, more than {plural(int(LONG_HOURS), 'hour')}", figures)
    return Finding(NAME, "held", None, "ok", told, figures)


def _held(text: str) -> dict[tuple[int, int, int], int]:
    """(major, minor, inode) -> process, of the kernel's table of whole-file locks. Those who wait are left out."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 6 and words[1] == "FLOCK":
            major, minor, inode = words[5].split(":")
            found[int(major, 16), int(minor, 16), int(inode)] = int(words[4])
    return found


def _lock_files(watch: Watch) -> Iterator[Path]:
    place = watch.env.workspace
    yield from (place.data / "settle.lock", place.cache / "config.lock")
    yield from (place.symbol_folder(symbol) / "lock" for symbol in watch.symbols)
