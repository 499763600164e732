"""Whether the workspace lies on a local file system: kernel locks and SQLite's WAL need one."""

from __future__ import annotations

import os
from pathlib import Path

from stockml.doctor.case import Case
from stockml.doctor.finding import Finding

NAME, ORDER, NEEDS_WORKSPACE = "filesystem", 30, False
MOUNTS = Path("/proc/self/mountinfo")
REMOTE = (
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "ncpfs", "vboxsf",
    "fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.glusterfs", "fuse.davfs", "fuse.vmhgfs-fuse",
)  # fmt: skip
FLEETING = ("tmpfs", "ramfs")


def check(case: Case) -> list[Finding]:
    place = case.workspace.data
    while not place.exists():
        place = place.parent
    return [judge(place, *mounted(place.resolve(), MOUNTS.read_text(encoding="utf-8", errors="replace")))]


def judge(place: Path, kind: str, options: set[str]) -> Finding:
    """The finding about a folder on a file system of some kind, mounted with some options."""
    figures = {"type": kind}
    if kind in REMOTE:
        told = f"{place} is on {kind}, over a network: locks and databases are not safe there"
        return Finding(NAME, "remote", "bad", told, "keep the workspace on a local disk; copy backups there", figures)
    if "ro" in options:
        advice = "mount it for writing; after errors the kernel makes a disk read-only: see dmesg"
        return Finding(NAME, "read_only", "bad", f"{place} is on a file system mounted read-only", advice, figures)
    if kind in FLEETING:
        told = f"{place} is in memory ({kind}) and gone when the machine is switched off"
        return Finding(NAME, "fleeting", "warning", told, "keep the workspace on a disk", figures)
    if kind == "overlay":
        told = f"{place} is in a container's own layer ({kind}) and goes with the container"
        return Finding(NAME, "layer", "note", told, "mount a volume for the workspace", figures)
    return Finding(NAME, "local", "ok", f"{place} is on {kind}, a local file system", figures=figures)


def mounted(place: Path, table: str) -> tuple[str, set[str]]:
    """(type, options) of the file system a folder is on, by the kernel's table of mounts (proc(5), mountinfo)."""
    best, found = -1, ("unknown", set[str]())
    for line in table.splitlines():
        words, _, rest = line.partition(" - ")
        fields, kinds = words.split(), rest.split()
        if len(fields) < 6 or len(kinds) < 3:
            continue
        point = os.fsdecode(fields[4].encode().decode("unicode_escape").encode("latin-1"))  # \040 is a blank
        if place.is_relative_to(point) and len(point) >= best:  # a later mount on the same point hides the earlier
            best, found = len(point), (kinds[0], {*fields[5].split(","), *kinds[2].split(",")})
    return found
