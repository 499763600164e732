"""The environment a job runs in: built anew, so that it is the same from cron, from systemd and by hand."""

from __future__ import annotations

import os
import pwd
import re
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stockml.config.channels import read, secret_names
from stockml.config.schema import Config
from stockml.workspace import Workspace

PATH = ("/usr/local/bin", "/usr/bin", "/bin")
PASSED = (  # what systemd or a person may have set for good reasons
    "CREDENTIALS_DIRECTORY", "TZ", "TMPDIR", "PYTHONPATH", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE",
    "OMP_NUM_THREADS",
)  # fmt: skip
SOURCE_KEYS = ("TIINGO_API_KEY", "ALPHAVANTAGE_API_KEY", "MASSIVE_API_KEY", "STOOQ_API_KEY")
LONGEST = 65536  # bytes of the file of secrets
_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,63})=(.*)")


@dataclass(frozen=True)
class Secrets:
    """What the user's file of secrets holds, by variable, and what is wrong with it, in sentences without values."""

    values: Mapping[str, str]
    problems: tuple[str, ...] = ()


def home() -> str:
    """The user's home folder: $HOME, else what the system has for the user."""
    return os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir


def file() -> Path:
    """Where a user keeps the variables that cron has no other place for."""
    return Path(os.environ.get("XDG_CONFIG_HOME") or os.path.join(home(), ".config")) / "stockml" / "environment"


def secrets(path: Path) -> Secrets:
    """Read NAME=VALUE lines from a file that nobody else can read; one that others can is refused, not read.

    Blank lines and those that begin with # are left out; a value may stand in quotes.
    """
    try:
        with path.open("rb") as opened:
            facts = os.fstat(opened.fileno())
            problem = _problem(path, facts)
            if problem:
                return Secrets({}, (problem,))
            text = opened.read(LONGEST + 1).decode()
    except FileNotFoundError:
        return Secrets({})
    except (OSError, UnicodeDecodeError) as error:
        return Secrets({}, (f"{path} cannot be read ({type(error).__name__})",))
    values: dict[str, str] = {}
    wrong = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = _LINE.fullmatch(line.strip())
        if found:
            values[found[1]] = _unquoted(found[2].strip())
        elif line.strip() and not line.lstrip().startswith("#"):
            wrong.append(f"{path}: line {number} is not NAME=VALUE and is left out")
    return Secrets(values, tuple(wrong))


def build(config: Config, workspace: Workspace, job: str, given: Mapping[str, str], kept: Secrets) -> dict[str, str]:
    """The variables of a job: its own, the file's, and of what the runner was given only what it needs."""
    named = {name for channel in read(config.alerts.channels) for name in secret_names(channel)}
    passed = {name: given[name] for name in (*PASSED, *SOURCE_KEYS, *sorted(named)) if name in given}
    user = pwd.getpwuid(os.getuid()).pw_name
    return {
        **passed, **kept.values,
        "PATH": os.pathsep.join((os.path.dirname(sys.executable), *PATH)), "HOME": home(), "LOGNAME": user,
        "USER": user, "SHELL": "/bin/sh", "LANG": "C.UTF-8", "NO_COLOR": "1", "PYTHONUNBUFFERED": "1",
        "STOCKML_HOME": str(workspace.home), "STOCKML_JOB": job,
    }  # fmt: skip


def _problem(path: Path, facts: os.stat_result) -> str:
    """Why a file of secrets is refused, or ""."""
    if not stat.S_ISREG(facts.st_mode):
        return f"{path} is no file and is not read"
    if facts.st_uid not in (os.geteuid(), 0):
        return f"{path} belongs to another user and is not read"
    if facts.st_mode & 0o077:
        return f"{path} can be read by others and is not read; chmod 600 it, and think of its secrets as known"
    if facts.st_size > LONGEST:
        return f"{path} is too long and is not read"
    return ""


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'" else value
