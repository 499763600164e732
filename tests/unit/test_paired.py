"""Two models on the same sessions: alike, better, worse, and on different rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from test_blocks import make_rows

from stockml.evaluation.paired import compare
from stockml.evaluation.significance import diebold_mariano


def test_identical_models_give_zero() -> None:
    rows = {1: make_rows(), 5: make_rows(horizon=5)}
    found = compare(rows, rows)
    assert (found.symbols, found.dates) == (5, 300)
    assert (found.direction.t, found.interval.t) == (0.0, 0.0)


def test_the_one_that_loses_less_has_a_positive_t() -> None:
    rows = {1: make_rows(), 5: make_rows(horizon=5)}
    knows = {h: replace(one, model_up=np.where(one.up, 0.55, 0.45)) for h, one in rows.items()}
    wide = {h: replace(one, lo90=3.0 * one.lo90, hi90=3.0 * one.hi90) for h, one in rows.items()}
    better, worse = compare(knows, rows).direction.t, compare(wide, rows).interval.t
    assert better is not None and worse is not None and better > 5.0 and worse < -5.0
    back = compare(rows, knows).direction.t
    assert back is not None and back < -5.0


def test_one_horizon_is_the_plain_test_of_its_losses() -> None:
    """With one horizon the scaling cancels: the t is that of diebold_mariano on the Brier losses."""
    rows = make_rows(dates=200)
    other = replace(rows, model_up=np.clip(rows.model_up + 0.03 * np.sin(np.arange(len(rows))), 0.01, 0.99))
    losses = [np.square(one.model_up - one.up) for one in (other, rows)]
    wanted = diebold_mariano(*losses, rows.session, 1)
    found = compare({1: other}, {1: rows}).direction
    assert found.t == pytest.approx(wanted.t, abs=1e-9) and found.dates == wanted.dates


def test_a_break_at_one_horizon_alone_is_noticed() -> None:
    rows = {1: make_rows(), 5: make_rows(horizon=5)}
    broken = {1: rows[1], 5: replace(rows[5], model_up=np.where(rows[5].up, 0.35, 0.65))}
    t = compare(broken, rows).direction.t
    assert t is not None and t < -1.645


def test_only_forecasts_that_both_made_count_whatever_their_order() -> None:
    rows = make_rows(dates=100)
    rng = np.random.default_rng(5)
    shuffled = rows.where(rng.permutation(len(rows))[: len(rows) // 2])
    found = compare({1: rows}, {1: shuffled})
    assert found.direction.t == 0.0 and found.interval.t == 0.0
    assert found.dates == len(np.unique(shuffled.session))


def test_without_a_shared_forecast_there_is_no_test() -> None:
    rows = make_rows(dates=50)
    later = replace(rows, session=rows.session + 100)
    found = compare({1: rows}, {1: later})
    assert (found.symbols, found.dates, found.direction.t, found.interval.t) == (0, 0, None, None)
    assert compare({1: rows}, {5: make_rows(horizon=5)}).dates == 0
