"""The evaluation block: the contract's fields, honest on any input, valid JSON always."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from _rows import BESIDE, FIRST_DAY, make_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import mean_pinball_loss

from stockml.errors import DataError
from stockml.evaluation.blocks import block, report, volatility_terciles
from stockml.evaluation.rows import Rows

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "evaluate.json"


def no_figures(figures):
    return all(
        no_figures(value) if isinstance(value, dict) else key == "nominal" or value in (None, 0, "cannot_tell")
        for key, value in figures.items()
    )


def test_a_block_has_the_fields_of_the_contract():
    figures = block(make_rows())
    assert set(figures) == {"direction", "price", "interval", "confidence", "classes"}
    assert set(figures["direction"]) == {
        "n", "accuracy", "low", "high", "naive", "accuracy_dm", "accuracy_verdict",
        "auc", "auc_low", "auc_high", "auc_test", "auc_verdict",
        "brier", "naive_brier", "brier_skill", "brier_skill_low", "brier_skill_high",
        "ic", "rank_ic", "shown", "dm", "verdict",
    }  # fmt: skip
    assert set(figures["direction"]["ic"]) == {"dates", "mean", "low", "high", "t", "verdict"}
    assert set(figures["price"]) == {
        "n", "mape", "naive_mape", "skill", "skill_low", "skill_high", "dm", "verdict",
    }  # fmt: skip
    assert set(figures["interval"]) == {"80", "90"}
    assert set(figures["interval"]["90"]) == {
        "n", "nominal", "coverage", "low", "high", "coverage_verdict",
        "winkler", "naive_winkler", "winkler_ratio", "winkler_low", "winkler_high", "winkler_n",
        "pinball", "naive_pinball", "pinball_ratio", "dm", "verdict",
    }  # fmt: skip
    assert set(figures["confidence"]) == {"n", "mean", "ece", "ece_noise", "ece_noise_high", "verdict"}
    assert set(figures["classes"]) == {
        "n", "accuracy", "low", "high", "naive", "accuracy_dm", "accuracy_verdict",
        "rpss", "rpss_low", "rpss_high", "dm", "verdict",
        "rpss_volatility", "rpss_volatility_low", "rpss_volatility_high", "volatility_dm", "volatility_verdict",
    }  # fmt: skip


def test_honest_forecasts_without_skill_look_like_it():
    figures = block(make_rows(dates=1000))
    assert figures["direction"]["verdict"] in ("no_edge", "worse")
    assert figures["direction"]["low"] < 0.5 < figures["direction"]["high"]
    assert figures["price"]["skill"] == 0.0
    assert figures["price"]["verdict"] == "no_edge"
    for level, nominal in (("80", 0.8), ("90", 0.9)):
        interval = figures["interval"][level]
        assert interval["low"] < nominal < interval["high"]
        assert interval["winkler_ratio"] < 1.0
        assert interval["dm"]["t"] > 2.33
    assert figures["classes"]["rpss"] == 0.0


def test_skill_is_seen_pooled_but_never_claimed_for_a_single_symbol():
    rows = make_rows(dates=500, skill=0.05)
    assert block(rows)["direction"]["verdict"] == "better"
    alone = block(rows.where(rows.symbol_id == 0))["direction"]
    assert alone["verdict"] == "cannot_tell"
    assert alone["dm"]["t"] > 2.33


def test_naive_direction_goes_with_the_training_base_rate():
    rows = make_rows()
    rows = replace(rows, base_rate=np.where(rows.symbol_id == 0, 0.4, 0.6))
    says_up = rows.symbol_id != 0
    assert block(rows)["direction"]["naive"] == pytest.approx(np.mean(says_up == (rows.realised > 0)))


def test_classes_are_measured_against_their_training_frequencies():
    rows = make_rows(dates=2, symbols=1)
    often = np.array([[0.1, 0.1, 0.6, 0.1, 0.1], [0.6, 0.1, 0.1, 0.1, 0.1]])
    certain = np.array([[0.0, 0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 0.0]])
    happened, said = np.array([2, 0], dtype=np.int8), np.array([2, 1])
    rows = replace(
        rows, class_frequencies=often, class_probabilities=certain, realised_class=happened, class_index=said
    )
    # Naive loses .01 + .04 + .04 + .01 = .1, then .16 + .09 + .04 + .01 = .3; the model 0, then 1 for a step.
    figures = block(rows)["classes"]
    assert (figures["n"], figures["accuracy"], figures["naive"]) == (2, 0.5, 1.0)
    assert figures["rpss"] == pytest.approx(1 - 1 / 0.4)
    # One in five each loses .04 + .16 + .16 + .04 = .4, then .64 + .36 + .16 + .04 = 1.2.
    assert figures["rpss_volatility"] == pytest.approx(1 - 1 / 1.6)


def test_every_figure_of_honest_forecasts_lies_in_its_interval():
    figures = block(make_rows(dates=700, skill=0.02))
    direction, price, classes = figures["direction"], figures["price"], figures["classes"]
    for part, name in ((direction, "brier_skill"), (price, "skill"), (classes, "rpss"), (classes, "rpss_volatility")):
        assert part[f"{name}_low"] <= part[name] <= part[f"{name}_high"]
    for part in (direction["ic"], direction["rank_ic"]):
        assert 0.0 < part["low"] < part["mean"] < part["high"]
    assert direction["auc_low"] < direction["auc"] < direction["auc_high"]
    for interval in figures["interval"].values():
        assert interval["winkler_low"] < interval["winkler_ratio"] < interval["winkler_high"] < 1.0
        assert interval["verdict"] == "better"
        assert interval["coverage_verdict"] == "no_edge"


def test_pinball_is_that_of_the_intervals_ends():
    rows = make_rows(naive_from=400)
    known = np.isfinite(rows.naive_lo80)
    for name, level in (("80", 0.8), ("90", 0.9)):
        tail, figures = (1 - level) / 2, block(rows)["interval"][name]
        for prefix, key in (("", "pinball"), ("naive_", "naive_pinball")):
            ends = [getattr(rows, f"{prefix}{side}{name}")[known] for side in ("lo", "hi")]
            losses = [
                mean_pinball_loss(rows.realised[known], end, alpha=alpha)
                for end, alpha in zip(ends, (tail, 1 - tail), strict=True)
            ]
            assert figures[key] == pytest.approx(np.mean(losses))
        assert figures["pinball_ratio"] == pytest.approx(figures["pinball"] / figures["naive_pinball"])


def test_classes_without_direction_show_no_edge_over_volatility():
    rows = make_rows(dates=400)
    table = np.random.default_rng(1).dirichlet(np.full(5, 20.0), len(rows))
    figures = block(replace(rows, class_probabilities=table, volatility_classes=table))["classes"]
    assert figures["rpss_volatility"] == figures["rpss_volatility_low"] == figures["rpss_volatility_high"] == 0.0
    assert (figures["volatility_dm"]["t"], figures["volatility_verdict"]) == (0.0, "no_edge")


def test_a_base_rate_has_no_information_coefficient_and_no_skill():
    rows = make_rows(dates=400)
    figures = block(replace(rows, model_up=rows.base_rate))["direction"]
    assert figures["ic"] == figures["rank_ic"]
    assert figures["ic"] == {**dict.fromkeys(("mean", "low", "high", "t")), "dates": 0, "verdict": "cannot_tell"}
    assert figures["brier_skill"] == figures["brier_skill_low"] == figures["brier_skill_high"] == 0.0
    assert figures["auc"] == 0.5


def test_a_single_symbol_has_no_cross_section_and_no_verdict_on_direction():
    rows = make_rows(dates=500, skill=0.05)
    figures = block(rows.where(rows.symbol_id == 0))["direction"]
    assert figures["ic"]["mean"] is None
    words = [figures[key] for key in ("verdict", "accuracy_verdict", "auc_verdict")]
    assert words == ["cannot_tell"] * 3


def test_an_interval_that_covers_too_little_is_worse_than_nominal():
    rows = make_rows(dates=300)
    narrow = block(replace(rows, lo90=0.8 * rows.lo90, hi90=0.8 * rows.hi90))["interval"]["90"]
    assert narrow["high"] < 0.9
    assert narrow["coverage_verdict"] == "worse"
    few = rows.where(rows.session < FIRST_DAY + 249)
    assert block(few)["interval"]["90"]["coverage_verdict"] == "cannot_tell"


def test_confidence_that_overstates_is_told():
    rows = make_rows(dates=400)
    even = replace(rows, probability_up=np.full(len(rows), 0.501))
    assert block(even)["confidence"]["verdict"] == "no_edge"
    figures = block(replace(rows, probability_up=np.where(rows.model_up > 0.5, 0.8, 0.2)))["confidence"]
    assert figures["ece"] > 0.2 > figures["ece_noise_high"] > figures["ece_noise"]
    assert figures["verdict"] == "worse"


def test_no_change_is_not_up():
    rows = replace(make_rows(dates=2), realised=np.zeros(10), probability_up=np.full(10, 0.6))
    figures = block(rows)["direction"]
    assert figures["accuracy"] == 0.0
    assert figures["auc"] is None


def test_the_winkler_ratio_is_over_rows_with_a_naive_interval():
    rows = make_rows(naive_from=500)
    part = np.arange(len(rows)) >= 500
    interval, alone = block(rows)["interval"]["90"], block(rows.where(part))["interval"]["90"]
    assert interval["winkler_n"] == 1000
    assert interval["n"] == 1500
    assert interval["winkler_ratio"] == alone["winkler_ratio"]
    assert block(make_rows(naive_from=1500))["interval"]["90"]["winkler_ratio"] is None


def test_no_rows_no_figures():
    figures = block(make_rows().where(np.zeros(1500, dtype=bool)))
    assert no_figures(figures)


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("horizon", [1, 5])
def test_one_or_two_rows_work_and_claim_nothing(n, horizon):
    rows = make_rows(horizon=horizon)
    figures = block(rows.where(np.arange(len(rows)) < n))
    assert figures["direction"]["verdict"] == figures["price"]["verdict"] == "cannot_tell"
    assert figures["direction"]["high"] - figures["direction"]["low"] > 0.5
    json.dumps(figures, allow_nan=False)


@st.composite
def any_rows(draw):
    n = draw(st.integers(0, 12))
    floats = hnp.arrays(np.float64, n, elements=st.sampled_from([0.0, 1e-9, -1e-9, 0.03, -0.03, 2.0, -2.0]))
    shares = hnp.arrays(np.float64, n, elements=st.sampled_from([0.0, 0.3, 0.5, 0.50001, 1.0]))
    maybe = hnp.arrays(np.float64, n, elements=st.sampled_from([np.nan, 0.0, -0.1, 0.1]))
    small = hnp.arrays(np.int8, n, elements=st.integers(0, 3))
    table = hnp.arrays(np.float64, (n, 5), elements=st.sampled_from([0.0, 0.2, 1.0]))
    kinds = (
        (floats, "price_log_return lo80 hi80 lo90 hi90 realised"),
        (shares, "probability_up model_up base_rate"),
        (maybe, "sigma naive_lo80 naive_hi80 naive_lo90 naive_hi90"),
        (small, "symbol_id class_index realised_class regime version_id"),
        (table, "class_probabilities class_frequencies volatility_classes"),
    )
    columns = {name: draw(kind) for kind, names in kinds for name in names.split()}
    session = FIRST_DAY + draw(hnp.arrays(np.int32, n, elements=st.integers(0, 800)))
    return Rows(horizon=draw(st.sampled_from([1, 5])), session=session, **columns)


def plain(value):
    if isinstance(value, dict):
        return all(type(key) is str and plain(inner) for key, inner in value.items())
    if isinstance(value, list):
        return all(plain(inner) for inner in value)
    return value is None or type(value) in (int, float, str)


@given(any_rows())
@settings(max_examples=60, deadline=None)
def test_every_report_is_json_of_plain_values(rows):
    result = report({rows.horizon: rows}, ("A", "B", "C", "D"), ("2018-01-01", "2020-03-11"), 3)
    json.dumps(result, allow_nan=False)
    assert plain(result)


def test_a_report_splits_without_losing_rows():
    rows = make_rows(dates=900, symbols=4)
    by_horizon = {5: replace(rows, horizon=5), 1: rows}
    result = report(by_horizon, ("A", "B", "C", "D"), ("2018-01-01", "2020-06-18"), 7)
    assert result["span"] == ["2018-01-01", "2020-06-18"]
    assert result["trials"] == 7
    assert list(result["horizons"]) == ["1", "5"]
    jsonschema.validate({**result, **BESIDE}, json.loads(SCHEMA.read_text()))
    splits = result["horizons"]["1"]
    assert splits["pooled"]["direction"]["n"] == 3600
    assert list(splits["by_symbol"]) == ["A", "B", "C", "D"]
    assert {year: figures["price"]["n"] for year, figures in splits["by_year"].items()} == {
        "2018": 365 * 4, "2019": 365 * 4, "2020": 170 * 4,
    }  # fmt: skip
    assert set(splits["by_regime"]) == {"bullish", "bearish", "volatile", "sideways"}
    assert list(splits["by_volatility"]) == ["calm", "middle", "stormy"]
    for name in ("by_symbol", "by_year", "by_regime", "by_volatility"):
        assert sum(figures["direction"]["n"] for figures in splits[name].values()) == 3600


def test_terciles_leave_out_what_is_unknown():
    assert volatility_terciles(np.array([3.0, np.nan, 1.0, 2.0])).tolist() == [2, -1, 0, 1]
    assert volatility_terciles(np.full(3, 0.2)).tolist() == [0, 0, 0]
    assert volatility_terciles(np.full(2, np.nan)).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("name", "column"),
    [("lo80", np.zeros(3)), ("class_frequencies", np.zeros(10)), ("realised", np.full(10, np.nan))],
)
def test_rows_that_do_not_fit_are_refused_by_name(name, column):
    with pytest.raises(DataError, match=name):
        replace(make_rows(dates=2), **{name: column})


def test_the_same_rows_give_the_same_block_bit_for_bit():
    assert json.dumps(block(make_rows())) == json.dumps(block(make_rows()))


def test_a_large_block_takes_milliseconds():
    rows = make_rows(dates=2500, symbols=12)
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        block(rows)
        best = min(best, time.perf_counter() - start)
    assert best < 0.25  # 0.03 on an idle core; the rest is for busy ones
