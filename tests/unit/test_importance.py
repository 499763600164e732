"""Feature importance: gains as LightGBM has them, permutation by hand, and nothing from after the cut."""

from __future__ import annotations

import functools
import io
import json

import _fleet
import numpy as np
import pytest

from stockml import importance, training
from stockml.importance import Part
from stockml.models import boosting
from stockml.models.inputs import Inputs

CUT = 1000
PLAN = _fleet.plan(refit_sessions=50, folds=2, windows=2)


@functools.cache
def fitted(recipe: str = "pooled", through: int | None = None) -> tuple[Inputs, training.Memo]:
    plan = _fleet.plan(recipe, refit_sessions=50, folds=2, windows=2)
    inputs = _fleet.build(_fleet.fleet(), plan, through)
    memo: training.Memo = {}
    training.fit_folds(inputs, plan, training.fold_cuts(plan, CUT), memo)
    return inputs, memo


def folds_of(memo: training.Memo) -> training.Memo:
    """A memory of the fits alone."""
    return {key: made for key, made in memo.items() if key[0] == "fold"}


def test_gains_are_those_of_lightgbms_own_package() -> None:
    import lightgbm

    inputs, memo = fitted()
    text = memo["fold", CUT, 1].files["direction-1.lgb.txt"]
    own = lightgbm.Booster(model_str=text.decode()).feature_importance("gain")
    assert boosting.parse(text).gains() == pytest.approx(own) and len(own) == len(inputs.names) and own.any()


def test_a_feature_that_the_scorer_does_not_look_at_costs_nothing_to_scramble() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(4, 800)).astype(np.float32)
    up = rng.random(800) < 1 / (1 + np.exp(-2.0 * rows[1]))
    session = np.repeat(np.arange(200, dtype=np.int32), 4)
    part = Part(lambda wide: 2.0 * wide[1].astype(np.float64), rows, up, session, {})
    groups = [np.array([0]), np.array([1]), np.array([1, 2]), np.array([0, 3])]
    free, used, family, idle = importance.permuted([part], groups, 7)
    assert free["permutation"] == idle["permutation"] == 0.0
    order = np.random.default_rng((7, 0)).permutation(800)

    def loss(score: np.ndarray) -> float:
        return float(np.mean(np.log1p(np.exp(-np.where(up, score, -score)))))

    assert used["permutation"] == pytest.approx(loss(2.0 * rows[1, order]) - loss(2.0 * rows[1]), rel=1e-5)
    assert used == family and 0 < used["permutation_low"] < used["permutation"] < used["permutation_high"]


def test_the_stability_is_spearmans_correlation_with_ties() -> None:
    from scipy.stats import spearmanr

    shares = np.array([[0.0, 0.0, 0.5, 0.3, 0.2], [0.1, 0.0, 0.4, 0.5, 0.0], [0.2, 0.2, 0.2, 0.3, 0.1]])
    pairs = [spearmanr(shares[one], shares[other]).statistic for one, other in ((0, 1), (0, 2), (1, 2))]
    assert importance.stability(shares) == pytest.approx(np.mean(pairs))
    assert importance.stability(shares[:1]) is None and importance.stability(np.ones((3, 5))) is None


@pytest.mark.parametrize("recipe", ["pooled", "per_symbol"])
def test_shares_of_families_add_up_and_every_figure_is_one(recipe: str) -> None:
    inputs, memo = fitted(recipe)
    plan = _fleet.plan(recipe, refit_sessions=50, folds=2, windows=2)
    made = importance.measure(inputs, plan, CUT, memo, 1)
    json.dumps(made, allow_nan=False)
    assert made["folds"] == 5 and len(made["features"]) == importance.SHOWN and -1 <= made["stability"] <= 1
    assert sum(one["gain"] for one in made["families"]) == pytest.approx(1.0)
    assert {one["family"] for one in made["families"]} == set(plan.families)
    assert sum(one["features"] for one in made["families"]) == len(inputs.names)
    gains = [one["gain"] for one in made["features"]]
    assert gains == sorted(gains, reverse=True)
    assert all(one["gain_low"] <= one["gain"] <= one["gain_high"] for one in made["features"])
    assert [one["permutation"] is not None for one in made["features"]] == [True] * 10 + [False] * 5
    assert all((one["weight"] is None) == (recipe == "per_symbol") for one in made["features"])
    assert made == importance.measure(inputs, plan, CUT, folds_of(memo), 1)


def test_what_carries_a_planted_edge_is_found() -> None:
    """Returns carry over to the next session by 0.5: how the last session went leads, and scrambling it costs."""
    plan = _fleet.plan(
        refit_sessions=100, window_sessions=700, horizons=(1,), families=("price", "volume", "time"),
        options={"rounds": 40, "learning_rate": 0.1, "strength": 0.1, "min_data_in_leaf": 50},
    )  # fmt: skip
    inputs, memo = _fleet.build(_fleet.fleet(edge=0.5, count=1300), plan), {}
    cut = len(inputs.sessions) - 1
    training.fit_folds(inputs, plan, training.fold_cuts(plan, cut), memo)
    made = importance.measure(inputs, plan, cut, memo, 1)
    price, volume, time = (next(one for one in made["families"] if one["family"] == name) for name in plan.families)
    assert price["gain"] > volume["gain"] + time["gain"] and price["weight"] > 0.5
    assert price["permutation_low"] > max(volume["permutation"], time["permutation"])
    assert made["features"][0]["family"] == "price" and made["features"][0]["permutation_low"] > 0


@pytest.mark.parametrize("horizon", [1, 5])
def test_bars_after_the_cut_change_nothing(horizon: int) -> None:
    inputs, memo = fitted()
    day = int(inputs.sessions[CUT])
    early = _fleet.build(_fleet.fleet(), PLAN, day)
    made = importance.measure(inputs, PLAN, CUT, folds_of(memo), horizon)
    assert importance.measure(early, PLAN, CUT, folds_of(memo), horizon) == made


def test_what_a_training_remembers_of_its_neighbour_changes_no_figure() -> None:
    inputs, shared = fitted()
    shared, places = folds_of(shared), (CUT, CUT + 5)
    for cut in places:
        training.fit_folds(inputs, PLAN, training.fold_cuts(PLAN, cut), shared)
    bare = [importance.measure(inputs, PLAN, cut, folds_of(shared), 1) for cut in places]
    kept = importance.measure(inputs, PLAN, CUT, shared, 1)
    before = {key: found[1] for key, found in shared.items() if key[0] == "risen"}
    assert [kept, importance.measure(inputs, PLAN, CUT + 5, shared, 1)] == bare
    assert any(shared[key][1] is memory and len(memory) >= importance.PERMUTED for key, memory in before.items())
    assert any(shared[key][1] is not memory for key, memory in before.items())  # the newest rows are more by now


def test_a_model_without_features_has_no_importance() -> None:
    inputs, memo = fitted("naive")
    made = importance.measure(inputs, _fleet.plan("naive", refit_sessions=60), CUT, memo, 1)
    assert made == {"features": [], "families": [], "stability": None, "folds": 0, "rows": 0}


def test_an_indicator_that_was_added_by_name_is_a_family_of_its_own() -> None:
    assert importance.families(["gap", "extra_kama_10"], PLAN) == ["price", "extra"]


def test_people_see_families_and_leading_features_and_nothing_where_there_are_none() -> None:
    from rich.console import Console

    from stockml.view import importance as view

    inputs, memo = fitted()
    made = importance.measure(inputs, PLAN, CUT, memo, 1)
    shown = []
    for one in (made, {"features": [], "families": [], "stability": None, "folds": 0, "rows": 0}):
        console = Console(width=80, no_color=True, record=True, file=io.StringIO())
        view.table(one, 1)(console)
        shown.append(console.export_text())
    assert "market (35)" in shown[0] and made["features"][0]["name"] in shown[0] and shown[1] == ""
    assert max(len(line) for line in shown[0].splitlines()[:22]) <= 80
