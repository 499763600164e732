"""Who holds which lock, and since when. A kernel lock goes with its process, so none can be left behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from stockml import processes
from stockml.clock import stamp
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding

NAME, ORDER, NEEDS_WORKSPACE = "locks", 44, True
LONG_HOURS = 6.0
ADVICE = "it goes when that process ends (kill {pid} ends it); deleting the file would let two writers in"


def check(case: Case) -> list[Finding]:
    holders = processes.lock_holders()
    if holders is None:
        return [Finding(NAME, "unknown", "note", "this machine does not tell who holds locks (/proc/locks)")]
    found = []
    for path in _files(case) if holders else ():
        facts = path.stat()
        pid = holders.get(processes.lock_key(facts))
        if pid is not None:
            name = str(path.relative_to(case.workspace.home))
            found.append(judge(name, pid, _command(pid), datetime.fromtimestamp(facts.st_mtime, UTC), case.now))
    told = "no lock is held; a lock goes with its process, so none is ever left behind"
    return found or [Finding(NAME, "free", "ok", told)]


def judge(name: str, pid: int, command: str, since: datetime, now: datetime) -> Finding:
    """The finding about a lock that a process holds; `since` is when the process wrote its number into the file."""
    figures = {"lock": name, "pid": pid, "since": stamp(since), "command": command}
    told = f"{name} is held by process {pid}{f' ({command})' if command else ''} since {stamp(since)}"
    if (now - since).total_seconds() > LONG_HOURS * 3600:
        return Finding(NAME, "long", "warning", f"{told}: that is long", ADVICE.format(pid=pid), figures)
    return Finding(NAME, "held", "note", told, "it works; what needs the lock meanwhile ends with 4", figures)


def _files(case: Case) -> Iterator[Path]:
    place = case.workspace
    yield from sorted({*place.data.glob("*.lock"), *place.data.glob("*/*.lock"), *place.models.glob("*/lock")})


def _command(pid: int) -> str:
    """The words after `stockml` by which a process was started; "" where that cannot be seen."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    after = next((place for place, word in enumerate(words) if word.endswith("stockml")), None)
    told = " ".join(word for word in words[after:] if word.isprintable()) if after is not None else words[0]
    return told.strip()[:80].rpartition("/")[2] if after is None else ("stockml " + told.partition(" ")[2]).strip()[:80]
