"""The range guard lets every honest session pass and stops what no model was ever shown."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from stockml import training
from stockml.models import range_guard
from tests import _fleet


@pytest.fixture(scope="module")
def bars():
    return _fleet.fleet(count=900)


@pytest.fixture(scope="module")
def ranges(bars):
    inputs = _fleet.build(bars, _fleet.plan())
    rows = [np.arange(252, len(one) - 60) if len(one) > 400 else np.arange(0) for one in inputs.fleet]
    return range_guard.ranges_of(inputs, rows)


def _spoiled(bars, symbol, last, **factors):
    one = bars[symbol]
    changed = {name: getattr(one, name).copy() for name in factors}
    for name, factor in factors.items():
        changed[name][-last:] *= factor
    return _fleet.build({**bars, symbol: dataclasses.replace(one, **changed)}, _fleet.plan())


def test_ranges_are_plain_json_with_both_ends(ranges):
    assert json.loads(json.dumps(ranges)) == ranges
    assert all(low < high and np.isfinite([low, high]).all() for low, high in ranges.values())


def test_no_honest_session_is_outside(bars, ranges):
    inputs = _fleet.build(bars, _fleet.plan())
    for index, series in enumerate(inputs.fleet):
        assert range_guard.outside(inputs, index, np.arange(len(series)), ranges) == {}


PRICES = ("open", "high", "low", "close")


@pytest.mark.parametrize(
    ("last", "factors", "name"),
    [
        (1, dict.fromkeys(PRICES, 10.0), "newest return"),
        (1, dict.fromkeys(PRICES, 0.1), "newest return"),
        (1, {"high": 20.0}, "newest range"),
        (21, {"volume": 0.0}, "sessions without volume"),
    ],
)
def test_what_no_model_was_shown_is_outside_and_named(bars, ranges, last, factors, name):
    assert name in range_guard.newest_outside(_spoiled(bars, "AAA", last, **factors), "AAA", ranges)


def test_what_is_wrong_with_one_symbol_silences_no_other(bars, ranges):
    inputs = _spoiled(bars, "AAA", 1, **dict.fromkeys(PRICES, 10.0))
    assert all(range_guard.newest_outside(inputs, symbol, ranges) == [] for symbol in ("BBB", "CCC", "DDD"))


def test_a_day_without_volume_is_not_a_month(bars, ranges):
    assert range_guard.newest_outside(_spoiled(bars, "AAA", 1, volume=0.0), "AAA", ranges) == []


def test_a_recipe_without_features_is_guarded_too(bars):
    plan = _fleet.plan("naive")
    inputs = _fleet.build(bars, plan)
    found = range_guard.ranges_of(inputs, [np.arange(1, len(one)) for one in inputs.fleet])
    assert set(found) == set(range_guard.OWN)
    jump = dataclasses.replace(bars["AAA"], close=bars["AAA"].close * np.where(np.arange(900) == 899, 10.0, 1.0))
    assert range_guard.newest_outside(_fleet.build({**bars, "AAA": jump}, plan), "AAA", found) == ["newest return"]


def test_too_few_rows_and_old_versions_guard_nothing(bars):
    inputs = _fleet.build(bars, _fleet.plan())
    assert range_guard.ranges_of(inputs, [np.arange(300, 350) for _ in inputs.fleet]) == {}
    assert range_guard.newest_outside(inputs, "AAA", {}) == []


def test_a_fit_stores_its_ranges_which_later_bars_do_not_move(bars):
    plan = _fleet.plan(families=("price",))
    whole = _fleet.build(bars, plan)
    cut = len(whole.sessions) - 61
    early = _fleet.build(bars, plan, through=int(whole.sessions[cut]))
    fits = [training.fit(inputs, plan, cut, {}).parameters["ranges"] for inputs in (whole, early)]
    assert fits[0] == fits[1] and "newest return" in fits[0]
