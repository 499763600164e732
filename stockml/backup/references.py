"""Which objects a snapshot needs, followed from its list of contents to the last file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from stockml.backup import contents, databases, objects
from stockml.backup.contents import Contents
from stockml.backup.pieces import Piece
from stockml.backup.shelf import Shelf
from stockml.backup.snapshots import Snapshot
from stockml.errors import BackupError, ModelError
from stockml.store import versions

Problem = Callable[[BackupError], None]


@dataclass
class Follower:
    """Follows the snapshots of one shelf; what several of them share is read once."""

    shelf: Shelf
    _files: dict[tuple[str, str, str], list[Piece]] = field(default_factory=dict)
    _blocks: dict[str, list[Piece]] = field(default_factory=dict)

    def needed(self, snapshot: Snapshot, problem: Problem) -> Iterator[Piece]:
        """Every object of a snapshot. What cannot be followed further is told to `problem`, and the rest goes on."""
        yield snapshot.contents
        try:
            held = contents.parse(objects.read(self.shelf, snapshot.contents))
        except BackupError as error:
            problem(error)
            return
        yield from self._of_contents(held, problem)

    def _of_contents(self, held: Contents, problem: Problem) -> Iterator[Piece]:
        if held.config is not None:
            yield held.config
        for database in held.databases.values():
            yield database.blocks
            try:
                if database.blocks.sha not in self._blocks:
                    self._blocks[database.blocks.sha] = databases.blocks(self.shelf, database)
                yield from self._blocks[database.blocks.sha]
            except BackupError as error:
                problem(error)
        for symbol, folder in held.symbols.items():
            for version, piece in folder.versions.items():
                yield piece
                try:
                    yield from self.files(symbol, version, piece)
                except BackupError as error:
                    problem(error)

    def files(self, symbol: str, version: str, piece: Piece) -> list[Piece]:
        """The files of a version besides its manifest. Raises `BackupError`."""
        key = (symbol, version, piece.sha)
        if key not in self._files:
            self._files[key] = list(manifest_files(self.shelf, symbol, version, piece)[1].values())
        return self._files[key]


def manifest_files(shelf: Shelf, symbol: str, version: str, piece: Piece) -> tuple[bytes, dict[str, Piece]]:
    """A version's manifest as bytes, and the other files it lists. Raises `BackupError` unless it is this version's."""
    content = objects.read(shelf, piece)
    try:
        return content, contents.files_of(versions.parse_manifest(content, symbol, version))
    except ModelError as error:
        raise BackupError(f"{shelf.name}: {error.message}", symbol=symbol) from error
    except BackupError as error:
        raise BackupError(f"{shelf.name}: {symbol} {version}: {error.message}", symbol=symbol) from error
