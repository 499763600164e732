"""Metamorphic relations of the whole calculation: cutting, moving or changing the future changes no number."""

from __future__ import annotations

import functools
import json
import math
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import _fleet
import _shared
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockml import files, training
from stockml.bars.series import Bars
from stockml.clock import from_day
from stockml.environment import Environment, open_environment
from stockml.ledger import forecasts
from stockml.models.forecast import Path as Walk
from stockml.models.forecast import forecast
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.pipeline import steps
from stockml.pipeline.predict import predict
from stockml.store import golden, versions
from stockml.workspace import Workspace

RECIPES = ("naive", "pooled", "per_symbol")
HORIZONS = (1, 5)
CUT = 1000  # of 1100 sessions: where the models of this file are trained
Compared = tuple[Path, dict[str, list[Any]]]
SHORTER = 800  # of 840: the same for the workspaces
FEW = settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


@functools.cache
def bars() -> dict[str, Bars]:
    return _fleet.fleet()


@functools.cache
def whole(recipe: str) -> Inputs:
    return _fleet.build(bars(), _fleet.plan(recipe))


@functools.cache
def trained(recipe: str) -> Model:
    return training.fit(whole(recipe), _fleet.plan(recipe), CUT, {})


def row(walk: Walk, day: int) -> dict[str, bytes]:
    """Every number of a path at one session, as bytes."""
    at = int(np.flatnonzero(walk.session == day)[0])
    flat = {
        name: getattr(walk, name)[at] for name in ("row", "session", "sigma", "class_bounds", "point", "short_history")
    }
    shape = {one.name: getattr(walk.distribution, one.name)[at] for one in fields(walk.distribution)}
    return {name: np.asarray(value).tobytes() for name, value in {**flat, **shape}.items()}


def parameters_of(model: Model) -> bytes:
    return files.canonical_json(model.parameters)


@pytest.mark.parametrize("recipe", RECIPES)
@FEW
@given(cut=st.integers(CUT, 1099))
def test_a_forecast_from_bars_cut_at_a_session_is_the_row_of_the_whole_history(recipe: str, cut: int) -> None:
    full, model = whole(recipe), trained(recipe)
    day, since = int(full.sessions[cut]), int(full.sessions[CUT])
    short = _fleet.build(bars(), _fleet.plan(recipe), through=day)
    lean = _fleet.build(bars(), _fleet.plan(recipe), through=day, since=day)
    for horizon in HORIZONS:
        for symbol in full.symbols:
            wanted = row(forecast(full, model, symbol, horizon, since), day)
            assert row(forecast(short, model, symbol, horizon, day), day) == wanted
            assert row(forecast(lean, model, symbol, horizon, day), day) == wanted, "leaving out feature rows"
            assert row(forecast(full, model, symbol, horizon, day, day), day) == wanted, "ending the walk early"


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("cut", [880, CUT])
def test_a_fit_inside_a_longer_history_is_the_fit_of_the_history_cut_there(recipe: str, cut: int) -> None:
    plan = _fleet.plan(recipe)
    inside = training.fit(whole(recipe), plan, cut, {})
    short = _fleet.build(bars(), plan, through=int(whole(recipe).sessions[cut]))
    assert len(short.sessions) == cut + 1
    alone = training.fit(short, plan, cut, {})
    assert parameters_of(inside) == parameters_of(alone)
    assert dict(inside.files) == dict(alone.files)
    assert recipe == "naive" or inside.files, "a fit that fitted nothing proves nothing"
    assert recipe != "pooled" or inside.of(1)["k"] > 0.1, "nor does a model whose features do not count"


def test_a_fit_that_shares_its_memory_with_its_neighbours_is_the_fit_made_alone() -> None:
    plan, memo = _fleet.plan(), dict[object, object]()
    for cut in (CUT - 120, CUT - 60, CUT):
        together = training.fit(whole("pooled"), plan, cut, memo)
    assert parameters_of(together) == parameters_of(trained("pooled"))
    assert dict(together.files) == dict(trained("pooled").files)


def test_the_same_seed_gives_the_same_model_hash_and_another_seed_another() -> None:
    def digest(seed: int) -> str:
        made = training.fit(whole("pooled"), _fleet.plan(seed=seed), CUT, {})
        return versions.model_hash({**made.files, versions.PARAMETERS: parameters_of(made)})

    assert digest(7) == digest(7) != digest(8)


@FEW
@given(cut=st.integers(CUT, 1095), seed=st.integers(0, 1000))
def test_changing_any_bar_after_a_session_changes_nothing_up_to_it(cut: int, seed: int) -> None:
    plan, model, before = _fleet.plan(), trained("pooled"), whole("pooled")
    day, rng = int(before.sessions[cut]), np.random.default_rng(seed)
    changed = {}
    for symbol, one in bars().items():
        n = int(np.searchsorted(one.session, day, side="right"))
        factor = np.concatenate([np.ones(n), np.exp(rng.normal(0.0, 0.2, len(one) - n))])
        prices = {name: getattr(one, name) * factor for name in ("open", "high", "low", "close", "volume")}
        changed[symbol] = replace(one, **prices)
    after = _fleet.build(changed, plan)
    for index, symbol in enumerate(before.symbols):
        n = int(np.searchsorted(before.fleet[index].session, day, side="right"))
        assert _fleet.same_bits(before.variance[index][:n], after.variance[index][:n])
        assert _fleet.same_bits(before.har[index][:, :n], after.har[index][:, :n])
        rows = n - before.first[index]
        assert _fleet.same_bits(before.blocks[index][:, :rows], after.blocks[index][:, :rows])
        for horizon in HORIZONS:
            old, new = (forecast(one, model, symbol, horizon, day, day) for one in (before, after))
            assert row(old, day) == row(new, day)


@pytest.fixture(scope="module")
def walked(compared: Compared, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A csv workspace trained at session 800 of 840, and its sessions from there on."""
    home = shutil.copytree(compared[0] / "full", tmp_path_factory.mktemp("walked") / "home")
    return Path(home), [from_day(int(day)).isoformat() for day in _fleet.exchange_days(840)[SHORTER:]]


def opened(home: Path, session: str) -> Environment:
    return open_environment(Workspace(home), session)


def test_the_walk_forward_row_of_a_session_is_what_predict_said_that_day(walked: tuple[Path, list[str]]) -> None:
    home, sessions = walked
    end = opened(home, sessions[-1])
    steps.collect(end)
    plan = steps.plan_of(end)
    inputs = steps.build_inputs(end, plan, steps.read_fleet(end))
    cut = int(np.searchsorted(inputs.sessions, steps_day(sessions[0])))
    model = training.fit(inputs, plan, cut, {})
    walks = {
        (symbol, h): training.walk(inputs, model, symbol, h, cut, cut + 20, {})
        for symbol in inputs.symbols for h in HORIZONS
    }  # fmt: skip
    for session in sessions[1:21]:
        env = opened(home, session)
        told = predict(env, list(inputs.symbols))["forecasts"]
        assert len(told) == len(walks)
        stored = {row["id"]: forecasts.as_exported(row) for row in env.ledger.execute("SELECT * FROM forecasts")}
        for one in told:
            walk = walks[one["symbol"], one["horizon"]]
            at = int(np.flatnonzero(walk.session == steps_day(session))[0])
            shape, last = walk.distribution, one["last_close"]
            assert one["session"] == session and one["probability_up"] == shape.probability_up[at]
            assert list(one["class_probabilities"].values()) == shape.classes[at].tolist()
            for end_name in ("lo80", "hi80", "lo90", "hi90"):
                assert one[end_name] == last * math.exp(float(getattr(shape, end_name)[at])), end_name
            assert one["price"] == last * math.exp(float(walk.point[at]))
            assert stored[one["id"]] == one, "the ledger keeps what was told"


def steps_day(session: str) -> int:
    return int(np.datetime64(session, "D").astype(np.int64))


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """(four workspaces, what they answer)."""
    return _shared.once(tmp_path_factory, "compared", compare)


def compare(folder: Path) -> dict[str, list[object]]:
    """What train and predict answer as of one session: on full data, cut, a year later, cut and rescaled."""
    days = _fleet.exchange_days(840)
    full = _fleet.fleet(count=840, days=days)
    last = int(days[SHORTER])
    cases = {
        "full": (None, True, False), "cut": (last, False, False), "next year": (None, True, True),
        "rescaled": (last, True, False),
    }  # fmt: skip
    out = {}
    for name, (through, rescaled, next_year) in cases.items():
        home = _fleet.csv_home(folder / name, full, through, rescaled=rescaled)
        as_of = ("--as-of", from_day(last).isoformat())
        made = _fleet.result("train", "--all", *as_of, home=home, next_year=next_year)
        assert all(one["promoted"] for one in made["symbols"])
        told = _fleet.result("predict", *as_of, home=home, next_year=next_year)
        hashes = []
        for one in made["symbols"]:
            path = versions.folder(Workspace(home), one["symbol"], one["version"]) / versions.MANIFEST
            hashes.append(json.loads(path.read_bytes())["model_hash"])
        out[name] = [made["symbols"], told["forecasts"], hashes]
    return out


@pytest.mark.parametrize("case", ["cut", "next year"])
def test_as_of_answers_the_same_whatever_lies_beyond_it_and_whatever_the_machines_date(
    compared: Compared, case: str
) -> None:
    full, other = compared[1]["full"], compared[1][case]
    assert other[1] == full[1], "forecasts, with their ids, version names and hashes"
    assert other[2] == full[2], "model hashes"
    assert other[0] == full[0], "what training said"


def test_adjusted_closes_rescaled_by_the_source_move_no_number(compared: Compared) -> None:
    # Deriving a dividend from two adjusted closes rounds at 1e-16; 1e-9 leaves room for sums over the history.
    for one, other in zip(compared[1]["full"][1], compared[1]["rescaled"][1], strict=True):
        for name in ("probability_up", "last_close", "price", "lo80", "hi80", "lo90", "hi90", "confidence"):
            assert other[name] == pytest.approx(one[name], rel=1e-9), name  # type: ignore[index]
        assert other["class"] == one["class"] and other["regime"] == one["regime"]  # type: ignore[index]


def test_training_again_gives_the_same_versions_and_moving_the_workspace_changes_no_number(
    walked: tuple[Path, list[str]], tmp_path: Path
) -> None:
    home, sessions = walked
    as_of = ("--as-of", sessions[0])
    before = _fleet.result("predict", *as_of, home=home)["forecasts"]
    moved = tmp_path / "elsewhere"
    shutil.copytree(home, tmp_path / "copy")
    shutil.move(tmp_path / "copy", moved)
    again = _fleet.result("train", "--all", *as_of, home=moved)["symbols"]
    assert {one["symbol"]: one["version"] for one in again} == {one["symbol"]: one["version"] for one in before}
    assert _fleet.result("predict", *as_of, home=moved)["forecasts"] == before
    for one in again:
        assert len(versions.names(Workspace(moved), one["symbol"])) == 1
        golden.load(versions.read(Workspace(moved), one["symbol"], one["version"]))
