"""Files: written whole or not at all, one spelling of JSON."""

from __future__ import annotations

import math
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml import files
from stockml.errors import StockmlError, WorkspaceError

TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8,
)  # fmt: skip


@given(VALUES)
def test_canonical_json_has_one_spelling_and_loses_nothing(value: object) -> None:
    import json

    spelled = files.canonical_json(value)
    assert json.loads(spelled) == value and files.canonical_json(json.loads(spelled)) == spelled
    assert files.pretty_json(json.loads(files.pretty_json(value))) == files.pretty_json(value)


def test_canonical_json_ignores_the_order_of_keys_and_refuses_what_json_has_not() -> None:
    assert files.canonical_json({"b": 1, "a": [2]}) == files.canonical_json({"a": [2], "b": 1}) == b'{"a":[2],"b":1}'
    for value in (math.nan, math.inf):
        with pytest.raises(ValueError):
            files.canonical_json([value])


def test_replacing_gives_the_new_content_privately_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "live.json"
    for content in (b"one", b"two"):
        files.replace(path, content)
        assert path.read_bytes() == content and os.listdir(tmp_path) == ["live.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_replacement_the_disk_refuses_keeps_the_old_content_and_names_the_path(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "child").write_bytes(b"")
    with pytest.raises(StockmlError, match="taken") as refusal:
        files.replace(tmp_path / "taken", b"new")
    assert refusal.value.kind == "disk" and os.listdir(tmp_path) == ["taken"]


def test_a_new_file_never_overwrites_nor_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "aim")
    for name in ("there", "link"):
        with pytest.raises(FileExistsError):
            files.write_new(tmp_path / name, b"new")
    assert (tmp_path / "there").read_bytes() == b"old" and not (tmp_path / "aim").exists()


def test_appended_lines_of_two_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "log"
    child = os.fork()
    for _ in range(200):
        files.append_line(path, ("child" if child == 0 else "parent") * 100)
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert sorted(set(path.read_text().splitlines())) == ["child" * 100, "parent" * 100]
    assert len(path.read_text().splitlines()) == 400


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WorkspaceError, match="file/below"):
        files.make_folder(tmp_path / "file" / "below")


def test_removing_a_tree_never_reaches_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    files.remove_tree(tmp_path / "link")
    assert os.listdir(tmp_path) == ["precious"] and (tmp_path / "precious" / "file").exists()


@pytest.mark.parametrize(("before", "after"), [
    (b"", b""), (b"one\n", b"one\n"), (b"one\ntw", b"one\n"), (b"on", b""), (b"x" * 70_000, b"x" * 70_000),
])  # fmt: skip
def test_a_record_is_a_line_of_its_own_after_half_a_line_of_a_writer_that_died(tmp_path, before, after):
    path = tmp_path / "facts.jsonl"
    path.write_bytes(before)
    files.append_record(path, "two")
    assert path.read_bytes() == after + b"two\n"


def test_a_record_that_finds_no_room_leaves_no_half_of_it(tmp_path, monkeypatch):
    path, plain = tmp_path / "facts.jsonl", os.write
    path.write_bytes(b"one\n")
    monkeypatch.setattr(os, "write", lambda handle, content: plain(handle, content[:2]))
    with pytest.raises(StockmlError, match="No space left"):
        files.append_record(path, "two")
    assert path.read_bytes() == b"one\n"
