"""Packs and objects: what is written comes back, what is altered is refused, nothing is decompressed on trust."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml import files
from stockml.backup import compression, objects, packs
from stockml.backup.pieces import Piece
from stockml.backup.shelf import PACKS, Local
from stockml.errors import BackupError


def put(shelf: Local, contents: list[bytes], compress: bool = False) -> list[Piece]:
    with objects.taking(shelf, set(objects.places(shelf)), compress) as intake:
        return [intake.add(one) for one in contents]


@pytest.mark.parametrize("compress", [False, True])
@pytest.mark.parametrize("full", [packs.FULL, 100])
def test_objects_come_back_as_they_were_and_are_kept_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compress: bool, full: int
) -> None:
    if compress:
        pytest.importorskip("zstandard")
    monkeypatch.setattr(packs, "FULL", full)
    contents = [b"", b"x", b"abc" * 5000, os.urandom(3000), b"x", b"abc" * 5000]
    shelf = Local(tmp_path)
    pieces = put(shelf, contents, compress)
    assert [objects.read(Local(tmp_path), one) for one in pieces] == contents
    assert len(objects.places(Local(tmp_path))) == 4
    stored = sum(shelf.sizes(PACKS).values())
    assert (stored < 5000 + 600 * len(shelf.sizes(PACKS))) == compress
    put(Local(tmp_path), contents, compress)
    assert sum(shelf.sizes(PACKS).values()) == stored, "a second time costs nothing"
    for name in shelf.sizes(PACKS):
        assert hashlib.sha256((tmp_path / PACKS / name).read_bytes()).hexdigest() == name
        assert (tmp_path / PACKS / name).stat().st_mode & 0o777 == 0o600


@given(st.data())
def test_any_changed_byte_of_a_pack_is_noticed_when_all_is_read(data: st.DataObject) -> None:
    contents = [b"first object", b"second" * 30, b""]
    formed = [(hashlib.sha256(one).hexdigest(), one, len(one), compression.PLAIN) for one in contents]
    name, content = packs.build(formed)
    place = data.draw(st.integers(0, len(content) - 1))
    altered = content[:place] + bytes([content[place] ^ data.draw(st.integers(1, 255))]) + content[place + 1 :]
    assert hashlib.sha256(altered).hexdigest() != name


def written(folder: Path, rows: object, parts: bytes) -> tuple[Local, str]:
    """A pack with a list of somebody else's making, its checksums in order."""
    listed = files.canonical_json(rows)
    content = parts + listed + len(listed).to_bytes(8, "little") + hashlib.sha256(listed).digest() + packs.MAGIC
    name = hashlib.sha256(content).hexdigest()
    (folder / PACKS).mkdir(parents=True)
    (folder / PACKS / name).write_bytes(content)
    return Local(folder), name


SHA = hashlib.sha256(b"abcd").hexdigest()


@pytest.mark.parametrize("rows", [
    [], {}, [[SHA, 4, 4]], [[SHA, 5, 5, 0]], [[SHA, 3, 3, 0]], [[SHA, 4, 4, 2]], [[SHA, 4, 5, 0]], [[SHA, -4, 4, 0]],
    [[SHA, 4.0, 4.0, 0]], [[SHA, True, 4, 0]], [[SHA.upper(), 4, 4, 0]], [["../x", 4, 4, 0]], [[SHA, 2**70, 4, 1]],
    [[SHA, 4, 2**40, 1]], "x", None, [[None, 4, 4, 0]],
])  # fmt: skip
def test_a_list_that_no_stockml_wrote_is_refused(tmp_path: Path, rows: object) -> None:
    shelf, name = written(tmp_path, rows, b"abcd")
    with pytest.raises(BackupError):
        packs.entries(shelf, name, shelf.sizes(PACKS)[name])
    assert objects.places(shelf) == {}


def test_an_object_that_is_another_than_it_says_is_refused(tmp_path: Path) -> None:
    shelf, _ = written(tmp_path, [[SHA, 4, 4, 0]], b"abce")
    with pytest.raises(BackupError, match="altered"):
        objects.read(shelf, Piece(SHA, 4))
    with pytest.raises(BackupError, match="bytes"):
        objects.read(shelf, Piece(SHA, 5))
    with pytest.raises(BackupError, match="missing"):
        objects.read(shelf, Piece("0" * 64, 5))


def test_a_bomb_is_refused_before_it_is_decompressed(tmp_path: Path) -> None:
    zstandard = pytest.importorskip("zstandard")
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(200_000_000))
    silent = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(200_000_000))
    for place, frame in enumerate((bomb, silent, bomb + bomb, b"nonsense", b"")):
        shelf, _ = written(tmp_path / str(place), [[SHA, len(frame), 4, 1]], frame)
        with pytest.raises(BackupError):
            objects.read(shelf, Piece(SHA, 4))


def test_without_the_library_a_compressed_object_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("zstandard")
    (piece,) = put(Local(tmp_path), [b"abc" * 1000], compress=True)
    monkeypatch.setitem(__import__("sys").modules, "zstandard", None)
    with pytest.raises(BackupError) as refusal:
        objects.read(Local(tmp_path), piece)
    assert refusal.value.kind == "no_zstd" and "stockml[zstd]" in refusal.value.hint


@pytest.mark.parametrize("kind", ["link", "folder", "pipe", "empty"])
def test_what_is_no_ordinary_file_is_no_pack(tmp_path: Path, kind: str) -> None:
    shelf = Local(tmp_path)
    (piece,) = put(shelf, [b"content"])
    (name,) = shelf.sizes(PACKS)
    path = tmp_path / PACKS / name
    path.rename(tmp_path / "elsewhere")
    {"link": lambda: path.symlink_to(tmp_path / "elsewhere"), "folder": path.mkdir, "pipe": lambda: os.mkfifo(path),
     "empty": path.touch}[kind]()  # fmt: skip
    with pytest.raises(BackupError, match="missing"):
        objects.read(Local(tmp_path), piece)
    with pytest.raises((BackupError, OSError)):
        packs.read(shelf, name)
