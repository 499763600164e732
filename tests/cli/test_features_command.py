"""`stockml features`: the true count, and a causality check that is really made."""

from __future__ import annotations

import json

import numpy as np

from stockml.cli import features
from stockml.features import catalogue


def test_the_catalogue_is_listed_and_proved_without_a_workspace_and_creates_none(cli, tmp_path):
    ran = cli("features", "--json", "--home", tmp_path / "none")
    result = ran.json()["result"]
    assert ran.returncode == 0 and result["count"] == len(result["features"]) == len(catalogue.catalogue()) >= 70
    assert all(one["causal"] is True for one in result["features"])
    assert not (tmp_path / "none").exists()


def test_the_screen_prints_the_true_count(cli, tmp_path):
    count = len(catalogue.catalogue())
    assert (
        f"{count} features in 9 families; {count} proved causal on a random walk"
        in cli("features", "--home", tmp_path).stdout
    )
    assert f"{count} features in 9 families; not checked" in cli("features", "--no-check", "--home", tmp_path).stdout


def test_stored_bars_are_what_it_is_checked_on_where_there_are_some(cli, sample_home):
    ran = cli("features", "--home", sample_home)
    assert ran.returncode == 0 and "proved causal on the stored bars of AAPL" in ran.stdout


def test_families_and_extra_indicators_are_those_of_the_configuration(cli, sample_copy):
    config = sample_copy / "persistent_data" / "ml_config.json"
    raw = json.loads(config.read_text())
    wanted = [{"indicator": "kama", "length": 10}, {"indicator": "nonsense"}]
    config.write_text(json.dumps(raw | {"features": {"families": ["price"], "extra": wanted}}))
    ran = cli("features", "--json", "--home", sample_copy)
    found = ran.json()["result"]["features"]
    assert {one["family"] for one in found} == {"price", "extra"} and ran.returncode == 1
    kama, nonsense = [one for one in found if one["family"] == "extra"]
    assert kama["causal"] is True and kama["look_back"] > 0 and "length 10" in kama["meaning"]
    assert nonsense["causal"] is False and "nonsense" in ran.json()["errors"][0]["message"]


def test_a_column_that_looks_ahead_is_caught_by_name_and_its_neighbour_is_not():
    def compute(bars):
        return np.log(bars.close / bars.open), np.append(bars.close[1:], bars.close[-1:]) / bars.close

    honest = catalogue.Feature("honest", "price", 0, "today's move")
    leak = catalogue.Feature("leak", "price", 0, "tomorrow's close")
    group = catalogue.Group(compute, (honest, leak), 0)
    before = catalogue.groups
    try:
        catalogue.groups = lambda families, cross_section=False: () if cross_section else (group,)
        wrong = features._problems(features._walks(), (honest, leak))
    finally:
        catalogue.groups = before
    assert list(wrong) == ["leak"] and "sees the future" in wrong["leak"]
