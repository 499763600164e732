"""Refit policies: schedules walked together are the same to the bit as alone, and compared on the same rows."""

from __future__ import annotations

import dataclasses
import functools
import json
from dataclasses import fields

import _fleet
import numpy as np
import pytest
from _rows import rows

from stockml import training
from stockml.errors import UsageError
from stockml.evaluation import refits, significance
from stockml.evaluation.rows import Rows
from stockml.models.inputs import Inputs
from stockml.pipeline import walkforward

BEGIN, END = 900, 1060
POLICIES = ("window", "never", "90")


@functools.cache
def prepared() -> tuple[Inputs, training.Plan]:
    plan = _fleet.plan("pooled", windows=1, families=("price", "volatility"), horizons=(1,))
    return _fleet.build(_fleet.fleet(), plan), plan


@functools.cache
def together() -> dict[str, dict[int, Rows]]:
    inputs, plan = prepared()
    schedules = {one: walkforward.cuts_between(BEGIN, END, walkforward.spacing(one, plan), plan) for one in POLICIES}
    walked = walkforward.walk_all(inputs, plan, list(schedules.values()), END, training.one_by_one)
    return dict(zip(schedules, walked, strict=True))


def test_a_policy_is_a_word_or_a_number_of_sessions() -> None:
    plan = prepared()[1]
    assert [walkforward.spacing(one, plan) for one in ("never", "window", "1", "21")] == [None, 60, 1, 21]
    for wrong in ("often", "0", "-5", "2.5", "", "²"):
        with pytest.raises(UsageError):
            walkforward.spacing(wrong, plan)


def test_refits_lie_where_folds_are_cut_if_their_distance_allows_it() -> None:
    plan = dataclasses.replace(prepared()[1], refit_sessions=100)
    assert training.fold_step(plan) == 50
    assert walkforward.cuts_between(10, 100, None, plan) == [10]
    assert walkforward.cuts_between(10, 100, 30, plan) == [10, 40, 70]
    assert walkforward.cuts_between(60, 270, 50, plan) == [60, 100, 150, 200, 250]
    assert walkforward.cuts_between(40, 270, 100, plan) == [40, 100, 200]


@pytest.mark.parametrize("policy", POLICIES)
def test_schedules_walked_together_are_the_same_to_the_bit_as_alone(policy: str) -> None:
    inputs, plan = prepared()
    cuts = walkforward.cuts_between(BEGIN, END, walkforward.spacing(policy, plan), plan)
    alone = walkforward.walk(inputs, plan, cuts, END, training.one_by_one)
    for name in (column.name for column in fields(Rows) if column.name != "horizon"):
        assert _fleet.same_bits(getattr(alone[1], name), getattr(together()[policy][1], name)), name


def test_every_policy_forecasts_the_same_sessions_and_refitting_changes_the_forecasts() -> None:
    walked = together()
    keys = [sorted(zip(one[1].symbol_id.tolist(), one[1].session.tolist(), strict=True)) for one in walked.values()]
    assert keys[0] == keys[1] == keys[2] and len(set(keys[0])) == len(keys[0]) == 4 * (END - BEGIN)
    assert len(np.unique(walked["never"][1].version_id)) == 1
    assert not np.array_equal(np.sort(walked["never"][1].model_up), np.sort(walked["window"][1].model_up))


def test_the_memory_of_a_walk_does_not_grow_with_the_number_of_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = _fleet.plan("naive")
    inputs = _fleet.build(_fleet.fleet(), plan)
    sizes: list[int] = []
    plain = training.forget

    def counted(memo: training.Memo, before: int) -> None:
        plain(memo, before)
        sizes.append(len(memo))

    monkeypatch.setattr(training, "forget", counted)
    cuts = walkforward.cuts_between(320, END, 60, plan)
    walkforward.walk(inputs, plan, cuts, END, training.one_by_one)
    assert len(sizes) == len(cuts) - 1 and max(sizes[6:]) <= max(sizes[:6])


def test_the_list_names_each_policy_and_holds_it_to_the_first() -> None:
    made = refits.compare({name: (len(name), one) for name, one in together().items()})
    json.dumps(made, allow_nan=False)
    assert [one["policy"] for one in made] == list(POLICIES)
    assert made[0]["against_first"] is None and set(made[1]["against_first"]) == set(made[1]["horizons"]) == {"1"}
    assert made[0]["horizons"]["1"]["n"] == 4 * (END - BEGIN)


def test_a_policy_against_another_is_diebold_mariano_on_shared_rows() -> None:
    rng = np.random.default_rng(5)
    n = 300
    realised, session = rng.normal(0, 0.01, n), 100 + np.arange(n)
    first = rows(realised, 0.5, session)
    sharper = rows(realised, 0.5 + 0.2 * np.sign(realised) * rng.random(n), session)
    other = sharper.where(rng.permutation(n)[:280])
    found = refits.against(other, first)
    assert found["direction"]["dates"] == 280 and found["direction"]["verdict"] == "better"
    kept = np.isin(session, other.session)
    gain = (0.5 - (realised > 0)) ** 2 - (sharper.model_up - (realised > 0)) ** 2
    same = significance.diebold_mariano(-gain[kept], np.zeros(280), session[kept], 1)
    assert found["direction"]["t"] == pytest.approx(same.t)
    assert refits.against(first, first)["interval"] == {"t": 0.0, "p": 1.0, "dates": n, "verdict": "no_edge"}
