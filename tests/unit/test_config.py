"""Reading, checking, caching and changing the configuration."""

from __future__ import annotations

import dataclasses
import json
import time

import pytest

from stockml import files
from stockml.config import edit, load
from stockml.config.schema import Config
from stockml.errors import ConfigError, UsageError
from stockml.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path)
    made.data.mkdir()
    made.config_file.write_text("{}")
    return made


def test_an_empty_object_is_the_default_configuration(workspace):
    assert load.load(workspace) == Config()


def test_what_comes_from_the_cache_equals_what_was_validated(workspace):
    workspace.config_file.write_text('{"symbols": ["brk-b"], "gate": {"coverage_band": {"1": [0.8, 0.9]}}}')
    first = load.load(workspace)
    assert first.symbols == ("BRK-B",) and list(workspace.cache.glob("config-*.json"))
    again = load.load(workspace)
    assert load.effective_hash(again) == load.effective_hash(first)


def test_a_damaged_cache_is_made_anew(workspace):
    load.load(workspace)
    [cached] = workspace.cache.glob("config-*.json")
    for content in (b"", b"{", b"[]", b'{"symbols": 3}', b"null"):
        cached.write_bytes(content)
        assert load.load(workspace) == Config()


def test_another_configuration_is_not_answered_from_an_old_cache(workspace):
    load.load(workspace)
    workspace.config_file.write_text('{"expire_days": 3}')
    assert load.load(workspace).expire_days == 3


def test_problems_of_a_good_file_are_none_and_of_a_bad_one_all(workspace):
    assert load.problems_of(workspace) == []
    workspace.config_file.write_text('{"a": 1, "expire_days": -1}')
    assert {one["path"] for one in load.problems_of(workspace)} == {"a", "expire_days"}
    workspace.config_file.write_text("{")
    [one] = load.problems_of(workspace)
    assert one["path"] == load.WHOLE and "line 1" in one["message"]


def test_a_place_in_a_file_that_is_not_json_is_named():
    with pytest.raises(ConfigError, match="line 2, column 3"):
        load.parse_json(b"{\n  x: 1}")


def test_many_keys_are_read_in_no_time():
    content = json.dumps({f"key {number}": number for number in range(50_000)}).encode()
    began = time.process_time()
    assert len(load.parse_json(content)) == 50_000
    assert time.process_time() - began < 2


def test_every_key_of_the_schema_says_what_it_means():
    def walk(cls):
        for field in dataclasses.fields(cls):
            if dataclasses.is_dataclass(field.default):
                walk(type(field.default))
            else:
                assert field.metadata["description"].endswith("."), field.name

    walk(Config)


def test_a_failed_write_leaves_the_file_as_it_was(workspace, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(files.StockmlError, match="cannot be written"):
        edit.put(workspace, "expire_days", "3")
    assert workspace.config_file.read_text() == "{}"
    assert {path.name for path in workspace.data.iterdir()} == {".cache", "ml_config.json"}


def test_put_returns_the_value_before_and_after(workspace):
    assert edit.put(workspace, "data.benchmark", "QQQ") == (None, "QQQ")
    assert edit.put(workspace, "data.benchmark", '"123"') == ("QQQ", "123")


def test_a_broken_file_can_be_mended_by_set(workspace):
    workspace.config_file.write_text('{"expire_days": "x"}')
    edit.put(workspace, "expire_days", "30")
    assert load.load(workspace).expire_days == 30


def test_a_key_inside_a_plain_value_is_wrong_usage(workspace):
    workspace.config_file.write_text('{"symbols": ["A"]}')
    with pytest.raises(UsageError, match="symbols has no keys inside"):
        edit.put(workspace, "symbols.0", '"B"')
