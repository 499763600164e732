"""Whether the workspace is its owner's alone, and ours to write."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path

from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several

NAME, ORDER, NEEDS_WORKSPACE = "permissions", 32, True
OTHERS_WRITE, OTHERS_READ = 0o022, 0o055


def check(case: Case) -> list[Finding]:
    place = case.workspace
    folders = [place.home, place.data, place.models, place.logs]
    plain = [place.config_file, place.ledger_file, place.market_file]
    facts = {path: path.stat() for path in (*folders, *plain) if path.exists()}
    blocked = [path for path in facts if not os.access(path, os.W_OK)]
    return judge(place.data, facts, os.geteuid(), blocked)


def judge(data: Path, facts: dict[Path, os.stat_result], me: int, blocked: list[Path]) -> list[Finding]:
    """Findings about owner and mode of each path; `blocked` are those that this user cannot write."""
    found = []
    foreign = {one.st_uid for one in facts.values()} - {me}
    if foreign:
        owner = _name(min(foreign))
        who = [path for path, one in facts.items() if one.st_uid != me]
        told = f"{who[0]} belongs to {owner}, and you are {_name(me)}: what one writes the other may not be able to"
        advice = f"work as {owner} (sudo -u {owner} stockml ...), or chown -R the workspace to {_name(me)}"
        found.append(Finding(NAME, "owner", "warning", told, advice, {"owner": owner, "user": _name(me)}))
    if blocked:
        more = f" and {several(len(blocked) - 1, 'other')}" if len(blocked) > 1 else ""
        told = f"{blocked[0]}{more} cannot be written"
        found.append(Finding(NAME, "unwritable", "bad", told, f"chmod -R u+rwX {data}", {"paths": len(blocked)}))
    inner = {path: stat.S_IMODE(one.st_mode) for path, one in facts.items()}
    open_wide = [path for path, mode in inner.items() if mode & OTHERS_WRITE and not mode & stat.S_ISVTX]
    if open_wide:
        told = f"{open_wide[0]} (mode {inner[open_wide[0]]:04o}) can be changed by other users of this machine"
        found.append(Finding(NAME, "writable", "bad", told, f"chmod -R go-w {open_wide[0]}"))
    elif inner.get(data, 0) & OTHERS_READ:
        told = f"{data} (mode {inner[data]:04o}) can be looked into by other users of this machine"
        found.append(Finding(NAME, "readable", "warning", told, f"chmod 700 {data}"))
    return found or [Finding(NAME, "private", "ok", f"{data} is yours alone (mode {inner[data]:04o})")]


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
