"""Who holds the workspace's locks, and since when. Looking takes no lock, so that nobody is kept out by it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from stockml import processes
from stockml.clock import stamp
from stockml.monitor.finding import Finding, plural
from stockml.monitor.watch import Watch

NAME, ORDER = "locks", 72
LONG_HOURS = 6.0


def check(watch: Watch) -> list[Finding]:
    """One finding of each lock that is held; a long-held one may be a process that hangs."""
    held = processes.lock_holders()
    if held is None:
        return [Finding(NAME, "unknown", None, "cannot_tell", "this machine does not tell who holds locks")]
    found = []
    for path in _lock_files(watch) if held else ():
        try:
            facts = path.stat()
        except OSError:
            continue
        pid = held.get(processes.lock_key(facts))
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


def _lock_files(watch: Watch) -> Iterator[Path]:
    place = watch.env.workspace
    yield from (place.data / "settle.lock", place.data / "clean.lock", place.cache / "config.lock")
    yield from (place.symbol_folder(symbol) / "lock" for symbol in watch.symbols)
