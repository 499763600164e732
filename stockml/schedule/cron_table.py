"""The user's cron table as bytes, read and replaced through the `crontab` program; every doubt is a refusal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from stockml import files
from stockml.errors import NOTHING_DONE, StockmlError

PROGRAM_S = 60.0
PASSED = ".crontab-"  # begins the name of the file that crontab reads from; gone when it has
EMPTY = b"no crontab for"  # what `crontab -l` says, in the C locale, where there is no table


class CronError(StockmlError):
    """The cron table could not be read or replaced with certainty."""

    exit_status = NOTHING_DONE
    kind = "cron"


def read() -> bytes:
    """The whole table, b"" if there is none. Raises `CronError` unless `crontab -l` leaves no doubt."""
    ran = _crontab("-l")
    if ran.returncode == 0 and b"\0" not in ran.stdout:
        return ran.stdout
    if ran.returncode == 1 and not ran.stdout and EMPTY in ran.stderr:
        return b""
    said = _said(ran.stderr) or (f"{len(ran.stdout)} bytes with a NUL among them" if ran.stdout else "nothing")
    raise CronError(
        f"'crontab -l' ended with {ran.returncode} and said {said}; the table was not read for sure, "
        "so nothing was changed",
        hint="run 'crontab -l' yourself; it must print your table, or say that there is none",
    )


def swap(old: bytes, new: bytes, spare: Path) -> None:
    """Put `new` in the place of `old` and read it back.

    Nothing is done if the table is not `old` any more. If what is read back is not `new`, `old` is put back;
    what was found instead is kept in the folder `spare`. Raises `CronError` with what was done.
    """
    if read() != old:
        raise CronError(
            "the cron table was changed by somebody else in this moment; nothing was changed", hint="run it again"
        )
    refusal = _install(new, spare)
    found = _read_or_none()
    if found == new:
        return
    if found == old:
        raise CronError(
            f"crontab did not take the new table: {refusal or 'it said nothing'}; the old one is still there",
            hint="see 'man 1 crontab' and /etc/cron.allow; --dry-run shows the table that was refused",
        )
    if found is not None:
        files.replace(spare / "crontab.found", found)
    back = _install(old, spare)
    restored = _read_or_none() == old
    told = "the old table was put back" if restored else f"and the old table could NOT be put back: {back}"
    raise CronError(
        f"after the installation the cron table was neither the old nor the new one; {told}",
        hint=f"look at 'crontab -l'; what was found is in {spare / 'crontab.found'}, the old table in {spare}",
    )


def _install(table: bytes, spare: Path) -> str:
    """Hand a table to crontab; what it said if it refused. A table without lines is removed."""
    try:
        if table:
            with files.passing(spare / f"{PASSED}{os.getpid()}", table) as path:
                ran = _crontab(str(path))
        else:
            ran = _crontab("-r")
    except CronError as error:
        return error.message
    return "" if ran.returncode == 0 else _said(ran.stderr) or f"exit status {ran.returncode}"


def _read_or_none() -> bytes | None:
    try:
        return read()
    except CronError:
        return None


def _crontab(argument: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program in the C locale, so that what it says can be recognised."""
    environment = {
        **{name: value for name, value in os.environ.items() if name not in ("LANG", "LANGUAGE")},
        "LC_ALL": "C", "CRONTAB_NOHEADER": "Y",
    }  # fmt: skip
    try:
        return subprocess.run(
            ["crontab", argument], env=environment, capture_output=True, check=False, timeout=PROGRAM_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise CronError(
            "there is no 'crontab' program on this machine",
            hint="install the package cron (or cronie), or use 'stockml schedule install --systemd'",
        ) from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CronError(f"'crontab {argument}' could not be run: {error}") from error


def _said(stderr: bytes) -> str:
    return " ".join(stderr.decode(errors="replace").split())[:300]
