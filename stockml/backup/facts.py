"""What happened to a shelf's snapshots, a line each: created, copied, verified, failed, removed. Only appended to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from stockml import files
from stockml.backup.shelf import FACTS, Shelf
from stockml.clock import Clock, recorded_at, stamp

CREATED, COPIED, VERIFIED, FAILED, REMOVED = "created", "copied", "verified", "failed", "removed"
_FIELDS = {"at", "recorded_at", "snapshot", "what", "check"}
_MOST = 1 << 26  # bytes


@dataclass(frozen=True)
class Fact:
    """One thing that happened to a snapshot; `at` is a stamp of the clock it happened under."""

    at: str
    snapshot: str
    what: str


def record(shelf: Shelf, clock: Clock, snapshot: str, what: str) -> None:
    """Append a fact. Raises `StockmlError` or OSError if the disk refuses."""
    told = {"at": stamp(clock.now()), "recorded_at": stamp(recorded_at()), "snapshot": snapshot, "what": what}
    shelf.append(_sealed(told))


def read(shelf: Shelf) -> tuple[list[Fact], int]:
    """The facts in their order, and how many lines are damaged. Where none can be read, nothing is verified."""
    try:
        content = shelf.read("", FACTS, _MOST)
    except FileNotFoundError:
        return [], 0
    except OSError:
        return [], 1
    found, damaged = [], 0
    *lines, end = content.split(b"\n")
    for line in lines:
        fact = _parse(line)
        found += [fact] if fact else []
        damaged += fact is None
    return found, damaged + bool(end)


def verified(found: Iterable[Fact]) -> dict[str, str]:
    """When each snapshot was last proved to restore; without those that failed since."""
    proved: dict[str, str] = {}
    for fact in found:
        if fact.what == VERIFIED:
            proved[fact.snapshot] = fact.at
        elif fact.what in (FAILED, REMOVED):
            proved.pop(fact.snapshot, None)
    return proved


def standing(found: Iterable[Fact]) -> set[str]:
    """The snapshots that should be there: made or copied here, and not removed since."""
    there: set[str] = set()
    for fact in found:
        if fact.what == REMOVED:
            there.discard(fact.snapshot)
        else:
            there.add(fact.snapshot)
    return there


def _sealed(told: dict[str, str]) -> str:
    check = hashlib.sha256(files.canonical_json(told)).hexdigest()[:16]
    return files.canonical_json({**told, "check": check}).decode()


def _parse(line: bytes) -> Fact | None:
    """The fact of a line, or None if a byte of it is not as it was written."""
    try:
        told = json.loads(line)
        if not isinstance(told, dict) or set(told) != _FIELDS or not all(isinstance(one, str) for one in told.values()):
            return None
        plain = {key: told[key] for key in told if key != "check"}
        if _sealed(plain).encode() != line:
            return None
    except (ValueError, RecursionError):
        return None
    return Fact(told["at"], told["snapshot"], told["what"])
