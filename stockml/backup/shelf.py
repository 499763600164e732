"""Where a backup lies: a folder of this machine, or any address fsspec knows; names in, bytes out."""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stockml import files
from stockml.errors import BackupError, StockmlError, UsageError

PACKS, SNAPSHOTS, DAMAGED, FACTS = "packs", "snapshots", "damaged", "facts.jsonl"
STRANGE = -1  # size of what is no ordinary file
_USER = re.compile(r"://[^/@]*@")


@dataclass(frozen=True)
class Local:
    """A folder. Writers are kept apart by two kernel locks; a medium that cannot be written is read without."""

    root: Path
    memory: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)  # what was read and never changes

    @property
    def name(self) -> str:
        return str(self.root)

    def sizes(self, folder: str) -> dict[str, int]:
        """The visible names in a folder with their sizes in bytes, `STRANGE` for what is no ordinary file."""
        try:
            with os.scandir(self.root / folder) as found:
                return {
                    one.name: one.stat(follow_symlinks=False).st_size if one.is_file(follow_symlinks=False) else STRANGE
                    for one in found
                    if not one.name.startswith(".")
                }
        except FileNotFoundError:
            return {}

    def read(self, folder: str, name: str, limit: int) -> bytes:
        """The bytes of a file of at most `limit`. Raises OSError."""
        return files.read_regular(self.root / folder / name, limit)

    def read_part(self, folder: str, name: str, begin: int, count: int) -> bytes:
        """`count` bytes from a place on, fewer where the file ends before. Raises OSError."""
        handle = os.open(self.root / folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            return os.pread(handle, count, begin)
        finally:
            os.close(handle)

    def write(self, folder: str, name: str, content: bytes) -> None:
        """Write a file that is visible only when it is whole and durable. Raises OSError."""
        files.make_folder(self.root / folder)
        try:
            files.replace(self.root / folder / name, content)
        except StockmlError as error:
            raise error.__cause__ or error from None

    def remove(self, folder: str, names: Iterable[str]) -> None:
        """Remove files; their names are gone for good when this returns."""
        for name in names:
            files.discard(self.root / folder / name)
        if (self.root / folder).is_dir():
            files.sync_folder(self.root / folder)

    def set_aside(self, folder: str, name: str) -> None:
        """Move what is damaged out of the way, so that it can be written again."""
        files.make_folder(self.root / DAMAGED)
        files.set_aside(self.root / folder / name, self.root / DAMAGED / name)

    def sweep(self) -> None:
        """Remove the temporary files of writers that died. Only while no writer can be alive."""
        for folder in ("", PACKS, SNAPSHOTS):
            with contextlib.suppress(FileNotFoundError):
                for name in os.listdir(self.root / folder):
                    if name.startswith(".") and ".part" in name:
                        files.discard(self.root / folder / name)

    def append(self, line: str) -> None:
        files.append_record(self.root / FACTS, line)

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Nothing is removed meanwhile. Raises `BusyError` while something is."""
        with contextlib.ExitStack() as held:
            if self.root.is_dir():
                try:
                    held.enter_context(files.lock(self.root / "lock", what=f"{self.root}", shared=True))
                except OSError as error:
                    if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
                        raise
            yield

    @contextlib.contextmanager
    def creating(self) -> Iterator[None]:
        """Nobody else makes a snapshot meanwhile, and nothing is removed. Raises `BusyError`."""
        with files.lock(self.root / "create.lock", what=f"{self.root}"), self.reading():
            yield

    @contextlib.contextmanager
    def removing(self) -> Iterator[None]:
        """Nobody else reads or writes here meanwhile. Raises `BusyError`."""
        with files.lock(self.root / "lock", what=f"{self.root}"):
            yield


@dataclass(frozen=True)
class Remote:
    """An address that fsspec opens. There are no locks: one machine writes to it."""

    url: str
    system: Any
    root: str
    memory: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return _USER.sub("://", self.url)

    def sizes(self, folder: str) -> dict[str, int]:
        with self._told():
            try:
                found = self.system.ls(self._path(folder), detail=True, refresh=True)
            except FileNotFoundError:
                return {}
            entries = [one for one in found if one.get("type") == "file"]
            return {str(one["name"]).rstrip("/").rsplit("/", 1)[-1]: int(one["size"] or 0) for one in entries}

    def read(self, folder: str, name: str, limit: int) -> bytes:
        with self._told(), self.system.open(self._path(folder, name), "rb") as file:
            content: bytes = file.read(limit + 1)
        if len(content) > limit:
            raise OSError(errno.EFBIG, f"larger than {limit} bytes", name)
        return content

    def read_part(self, folder: str, name: str, begin: int, count: int) -> bytes:
        with self._told(), self.system.open(self._path(folder, name), "rb") as file:
            file.seek(begin)
            content: bytes = file.read(count)
        return content

    def write(self, folder: str, name: str, content: bytes) -> None:
        with self._told():
            self.system.makedirs(self._path(folder), exist_ok=True)
            self.system.pipe_file(self._path(folder, name), content)

    def remove(self, folder: str, names: Iterable[str]) -> None:
        with self._told():
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    self.system.rm_file(self._path(folder, name))

    def set_aside(self, folder: str, name: str) -> None:
        with self._told():
            self.system.makedirs(self._path(DAMAGED), exist_ok=True)
            self.system.mv(self._path(folder, name), self._path(DAMAGED, name))

    def sweep(self) -> None:
        """There are no temporary files here."""

    def append(self, line: str) -> None:
        with self._told():
            path = self._path(FACTS)
            before = self.system.cat_file(path) if self.system.exists(path) else b""
            self.system.makedirs(self.root, exist_ok=True)
            self.system.pipe_file(path, before + line.encode() + b"\n")

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        yield

    creating = removing = reading

    def _path(self, *names: str) -> str:
        return "/".join((self.root, *(name for name in names if name)))

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What the service says, without what the address may hold of secrets. OSError goes on as it is."""
        try:
            yield
        except OSError:
            raise
        except Exception as error:  # services raise classes of their own, which no two share
            raise OSError(errno.EIO, f"{type(error).__name__}: {_USER.sub('://', str(error))[:200]}") from error


Shelf = Local | Remote


def open_shelf(place: str, home: Path) -> Shelf:
    """The shelf of a folder (relative ones lie in `home`) or of an address. Raises `UsageError` or `BackupError`."""
    if "://" not in place:
        return Local((home / Path(place).expanduser()).absolute())
    try:
        import fsspec
    except ImportError as error:
        raise UsageError(
            f"{_USER.sub('://', place)} is an address, and fsspec is not installed",
            hint="pip install 'stockml[offsite]'",
        ) from error
    try:
        system, root = fsspec.core.url_to_fs(place)
    except (ImportError, ValueError, OSError) as error:
        told = _USER.sub("://", f"{place} cannot be opened ({error})")
        raise BackupError(told, hint="the scheme may need a package of its own, as s3fs for s3://") from error
    return Remote(place, system, str(root).rstrip("/"))
