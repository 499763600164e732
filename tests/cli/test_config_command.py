"""`stockml config`: show, check, schema, set, and configurations that are none, through the real command line."""

from __future__ import annotations

import json
import subprocess
import sys

import jsonschema
import pytest


@pytest.fixture
def home(tmp_path, cli):
    assert cli("init", "--provider", "csv", "--symbols", "AAA,BBB", "--home", tmp_path).returncode == 0
    return tmp_path


@pytest.fixture
def file(home):
    return home / "persistent_data" / "ml_config.json"


def test_show_gives_every_key_with_its_value(home, cli):
    shown = cli("config", "show", "--json", "--home", home).json()["result"]
    assert shown["symbols"] == ["AAA", "BBB"] and shown["data"]["max_stale_sessions"] == 5
    assert json.loads(cli("config", "show", "--home", home).stdout) == shown


def test_show_needs_no_pydantic_once_the_configuration_passed(home, cli):
    cli("config", "show", "--home", home)
    code = (
        "import sys, stockml.cli, atexit\n"
        "atexit.register(lambda: print(*sorted({'pydantic', 'numpy', 'pandas'} & set(sys.modules)), file=sys.stderr))\n"
        f"stockml.cli.main(['config', 'show', '--home', {str(home)!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stderr.strip() == ""


def test_the_schema_accepts_the_defaults_and_the_file_and_not_an_unknown_key(home, file, cli):
    schema = json.loads(cli("config", "schema", "--home", home).stdout)
    assert schema == cli("config", "schema", "--json").json()["result"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate({}, schema)
    jsonschema.validate(json.loads(file.read_text()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"symbol": []}, schema)


def test_check_lists_every_mistake_at_once_with_path_value_and_nearest_key(home, file, cli):
    file.write_text(json.dumps({
        "symbls": ["AAA"], "symbols": ["../x"], "data": {"max_stale_sesions": 1, "providers": ["yaho"]},
        "retrain": {"max_age_days": "seven", "max_per_day": 0}, "horizons": [1, 99], "as_of": "2024-13-01",
        "gate": {"coverage_band": {"1": [0.9, 0.8]}}, "model": {"recipe": "pool"}, "backup": 3,
    }))  # fmt: skip
    ran = cli("config", "check", "--json", "--home", home)
    result = ran.json()["result"]
    assert ran.returncode == 2 and result["ok"] is False
    found = {one["path"]: one for one in result["problems"]}
    assert set(found) == {
        "symbls", "symbols.0", "data.max_stale_sesions", "data.providers.0", "retrain.max_age_days",
        "retrain.max_per_day", "horizons.1", "as_of", "gate.coverage_band.1", "model.recipe", "backup",
    }  # fmt: skip
    nearest = {path: one["nearest"] for path, one in found.items() if one["nearest"]}
    assert nearest == {
        "symbls": "symbols", "data.max_stale_sesions": "max_stale_sessions", "data.providers.0": "yahoo",
        "model.recipe": "pooled",
    }  # fmt: skip
    assert found["retrain.max_age_days"]["value"] == "seven"
    said = cli("config", "check", "--home", home)
    assert said.returncode == 2 and all(f"{path}: " in said.stdout for path in found)


DEEP = "[" * 100_000 + "]" * 100_000
BROKEN = {
    "empty": b"", "not json": b"symbols: [A]", "half": b'{"symbols": ["A"', "list": b"[]", "string": b'"x"',
    "null": b"null", "unknown key": b'{"nope": 1}', "typo section": b'{"date": {"interval": "1d"}}',
    "wrong type": b'{"symbols": "AAPL"}', "bool for number": b'{"expire_days": true}',
    "text for number": b'{"expire_days": "90"}', "nan": b'{"expire_days": NaN}',
    "infinity": b'{"expire_days": -Infinity}', "huge number": b'{"expire_days": 1e999}',
    "long integer": b'{"expire_days": ' + b"9" * 5000 + b"}", "key twice": b'{"expire_days": 1, "expire_days": 2}',
    "10 MB": b'{"symbols": ["' + b"A" * 10_000_000 + b'"]}', "deep": DEEP.encode(),
    "deeper option": b'{"model": {"options": {"x": ' + b'{"a":' * 20_000 + b"1" + b"}" * 20_000 + b"}}}",
    "deep option": b'{"model": {"options": {"x": ' + b"[" * 900 + b"]" * 900 + b"}}}",
    "not utf-8": b'{"symbols": ["\xff\xfe"]}', "zero bytes": b"\0" * 100,
    "bad symbol": b'{"symbols": ["../../etc/passwd"]}', "lone surrogate": b'{"symbols": ["\\ud800"]}',
    "no symbols": b'{"symbols": []}', "null section": b'{"data": null}',
    "long text": b'{"symbols": ["' + b"A" * 100_000 + b'"]}',
}  # fmt: skip
TOLD = ("empty", "list", "unknown key", "deep", "lone surrogate", "long text")


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_configuration_ends_in_words_and_2_and_creates_nothing(name, home, file, cli):
    file.write_bytes(BROKEN[name])
    before = sorted(str(path) for path in home.rglob("*"))
    ran = cli("config", "check", "--json", "--home", home)
    # Options are free, however deep, as long as they can be read and written.
    accepted = name == "deep option" and ran.returncode == 0
    assert accepted or (ran.returncode == 2 and ran.json()["result"]["problems"]), ran
    if name in TOLD:
        told = cli("config", "show", "--home", home)
        assert told.returncode == 2 and told.stderr.startswith("error: ml_config.json: ") and not told.stdout
        assert len(told.stderr) < 1000
    assert sorted(str(path) for path in home.rglob("*")) == before


@pytest.mark.parametrize("words", [
    ("train", "--all"), ("predict",), ("data", "fetch"), ("config", "set", "horizons", "[1]"),
])  # fmt: skip
def test_every_command_refuses_a_broken_configuration_alike(words, home, file, cli):
    file.write_text('{"expire_days": "x", "sybmols": []}')
    ran = cli(*words, "--home", home)
    assert ran.returncode == 2 and "sybmols" in ran.stderr and "'symbols'" in ran.stderr
    assert not (home / "persistent_data" / "market.db").exists()


def test_a_folder_in_place_of_the_file_is_told(home, file, cli):
    file.unlink()
    file.mkdir()
    for words in (("config", "show"), ("config", "check"), ("predict",)):
        ran = cli(*words, "--home", home)
        assert ran.returncode == 2 and "folder" in ran.stdout + ran.stderr


def test_set_changes_one_key_and_keeps_all_others_in_their_order(home, file, cli):
    file.write_text('{"symbols": ["AAA"], "expire_days": 80.5, "data": {"providers": ["csv"], "benchmark": "SPY"}}')
    ran = cli("config", "set", "data.max_stale_sessions", "9", "--json", "--home", home)
    assert ran.returncode == 0
    assert ran.json()["result"] == {"key": "data.max_stale_sessions", "value": 9, "before": None}
    raw = json.loads(file.read_text())
    assert list(raw) == ["symbols", "expire_days", "data"] and raw["expire_days"] == 80.5
    assert raw["data"] == {"providers": ["csv"], "benchmark": "SPY", "max_stale_sessions": 9}
    assert cli("config", "show", "--json", "--home", home).json()["result"]["data"]["max_stale_sessions"] == 9


@pytest.mark.parametrize(("key", "value", "stored"), [
    ("symbols", '["A","B"]', ["A", "B"]), ("as_of", "2024-01-12", "2024-01-12"), ("data.benchmark", "null", None),
    ("data.benchmark", "^NSEI", "^NSEI"), ("data.calendars.INFY.NS", "XBOM", "XBOM"),
    ("retrain.avoid_market_hours", "true", True), ("gate.coverage_band.pooled", "[0.8, 0.95]", [0.8, 0.95]),
    ("features", '{"families": ["price"]}', {"families": ["price"]}),
])  # fmt: skip
def test_a_value_is_json_or_else_a_string(key, value, stored, home, file, cli):
    assert cli("config", "set", key, value, "--home", home).returncode == 0
    raw = json.loads(file.read_text())
    head, _, rest = key.partition(".calendars.")
    parts = [head, "calendars", rest] if rest else key.split(".")
    parts = [piece for part in parts[:1] for piece in part.split(".")] + parts[1:]
    for part in parts:
        raw = raw[part]
    assert raw == stored


@pytest.mark.parametrize(("key", "value"), [
    ("data.max_stale_sesions", "7"), ("nope", "1"), ("symbols", "[]"), ("symbols", '["../x"]'), ("expire_days", "NaN"),
    ("expire_days", "1e999"), ("expire_days", "-5"), ("expire_days", "true"), ("data.max_stale_sessions", "1.5"),
    ("symbols.0", '"A"'), ("as_of.x", "1"), ("", "1"), ("data..x", "1"), ("data", "3"), (".", "1"),
    ("model.options", '{"a": 1, "a": 2}'), ("model.recipe", "nonsense"), ("as_of", "2024-02-31"),
    ("expire_days", "[" * 60_000 + "]" * 60_000),
])  # fmt: skip
def test_a_wrong_setting_is_refused_and_the_file_stays_byte_for_byte(key, value, home, file, cli):
    before = file.read_bytes()
    ran = cli("config", "set", "--home", home, "--", key, value)
    assert ran.returncode == 2 and ran.stderr.startswith("error: ")
    assert file.read_bytes() == before and not list(file.parent.glob(".*.part"))


def test_set_without_a_workspace_creates_none(cli, tmp_path):
    ran = cli("config", "set", "expire_days", "3", "--home", tmp_path / "none")
    assert ran.returncode == 3 and not (tmp_path / "none").exists()
