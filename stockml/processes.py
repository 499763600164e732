"""What the kernel tells of processes: who holds a lock, which files are open, whether a process lives."""

from __future__ import annotations

import os
from pathlib import Path

PROC = Path("/proc")


def lock_holders() -> dict[tuple[int, int, int], int] | None:
    """(major, minor, inode) -> process, of the whole-file locks held now; None where the machine does not tell.

    Looking takes no lock, so that nobody is kept out by it. Those who wait for a lock are left out.
    """
    try:
        text = (PROC / "locks").read_text(encoding="ascii")
    except OSError:
        return None
    return parse_locks(text)


def parse_locks(text: str) -> dict[tuple[int, int, int], int]:
    """The kernel's table of locks as (major, minor, inode) -> process."""
    found = {}
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 6 and words[1] == "FLOCK":
            major, minor, inode = words[5].split(":")
            found[int(major, 16), int(minor, 16), int(inode)] = int(words[4])
    return found


def lock_key(facts: os.stat_result) -> tuple[int, int, int]:
    """How the kernel's table names a file."""
    return os.major(facts.st_dev), os.minor(facts.st_dev), facts.st_ino


def open_files() -> set[tuple[int, int]]:
    """(device, inode) of every file that a process of this user has open. Of others nothing is told."""
    found = set()
    for process in _processes():
        try:
            with os.scandir(f"{PROC}/{process}/fd") as handles:
                for handle in handles:
                    facts = handle.stat()
                    found.add((facts.st_dev, facts.st_ino))
        except OSError:
            continue  # gone meanwhile, or another user's
    return found


def lived_at(pid: int, moment: float) -> bool:
    """Whether a process that runs now was running under this number at a moment (epoch seconds) already.

    One with the same number that began later is another one.
    """
    try:
        return started_at(pid) <= moment + 2.0  # boot is told in whole seconds
    except FileNotFoundError:
        return False
    except (OSError, ValueError, IndexError):
        return True  # not told: better one file too many than one too few


def started_at(pid: int) -> float:
    """When a process that runs now began, in epoch seconds. Raises FileNotFoundError if there is none.

    Raises OSError, ValueError or IndexError where it is not told.
    """
    text = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    ticks = int(text.rpartition(")")[2].split()[19])  # field 22, the start after boot; names may hold anything
    return booted_at() + ticks / os.sysconf("SC_CLK_TCK")


def command_line(pid: int) -> list[str]:
    """The words that a process was started with. Raises OSError if there is none, or it is not told."""
    content = (PROC / str(pid) / "cmdline").read_bytes()
    return [word.decode(errors="replace") for word in content.split(b"\0")[:-1]]


def owner(pid: int) -> int:
    """The user a process belongs to. Raises OSError if there is none."""
    return os.stat(PROC / str(pid)).st_uid


def booted_at() -> float:
    """When the machine started, in epoch seconds. Raises ValueError or OSError where it is not told."""
    for line in (PROC / "stat").read_text(encoding="ascii").splitlines():
        if line.startswith("btime "):
            return float(line.split()[1])
    raise ValueError("/proc/stat has no btime")


def _processes() -> list[str]:
    try:
        return [name for name in os.listdir(PROC) if name.isdigit()]
    except OSError:
        return []
