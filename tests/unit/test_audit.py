"""The look-ahead audit: each check sees its own kind of leak, sees none in the real procedure, and says what it can."""

from __future__ import annotations

import functools
from dataclasses import replace

import _fleet
import numpy as np
import pytest

from stockml import training
from stockml.audit import checks, comparison, control, futures, planted, procedure, relabelled, subject, verdict
from stockml.audit.chance import Sight
from stockml.audit.futures import Future
from stockml.audit.subject import Subject, outcomes
from stockml.clock import from_day
from stockml.features import catalogue

KINDS = {one.kind: one for one in planted.LEAKS}


@functools.cache
def honest() -> Subject:
    """Three walks of 1,100 sessions and a fourth of 500, under a plan whose fits take a tenth of a second."""
    bars = _fleet.fleet(5, 1100, edge=0.0)
    plan = _fleet.plan(families=("price", "momentum", "volatility", "market"))
    return subject.choose(procedure.real(), _fleet.series(bars), tuple(bars), plan, seed=3)


def small() -> Subject:
    return control.smaller(honest())


def leaky(kind: str, strength: float | None = None, seed: int = 0) -> Subject:
    leak = KINDS[kind]
    return replace(small(), procedure=leak.plant(small().procedure, strength or leak.usual, seed))


def run(name: str, one: Subject) -> subject.Finding:
    found: subject.Finding = checks.load(name).check(one)
    return found


def test_the_real_procedure_passes_and_every_planted_leak_is_caught() -> None:
    found = verdict.reach(honest())
    assert found["verdict"] == "passed" and found["passed"], found["detail"]
    assert [one["name"] for one in found["checks"]] == checks.names()
    assert found["control"]["planted"] == found["control"]["caught"] == len(planted.LEAKS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_leak_is_caught_by_the_check_that_aims_at_it(kind: str) -> None:
    found = run(KINDS[kind].aim, leaky(kind))
    assert found.passed is False and found.detail


@pytest.mark.parametrize("what", range(4))
def test_whatever_calibration_takes_from_the_judged_sessions_is_caught(what: int) -> None:
    """Seeds 0 to 3 take the base rate, class bounds, conformal states and k."""
    found = run("calibration", leaky("target_derived_calibration", 0.3, what))
    name = ("base_rate", "class_cuts", "states", "k")[what]
    assert found.passed is False and name in found.detail


def test_the_feature_check_names_the_feature() -> None:
    assert "planted_price" in run("features", leaky("future_price")).detail
    assert "variance" in run("features", leaky("smoothed_variance")).detail


def test_a_leak_in_a_module_of_the_package_is_caught_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """The procedure is reached through its modules: what is sabotaged there is what is audited."""
    group = catalogue.groups(("momentum",))[0]
    leaking = replace(group, compute=lambda series: tuple(np.roll(one, -1) for one in _columns(group, series)))
    original = catalogue.groups
    swap = lambda chosen, cross=False: tuple(leaking if one == group else one for one in original(chosen, cross))  # noqa: E731
    monkeypatch.setattr("stockml.features.matrix.groups", swap)
    found = run("features", replace(small(), memo={}))
    assert found.passed is False and group.features[0].name in found.detail


def _columns(group: catalogue.Group, series: object) -> tuple[np.ndarray, ...]:
    made = group.compute(series)
    return (made,) if isinstance(made, np.ndarray) else made


def test_a_scaler_of_the_training_rows_is_no_leak_but_one_of_later_rows_is() -> None:
    assert run("scalers", small()).passed
    assert "mean in" in run("scalers", leaky("future_scaler", 0.2)).detail


def test_a_training_row_that_ends_in_the_embargo_is_seen_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    honest_rows = training.training_rows

    def careless(inputs, index, horizon, after, through, fewest):  # type: ignore[no-untyped-def]
        return honest_rows(inputs, index, horizon, after, through + 1, fewest)

    monkeypatch.setattr(training, "training_rows", careless)
    found = run("folds", replace(small(), memo={}))
    assert found.passed is False and "ends after the embargo" in found.detail


def test_user_indicators_are_audited_with_the_rest() -> None:
    plan = replace(honest().plan, families=("price",), extra=({"indicator": "kama", "length": 10},))
    one = replace(honest(), plan=plan, memo={})
    assert any(name.startswith("extra_kama") for name in one.inputs().names)
    assert run("features", one).passed


@pytest.mark.parametrize("count", [30, 120, 500])
def test_too_few_bars_are_told_as_such_and_never_as_a_pass_or_a_leak(count: int) -> None:
    bars = _fleet.fleet(5, 600, ("AAA", "BBB"))
    series = {name: _last(one, count) for name, one in _fleet.series(bars).items()}
    found = verdict.reach(subject.choose(procedure.real(), series, tuple(bars), _fleet.plan(), seed=3))
    assert found["verdict"] == "inconclusive" and not found["passed"]
    assert not [one for one in found["checks"] if one["passed"] is False]
    assert any("too few" in one["detail"] for one in found["checks"])


def _last(series, count: int):  # type: ignore[no-untyped-def]
    from stockml.features.causality import slice_of

    return slice_of(series, max(0, len(series) - count), len(series))


def test_a_recipe_without_a_direction_model_has_fewer_places_to_leak() -> None:
    one = replace(honest(), plan=_fleet.plan("naive"), memo={})
    found = control.run(one)
    assert found["planted"] == found["caught"] == sum(not leak.needs_model for leak in planted.LEAKS)
    assert run("shuffled", one).passed and run("shifted", one).passed


@pytest.mark.parametrize(("checks_found", "caught", "expected"), [
    ([True, True], "features", "passed"), ([True, None], "features", "inconclusive"),
    ([True, True], None, "inconclusive"), ([True, False], None, "failed"), ([None, False], "features", "failed"),
])  # fmt: skip
def test_the_verdict_follows_from_checks_and_control(
    checks_found: list[bool | None], caught: str | None, expected: str
) -> None:
    findings = [{"name": "a", "passed": one, "detail": "because"} for one in checks_found]
    kinds = [{"kind": "future_price", "caught_by": caught}]
    assert verdict.conclude(findings, {"planted": 1, "caught": int(caught is not None), "kinds": kinds})[0] == expected


def test_without_a_control_nothing_passes() -> None:
    found = verdict.conclude(
        [{"name": "a", "passed": True, "detail": ""}], {"planted": 0, "caught": 0, "kinds": []}
    )
    assert found[0] == "inconclusive"


@pytest.mark.parametrize("kind", ["cut", "other", "shuffled"])
def test_another_future_leaves_the_past_to_the_bit_and_nothing_after_it(kind: str) -> None:
    series = honest().series
    day = honest().day(700)
    for name, one in futures.apply(series, Future(kind, day, 1)).items():
        known = int(np.searchsorted(series[name].session, day, side="right"))
        for column in ("open", "high", "low", "close", "volume", "raw_close"):
            assert _fleet.same_bits(getattr(one, column)[:known], getattr(series[name], column)[:known]), from_day(day)
        if kind == "cut":
            assert len(one) == known
            continue
        assert (one.high >= np.maximum(one.open, one.close) * (1 - 1e-12)).all()
        assert (one.low <= np.minimum(one.open, one.close) * (1 + 1e-12)).all()
        if known and kind == "other":
            before, after = (np.sign(np.diff(np.log(each.close)))[known - 1 :] for each in (series[name], one))
            assert (before[before != 0] == -after[before != 0]).all(), "every label of one session turns around"


def test_permuted_sessions_keep_the_returns_of_a_day_together() -> None:
    """AAA and BBB trade every session: their shuffled returns are the same pairs as before."""
    series = {name: honest().series[name] for name in ("AAA", "BBB")}
    made = futures.apply(series, Future("permuted", 0, 4))
    pairs = [np.round(np.diff(np.log(each["AAA"].close)) + 7 * np.diff(np.log(each["BBB"].close)), 9)
             for each in (series, made)]  # fmt: skip
    assert np.array_equal(np.sort(pairs[0]), np.sort(pairs[1])) and not np.array_equal(*pairs)


def test_outcomes_of_another_time_are_the_returns_they_say() -> None:
    one = honest().series["AAA"]
    close = np.log(one.close)
    assert outcomes(one, 5, 5)[100] == pytest.approx(close[110] - close[105])
    assert outcomes(one, 5, -5)[100] == pytest.approx(close[100] - close[95])
    assert np.isnan(outcomes(one, 5)[-5:]).all() and np.isnan(outcomes(one, 5, -5)[:5]).all()
    moved = relabelled.shifted(honest().inputs(), (1, 5), {1: 1, 5: -5})
    assert moved.known_at(0, 1)[100] == 102 and moved.known_at(0, 5)[100] == 100


def test_chance_is_left_only_by_an_interval_that_lies_wholly_outside() -> None:
    """Band 0.47 to 0.53; the interval is widened by 2.64 / 1.96, so 0.60 [0.54, 0.66] does not leave it."""
    assert not Sight(0.60, 0.54, 0.66, 1000, 300).above
    assert Sight(0.70, 0.64, 0.76, 1000, 300).above
    assert Sight(0.30, 0.24, 0.36, 1000, 300).outside and not Sight(0.30, 0.24, 0.36, 1000, 300).above
    assert not Sight(None, None, None, 0, 0).judgeable


def test_inputs_that_are_the_same_do_not_differ() -> None:
    one = honest().inputs()
    assert comparison.inputs_differ(one, one, honest().day(-1)) == []
