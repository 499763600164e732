"""The parts of a replay by themselves: what runs when, what is kept, what is said of it."""

from __future__ import annotations

import dataclasses
import functools
import json
import zlib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import _fleet
import numpy as np
import pytest
from _rows import make_rows
from hypothesis import given
from hypothesis import strategies as st

from stockml import files, training
from stockml.errors import ConfigError
from stockml.evaluation.significance import Comparison
from stockml.ledger import store as ledger_store
from stockml.models import inputs as inputs_room
from stockml.models.forecast import forecast
from stockml.pipeline import batch
from stockml.replay import agenda, figures, kept, market, policy, trouble, works
from stockml.replay import fits as fits_room
from stockml.replay.agenda import Due
from stockml.replay.fits import Fits
from stockml.schedule import jobs

WEEK = [datetime(2024, 1, day, 21, 30, tzinfo=UTC) for day in (2, 3, 4, 5, 8)]


def due(at: datetime, *words: str) -> Due:
    return Due(at, words[0], words)


def test_a_job_belongs_to_the_newest_session_that_has_settled() -> None:
    found = [due(WEEK[0] + timedelta(hours=h), "monitor") for h in (0, 1, 23.9, 24, 24 * 5)]
    told = [[one.at for one in own] for own in agenda.by_session(found, WEEK)]
    assert [len(own) for own in told] == [3, 1, 0, 1, 0]  # a Sunday belongs to Friday


@given(st.lists(st.sampled_from(["train", "predict", "settle", "monitor", "clean"]), max_size=12))
def test_what_is_left_out_ran_before_and_nothing_it_reads_ran_since(words: list[str]) -> None:
    found = [due(WEEK[0] + timedelta(minutes=place), word) for place, word in enumerate(words)]
    kept_ = agenda.without_repeats(found)
    for one in found:
        if one in kept_:
            continue
        before = [each for each in kept_ if each.at < one.at]
        twin = max(each.at for each in before if each.command == one.command)
        assert not {each.command[0] for each in before if each.at > twin} & agenda.READS[one.command[0]]


def test_what_was_missed_runs_once_when_the_machine_is_back() -> None:
    off = trouble.MachineOff(date(2024, 1, 3), days=5)
    found = [due(one, "predict") for one in WEEK] + [due(WEEK[2], "train")]
    told = agenda.caught_up(sorted(found, key=lambda one: one.at), [off])
    back = datetime(2024, 1, 8, tzinfo=UTC)
    assert [(one.at, one.name, one.late) for one in told] == [
        (WEEK[0], "predict", False), (back, "train", True), (back, "predict", True), (WEEK[4], "predict", False),
    ]  # fmt: skip


def test_the_default_jobs_are_replayed_but_for_those_without_effect() -> None:
    assert works.left_out(jobs.DEFAULTS) == ["backup create", "backup verify", "clean"]
    assert not works.is_replayed(("train", "AAPL")) and not works.is_replayed(("predict", "--refresh-if-stale"))


@pytest.mark.parametrize(("raw", "told"), [
    ({}, "expected a list"),
    ([{"kind": "outage", "from": "2024-13-01", "sessions": 2}], "0.from: expected a day"),
    ([{"kind": "outage", "from": "2024-01-01", "sessions": 2.5}], "0.sessions: expected a whole number"),
    ([{"kind": "outage", "from": "2024-01-01", "sessions": True}], "0.sessions"),
    ([{"kind": "machine_off", "form": "2024-01-01"}], "did you mean 'from'?"),
    ([{"kind": "bad_bars", "from": "2024-01-01", "symbols": "AAPL"}], "0.symbols: expected a list"),
    ([7], "expected an object with a kind"),
])  # fmt: skip
def test_wrong_trouble_is_told_by_its_place(raw: object, told: str) -> None:
    with pytest.raises(ConfigError) as error:
        policy.parse({"trouble": raw}, "mine")
    assert told in error.value.message


def test_a_policy_changes_its_own_keys_only_and_tells_nobody() -> None:
    base = {"retrain": {"max_age_days": 3.0, "max_per_day": 2}, "alerts": {"channels": [{"type": "log"}]}}
    mine = policy.parse({"retrain": {"max_age_days": 9.0}}, "mine")
    made = policy.configuration(base, mine, ["AAA"])
    assert made["retrain"] == {"max_age_days": 9.0, "max_per_day": 2} and made["symbols"] == ["AAA"]
    assert made["alerts"]["channels"] == [] and base["alerts"]["channels"], "what was given is not changed"


@pytest.mark.parametrize(("t", "low", "high", "dates", "word"), [
    (0.1, 0.995, 1.005, 900, "no_edge"), (5.0, 0.995, 1.005, 900, "no_edge"), (4.0, 0.90, 0.97, 900, "better"),
    (-4.0, 1.03, 1.10, 900, "worse"), (1.0, 0.90, 1.05, 900, "cannot_tell"), (4.0, 0.90, 0.97, 100, "cannot_tell"),
    (None, None, None, 900, "cannot_tell"),
])  # fmt: skip
def test_a_difference_is_named_only_where_the_numbers_allow_it(
    t: float | None, low: float | None, high: float | None, dates: int, word: str
) -> None:
    assert figures.verdict(Comparison(t, None, dates), low, high, 2.8, 0.01) == word


def test_a_changed_regime_keeps_what_was_before_and_scales_returns_after() -> None:
    bars = _fleet.fleet(count=300)["AAA"]
    day, begin = int(bars.session[200]), 200
    made = market.changed(bars, day, 3.0, 0.01)
    whole = np.cumprod(bars.split)
    was, now = np.diff(np.log(bars.close * whole)), np.diff(np.log(made.close * whole))
    assert np.array_equal(made.close[:begin], bars.close[:begin])
    np.testing.assert_allclose(now[begin - 1 :], 3.0 * was[begin - 1 :] + 0.01, atol=1e-12)
    assert (made.low <= np.minimum(made.open, made.close) + 1e-9).all() and np.array_equal(made.split, bars.split)


def test_inputs_cut_at_a_session_are_those_built_as_of_it() -> None:
    bars, plan = _fleet.fleet(count=500), _fleet.plan()
    whole = _fleet.build(bars, plan)
    for place in (-1, -2, -40, -120):
        day = int(bars["AAA"].session[place])
        fresh, cut = _fleet.build(bars, plan, through=day), kept.cut(whole, day, is_fleet=True)
        assert fresh.symbols == cut.symbols and fresh.market_is_fleet == cut.market_is_fleet
        assert _fleet.same_bits(fresh.sessions, cut.sessions)
        for name in ("place", "variance", "har", "blocks"):
            for one, other in zip(getattr(fresh, name), getattr(cut, name), strict=True):
                assert _fleet.same_bits(one, other), name
        for name in vars(fresh.market):
            assert _fleet.same_bits(getattr(fresh.market, name), getattr(cut.market, name)), name


def test_other_bars_are_never_answered_from_what_is_kept(tmp_path: Path) -> None:
    bars, plan = _fleet.fleet(count=400), _fleet.plan("naive")
    memory = kept.Kept(lambda: _fleet.series(bars), Fits(tmp_path))
    day = int(bars["AAA"].session[-5])
    then = _fleet.series(bars, day)
    ask = (tuple(bars), None, plan.families, ())
    assert _fleet.same_bits(memory.inputs(then, *ask).variance[0], inputs_room.build(then, *ask[:2]).variance[0])
    assert memory.cold == 0
    close = then["BBB"].close.copy()
    close[100] *= 1.001
    other = {**then, "BBB": dataclasses.replace(then["BBB"], close=close)}
    assert _fleet.same_bits(memory.inputs(other, *ask).variance[1], inputs_room.build(other, *ask[:2]).variance[1])
    assert memory.cold == 1


def test_a_fit_read_back_is_the_fit_that_was_made(tmp_path: Path) -> None:
    plan = _fleet.plan()
    inputs = _fleet.build(_fleet.fleet(count=700), plan)
    makes = [kept.Kept(lambda: {}, Fits(tmp_path)) for _ in range(2)]
    bare = batch.fitted(inputs, plan, {})
    for memory in makes:  # the second reads what the first has written
        found = memory.fitted(inputs, plan, lambda memo: batch.fitted(inputs, plan, memo))
        assert found.model.parameters == bare.model.parameters and found.model.files == bare.model.files
        assert found.pooled == bare.pooled and found.importance == bare.importance
        assert found.by_symbol == bare.by_symbol and list(found.by_symbol) == list(inputs.symbols)
        for h, rows in bare.rows.items():
            for name in fits_room.COLUMNS:
                one, other = getattr(rows, name), getattr(found.rows[h], name)
                assert one.dtype == other.dtype and _fleet.same_bits(one, other), name
    assert makes[1].fits.made == 0 and makes[1].owed_s > 0.0


def test_a_forecast_cut_from_a_span_is_the_forecast_of_its_session(tmp_path: Path) -> None:
    bars, plan = _fleet.fleet(count=700), _fleet.plan()
    model = training.fit(_fleet.build(bars, plan), plan, 640, {})
    model = training.showing(model, 1, direction="model", price="median")
    memory = kept.Kept(lambda: _fleet.series(bars), Fits(tmp_path))
    ask = (tuple(bars), None, plan.families, ())
    for place in (-50, -49, -32, -29, -28, -2, -1):
        day = int(bars["AAA"].session[place])
        fresh, inputs = _fleet.build(bars, plan, through=day), memory.inputs(_fleet.series(bars, day), *ask)
        for symbol in bars:
            for h in plan.horizons:
                bare, found = forecast(fresh, model, symbol, h, day), memory.forecast(inputs, model, symbol, h, day)
                assert found.shown == bare.shown and found.session.tolist() == bare.session.tolist() == [day]
                for name in ("row", "sigma", "class_bounds", "model_up", "miss80", "miss90", "point"):
                    assert _fleet.same_bits(getattr(found, name), getattr(bare, name)), name
                for name in vars(bare.bold):
                    assert _fleet.same_bits(getattr(found.bold, name), getattr(bare.bold, name)), name
                    assert _fleet.same_bits(getattr(found.flat, name), getattr(bare.flat, name)), name
    assert memory.cold == 0 and len({known[1] for known in memory._paths.values()}) == 1


def test_another_plan_or_one_more_session_is_another_fit() -> None:
    plan = _fleet.plan()
    inputs = _fleet.build(_fleet.fleet(count=300), plan)
    last = len(inputs.sessions) - 1
    marks = {
        kept.mark(inputs, plan, last, "whole"), kept.mark(inputs, plan, last - 1, "whole"),
        kept.mark(inputs, dataclasses.replace(plan, seed=8), last, "whole"), kept.mark(inputs, plan, last, "folds"),
    }  # fmt: skip
    assert len(marks) == 4
    through = kept.cut(inputs, int(inputs.sessions[last - 1]), is_fleet=True)
    assert kept.mark(through, plan, last - 1, "folds") == kept.mark(inputs, plan, last - 1, "folds")


def test_a_damaged_fit_is_made_anew(tmp_path: Path) -> None:
    fits = Fits(tmp_path)
    first = fits.folds("k", lambda: [training.Fold({}, 0.5, 3)])
    assert first.made == [training.Fold({}, 0.5, 3)] and first.owed_s == 0.0
    (tmp_path / "k.folds").write_bytes(b"torn")
    assert fits.folds("k", lambda: [training.Fold({}, 0.25, 3)]).made[0].base_rate == 0.25
    plan = _fleet.plan("naive")
    made = batch.fitted(_fleet.build(_fleet.fleet(count=700), plan), plan, {})
    (tmp_path / "w.fitted").write_bytes(b"torn")
    assert fits.fitted("w", lambda: (made, 0.0), lambda: pytest.fail("waits for nobody")).made is made
    content = (tmp_path / "w.fitted").read_bytes()
    other = zlib.compress(json.dumps({"format": 1, "pooled": {}}).encode())
    for wrong in (content[:-1], content[:-9] + b"x" + content[-8:], content[: len(content) // 9], other):
        (tmp_path / "w.fitted").write_bytes(wrong)
        assert fits.fitted("w", lambda: (made, 0.0), lambda: pytest.fail("waits for nobody")).made is made
    (tmp_path / "w.fitted").write_bytes(content)
    found = fits.fitted("w", lambda: pytest.fail("it is there"), lambda: pytest.fail("waits for nobody")).made
    assert found.model.parameters == made.model.parameters


def test_what_another_process_is_at_is_left_to_it_and_read_from_it(tmp_path: Path) -> None:
    mine, other = [training.Fold({}, 0.5, 3)], [training.Fold({}, 0.25, 3)]
    with files.lock(tmp_path / "k." / "k.folds.lock", what="a fit"):
        assert Fits(tmp_path).folds_unless_busy("k", lambda: mine) is None
    Fits(tmp_path).folds("k", lambda: other)
    found = Fits(tmp_path).folds_unless_busy("k", lambda: mine)
    assert found is not None and found.made == other and found.owed_s == found.cost_s


def test_an_audit_is_made_once_for_the_same_bars_and_anew_for_others(tmp_path: Path) -> None:
    bars, told = _fleet.series(_fleet.fleet(count=300)), iter(({"verdict": "passed"}, {"verdict": "failed"}))
    for fits in (Fits(tmp_path), Fits(tmp_path)):
        memory = kept.Kept(lambda: bars, fits)
        assert memory.audited("mark", bars, lambda: next(told)) == {"verdict": "passed"}
    fewer = _fleet.series(_fleet.fleet(count=299))
    assert memory.audited("mark", fewer, lambda: next(told)) == {"verdict": "failed"}


def test_what_neighbouring_trainings_share_changes_no_bit_of_them(tmp_path: Path) -> None:
    bars, plan = _fleet.fleet(count=600), _fleet.plan(horizons=(1,), families=("price", "volatility"))
    memory = kept.Kept(lambda: _fleet.series(bars), Fits(tmp_path))
    ask = (tuple(bars), None, plan.families, ())
    makes = []
    for place in (-24, -23, -3, -1):
        then = _fleet.series(bars, int(bars["AAA"].session[place]))
        inputs = memory.inputs(then, *ask)
        found = memory.fitted(inputs, plan, functools.partial(batch.fitted, inputs, plan))
        bare = batch.fitted(_fleet.build(bars, plan, through=int(bars["AAA"].session[place])), plan, {})
        assert found.model.parameters == bare.model.parameters and found.model.files == bare.model.files
        assert (found.pooled, found.importance) == (bare.pooled, bare.importance)
        makes.append(memory.fits.made)
    assert makes[1] - makes[0] == makes[3] - makes[2] == len(plan.horizons)


def test_a_transaction_of_the_ledger_within_another_is_part_of_it(tmp_path: Path) -> None:
    ledger = ledger_store.connect(tmp_path / "ledger.db")
    ledger.execute("BEGIN IMMEDIATE")
    with ledger_store.transaction(ledger):
        ledger.execute("INSERT INTO meta VALUES('one', '1')")
    with pytest.raises(ZeroDivisionError), ledger_store.transaction(ledger):
        ledger.execute("INSERT INTO meta VALUES('two', '2')")
        raise ZeroDivisionError
    assert [row[0] for row in ledger.execute("SELECT key FROM meta WHERE key IN ('one', 'two')")] == ["one"]
    ledger.execute("ROLLBACK")
    assert not ledger.execute("SELECT 1 FROM meta WHERE key = 'one'").fetchone()


def test_months_are_compared_on_the_forecasts_that_both_policies_made() -> None:
    rows = make_rows(dates=40, symbols=2)
    whole, off = {1: rows}, {1: rows.where(rows.session % 3 > 0)}
    told = figures.over(figures.months(off), off, whole)
    assert [one["winkler"] for one in told] != [one["winkler"] for one in figures.months(whole)]
    assert {one["winkler_ratio"] for one in told} == {one["brier_ratio"] for one in told} == {1.0}
    assert figures.over(figures.months(whole), whole, {})[0]["winkler_ratio"] is None
