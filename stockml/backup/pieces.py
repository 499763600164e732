"""What names an object, and the strict reading of what may have been altered."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from stockml import files
from stockml.errors import BackupError

LARGEST = 256 * 1024 * 1024  # bytes of one object, as of one file of a version
SHA = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Piece:
    """What names an object: sha256 and number of its plain bytes."""

    sha: str
    bytes: int

    def as_json(self) -> list[Any]:
        return [self.sha, self.bytes]


def strict(content: bytes, what: str) -> Any:
    """JSON in its one canonical spelling: no key twice, no NaN, nothing before or after. Raises `BackupError`."""
    try:
        told = json.loads(content)
        same = files.canonical_json(told) == content
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise BackupError(f"{what} was altered")
    return told


def keys(told: Any, wanted: set[str], what: str) -> None:
    """Raises `BackupError` unless it is a table with exactly these keys."""
    if not isinstance(told, dict) or set(told) != wanted:
        raise BackupError(f"{what} holds other keys than it should")


def whole(value: Any, most: int, what: str) -> int:
    """A number that counts something. Raises `BackupError`; true is no number."""
    if type(value) is not int or not 0 <= value <= most:
        raise BackupError(f"{what} is {str(value)[:40]!r}, which cannot be")
    return value


def piece(told: Any, most: int = LARGEST) -> Piece:
    """[sha256, bytes] as a piece. Raises `BackupError`."""
    if not isinstance(told, list) or len(told) != 2 or not isinstance(told[0], str) or not SHA.fullmatch(told[0]):
        raise BackupError(f"{str(told)[:80]!r} names no object")
    return Piece(told[0], whole(told[1], most, "the size of an object"))
