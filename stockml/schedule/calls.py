"""The command line by which cron and systemd call stockml, and how each of them must be told it."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from stockml.errors import UsageError, WorkspaceError
from stockml.workspace import Workspace

PACKAGES = Path(__file__).resolve().parents[2]  # the folder that holds the package
PROBE = (
    "import click, importlib.util, pathlib, stockml\n"
    "assert all(importlib.util.find_spec(one) for one in ('numpy', 'pydantic'))\n"
    "print(pathlib.Path(stockml.__file__).resolve().parents[1])"
)
PROBE_S = 60.0
MISSED = "missed-runs"  # looks for runs that were missed; no job of the table can be called so


def identity(workspace: Workspace) -> str:
    """A workspace's name in markers and unit names: what people call its folder, and six digits of its path."""
    home = home_of(workspace)
    spoken = re.sub(r"[^a-z0-9]+", "_", home.name.lower()).strip("_")[:20] or "home"
    return f"{spoken}-{hashlib.sha256(os.fsencode(home)).hexdigest()[:6]}"


def home_of(workspace: Workspace) -> Path:
    """The workspace's real folder: one spelling, whatever links lead to it."""
    return workspace.home.resolve()


def words(workspace: Workspace, name: str) -> tuple[str, ...]:
    """The command line that runs a job of the table if it is due, or with `MISSED` whatever was missed.

    Raises `UsageError` if the home's path cannot be written into a table or unit, `WorkspaceError` if nothing
    but this very shell finds the package.
    """
    return _stockml(workspace, "run", *(("--missed",) if name == MISSED else (name, "--due")))


def told_failure(workspace: Workspace) -> tuple[str, ...]:
    """The command line that tells of a failed unit, whose name is to follow."""
    return _stockml(workspace, "failed")


def _stockml(workspace: Workspace, *words: str) -> tuple[str, ...]:
    made = (*python(), "-m", "stockml", "--home", str(home_of(workspace)), "schedule", *words)
    for word in made:
        check_word(word)
    return made


def check_word(word: str) -> None:
    """Refuse what has no safe spelling everywhere: control characters, backslashes, bytes that are not UTF-8."""
    if not word.isprintable() or "\\" in word or word != word.strip():
        raise UsageError(
            f"{word!r} cannot be written safely into a cron table or a unit",
            hint="move the workspace to a path without line ends, backslashes or blanks at its ends",
        )


@functools.cache
def python() -> tuple[str, ...]:
    """This interpreter, as a process with an empty environment must be told to find this very package.

    -P keeps a file in the user's home that happens to be called like a library from being imported.
    """
    bare = (sys.executable, "-P")
    told = ("/usr/bin/env", f"PYTHONPATH={PACKAGES}", *bare)
    for program in (bare, told):
        if finds(program):
            return program
    raise WorkspaceError(
        f"{sys.executable} does not find stockml outside this shell",
        hint="install stockml into a virtual environment and call it from there",
    )


def finds(program: tuple[str, ...], uid: int | None = None) -> bool:
    """Whether an interpreter started as cron would start it, by another user if told, imports this very package."""
    bare = {name: os.environ[name] for name in ("HOME", "LOGNAME") if name in os.environ}
    try:
        ran = subprocess.run(
            [*program, "-c", PROBE], env={**bare, "PATH": "/usr/bin:/bin"}, cwd="/", capture_output=True, check=False,
            timeout=PROBE_S, stdin=subprocess.DEVNULL, user=uid,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return ran.returncode == 0 and os.fsdecode(ran.stdout.strip()) == str(PACKAGES)


def for_cron(command: tuple[str, ...]) -> str:
    """A command line as the sixth field of a crontab: quoted for sh, and cron's own % escaped."""
    return shlex.join(command).replace("%", r"\%")


def for_systemd(command: tuple[str, ...]) -> str:
    """A command line as the value of ExecStart: quoted, with systemd's % and $ doubled."""
    plain = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
    return " ".join(one if plain.fullmatch(one) else quoted(one).replace("$", "$$") for one in command)


def quoted(word: str) -> str:
    """A word as one item of a list in a unit: in double quotes, with % doubled."""
    escaped = word.replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'
