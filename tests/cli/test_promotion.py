"""Champion, previous and challenger through the command line: what the gate refuses, what a person may do."""

from __future__ import annotations

import json
import shutil

import _fleet
import pytest

from stockml.clock import from_day

SPAN = 840


def configure(home, **changes):
    path = home / "persistent_data" / "ml_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def told(cli, *words, home, status=0):
    ran = cli(*words, "--json", "--home", home)
    assert ran.returncode == status, ran.stdout + ran.stderr
    return ran.json()["result"]


def test_a_refused_candidate_is_kept_and_deployed_only_by_force_with_a_reason(cli, sample_copy):
    champion = told(cli, "why", "IBM", home=sample_copy)["champion"]["version"]
    [refused] = told(cli, "train", "IBM", "--model", "naive", home=sample_copy, status=1)["symbols"]
    assert (refused["result"], refused["promoted"]) == ("fail", False)
    assert refused["reasons"][0].startswith("interval is worse than the champion's over 559 sessions of 5 symbols")
    said = told(cli, "why", "IBM", home=sample_copy)
    assert said["champion"]["version"] == champion and said["challenger"] is None
    assert said["decision"]["version"] == refused["version"] and said["decision"]["result"] == "fail"
    words = ("train", "IBM", "--model", "naive", "--force", "--reason", "we know what we do")
    [forced] = told(cli, *words, home=sample_copy)["symbols"]
    assert forced["promoted"] and forced["result"] == "fail" and forced["version"] == refused["version"]
    said = told(cli, "why", "IBM", home=sample_copy)
    assert said["champion"]["version"] == refused["version"] and said["previous"] == champion
    assert said["why"].startswith("forced: we know what we do; interval is worse")
    assert said["promotions"][0]["who"] == "by hand" and said["promotions"][0]["figures"]["direction"]["n"] > 1000
    told(cli, "rollback", "IBM", home=sample_copy)
    assert told(cli, "why", "IBM", home=sample_copy)["champion"]["version"] == champion


@pytest.mark.parametrize("words", [("--reason", "why"), ("--force", "--reason", " ")])
def test_a_reason_without_force_or_without_words_is_wrong_usage(cli, sample_home, words):
    ran = cli("train", "IBM", *words, "--home", sample_home)
    assert ran.returncode == 2 and "--reason goes with --force" in ran.stderr


def test_a_candidate_of_another_recipe_is_compared_with_the_champion(cli, sample_copy):
    configure(sample_copy, model={"recipe": "pooled", "options": {"rounds": 20}}, features={"families": ["price"]})
    [one] = told(cli, "train", "IBM", home=sample_copy)["symbols"]
    assert one["promoted"]
    assert one["reasons"][1].startswith("not worse than the champion over 559 sessions of 5 symbols")
    [same] = told(cli, "train", "IBM", home=sample_copy)["symbols"]
    assert same["version"] == one["version"] and same["reasons"][1].startswith("the champion has the same recipe")


def test_a_vanished_champion_defends_nothing_and_is_not_made_previous(cli, sample_copy):
    versions = sample_copy / "persistent_data" / "ml_models" / "IBM" / "versions"
    [champion] = list(versions.iterdir())
    shutil.rmtree(champion)
    said = told(cli, "why", "IBM", home=sample_copy, status=1)
    assert "cannot be read" in said["problem"]
    [one] = told(cli, "train", "IBM", "--model", "naive", home=sample_copy)["symbols"]
    assert one["promoted"] and "there was nothing to compare with" in one["reasons"][1]
    said = told(cli, "why", "IBM", home=sample_copy)
    assert said["champion"]["version"] == one["version"] and said["previous"] is None and said["problem"] is None


@pytest.fixture
def young(tmp_path):
    """A fleet that can be judged on 120 sessions only, and its last two Fridays."""
    days = _fleet.exchange_days(SPAN)
    home = _fleet.csv_home(tmp_path / "home", _fleet.fleet(count=SPAN, days=days), horizons=[1])
    return home, *(from_day(int(days[place])).isoformat() for place in (-6, -1))


def test_where_the_gate_cannot_tell_the_champion_stays_and_the_candidate_waits(young):
    home, before, after = young
    first = _fleet.result("train", "--all", "--as-of", before, home=home)["symbols"]
    assert {one["result"] for one in first} == {"cannot_tell"} and all(one["promoted"] for one in first)
    later = _fleet.result("train", "--all", "--as-of", after, home=home)["symbols"]
    assert not any(one["promoted"] for one in later)
    assert all(one["reasons"][0].endswith("the champion stays") for one in later)
    said = _fleet.result("why", "AAA", "--as-of", after, home=home)
    assert said["champion"]["version"] == first[0]["version"] and said["challenger"] == later[0]["version"]
    assert said["since"].startswith(before) and said["why"].endswith("first model, deployed as no_edge")
    listed = _fleet.result("versions", "AAA", "--as-of", after, home=home)["versions"]
    assert {one["role"] for one in listed} == {"champion", "challenger"}
    assert _fleet.result("why", "AAA", "--as-of", before, home=home)["challenger"] is None
    _fleet.result("promote", "AAA", later[0]["version"], "--reason", "it waited", "--as-of", after, home=home)
    said = _fleet.result("why", "AAA", "--as-of", after, home=home)
    assert (said["champion"]["version"], said["challenger"]) == (later[0]["version"], None)


def test_an_expired_champion_abstains_and_is_replaced_even_where_the_gate_cannot_tell(young):
    home, before, after = young
    configure(home, expire_days=5)
    _fleet.result("train", "--all", "--as-of", before, home=home)
    said = _fleet.result("predict", "--as-of", after, home=home, status=1)["forecasts"]
    assert {one["abstained"] for one in said} == {"expired"}
    later = _fleet.result("train", "--all", "--as-of", after, home=home)["symbols"]
    assert all(one["promoted"] and "the champion has expired" in one["reasons"][0] for one in later)
