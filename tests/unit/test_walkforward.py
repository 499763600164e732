"""Walk-forward rows: purged, each outcome known by then, and no skill found where there is none."""

from __future__ import annotations

import functools
from dataclasses import replace

import _fleet
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockml import training
from stockml.evaluation import metrics
from stockml.evaluation.rows import Rows
from stockml.evaluation.walkforward import rows_of
from stockml.models import recipes
from stockml.models.forecast import forecast
from stockml.models.inputs import Inputs
from stockml.models.model import Model

CUT = 900


@functools.cache
def fitted() -> tuple[Inputs, Model]:
    plan = _fleet.plan("naive")
    inputs = _fleet.build(_fleet.fleet(), plan)
    return inputs, training.fit(inputs, plan, CUT, {})


def walked(horizon: int, through: int) -> Rows:
    inputs, model = fitted()
    since = int(inputs.sessions[CUT]) + 1
    return rows_of(
        inputs, [(model, [forecast(inputs, model, one, horizon, since) for one in inputs.symbols])], horizon, through
    )


@pytest.mark.parametrize("horizon", [1, 5])
@pytest.mark.parametrize("through", [901, 905, 906, 1000, 1099])
def test_only_forecasts_whose_outcome_was_known_are_counted(horizon: int, through: int) -> None:
    """Sessions CUT + 1 to through - horizon of each of four symbols, all of which trade every session."""
    assert len(walked(horizon, through)) == 4 * max(0, through - horizon - CUT)


@pytest.mark.parametrize("horizon", [1, 5])
def test_each_row_stands_beside_the_return_that_followed(horizon: int) -> None:
    rows, (inputs, _) = walked(horizon, 1000), fitted()
    for symbol, session, realised in zip(rows.symbol_id, rows.session, rows.realised, strict=True):
        one = inputs.fleet[symbol]
        at = int(np.flatnonzero(one.session == session)[0])
        assert realised == pytest.approx(np.log(one.close[at + horizon] / one.close[at]))


@given(st.integers(20, 2520), st.integers(0, 9000), st.integers(1, 5))
def test_what_lies_behind_a_cut_is_covered_once_by_folds_of_one_grid(refit: int, cut: int, count: int) -> None:
    plan = _fleet.plan("naive", refit_sessions=refit, folds=count, windows=0)
    step, behind = training.fold_step(plan), training.stretches(plan, cut, count)
    assert 1 <= step <= 63 and refit % step == 0
    assert all(begin % step == 0 for begin, _ in behind)
    edges = [*(begin for begin, _ in behind), cut]
    assert [end for _, end in behind] == edges[1:] or not behind
    assert all(end - begin == refit for begin, end in behind[:-1])
    assert all(refit <= end - begin < refit + step for begin, end in behind[-1:])
    assert len(behind) == count or cut < (count + 1) * refit  # only what lies before the first session is missing
    own, *folds = training.fold_cuts(plan, cut)
    assert own == cut and training.fold_cuts(plan, folds[0])[:-1] == folds  # a window's own folds are among these


@pytest.mark.parametrize("horizon", [1, 5])
def test_training_rows_end_a_horizon_and_an_embargo_before_the_cut(horizon: int) -> None:
    inputs, plan = fitted()[0], _fleet.plan("naive")
    for index in range(len(inputs.symbols)):
        rows = training.training_rows(inputs, index, horizon, CUT - plan.window_sessions, CUT - plan.embargo, 60)
        known = inputs.known_at(index, horizon)[rows]
        assert known.max() == CUT - plan.embargo
        assert inputs.place[index][rows].min() > CUT - plan.window_sessions


def test_shuffled_labels_teach_nothing() -> None:
    """AUC of 6 independent symbols x 1,000 later sessions. The standard error of an AUC without skill is
    sqrt((n + 1) / (12 a b)) with a + b = n = 6,000 (Mann-Whitney), so 0.0075; the band 0.47 to 0.53 is 4 of them."""
    symbols = tuple(f"S{place}" for place in range(7))
    plan, cut, end = _fleet.plan(), 1000, 2000
    inputs = _fleet.build(_fleet.fleet(11, 2001, symbols, market=0.0, edge=0.3), plan)
    recipe, found = recipes.load("pooled"), {}
    rows, up, later, truth = [], [], [], []
    for index in range(6):
        before, after = np.arange(260, cut - 5), np.arange(cut, end)
        label = (inputs.forward(index, 1) > 0).astype(np.float64)
        rows.append(inputs.blocks[index][:, before - inputs.first[index]])
        later.append(inputs.blocks[index][:, after - inputs.first[index]])
        up.append(label[before])
        truth.append(label[after])
    owner = np.repeat(np.arange(6, dtype=np.int32), [len(one) for one in up])
    wide, labels = np.concatenate(rows, axis=1), np.concatenate(up)
    for name, used in (("true", labels), ("shuffled", np.random.default_rng(0).permutation(labels))):
        made = recipe.fit(
            recipes_sample(inputs, wide, used, owner), horizon=1, seed=7, options=plan.effective_options()
        )
        score = recipe.scorer(made, 1, "S0")
        found[name] = metrics.auc(score(np.concatenate(later, axis=1)), np.concatenate(truth) > 0)
    assert 0.47 < found["shuffled"] < 0.53
    assert found["true"] > 0.55, "the same measurement sees the edge that was planted"


def test_horizons_share_the_bins_of_a_cut_and_the_shortest_fits_as_if_alone() -> None:
    plan = _fleet.plan("pooled", horizons=(1, 5), options={"rounds": 5})
    inputs = _fleet.build(_fleet.fleet(), plan)
    pool = training._pool(inputs, plan, CUT)
    assert pool is not None
    for horizon in plan.horizons:
        sample, ups = training._sample(inputs, plan, CUT, horizon, pool)
        assert sample is not None and sample.pooled is not None and len(ups) == len(sample.up)
        assert np.array_equal(sample.rows, pool.rows[:, sample.pooled[1]], equal_nan=True)
        given = {"horizon": horizon, "seed": 7, "options": plan.effective_options()}
        made = recipes.load("pooled").fit(sample, **given)
        alone = recipes.load("pooled").fit(replace(sample, pooled=None), **given)
        assert (made == alone) == (horizon == 1)  # the rows of the longer one lie in the bins of all
    assert len(pool.made) == 1


def recipes_sample(inputs: Inputs, wide: np.ndarray, up: np.ndarray, owner: np.ndarray) -> object:
    from stockml.models.recipe import Sample

    return Sample(inputs.names, inputs.symbols, wide, up, owner)
