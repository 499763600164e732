"""The units of a workspace, rendered from templates: service and timer of each job, and one that tells failures."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from stockml.config.schema import Config
from stockml.schedule import calls, oncalendar
from stockml.schedule.jobs import Job
from stockml.workspace import Workspace

TEMPLATES = Path(__file__).with_name("templates")
PLACE = re.compile(r"@([A-Z][A-Z_]*)@")
MARGIN_S = 600  # the runner ends a job at its time limit, tells people and looks after the other jobs
DELAY_S = 120  # how much later a timer may start a job by chance, so that not all machines ask a source at once
MISSED_WHEN = "*-*-* *:25:00"
HOMES = ("/home", "/root", "/run/user")  # what ProtectHome hides


@dataclass(frozen=True)
class Account:
    """Whom a system unit runs as."""

    user: str
    group: str


@dataclass(frozen=True)
class Units:
    """Unit files of a workspace by file name; `timers` of them are to be enabled. `jobs` names each job's own."""

    files: Mapping[str, bytes]
    jobs: Mapping[str, tuple[str, ...]]

    @property
    def timers(self) -> tuple[str, ...]:
        return tuple(name for name in self.files if name.endswith(".timer"))


def prefix(workspace: Workspace) -> str:
    """What the names of all units of a workspace begin with; no other workspace's do."""
    return f"stockml-{calls.identity(workspace)}"


def job_of(workspace: Workspace, unit: str) -> str:
    """The job's name in the name of a unit of the workspace, "" if it is none."""
    found = re.fullmatch(re.escape(prefix(workspace)) + r"-([a-z][a-z0-9_-]*)\.(?:service|timer)", unit)
    return found[1] if found else ""


def render(workspace: Workspace, config: Config, jobs: Sequence[Job], account: Account | None) -> Units:
    """The unit files that run these jobs, as user units or, with an account, as system units.

    Raises `UsageError` for a home whose path no unit can hold, `WorkspaceError` as `calls.words` does.
    """
    if not jobs:
        return Units({}, {})
    common = _common(workspace, config, account)
    files: dict[str, bytes] = {}
    own: dict[str, tuple[str, ...]] = {}
    for job in jobs:
        files |= (made := _pair(workspace, common, job.name, job.timeout_minutes * 60, job.nice, _timer(job)))
        own[job.name] = tuple(made)
    together_s = sum(job.timeout_minutes * 60 for job in jobs)
    gentle = max(job.nice for job in jobs)
    every = {"WHEN": MISSED_WHEN, "DELAY_S": str(DELAY_S), "ACCURACY_S": "60"}
    files |= _pair(workspace, common, calls.MISSED, together_s, gentle, every)
    files |= _alert(workspace, common)
    return Units(files, own)


def _pair(
    workspace: Workspace, common: Mapping[str, str], name: str, limit_s: int, nice: int, timer: Mapping[str, str]
) -> dict[str, bytes]:
    """A job's service and its timer."""
    unit = f"{prefix(workspace)}-{name}"
    values = {
        **common, **timer, "UNIT": unit, "JOB": name, "LIMIT_S": str(limit_s + MARGIN_S), "NICE": str(nice),
        "COMMAND": calls.for_systemd(calls.words(workspace, name)),
    }  # fmt: skip
    return {f"{unit}.{kind}": _filled(f"job.{kind}", values) for kind in ("service", "timer")}


def _timer(job: Job) -> dict[str, str]:
    """When: jobs that come every few minutes are not delayed by more than a tenth of that."""
    often = len(job.times.hours) * len(job.times.minutes)
    spacing_s = 86400 // often
    delay_s = min(DELAY_S, spacing_s // 10)
    return {
        "WHEN": oncalendar.expression(job.times, job.zone), "DELAY_S": str(delay_s),
        "ACCURACY_S": str(min(60, delay_s)),
    }  # fmt: skip


def _alert(workspace: Workspace, common: Mapping[str, str]) -> dict[str, bytes]:
    unit = f"{prefix(workspace)}-alert"
    command = calls.for_systemd(calls.told_failure(workspace))
    values = {**common, "UNIT": unit, "LIMIT_S": str(MARGIN_S), "COMMAND": command}
    return {f"{unit}@.service": _filled("alert@.service", values)}


def _common(workspace: Workspace, config: Config, account: Account | None) -> dict[str, str]:
    """What stands in every unit."""
    home = calls.home_of(workspace)
    values = {
        "NAME": calls.identity(workspace), "PREFIX": prefix(workspace), "HOME": str(home).replace("%", "%%"),
        "HOME_ITEM": calls.quoted(str(home)),
        "CONFIG_FILE": str(home / workspace.config_file.relative_to(workspace.home)).replace("%", "%%"),
    }  # fmt: skip
    if account is None:
        return {**values, "UNIT_MORE": "", "SERVICE_MORE": _text("user.conf", values)}
    more = {
        **values, "USER": account.user, "GROUP": account.group, "WRITABLE": _writable(home, config),
        "PROTECT_HOME": "read-only" if _needs_homes(home, config) else "yes",
    }  # fmt: skip
    network = "Wants=network-online.target\nAfter=network-online.target\n"
    return {**more, "UNIT_MORE": network, "SERVICE_MORE": _text("system.conf", more)}


def _outside(home: Path, config: Config) -> list[Path]:
    """Folders besides the workspace that a job may use."""
    named = [config.backup.folder, config.data.csv.folder]
    return [Path(one).expanduser() for one in named if one and Path(one).expanduser().is_absolute()]


def _writable(home: Path, config: Config) -> str:
    """The workspace, and the folder of the backups where that is another; it need not exist yet."""
    backups = config.backup.folder
    found = [calls.quoted(str(home))]
    if backups and Path(backups).is_absolute():
        calls.check_word(backups)
        found.append("-" + calls.quoted(backups))
    return " ".join(found)


def _needs_homes(home: Path, config: Config) -> bool:
    """Whether the workspace, the interpreter or the files it reads are where ProtectHome=yes would hide them."""
    places = [home, Path(sys.executable), Path(sys.base_prefix), calls.PACKAGES, *_outside(home, config)]
    return any(place.is_relative_to(hidden) for place in places for hidden in HOMES)


def _filled(name: str, values: Mapping[str, str]) -> bytes:
    return _text(name, values).encode()


def _text(name: str, values: Mapping[str, str]) -> str:
    """A template with every @NAME@ replaced. A name without a value is a mistake of ours and raises KeyError."""
    return PLACE.sub(lambda found: values[found[1]], (TEMPLATES / name).read_text(encoding="utf-8"))
