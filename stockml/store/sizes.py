"""What version folders weigh on the disk. A file with several names (one fit serves many symbols) counts once."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from stockml.store import versions
from stockml.workspace import Workspace

FIRST_FIT, FIRST_OWN = 2_000_000, 100_000  # bytes of a fit that several symbols share; of a version's own files
Weight = tuple[int, int]
"""A file as a clean-up and a budget see it: a number that all its names share, and its bytes on the disk."""


def weight(facts: os.stat_result) -> Weight:
    """A file's identity and the bytes that are allocated to it, which is what a full disk is full of."""
    return facts.st_dev << 64 | facts.st_ino, facts.st_blocks * 512


def of_tree(path: str) -> list[Weight]:
    """The files below a folder, or the one file. Links count as themselves; what vanishes meanwhile is left out."""
    try:
        facts = os.lstat(path)
        if not stat.S_ISDIR(facts.st_mode):
            return [weight(facts)]
        entries = os.listdir(path)
    except OSError:
        return []
    return [one for name in entries for one in of_tree(f"{path}/{name}")]


def expected(workspace: Workspace, symbols: Sequence[str]) -> int:
    """Bytes that new versions of some symbols will about take: as much as their newest ones, shared files once.

    Symbols that have none yet count as one fit of theirs together, with a manifest and reports for each.
    """
    found: dict[int, int] = {}
    new = 0
    for symbol in symbols:
        names = versions.names(workspace, symbol)
        found.update(of_tree(str(versions.folder(workspace, symbol, names[-1]))) if names else ())
        new += not names
    return sum(found.values()) + new * FIRST_OWN + (FIRST_FIT if new else 0)
