"""Whose workspace it is, and whom a system service runs as."""

from __future__ import annotations

import grp
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from stockml.errors import UsageError
from stockml.schedule import calls
from stockml.schedule.units import Account
from stockml.workspace import Workspace

TEMPORARY = ("/tmp", "/var/tmp")  # PrivateTmp puts others in their place


def require_own(workspace: Workspace) -> None:
    """Raise `UsageError` if the workspace is another user's: its jobs would run with the wrong rights."""
    owner = workspace.home.stat().st_uid
    if owner != os.geteuid():
        raise UsageError(
            f"{workspace.home} belongs to {_name(owner)}, you are {_name(os.geteuid())}",
            hint=f"run this as {_name(owner)}, as with 'sudo -u {_name(owner)}'; or install with --systemd --system",
        )


def service_account(workspace: Workspace, user: str | None) -> Account:
    """Whom system units run as. Never root unless root is named, and always the owner of the workspace.

    Raises `UsageError` without root's rights, without a user, for one that does not exist or does not own the home.
    """
    if os.geteuid() != 0:
        raise UsageError(
            "system units are root's to install", hint="run it with sudo, or leave out --system for units of your own"
        )
    owner = workspace.home.stat().st_uid
    if user is None:
        raise UsageError(
            "--system needs --user NAME: whom the jobs run as. They ask servers and read what these send, "
            "so they should not be root",
            hint=f"the workspace belongs to {_name(owner)}: --user {_name(owner)}; or make a user of their own: "
            "useradd --system stockml",
        )
    try:
        entry = pwd.getpwnam(user)
    except KeyError as error:
        raise UsageError(f"there is no user {user!r}", hint=f"useradd --system {user}") from error
    if any(calls.home_of(workspace).is_relative_to(place) for place in TEMPORARY):
        raise UsageError(
            f"{workspace.home} is in a folder for temporary files, and the units have one of their own",
            hint="move the workspace, as to /srv or /var/lib",
        )
    if entry.pw_uid != owner:
        raise UsageError(
            f"{workspace.home} belongs to {_name(owner)}, so jobs of {user} could not write there",
            hint=f"chown -R {user}: {workspace.home}, or --user {_name(owner)}",
        )
    if not calls.finds(calls.python(), entry.pw_uid):
        raise UsageError(
            f"{user} cannot run {sys.executable} with stockml: a folder on the way is closed to others",
            hint="install stockml where every user may read it, as in a virtual environment under /opt",
        )
    return Account(user, grp.getgrgid(entry.pw_gid).gr_name)


@contextmanager
def as_owner(workspace: Workspace) -> Iterator[None]:
    """Let root write into the workspace as its owner, so that nothing in it becomes root's."""
    facts = workspace.home.stat()
    if os.geteuid() != 0 or facts.st_uid == 0:
        yield
        return
    os.setegid(facts.st_gid)
    os.seteuid(facts.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
