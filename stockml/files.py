"""The only module that changes files: atomic writes, staged folders, kernel locks."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from stockml.errors import BusyError, StockmlError, WorkspaceError

_LONGEST_LINE = 1 << 16  # bytes of a record


def canonical_json(value: Any) -> bytes:
    """One spelling per value: sorted keys, no spaces, no NaN; floats by their shortest exact form.

    Raises ValueError for NaN or infinity, which JSON does not have.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False).encode()


def pretty_json(value: Any) -> bytes:
    """The same for files that people read."""
    return (json.dumps(value, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False) + "\n").encode()


def make_folder(path: Path) -> None:
    """Create a folder and its parents, private to the user."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise WorkspaceError(f"{path}: cannot be created ({error.strerror})", symbol=str(path)) from error


def make_public_folder(path: Path) -> None:
    """Create a folder and its parents with the rights that the user's umask gives."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkspaceError(f"{path}: cannot be created ({error.strerror})", symbol=str(path)) from error


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable. Without this a power cut can undo a rename."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file that does not exist yet, and fsync it. The caller makes it visible."""
    write_parts(path, (content,), mode)


def write_parts(path: Path, parts: Iterable[bytes], mode: int = 0o600) -> None:
    """The same of content that comes in parts."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        if mode != 0o600:
            os.fchmod(handle, mode)
        for part in parts:
            _write(handle, part)
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(handle: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(handle, view) :]


def read_regular(path: Path | str, limit: int) -> bytes:
    """The bytes of an ordinary file of at most `limit` bytes. A link, a folder, a device or a pipe is none.

    Raises OSError: of EINVAL for what is no ordinary file, of EFBIG for what is larger.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(errno.EINVAL, "not an ordinary file", str(path))
        parts, left, room = [], limit + 1, facts.st_size + 1
        while left and (part := os.read(handle, min(left, room))):
            parts.append(part)
            left -= len(part)
            room = 65536
        if not left:
            raise OSError(errno.EFBIG, f"larger than {limit} bytes", str(path))
        return b"".join(parts)
    finally:
        os.close(handle)


def discard(path: Path) -> None:
    """Delete a file, if it is there. Syncing its folder and telling of a refusal are the caller's. Raises OSError."""
    path.unlink(missing_ok=True)


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Replace a file's content in one step: temporary name, fsync, rename, fsync of the folder.

    Raises `StockmlError` with the path if the disk refuses; the old content is then still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.unlink(missing_ok=True)
        write_new(temporary, content, mode)
        os.replace(temporary, path)
        sync_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise StockmlError(f"{path}: cannot be written ({error.strerror})", symbol=str(path), kind="disk") from error


def remove_file(path: Path) -> None:
    """Delete a file or a link, if it is there, so that it stays deleted.

    Raises `StockmlError` with the path if the disk refuses.
    """
    try:
        discard(path)
        if path.parent.is_dir():
            sync_folder(path.parent)
    except OSError as error:
        raise StockmlError(f"{path}: cannot be removed ({error.strerror})", symbol=str(path), kind="disk") from error


def remove_empty(folder: Path) -> None:
    """Delete a folder if it is there and nothing is in it."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if not any(folder.iterdir()):
            folder.rmdir()


@contextlib.contextmanager
def passing(path: Path, content: bytes) -> Iterator[Path]:
    """A private file that is there while the block runs, for another program to read.

    Raises `StockmlError` with the path if the disk refuses it.
    """
    try:
        try:
            path.unlink(missing_ok=True)
            write_new(path, content)
        except OSError as error:
            told = f"{path}: cannot be written ({error.strerror})"
            raise StockmlError(told, symbol=str(path), kind="disk") from error
        yield path
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def append_line(path: Path, line: str) -> None:
    """Append one line in a single write, so that concurrent writers do not mix.

    Raises `StockmlError` with the path if the disk refuses.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, (line + "\n").encode())
        finally:
            os.close(handle)
    except OSError as error:
        raise StockmlError(f"{path}: cannot be written ({error.strerror})", symbol=str(path), kind="disk") from error


def append_record(path: Path, line: str) -> None:
    """Append one line that is there whole or not at all; half a line of a writer that died is cut off first.

    Writers wait for each other. Raises `StockmlError` with the path if the disk refuses.
    """
    content = (line + "\n").encode()
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            end = _end_of_lines(handle)
            if end < os.fstat(handle).st_size:
                os.ftruncate(handle, end)
            if os.write(handle, content) < len(content):
                os.ftruncate(handle, end)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        finally:
            os.close(handle)
    except OSError as error:
        raise StockmlError(f"{path}: cannot be written ({error.strerror})", symbol=str(path), kind="disk") from error


def _end_of_lines(handle: int) -> int:
    """Where the last whole line of a file ends; its size if what follows is longer than a line of ours would be."""
    size = os.fstat(handle).st_size
    begin = max(0, size - _LONGEST_LINE)
    end = os.pread(handle, _LONGEST_LINE, begin).rfind(b"\n") + 1
    return begin + end if end or not begin else size


@contextlib.contextmanager
def appended(path: Path) -> Iterator[int]:
    """A handle that writes at the end of a file, for the output of another program.

    Raises `StockmlError` with the path if the disk refuses.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    except OSError as error:
        raise StockmlError(f"{path}: cannot be written ({error.strerror})", symbol=str(path), kind="disk") from error
    try:
        yield handle
    finally:
        os.close(handle)


def rotate(path: Path, largest: int) -> None:
    """Give a log that has grown to `largest` bytes the name NAME.1, in place of an older one of that name."""
    if path.is_file() and path.stat().st_size >= largest:
        os.replace(path, path.with_name(f"{path.name}.1"))


def publish_folder(stage: Path, target: Path) -> None:
    """Give a finished stage folder its final name; from then on it is visible and complete."""
    sync_folder(stage)
    os.rename(stage, target)
    sync_folder(target.parent)


def publish_file(stage: Path, target: Path) -> None:
    """Give a finished, fsynced file its final name in place of what has it."""
    os.replace(stage, target)
    sync_folder(target.parent)


def set_aside(path: Path, hidden: Path) -> None:
    """Take a folder out of sight under a hidden name, to be removed later."""
    os.rename(path, hidden)


def link_or_copy(source: Path, target: Path) -> None:
    """Give an immutable file a second name; copy where the file system has no hard links."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        write_new(target, source.read_bytes())


def move(source: Path, target: Path) -> None:
    """Give a file or folder another name, whole or not at all; nothing may stand there.

    The caller syncs both folders. To another file system it is copied under a hidden name first, durably; what is
    left of the source after a kill is hidden too. Both hidden names end in `.PID.part`.
    """
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        hidden = target.with_name(f".{target.name}.{os.getpid()}.part")
        _copy(source, hidden)
        os.rename(hidden, target)
        sync_folder(target.parent)
        left = source.with_name(f".{source.name}.{os.getpid()}.part")
        os.rename(source, left)
        remove_tree(left)


def _copy(source: Path, target: Path) -> None:
    """Copy a file, link or folder with its times, every file and folder of it fsynced."""
    if source.is_symlink():
        os.symlink(os.readlink(source), target)
    elif source.is_dir():
        target.mkdir(mode=0o700)
        for name in sorted(os.listdir(source)):
            _copy(source / name, target / name)
        shutil.copystat(source, target)
        sync_folder(target)
    else:
        shutil.copy2(source, target, follow_symlinks=False)
        handle = os.open(target, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove_tree(path: Path) -> None:
    """Delete a file, or a folder that nobody refers to any more; of a symlink only the link."""
    if path.is_symlink() or not path.is_dir():
        path.unlink()
    else:
        shutil.rmtree(path)


@contextlib.contextmanager
def lock(path: Path, *, what: str, symbol: str | None = None, shared: bool = False) -> Iterator[int]:
    """Hold a kernel lock while the block runs; raise `BusyError` at once if another holder stands against it.

    An exclusive lock stands against every other, shared ones stand against exclusive ones only. The lock dies with
    the process. The file is never unlinked: unlinking lets two holders in. Yields the handle: a child that inherits
    it holds the lock too, for as long as it lives.
    """
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                raise
            holder = os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"
            raise BusyError(
                f"{what} is busy: {holder} holds {path.name}",
                symbol=symbol,
                hint="wait for it to finish; the lock goes when that process ends",
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"pid {os.getpid()}".encode(), 0)
        yield handle
    finally:
        os.close(handle)


def point(link: Path, target: Path) -> None:
    """Make a symlink in the place of what was there. A relative target counts from the link's folder."""
    temporary = link.with_name(f".{link.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)
    os.symlink(target, temporary)
    os.replace(temporary, link)
