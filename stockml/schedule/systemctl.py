"""Talks to systemd through its own programs, and says in words why it did not answer."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from stockml.errors import NOTHING_DONE, StockmlError

PROGRAM_S = 120.0
SYSTEM_UNITS = Path("/etc/systemd/system")
SYSTEM_STAMPS = Path("/var/lib/systemd/timers")


class SystemdError(StockmlError):
    """systemd cannot be reached, or does not take what it is given."""

    exit_status = NOTHING_DONE
    kind = "systemd"


@dataclass(frozen=True)
class Scope:
    """One of the two managers there are: the user's own, or the system's."""

    system: bool

    @property
    def name(self) -> str:
        return "systemd system" if self.system else "systemd user"

    @property
    def units(self) -> Path:
        """Where an administrator's, or a user's own, unit files are."""
        if self.system:
            return SYSTEM_UNITS
        return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"

    @property
    def stamps(self) -> Path:
        """Where systemd notes when a persistent timer last came."""
        if self.system:
            return SYSTEM_STAMPS
        return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "systemd" / "timers"


USER, SYSTEM = Scope(False), Scope(True)


def require_manager(scope: Scope) -> None:
    """Raise `SystemdError`, with what to do, if the manager does not answer."""
    ran = _run(_systemctl(scope, "show", "--property=Version"))
    if ran.returncode == 0:
        return
    said = _said(ran)
    if "not been booted with systemd" in said or scope.system:
        raise SystemdError(
            f"systemd does not run this machine: {said}", hint="use 'stockml schedule install --cron' instead"
        )
    raise SystemdError(
        f"no systemd user manager answers: {said}",
        hint="log in as this user directly (su and sudo start none), or have it started at boot: 'loginctl "
        "enable-linger' and log in anew; else use --cron, or --system as root",
    )


def call(scope: Scope, *words: str) -> None:
    """Run systemctl; raises `SystemdError` with what it said if it refuses."""
    ran = _run(_systemctl(scope, *words))
    if ran.returncode != 0:
        raise SystemdError(f"'systemctl {' '.join(words[:3])}' refused: {_said(ran)}")


def forget_failures(scope: Scope, names: Sequence[str]) -> None:
    """Take units off the list of failed ones. Those that are not loaded are on none."""
    _run(_systemctl(scope, "reset-failed", *names))


def verify(scope: Scope, paths: Sequence[Path]) -> None:
    """Let systemd read the unit files; raises `SystemdError` at the slightest remark. Skipped where it is not there.

    Its exit status alone does not do: 0 for an unknown key.
    """
    if not paths or not shutil.which("systemd-analyze"):
        return
    options = ["--system" if scope.system else "--user", "--man=no", "--recursive-errors=no"]
    with tempfile.TemporaryDirectory(prefix="stockml-") as runtime:  # the user's reading wants one of its own
        words = ["systemd-analyze", *options, "verify", *map(str, paths)]
        ran = _run(words, XDG_RUNTIME_DIR=runtime)
    if ran.returncode != 0 or ran.stdout.strip() or ran.stderr.strip():
        raise SystemdError(
            f"systemd does not take the units: {_said(ran)}; nothing was installed",
            hint=f"see the rendered units in {paths[0].parent}",
        )


def check_calendar(expressions: Sequence[str]) -> None:
    """Raise `SystemdError` for a time that systemd does not understand, or that never comes."""
    if not expressions or not shutil.which("systemd-analyze"):
        return
    ran = _run(["systemd-analyze", "calendar", *expressions])
    if ran.returncode != 0 or "Next elapse: never" in ran.stdout:
        raise SystemdError(f"systemd does not take a time: {_said(ran)}; nothing was installed")


def lingers() -> bool | None:
    """Whether the user's manager runs while nobody is logged in; None where that cannot be told."""
    if not shutil.which("loginctl"):
        return None
    user = pwd.getpwuid(os.getuid()).pw_name
    ran = _run(["loginctl", "show-user", user, "--property=Linger", "--value"])
    return {"yes": True, "no": False}.get(ran.stdout.strip()) if ran.returncode == 0 else None


def _systemctl(scope: Scope, *words: str) -> list[str]:
    return ["systemctl", "--system" if scope.system else "--user", "--no-ask-password", "--no-pager", *words]


def _run(words: list[str], **more: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the C locale, where the user's manager is to be found."""
    environment = {**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0", **more}
    runtime = f"/run/user/{os.getuid()}"
    if "XDG_RUNTIME_DIR" not in environment and os.path.isdir(runtime):
        environment["XDG_RUNTIME_DIR"] = runtime
    try:
        return subprocess.run(
            words, env=environment, capture_output=True, text=True, errors="replace", check=False,
            timeout=PROGRAM_S, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise SystemdError(
            f"there is no {words[0]!r} program on this machine", hint="use 'stockml schedule install --cron' instead"
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SystemdError(f"{words[0]!r} could not be run: {error}") from error


def _said(ran: subprocess.CompletedProcess[str]) -> str:
    return " ".join((ran.stderr + " " + ran.stdout).split())[:400] or f"nothing, exit status {ran.returncode}"
