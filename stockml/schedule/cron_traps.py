"""What in a table or on a machine would keep our cron lines from running as meant, in sentences."""

from __future__ import annotations

import os
import re
from pathlib import Path

from stockml.schedule import cron_block

SHELLS = (b"sh", b"bash", b"dash", b"ksh", b"zsh")  # which read our quoting alike
SETTING = re.compile(rb"^[ \t]*[\"']?(CRON_TZ|SHELL)[\"']?[ \t]*=[ \t]*[\"']?([^\"'\r\n]*)", re.MULTILINE)
DAEMONS = ("cron", "crond", "anacron", "fcron", "busybox")


def warnings(table: bytes, identity: str, zone: str) -> tuple[str, ...]:
    """Remarks on a table that our lines are added to, and on the machine; `zone` is what the lines are written for."""
    there = cron_block.split(table, identity)
    return (*_of_table(there.before, is_new=not there.block), *_of_machine(zone))


def _of_table(before: bytes, *, is_new: bool) -> list[str]:
    """What the lines above ours do to them, and what we do to those when we are new there."""
    found = []
    if is_new and before and not before.endswith(b"\n"):
        found.append(
            "the table's last line had no line end: Debian's cron ignores such a table whole. It has one now, "
            "so that all its lines are run"
        )
    settings = {name: value.strip() for name, value in SETTING.findall(before)}  # the last one counts
    if settings.get(b"CRON_TZ"):
        named = settings[b"CRON_TZ"].decode(errors="replace")
        found.append(f"the table sets CRON_TZ={named}: a cron that knows it starts our jobs late, by catching up")
    shell = settings.get(b"SHELL", b"sh")
    if shell.rsplit(b"/", 1)[-1] not in SHELLS:
        found.append(f"the table sets SHELL={shell.decode(errors='replace')}, which our lines are not written for")
    return found


def _of_machine(zone: str) -> list[str]:
    found = []
    given = os.environ.get("TZ", "").removeprefix(":")
    if given and given != zone and {given, zone} - {"UTC", "Etc/UTC"}:
        found.append(
            f"this shell's TZ is {given}, the machine's zone is {zone}: times without a zone are the machine's "
            "(config set schedule.zone to say which you mean)"
        )
    if _runs() is False:
        found.append("no cron daemon seems to run; start it: 'systemctl enable --now cron', or 'service cron start'")
    return found


def _runs(proc: Path = Path("/proc")) -> bool | None:
    """Whether a cron daemon runs; None where that cannot be seen."""
    names = set()
    for path in proc.glob("[0-9]*/comm"):
        try:
            names.add(path.read_text(errors="replace").strip())
        except OSError:
            continue  # it has ended, or is hidden
    if not names or not (proc / "1" / "comm").exists():
        return None
    return any(name in DAEMONS for name in names)
