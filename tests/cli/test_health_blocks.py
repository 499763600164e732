"""A symbol whose newest bars are not sound is neither trained nor forecast; the others are."""

from __future__ import annotations

import json

import _fleet
import pytest

from stockml.clock import from_day

SPAN = 840


@pytest.fixture
def place(tmp_path):
    days = _fleet.exchange_days(SPAN)
    bars = _fleet.fleet(count=SPAN, days=days)
    return tmp_path / "home", bars, ("--as-of", from_day(int(days[-1])).isoformat())


def envelope(*words, home):
    return json.loads(_fleet.stockml("--json", *words, home=home).stdout)


def test_an_unconfirmed_jump_blocks_its_own_symbol_with_the_reason(place):
    home, bars, as_of = place
    for name in ("open", "high", "low", "close"):
        getattr(bars["BBB"], name)[-1:] *= 1.8
    _fleet.csv_home(home, bars)
    trained = envelope("train", "--all", *as_of, home=home)
    [error] = trained["errors"]
    assert (error["symbol"], error["kind"]) == ("BBB", "unhealthy_data") and "close moved" in error["message"]
    assert [bool(one["version"]) for one in trained["result"]["symbols"]] == [True, False, True, True]
    said = envelope("predict", *as_of, home=home)["result"]["forecasts"]
    assert {one["symbol"]: one["abstained"] for one in said} == {
        "AAA": None, "BBB": "stale_data", "CCC": None, "DDD": None,
    }  # fmt: skip
    checked = {one["symbol"]: one for one in envelope("data", "check", *as_of, home=home)["result"]["symbols"]}
    assert "close moved" in checked["BBB"]["blocked"] and checked["AAA"]["blocked"] is None
    assert "no training, no forecasts" in _fleet.stockml("data", "check", *as_of, home=home).stdout


def test_a_jump_of_the_whole_fleet_is_the_source_and_is_told_once(place):
    home, bars, as_of = place
    for one in bars.values():
        for name in ("open", "high", "low", "close"):
            getattr(one, name)[-1:] *= 0.01
    _fleet.csv_home(home, bars)
    for words in (("data", "fetch"), ("data", "check"), ("train", "--all")):
        told = [one for one in envelope(*words, *as_of, home=home)["warnings"] if one.startswith("source: 4 of 4")]
        assert len(told) == 1 and as_of[1] in told[0], words
