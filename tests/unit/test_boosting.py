"""Direction models: stored bytes answer like the libraries that made them, one row like many."""

from __future__ import annotations

import lightgbm
import numpy as np
import pytest

from stockml.errors import ModelError
from stockml.models import boosting, logistic

NAMES = tuple(f"f{place}" for place in range(12))
OPTIONS = {"num_leaves": 7, "min_data_in_leaf": 20, "feature_fraction": 0.4, "bagging_fraction": 0.6, "bagging_freq": 1}


def rows(seed: int, count: int) -> np.ndarray:
    """Random features with missing values, (12, count) float32."""
    rng = np.random.default_rng(seed)
    made = rng.normal(size=(len(NAMES), count)).astype(np.float32)
    made[rng.random(made.shape) < 0.1] = np.nan
    return made


def labels(x: np.ndarray, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=x.shape[1])
    return (np.nan_to_num(x[0]) - np.nan_to_num(x[3]) + noise > 0).astype(np.float64)


@pytest.fixture(scope="module")
def text() -> bytes:
    x = rows(0, 2000)
    return boosting.fit(x, labels(x), NAMES, seed=7, rounds=30, **OPTIONS)


def test_the_c_library_answers_exactly_like_the_python_package(text: bytes) -> None:
    x = rows(2, 500)
    theirs = lightgbm.Booster(model_str=text.decode()).predict(x.T, raw_score=True, num_threads=1)
    ours = boosting.Booster(text).log_odds(x)
    assert np.array_equal(ours, theirs) and len(np.unique(ours)) > 50


def test_one_row_has_the_bits_of_many(text: bytes) -> None:
    x = rows(3, 60)
    booster = boosting.parse(text)
    regression = logistic.Logistic(logistic.fit(x, labels(x), strength=0.1))
    for score in (booster.log_odds, regression.log_odds):
        assert [score(x[:, [i]])[0] for i in range(60)] == score(x).tolist()
        assert score(x[:, :0]).shape == (0,)


def test_a_fit_is_deterministic_and_depends_on_its_seed(text: bytes) -> None:
    x = rows(0, 2000)
    assert boosting.fit(x, labels(x), NAMES, seed=7, rounds=30, **OPTIONS) == text
    assert boosting.fit(x, labels(x), NAMES, seed=8, rounds=30, **OPTIONS) != text
    assert logistic.fit(x, labels(x), strength=0.1) == logistic.fit(x, labels(x), strength=0.1)


def test_the_stored_regression_answers_like_scikit_learns() -> None:
    from sklearn.linear_model import LogisticRegression

    x = np.random.default_rng(4).normal(size=(5, 800)).astype(np.float32)
    up = labels(x)
    wide = x.astype(np.float64)
    standard = np.clip((wide - wide.mean(axis=1)[:, None]) / wide.std(axis=1)[:, None], -5, 5)
    ours = logistic.Logistic(logistic.fit(x, up, strength=0.1)).log_odds(x)
    for slope, near in ((logistic.SLOPE, 1e-9), (1e-10, 1e-6)):  # ended alike, and gone on with to the end
        theirs = LogisticRegression(C=0.1, solver="newton-cholesky", tol=slope).fit(standard.T, up > 0)
        assert ours == pytest.approx(theirs.decision_function(standard.T), abs=near)


def test_a_constant_feature_and_an_empty_one_weigh_nothing() -> None:
    x = rows(5, 400)
    x[4], x[5] = 2.0, np.nan
    regression = logistic.Logistic(logistic.fit(x, labels(x), strength=0.1))
    changed = x.copy()
    changed[4], changed[5] = 99.0, 99.0
    assert np.array_equal(regression.log_odds(x), regression.log_odds(changed))


def test_text_that_is_no_model_is_refused() -> None:
    with pytest.raises(ModelError, match="LightGBM refused"):
        boosting.Booster(b"")
