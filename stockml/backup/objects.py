"""Objects: pieces of content named by the sha256 of their plain bytes, kept once, checked at every reading."""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from stockml.backup import compression, packs
from stockml.backup.packs import Entry
from stockml.backup.pieces import Piece
from stockml.backup.shelf import PACKS, Shelf
from stockml.errors import BackupError

_WAITING = 16  # objects in memory before the next one has to wait
_HINT = "'stockml backup verify' tells what is damaged; another snapshot or a copy elsewhere may be whole"
Formed = tuple[str, bytes, int, int]  # sha, stored bytes, bytes plain, form


class Place(NamedTuple):
    """Where an object is."""

    pack: str
    entry: Entry

    @property
    def piece(self) -> Piece:
        return Piece(self.entry.sha, self.entry.plain)


def places(shelf: Shelf) -> dict[str, Place]:
    """Where every object is, by its sha256. Of packs whose list is damaged nothing is known. Raises OSError."""
    known: dict[str, tuple[Entry, ...]] = shelf.memory.setdefault("packs", {})
    sizes = shelf.sizes(PACKS)
    for name in set(known) - set(sizes):
        del known[name]
    for name, size in sizes.items():
        if name not in known:
            with contextlib.suppress(BackupError):
                known[name] = packs.entries(shelf, name, size)
    found = {entry.sha: Place(name, entry) for name in sorted(known) for entry in known[name]}
    shelf.memory["places"] = found
    return found


def of_pack(shelf: Shelf, name: str) -> set[str]:
    """The objects that a pack says it holds, as far as it is known."""
    return {entry.sha for entry in shelf.memory.get("packs", {}).get(name, ())}


def read(shelf: Shelf, piece: Piece) -> bytes:
    """An object's plain bytes. Raises `BackupError` if it is missing, altered, or not of the size it should be."""
    return _read(shelf, piece)[0]


def read_stored(shelf: Shelf, piece: Piece) -> Formed:
    """An object as it is stored, after the same checks. Raises `BackupError`."""
    content, kept, form = _read(shelf, piece)
    return piece.sha, kept, len(content), form


def _read(shelf: Shelf, piece: Piece) -> tuple[bytes, bytes, int]:
    """(plain bytes, stored bytes, form)."""
    short = f"object {piece.sha[:12]}"
    try:
        place = shelf.memory.get("places", {}).get(piece.sha) or places(shelf).get(piece.sha)
        if place is None:
            raise BackupError(f"{shelf.name}: {short} is missing", symbol=shelf.name, hint=_HINT)
        if place.entry.plain != piece.bytes:
            raise BackupError(f"{shelf.name}: {short} is not of the {piece.bytes} bytes it should be", hint=_HINT)
        kept = shelf.read_part(PACKS, place.pack, place.entry.begin, place.entry.stored)
        return packs.check(kept, place.entry), kept, place.entry.form
    except BackupError as error:
        error.hint = error.hint or _HINT
        raise
    except OSError as error:
        raise BackupError(f"{shelf.name}: {short} cannot be read ({error.strerror})", symbol=shelf.name) from error


@dataclass
class Intake:
    """Takes contents in, keeps those that are new, and counts what that took. Made by `taking`."""

    shelf: Shelf
    pool: ThreadPoolExecutor
    compress: bool
    there: set[str]
    count: int = 0
    stored_bytes: int = 0
    packs: set[str] = field(default_factory=set)
    _form: deque[Future[Formed]] = field(default_factory=deque)
    _formed: list[Formed] = field(default_factory=list)
    _size: int = 0
    _written: Future[None] | None = None

    def add(self, content: bytes, sha: str = "") -> Piece:
        """Keep some bytes; returns what names them. `sha` is given where it is known already. Raises OSError."""
        piece = Piece(sha or hashlib.sha256(content).hexdigest(), len(content))
        if piece.sha not in self.there:
            self.there.add(piece.sha)
            if self.compress:
                self._form.append(self.pool.submit(_form, piece.sha, content))
                if len(self._form) > _WAITING:
                    self._gather(self._form.popleft().result())
            else:
                self._gather((piece.sha, content, len(content), compression.PLAIN))
        return piece

    def keep(self, one: Formed) -> None:
        """Keep an object in the form it has elsewhere. The caller has checked it. Raises OSError."""
        if one[0] not in self.there:
            self.there.add(one[0])
            self._gather(one)

    def finish(self) -> None:
        """Write what is not written yet. Raises OSError."""
        while self._form:
            self._gather(self._form.popleft().result())
        self._close()
        self._wait()

    def _gather(self, one: Formed) -> None:
        self._formed.append(one)
        self.count += 1
        self._size += len(one[1])
        if self._size >= packs.FULL:
            self._close()

    def _close(self) -> None:
        """Let a pack be written while the next one is gathered."""
        self._wait()
        if self._formed:
            self._written = self.pool.submit(self._write, self._formed)
        self._formed, self._size = [], 0

    def _wait(self) -> None:
        if self._written is not None:
            self._written.result()
            self._written = None

    def _write(self, formed: list[Formed]) -> None:
        name, content = packs.build(formed)
        self.shelf.write(PACKS, name, content)
        self.packs.add(name)
        self.stored_bytes += len(content)


@contextlib.contextmanager
def taking(shelf: Shelf, there: set[str], compress: bool) -> Iterator[Intake]:
    """An intake whose objects are durable when the block ends. `there` are those that need not be kept.

    Raises OSError if the disk refuses; what is visible by then are whole packs that nobody refers to.
    """
    with ThreadPoolExecutor(2) as pool:
        made = Intake(shelf, pool, compress, there)
        yield made
        made.finish()


def _form(sha: str, content: bytes) -> Formed:
    packed = compression.pack(content)
    form = compression.PLAIN if packed is None else compression.ZSTD
    return sha, content if packed is None else packed, len(content), form
