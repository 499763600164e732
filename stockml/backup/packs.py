"""Packs: files of many objects, named by the sha256 of themselves, with a list of what they hold at the end.

One after the other: the stored objects, the list as canonical JSON ([sha256, bytes stored, bytes plain, form] of
each, in their order), its length (8 bytes, little-endian), its sha256, and `MAGIC`. A pack never changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from stockml import files
from stockml.backup import compression
from stockml.backup.pieces import LARGEST, SHA
from stockml.backup.shelf import PACKS, Shelf
from stockml.errors import BackupError

MAGIC = b"stockml1"
FULL = 16 * 1024 * 1024  # bytes from which a pack is closed
_END = 8 + 32 + len(MAGIC)
_MOST = 2 * LARGEST  # bytes of a pack: one object may be larger than what closes a pack


class Entry(NamedTuple):
    """An object in a pack: its plain bytes' sha256, where it begins, its bytes stored and plain, and its form."""

    sha: str
    begin: int
    stored: int
    plain: int
    form: int


def is_name(name: str) -> bool:
    return SHA.fullmatch(name) is not None


def build(objects: Iterable[tuple[str, bytes, int, int]]) -> tuple[str, bytes]:
    """The name and content of a pack of (sha, stored bytes, bytes plain, form)."""
    parts, rows = [], []
    for sha, stored, plain, form in objects:
        parts.append(stored)
        rows.append([sha, len(stored), plain, form])
    listed = files.canonical_json(rows)
    end = len(listed).to_bytes(8, "little") + hashlib.sha256(listed).digest() + MAGIC
    content = b"".join((*parts, listed, end))
    return hashlib.sha256(content).hexdigest(), content


def entries(shelf: Shelf, name: str, size: int) -> tuple[Entry, ...]:
    """What a pack of so many bytes says it holds. Raises `BackupError` if its list is not one, OSError."""
    if not _END <= size <= _MOST or not SHA.fullmatch(name):
        raise BackupError("is no pack")
    length = _length(shelf.read_part(PACKS, name, size - _END, _END), size)
    begin = size - _END - length
    tail = shelf.read_part(PACKS, name, begin, length + _END)
    return _parse(tail, length, begin)


def read(shelf: Shelf, name: str) -> tuple[bytes, tuple[Entry, ...]]:
    """A whole pack, every byte of it checked. Raises `BackupError` or OSError."""
    content = shelf.read(PACKS, name, _MOST)
    if hashlib.sha256(content).hexdigest() != name:
        raise BackupError("was altered")
    length = _length(content[-_END:], len(content))
    begin = len(content) - _END - length
    return content, _parse(content[begin:], length, begin)


def salvage(shelf: Shelf, name: str, size: int) -> Iterator[tuple[str, bytes, int, int]]:
    """The objects of a damaged pack that are whole, as `build` takes them; none if its list is damaged."""
    try:
        content, listed = shelf.read(PACKS, name, _MOST), entries(shelf, name, size)
    except (BackupError, OSError):
        return
    for one in listed:
        stored = content[one.begin : one.begin + one.stored]
        try:
            check(stored, one)
        except BackupError:
            continue
        yield one.sha, stored, one.plain, one.form


def check(stored: bytes, entry: Entry) -> bytes:
    """An object's plain bytes, which have to be what names it. Raises `BackupError`."""
    plain = stored if entry.form == compression.PLAIN else compression.unpack(stored, entry.plain)
    if hashlib.sha256(plain).hexdigest() != entry.sha:
        raise BackupError(f"object {entry.sha[:12]} was altered")
    return plain


def _length(end: bytes, size: int) -> int:
    length = int.from_bytes(end[:8], "little")
    if len(end) != _END or not end.endswith(MAGIC) or length > size - _END:
        raise BackupError("does not end as a pack does")
    return length


def _parse(tail: bytes, length: int, begin: int) -> tuple[Entry, ...]:
    """The entries of a list and what follows it; the objects before it take `begin` bytes."""
    listed = tail[:length]
    if hashlib.sha256(listed).digest() != tail[length + 8 : length + 40]:
        raise BackupError("its list of objects was altered")
    found, place = [], 0
    for row in _rows(listed):
        found.append(Entry(row[0], place, row[1], row[2], row[3]))
        place += row[1]
    if place != begin:
        raise BackupError("its list of objects does not add up to its size")
    return tuple(found)


def _rows(listed: bytes) -> Iterator[tuple[str, int, int, int]]:
    """The rows of a list, each of them a possible one. Raises `BackupError`."""
    try:
        told: Any = json.loads(listed)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, list):
        raise BackupError("its list of objects is none")
    for row in told:
        if not (isinstance(row, list) and len(row) == 4 and all(type(one) is int for one in row[1:])):
            raise BackupError("its list of objects holds what is none")
        sha, stored, plain, form = row
        possible = isinstance(sha, str) and SHA.fullmatch(sha) and 0 <= stored <= LARGEST and 0 <= plain <= LARGEST
        if not possible or not (form == compression.ZSTD or (form == compression.PLAIN and stored == plain)):
            raise BackupError("its list of objects holds what is none")
        yield sha, stored, plain, form
