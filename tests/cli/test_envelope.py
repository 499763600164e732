"""Real output of the real command line against the published schemas, and the schemas against themselves."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import stockml.cli

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"
COMMANDS = Path(stockml.cli.__file__).parent

GOOD = {
    "alerts-list": ("alerts", "list"),
    "audit": ("audit", "--model", "naive"),
    "backup-create": ("backup", "create"), "backup-list": ("backup", "list"),
    "config-check": ("config", "check"),
    "data-fetch": ("data", "fetch"),
    "doctor": ("doctor",),
    "data-list": ("data", "list"),
    "data-check": ("data", "check"), "data-revisions": ("data", "revisions"),
    "features": ("features",),
    "monitor": ("monitor",),
    "train": ("train", "--dry-run", "--all"),
    "evaluate": ("evaluate", "--from", "2012-06-01", "--model", "naive"),
    "predict": ("predict",),
    "versions": ("versions", "AAPL"),
    "why": ("why", "AAPL"), "history": ("history", "AAPL"), "logs": ("logs", "-n", "3"),
    "report": ("report",),
    "status": ("status",), "explain": ("explain", "ECE"), "dashboard": ("dashboard", "--snapshot"),
    "schedule-check": ("schedule", "check"), "schedule-show": ("schedule", "show"),
    "schedule-remove": ("schedule", "remove", "--dry-run"),
    "settle": ("settle",),
    "ledger-verify": ("ledger", "verify"), "ledger-export": ("ledger", "export"),
    "tune": ("tune", "--model", "naive"),
    "clean": ("clean",),
}


def schema(name: str) -> dict:
    return json.loads((FOLDER / f"{name}.json").read_text())


def check(ran, name: str) -> dict:
    """The envelope by its schema, its exit code by the process's, its result by its own schema."""
    envelope = ran.json()
    jsonschema.validate(envelope, schema("envelope"))
    assert envelope["exit_code"] == ran.returncode
    if envelope["result"] is not None:
        jsonschema.validate(envelope["result"], schema(name))
    return envelope


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_schema_is_one_and_says_what_it_describes(path):
    content = json.loads(path.read_text())
    jsonschema.Draft202012Validator.check_schema(content)
    assert content["$schema"].endswith("2020-12/schema") and content["title"] and content["$id"] == path.name


@pytest.mark.parametrize("name", GOOD)
def test_the_result_of_a_command_is_as_its_schema_says(name, cli, sample_copy):
    words = GOOD[name]
    if not (COMMANDS / f"{words[0].replace('-', '_')}.py").is_file():
        pytest.skip(f"there is no command {words[0]} yet")
    envelope = check(cli(*words, "--json", "--home", sample_copy, cold=True), name)
    assert envelope["result"] is not None and envelope["exit_code"] in (0, 1)
    groups = ("alerts", "backup", "config", "data", "ledger", "schedule")
    assert envelope["command"] == " ".join(words[:2] if words[0] in groups else words[:1])


def test_training_of_both_kinds_is_as_the_schemas_say(cli, sample_copy):
    check(cli("quick-train", "IBM", "--json", "--home", sample_copy), "quick-train")
    check(cli("train", "IBM", "--model", "naive", "--json", "--home", sample_copy), "train")


def test_a_new_workspace_is_as_the_schema_says_and_untrained_symbols_abstain(cli, tmp_path, needs_sample):
    check(cli("init", "--provider", "sample", "--json", "--home", tmp_path), "init")
    envelope = check(cli("predict", "--json", "--home", tmp_path), "predict")
    assert envelope["exit_code"] == 1
    assert {one["abstained"] for one in envelope["result"]["forecasts"]} == {"no_champion"}


def test_the_schema_of_forecasts_tells_a_wrong_forecast_from_a_right_one(cli, sample_home):
    result = cli("predict", "--json", "--home", sample_home).json()["result"]
    jsonschema.validate(result, schema("predict"))
    for key, wrong in (("confidence", 54.0), ("class", "keep"), ("hash", "0"), ("price", None), ("horizon", 0)):
        broken = {"forecasts": [{**result["forecasts"][0], key: wrong}]}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema("predict"))


@pytest.mark.parametrize(("words", "status"), [
    (("train", "--all"), 3), (("predict", "../x"), 3), (("config", "show"), 3), (("data", "list"), 3),
    (("nonsense",), 2), (("predict", "--nonsense"), 2), (("data", "fetch", "--nonsense"), 2), (("versions",), 2),
])  # fmt: skip
def test_a_failure_without_a_workspace_is_one_envelope_too(words, status, cli, tmp_path):
    envelope = cli(*words, "--json", "--home", tmp_path / "none").json()
    jsonschema.validate(envelope, schema("envelope"))
    assert envelope["exit_code"] == status and envelope["result"] is None and len(envelope["errors"]) == 1
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("place", range(3))
def test_common_options_stand_before_or_after_every_level(place, cli, sample_home):
    words = ["data", "list"]
    words[place:place] = ["--json", "--home", str(sample_home)]
    ran = cli(*words)
    assert ran.returncode == 0 and len(ran.json()["result"]["symbols"]) == 5
