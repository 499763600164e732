"""Whether the keys that the configuration names are to be had here, and whether only their owner can read them."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from stockml import credentials
from stockml.config import channels
from stockml.config.schema import Config
from stockml.doctor.case import Case
from stockml.doctor.finding import Finding, several
from stockml.errors import StockmlError
from stockml.schedule import calls, surroundings

NAME, ORDER, NEEDS_WORKSPACE = "secrets", 24, True
OTHERS = 0o077
SERVICES = Path("/etc/stockml")  # where system units look for a file of variables


def check(case: Case) -> list[Finding]:
    path = surroundings.file()
    kept = surroundings.secrets(path)
    found = [Finding(NAME, "file", "bad", problem, f"chmod 600 {path}") for problem in kept.problems]
    found += _credentials(os.environ.get("CREDENTIALS_DIRECTORY")) + _service_file(case)
    wanted = needed(case.rules)
    return found + judge(wanted, {name for name in wanted if _is_here(name)}, set(kept.values), path)


def needed(config: Config) -> dict[str, str]:
    """What each variable that a configuration relies on is for."""
    keys = {name.partition("_API_KEY")[0].lower(): name for name in surroundings.SOURCE_KEYS}
    sources = {source.replace("_", ""): source for source in config.data.providers}
    found = {keys[spelled]: f"the source {source}" for spelled, source in sources.items() if spelled in keys}
    for one in channels.read(config.alerts.channels):
        found.update(dict.fromkeys(channels.secret_names(one), f"the channel {channels.name_of(one)}"))
    return found


def judge(wanted: Mapping[str, str], here: set[str], kept: set[str], path: Path) -> list[Finding]:
    """Findings from the variables that are wanted, those to be had in this environment, and those in the file for jobs.

    A job of cron sees the file only; one of systemd the file and its credentials; a person only their shell.
    """
    found = []
    for name, purpose in wanted.items():
        if name in here and name not in kept:
            told = f"{name} ({purpose}) is set here, and jobs started by cron will not see it"
            found.append(Finding(NAME, "shell_only", "warning", told, f"add a line {name}=... to {path}, mode 600"))
        elif name not in here and name not in kept:
            told = f"{name} is nowhere; {purpose} needs it"
            found.append(Finding(NAME, "missing", "bad", told, f"add a line {name}=... to {path}, mode 600"))
        elif name not in here:
            told = f"{name} ({purpose}) is in {path} for jobs, and not set in this shell"
            found.append(Finding(NAME, "jobs_only", "note", told, f"for commands by hand: set -a; . {path}; set +a"))
    told = f"all {several(len(wanted), 'variable')} for keys are there" if wanted else "the configuration needs no keys"
    return found or [Finding(NAME, "there", "ok", told, figures={"variables": sorted(wanted)})]


def _is_here(name: str) -> bool:
    try:
        return bool(credentials.read(name))
    except StockmlError:
        return False  # there, and no text


def _service_file(case: Case) -> list[Finding]:
    """What others may read of the variables of a system service."""
    path = SERVICES / f"{calls.identity(case.workspace)}.env"
    if not path.is_file() or not stat.S_IMODE(path.stat().st_mode) & OTHERS:
        return []
    told = f"{path} can be read by others; think of its secrets as known"
    return [Finding(NAME, "file", "bad", told, f"chmod 600 {path}, then new keys")]


def _credentials(folder: str | None) -> list[Finding]:
    """What others may read of the folder that systemd hands a service."""
    if not folder:
        return []
    found = []
    for path in sorted(Path(folder).iterdir()):
        if stat.S_IMODE(path.stat().st_mode) & OTHERS:
            told = f"the credential {path.name} can be read by others"
            found.append(Finding(NAME, "credential", "bad", told, f"chmod 600 {path}, or use LoadCredential="))
    return found
