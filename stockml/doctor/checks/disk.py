"""Whether there is room: on the disk, in its table of files, and in the budget of the workspace."""

from __future__ import annotations

import os
from dataclasses import dataclass

from stockml.config.schema import Config
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding
from stockml.space import told
from stockml.store import sizes

NAME, ORDER, NEEDS_WORKSPACE = "disk", 34, True
FEWEST_FILES = 0.05  # share of the file system's table of files that should be free
NEARLY = 0.9  # of the budget


@dataclass(frozen=True)
class Room:
    """Bytes of the file system, those free for this user, free share of its table of files, bytes of the workspace."""

    total: int
    free: int
    files_free: float
    used: int


def check(case: Case) -> list[Finding]:
    place = case.workspace
    facts = os.statvfs(place.data)
    folders = (place.data, place.logs, place.cron, place.systemd)
    used = sum(dict(one for folder in folders for one in sizes.of_tree(str(folder))).values())
    files_free = facts.f_favail / facts.f_files if facts.f_files else 1.0  # some file systems have no such table
    room = Room(facts.f_blocks * facts.f_frsize, facts.f_bavail * facts.f_frsize, files_free, used)
    return judge(room, case.rules)


def judge(room: Room, config: Config) -> list[Finding]:
    """Findings from the room there is and the limits of a configuration."""
    budget, reserve = config.cleanup.max_disk_gb * 1e9, config.cleanup.reserve_mb * 1e6
    figures = {"free_bytes": room.free, "used_bytes": room.used, "budget_bytes": int(budget)}
    found = []
    if room.free < reserve:
        words = f"{told(room.free)} are free, less than the {told(int(reserve))} that training and backups leave free"
        advice = "stockml clean, and make room on that disk"
        found.append(Finding(NAME, "full", "bad", words, advice, figures))
    elif room.total and 1 - room.free / room.total > config.monitor.disk:
        words = f"the disk is {1 - room.free / room.total:.0%} full, limit {config.monitor.disk:.0%}"
        found.append(Finding(NAME, "filling", "warning", words, "stockml clean, or make room on that disk", figures))
    if room.files_free < FEWEST_FILES:
        words = f"only {room.files_free:.0%} of the file system's files can still be made (df -i)"
        found.append(Finding(NAME, "files", "warning", words, "remove small files on that disk", figures))
    if room.used > NEARLY * budget:
        words = f"the workspace takes {told(room.used)} of its budget of {told(int(budget))}"
        advice = f"stockml clean, or: stockml config set cleanup.max_disk_gb {2 * config.cleanup.max_disk_gb:g}"
        found.append(Finding(NAME, "budget", "warning", words, advice, figures))
    words = f"{told(room.free)} free; the workspace takes {told(room.used)} of its budget of {told(int(budget))}"
    return found or [Finding(NAME, "room", "ok", words, figures=figures)]
