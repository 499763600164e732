"""The thresholds fire on evidence only, and not for what befalls the naive forecast as well."""

from __future__ import annotations

import numpy as np
import pytest

from stockml.evaluation import significance
from stockml.monitor import thresholds
from stockml.monitor.thresholds import Accepted

DAYS = np.arange(400)


def _hits(rate, n=400, seed=1):
    return np.random.default_rng(seed).random(n) < rate


def _errors(scale, n=400, seed=1):
    return np.abs(np.random.default_rng(seed).normal(0.0, scale, n))


def _accuracy(hits, naive, evidence="required", days=None):
    days = DAYS[: len(hits)] if days is None else days
    return thresholds.direction_accuracy(hits, naive, days, 1, 0.45, evidence)


@pytest.mark.parametrize(
    ("rate", "naive", "verdict"),
    [(0.35, 0.53, "fires"), (0.45, 0.53, "cannot_tell"), (0.56, 0.53, "holds"), (0.35, 0.35, "holds")],
)
def test_an_accuracy_fires_only_where_naive_was_spared(rate, naive, verdict):
    assert _accuracy(_hits(rate), _hits(naive, seed=2)).verdict == verdict


def test_the_interval_and_the_naive_figure_are_those_of_the_evaluation():
    hits, naive = _hits(0.4), _hits(0.5, seed=2)
    rule = _accuracy(hits, naive)
    assert (rule.low, rule.high) == significance.share_intervals(hits[:, None], DAYS, 1)[0]
    assert (rule.value, rule.naive, rule.n, rule.limit) == (hits.mean(), naive.mean(), 400, 0.45)


def test_few_outcomes_cannot_tell_however_bad_they_are():
    rule = _accuracy(np.zeros(20, dtype=bool), np.ones(20, dtype=bool))
    assert rule.verdict == "cannot_tell" and rule.needed == 43  # 63 sessions
    many = thresholds.direction_accuracy(
        np.zeros(260, dtype=bool), np.ones(260, dtype=bool), np.repeat(DAYS[:20], 13), 1, 0.45, "required"
    )
    assert many.verdict == "cannot_tell" and many.needed == 43 * 13  # sessions count, not symbols


def test_without_evidence_the_figure_alone_decides():
    assert _accuracy(_hits(0.2, 20), _hits(0.2, 20), "none").verdict == "fires"
    assert _accuracy(_hits(0.8, 20), _hits(0.8, 20), "none").verdict == "holds"


def test_no_outcomes_cannot_tell_either_way():
    none = np.empty(0, dtype=bool)
    for evidence in ("required", "none"):
        rule = _accuracy(none, none, evidence)
        assert (rule.verdict, rule.value, rule.low, rule.naive) == ("cannot_tell", None, None, None)


def test_needed_shrinks_the_interval_to_the_limit():
    hits = np.tile(np.arange(100) < 42, 4)[np.random.default_rng(3).permutation(400)]
    rule = _accuracy(hits, _hits(0.5))
    assert rule.verdict == "cannot_tell"
    half = rule.high - rule.value
    assert half * np.sqrt(rule.n / (rule.n + rule.needed)) == pytest.approx(0.45 - rule.value, rel=0.01)


def test_a_stormy_market_is_not_the_models_error():
    error = _errors(0.09)
    rule = thresholds.price_error(error, error, DAYS, 1, 0.05, "required")
    assert rule.verdict == "holds" and "market" in rule.sentence
    assert thresholds.price_error(error, error, DAYS, 1, 0.05, "none").verdict == "fires"
    noisy = error + _errors(0.03, seed=4)
    assert thresholds.price_error(noisy, error, DAYS, 1, 0.05, "required").verdict == "fires"
    assert thresholds.price_error(_errors(0.01), error, DAYS, 1, 0.05, "required").verdict == "holds"


@pytest.mark.parametrize(
    ("accepted", "evidence", "verdict"),
    [(None, "required", "holds"), (0.53, "required", "holds"), (0.70, "required", "fires"), (0.53, "none", "fires")],
)
def test_confidence_fires_only_where_it_has_fallen(accepted, evidence, verdict):
    assert thresholds.confidence(np.full(400, 0.53), DAYS, accepted, 0.60, evidence).verdict == verdict


def test_an_accuracy_has_fallen_if_interval_and_comparison_say_so():
    accepted = Accepted(0.56, 0.53, 0.54, 0.58)
    naive = _hits(0.53, seed=2)

    def verdict(hits, naive_hits, evidence="required"):
        rule = thresholds.fallen_accuracy(hits, naive_hits, DAYS, 1, accepted, 0.10, evidence)
        return rule.verdict, round(rule.limit, 3)

    assert verdict(_hits(0.38), naive) == ("fires", 0.486)  # 10 % below the low end of what was accepted
    assert verdict(_hits(0.55), naive) == ("holds", 0.486)
    assert verdict(_hits(0.38), _hits(0.30, seed=5)) == ("holds", 0.486)
    assert verdict(_hits(0.46), naive, "none") == ("fires", 0.504)


def test_a_loss_has_risen_if_it_did_against_naive_too():
    def verdict(scale, naive, evidence="required"):
        losses = naive * scale
        return thresholds.risen_loss(
            "Winkler score", losses, naive, DAYS, 1, Accepted(0.018, 0.02), 0.10, evidence
        ).verdict

    calm = 0.02 * _errors(1.0) / _errors(1.0).mean()
    storm = 3.0 * calm
    assert verdict(0.9, calm) != "fires"
    assert verdict(0.9, storm) == "holds"  # three times the loss, and naive's as well
    assert verdict(0.9, storm, "none") == "fires"
    assert verdict(1.5, calm) == "fires"


def test_every_sentence_tells_figure_limit_and_count():
    sentence = _accuracy(_hits(0.35), _hits(0.53, seed=2)).sentence
    for part in ("direction accuracy 3", "95 %", "400 forecasts", "naive 5", "limit 45.0%"):
        assert part in sentence
