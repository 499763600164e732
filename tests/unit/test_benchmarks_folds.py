"""The splits and the table parts behind the K-fold lesson."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))

import _bands
import _folds
import kfold
from sklearn.model_selection import TimeSeriesSplit


def test_shuffled_folds_test_every_row_once_and_never_train_on_it() -> None:
    splits = list(_folds.shuffled(103, 5, seed=1))
    assert np.array_equal(np.sort(np.concatenate([test for _, test in splits])), np.arange(103))
    assert all(not np.intersect1d(train, test).size and len(train) + len(test) == 103 for train, test in splits)


@pytest.mark.parametrize(("rows", "folds", "gap"), [(600, 5, 10), (2053, 5, 2), (100, 4, 0)])
def test_purged_folds_are_those_of_scikit_learn(rows: int, folds: int, gap: int) -> None:
    if rows % (folds + 1) == 0:  # otherwise theirs begin with the longer block
        theirs = TimeSeriesSplit(n_splits=folds, gap=gap).split(np.zeros(rows))
        for (train, test), (other_train, other_test) in zip(_folds.purged(rows, folds, gap), theirs, strict=True):
            assert np.array_equal(train, other_train) and np.array_equal(test, other_test)
    splits = list(_folds.purged(rows, folds, gap))
    assert all(not len(train) or train[-1] + gap < test[0] for train, test in splits)
    assert splits[-1][1][-1] == rows - 1


def test_remembering_neighbours_predicts_a_random_walk_only_if_the_folds_are_shuffled() -> None:
    walk = np.cumsum(np.random.default_rng(5).normal(size=1305))
    slow = np.stack([np.convolve(walk, np.ones(k) / k, "valid")[-1205:] for k in (1, 10, 30, 100)]).astype(np.float32)
    walk = walk[-1205:]
    up = walk[5:] > walk[:-5]
    tested, shuffled, purged = kfold._both_ways(slow[:, :-5], up, kfold._neighbours, 5)
    assert np.mean((shuffled > 0) == tested) > 0.65  # the overlap of four of five steps
    assert np.mean((purged > 0) == tested) < 0.58  # nothing to know: one half, and luck


def test_a_band_is_closed_and_a_missing_figure_is_not_in_it() -> None:
    assert _bands.Band("x", 0.5, 0.6, 0.5).held and _bands.Band("x", 0.5, 0.6, 0.6).held
    assert not _bands.Band("x", 0.5, 0.6, 0.61).held and not _bands.Band("x", None, 0.6, None).held
    assert _bands.Band("x", None, 0.6, -9.0).held and _bands.Band("x", 0.6, None, 9.0).held
    figure = _bands.share_missed("two", [_bands.Band("a", 0.0, 1.0, 0.5), _bands.Band("b", 0.0, 1.0, 2.0)])
    assert figure.ratio == 0.5 and not figure.held and "b 2.000" in figure.detail
