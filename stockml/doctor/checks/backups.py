"""Whether there are backups, new enough, proved to restore, and not only on the disk that they back up."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from stockml.backup import place, snapshots
from stockml.backup.shelf import Local
from stockml.backup.snapshots import Snapshot
from stockml.clock import age_days
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several

NAME, ORDER, NEEDS_WORKSPACE = "backups", 66, True
OLD_DAYS = 3.0  # the job makes one each night
UNPROVED_DAYS = 15.0  # the restore drill is each week; one may be missed


def check(case: Case) -> list[Finding]:
    folder = place.folder(case.env)
    listed, problems = snapshots.read_all(Local(folder))
    found = [Finding(NAME, "damaged", "bad", told, "stockml backup verify --all") for _, told in problems]
    found += judge(listed, case.now, has_ledger=case.workspace.ledger_file.exists())
    if listed and not case.rules.backup.copies and _same_disk(folder, case.workspace.data):
        told = f"the backups in {folder} are on the disk that they back up, and nowhere else"
        advice = "stockml config set backup.copies '[\"/another/disk\"]', then: stockml backup copy"
        found.append(Finding(NAME, "same_disk", "note", told, advice))
    return found


def judge(listed: Sequence[Snapshot], now: datetime, *, has_ledger: bool) -> list[Finding]:
    """Findings from the snapshots, the newest last. Ages are by the machine's time at which they were written."""
    if not listed:
        told = "there is no backup"
        return [Finding(NAME, "none", "warning" if has_ledger else "note", told, "stockml backup create")]
    newest = listed[-1]
    proved = [one for one in listed if one.verified_at]
    age = max(0.0, age_days(newest.recorded_at, now))
    figures = {"snapshots": len(listed), "newest": newest.name, "age_days": round(age, 2)}
    if proved:
        figures["newest_verified"] = proved[-1].name
    found = []
    if age > OLD_DAYS:
        told = f"the newest backup is {age:.0f} days old ({newest.name})"
        found.append(Finding(NAME, "old", "warning", told, "stockml backup create; does its job run?", figures))
    if not proved:
        told = f"of {several(len(listed), 'backup')} none was ever proved to restore"
        found.append(Finding(NAME, "unproved", "warning", told, "stockml backup verify", figures))
    elif (since := age_days(proved[-1].recorded_at, now)) > UNPROVED_DAYS:
        told = f"the newest backup that was proved to restore is {since:.0f} days old ({proved[-1].name})"
        found.append(Finding(NAME, "unproved", "warning", told, "stockml backup verify; does its job run?", figures))
    told = f"{several(len(listed), 'backup')}, the newest {age:.1f} days old; {len(proved)} proved to restore"
    return found or [Finding(NAME, "proved", "ok", told, figures=figures)]


def _same_disk(folder: Path, data: Path) -> bool:
    return os.stat(folder).st_dev == os.stat(data).st_dev
