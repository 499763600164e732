"""`stockml tune` from the command line: counted trials, the same answer twice, and what --save writes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import _fleet
import jsonschema
import pytest

from stockml import environment, workspace
from stockml.pipeline import tune

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "tune.json").read_text())
SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
WEAK = {"rounds": 1, "strength": 1e-9, "min_data_in_leaf": 30}
AS_OF = ("--as-of", "2019-12-20")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Returns carry over to the next session by 0.6, and the configured options are all but a base rate."""
    made = _fleet.csv_home(tmp_path_factory.mktemp("tune"), _fleet.fleet(5, 1500, edge=0.6))
    place = made / "persistent_data" / "ml_config.json"
    wanted = json.loads(place.read_text())
    wanted["model"]["options"] = WEAK
    wanted |= {"horizons": [1], "features": {"families": ["price"]}}
    wanted["validation"] = {"refit_sessions": 110, "window_years": 2.78}
    place.write_text(json.dumps(wanted))
    return made


def trials(home: Path) -> dict[str, int]:
    with sqlite3.connect(home / "persistent_data" / "ledger.db") as ledger:
        return dict(ledger.execute("SELECT symbol, count(*) FROM trials GROUP BY symbol"))


def options(home: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((home / "persistent_data" / "ml_config.json").read_text())["model"]["options"]
    return found


def test_every_candidate_counts_once_and_credibly_better_options_are_saved_when_asked(home: Path) -> None:
    none = _fleet.result("tune", "--trials", "4", "--time-limit", "0", *AS_OF, home=home)
    jsonschema.validate(none, SCHEMA)
    assert none["tried"] == 1 and none["limit_reached"] and not none["accepted"] and none["options"] == WEAK
    assert trials(home) == dict.fromkeys(SYMBOLS, 1)

    first = _fleet.result("tune", "--trials", "4", "--jobs", "1", *AS_OF, home=home)
    jsonschema.validate(first, SCHEMA)
    assert trials(home) == dict.fromkeys(SYMBOLS, 4)
    assert first["tried"] == 4 and first["accepted"] and first["t"] > first["critical_t"] > 2.33
    assert [one["configured"] for one in first["candidates"]] == [True, False] and first["pbo"] < 0.1
    assert options(home) == WEAK and not first["saved"]

    second = _fleet.result("tune", "--trials", "4", "--jobs", "2", "--save", *AS_OF, home=home, next_year=True)
    assert {**second, "seconds": 0, "saved": False} == {**first, "seconds": 0}
    assert second["saved"] and options(home) == first["options"] and trials(home) == dict.fromkeys(SYMBOLS, 4)
    assert _fleet.result("config", "check", home=home)["ok"]


def test_people_see_the_candidates_the_decision_and_how_many_were_tried(home: Path) -> None:
    ran = _fleet.stockml("tune", "--trials", "3", "--model", "per_symbol", *AS_OF, home=home)
    assert ran.returncode == 0, ran.stderr
    assert "Tuning of per_symbol" in ran.stdout and "configured" in ran.stdout
    assert "3 of 3 candidates tried" in ran.stdout and ("Kept: " in ran.stdout or "Accepted: " in ran.stdout)


def test_options_of_another_recipe_are_not_saved(home: Path) -> None:
    ran = _fleet.stockml("tune", "--model", "per_symbol", "--save", *AS_OF, home=home)
    assert ran.returncode == 2 and "configured recipe, 'pooled'" in ran.stderr


def test_candidates_begun_count_even_if_the_search_is_interrupted(tmp_path: Path) -> None:
    env = environment.open_environment(workspace.find(str(_fleet.csv_home(tmp_path, _fleet.fleet()))))
    plan = _fleet.plan(families=("price",))
    inputs = _fleet.build(_fleet.fleet(), plan)

    def stop(tasks: Sequence[Callable[[], object]]) -> list[object]:
        for task in tasks[:2]:
            task()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune.tune(env, plan, inputs, 5, None, stop)
    assert trials(tmp_path) == dict.fromkeys(SYMBOLS, 2)
