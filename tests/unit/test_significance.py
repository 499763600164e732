"""Tests and intervals have the size they claim, on simulations and against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from stockml.evaluation import metrics, ranks
from stockml.evaluation.significance import (
    bartlett_lag,
    block_bootstrap,
    contest,
    dates_of,
    diebold_mariano,
    mean_test,
    rank_test,
    share_intervals,
    verdict,
    wilson,
)
from stockml.evaluation.student import quantile_975, student_p


@pytest.mark.parametrize("degrees", [1, 2, 5, 30, 249, 5000, 100_000])
@pytest.mark.parametrize("t", [0.0, 1e-6, 0.3, -1.0, 1.96, 2.33, -4.0, 12.0, 60.0])
def test_student_p_is_scipys(t, degrees):
    assert student_p(t, degrees) == pytest.approx(2 * stats.t.sf(abs(t), degrees), rel=1e-8, abs=1e-300)


@pytest.mark.parametrize("degrees", [60, 249, 2000, 100_000])
def test_the_quantile_of_student_is_scipys(degrees):
    assert quantile_975(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-6)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (10, 10), (7, 12), (520, 1000)])
def test_wilson_is_scipys(hits, n):
    expected = stats.binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


def _rejections(make, horizon=1, draws=400, dates=300):
    session = np.arange(dates)
    losses = [make(np.random.default_rng(seed), dates) for seed in range(draws)]
    return np.mean([abs(diebold_mariano(*pair, session, horizon).t) > 1.96 for pair in losses])


def test_equal_forecasters_are_rarely_told_apart():
    # 5 % of 400 is 20; beyond 6 and 44 lies less than one in a thousand, even at a true 7 %.
    rate = _rejections(lambda rng, n: (rng.exponential(size=n), rng.exponential(size=n)))
    assert 6 / 400 <= rate <= 44 / 400


def test_overlapping_losses_keep_the_size_of_the_test():
    def overlapping(rng, n):
        return tuple(np.convolve(rng.normal(size=n + 4), np.ones(5), "valid") for _ in range(2))

    pairs = [overlapping(np.random.default_rng(seed), 300) for seed in range(400)]
    unaware = np.mean([stats.ttest_rel(*pair).pvalue < 0.05 for pair in pairs])
    assert unaware > 0.25
    assert _rejections(overlapping, horizon=5) < 0.12


def test_symbols_of_one_day_are_one_observation():
    rng = np.random.default_rng(2)
    day_loss, other_loss = rng.normal(size=400), rng.normal(size=400)
    session = np.arange(400)
    single = diebold_mariano(day_loss, other_loss, session, 1)
    day, other, dates = (np.repeat(column, 20) for column in (day_loss, other_loss, session))
    many = diebold_mariano(day, other, dates, 1)
    assert many.t == pytest.approx(single.t)
    assert many.dates == single.dates == 400


def test_each_date_counts_once_however_many_rows_it_has():
    rng = np.random.default_rng(3)
    losses, session = rng.normal(size=(2, 900)), np.sort(rng.integers(0, 200, 900))
    by_hand = [[loss[session == day].mean() for day in np.unique(session)] for loss in losses]
    whole = diebold_mariano(*losses, session, 1)
    assert whole.t == pytest.approx(diebold_mariano(*np.array(by_hand), np.unique(session), 1).t)


def test_the_order_of_rows_does_not_matter():
    rng = np.random.default_rng(4)
    a, b, session = rng.normal(size=500), rng.normal(size=500), np.repeat(np.arange(100), 5)
    order = rng.permutation(500)
    shuffled = diebold_mariano(a[order], b[order], session[order], 5)
    assert shuffled.t == pytest.approx(diebold_mariano(a, b, session, 5).t)


def test_t_is_positive_when_the_first_is_better():
    rng = np.random.default_rng(5)
    worse = rng.exponential(size=500)
    test = diebold_mariano(worse - 0.5 + 0.1 * rng.normal(size=500), worse, np.arange(500), 1)
    assert test.t > 10
    assert test.p < 1e-9
    assert diebold_mariano(worse, worse - 0.5 + 0.1 * rng.normal(size=500), np.arange(500), 1).t < -10


def test_diebold_mariano_by_hand():
    # Differences 1 to 8, mean 4.5. Lag floor(4 x .08^(2/9)) = 2, so the weights are 2/3 and 1/3; the sums of
    # products at lags 0, 1, 2 are 42, 26.25 and 11.5. With one step ahead the last factor is sqrt(7 / 8).
    test = diebold_mariano(np.zeros(8), np.arange(1.0, 9.0), np.arange(8), 1)
    variance = (42 + 2 * 26.25 * 2 / 3 + 2 * 11.5 / 3) / 64
    assert test.t == pytest.approx(4.5 / np.sqrt(variance) * np.sqrt(7 / 8))


def test_forecasters_that_never_differ_are_equal():
    same = np.random.default_rng(6).normal(size=300)
    assert diebold_mariano(same, same, np.arange(300), 1) == (0.0, 1.0, 300)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_too_little_or_too_regular_is_no_test(n):
    test = diebold_mariano(np.zeros(n), np.full(n, 0.1), np.arange(n), 5)
    assert (test.t, test.p, test.dates) == (None, None, n)


def test_bootstrap_of_independent_flips_is_close_to_wilson():
    hits = np.random.default_rng(7).random((4000, 1)) < 0.52
    (low, high), = share_intervals(hits, np.arange(4000), 1)
    assert (low, high) == pytest.approx(wilson(hits.sum(), 4000), abs=0.004)


def test_bootstrap_widens_when_a_day_goes_one_way():
    days = np.random.default_rng(8).random(500) < 0.5
    hits, session = np.repeat(days, 20)[:, None], np.repeat(np.arange(500), 20)
    (low, high), = share_intervals(hits, session, 1)
    by_rows = wilson(hits.sum(), len(hits))
    assert high - low > 3 * (by_rows[1] - by_rows[0])
    assert (low, high) == pytest.approx(wilson(days.sum(), 500), abs=0.02)


def test_bootstrap_covers_about_as_often_as_it_claims():
    rng, covered = np.random.default_rng(9), 0
    for _ in range(200):
        (low, high), = share_intervals(rng.random((500, 1)) < 0.5, np.arange(500), 1)
        covered += low <= 0.5 <= high
    assert covered >= 0.86 * 200


def test_bootstrap_is_seeded_and_weighs_dates_by_their_rows():
    numerator, denominator = np.array([[10.0], [0.0]] * 50), np.array([10.0, 1.0] * 50)
    first, again = block_bootstrap(numerator, denominator), block_bootstrap(numerator, denominator)
    assert first[0] == again[0]
    assert first[0][0] <= 10 / 11 <= first[1][0]
    assert first[1][0] - first[0][0] < 0.02  # dates counted alike would be centred on one half


@pytest.mark.parametrize("dates", [64, 84, 105, 299])
def test_bootstrap_resamples_as_many_dates_as_there_are(dates):
    rng = np.random.default_rng(dates)
    hits, rows = rng.random((dates, 2)), rng.integers(1, 5, dates).astype(float)
    starts = np.random.default_rng(11).integers(0, dates, size=(dates // 21 + 1, 200))
    shares = []
    for draw in starts.T:
        blocks = [np.arange(start, start + 21) for start in draw[:-1]]
        chosen = np.concatenate([*blocks, np.arange(draw[-1], draw[-1] + dates % 21)]) % dates
        assert len(chosen) == dates
        shares.append(hits[chosen].sum(axis=0) / rows[chosen].sum())
    low, high = block_bootstrap(hits, rows, resamples=200, seed=11)
    np.testing.assert_allclose([low, high], np.quantile(shares, (0.025, 0.975), axis=0), rtol=1e-12)


@pytest.mark.parametrize("dates", [1, 2, 40, 500])
def test_a_perfect_record_is_not_certainty(dates):
    (low, high), = share_intervals(np.ones((dates, 1), dtype=bool), np.arange(dates), 1)
    assert low < 1.0
    assert high == pytest.approx(1.0)


def test_few_dates_count_once_each_and_overlap_less():
    hits, session = np.tile([True, False], 100)[:, None], np.repeat(np.arange(40), 5)
    assert share_intervals(hits, session, 1)[0] == pytest.approx(wilson(20, 40))
    assert share_intervals(hits, session, 5)[0] == pytest.approx(wilson(4, 8))


def test_no_rows_have_no_interval():
    assert share_intervals(np.empty((0, 3), dtype=bool), np.empty(0, dtype=np.int32), 1) == [None] * 3


@pytest.mark.parametrize(
    ("t", "dates", "word"),
    [
        (2.34, 250, "better"), (2.33, 250, "no_edge"), (-1.64, 250, "no_edge"), (-1.65, 250, "worse"),
        (9.0, 249, "cannot_tell"), (-9.0, 10, "cannot_tell"), (None, 5000, "cannot_tell"),
        (0.0, 1000, "no_edge"),
    ],
)  # fmt: skip
def test_verdict(t, dates, word):
    assert verdict(t, dates) == word


def test_verdict_can_ask_for_more_dates():
    assert verdict(3.0, 400, minimum=500) == "cannot_tell"


def _slow_error(values, horizon):
    """Newey and West's standard error of a mean with the factor of Harvey, Leybourne and Newbold, term by term."""
    n, lag, mean = len(values), bartlett_lag(len(values), horizon), sum(values) / len(values)
    total = 0.0
    for i in range(n):
        for j in range(n):
            if abs(i - j) <= lag:
                total += (1 - abs(i - j) / (lag + 1)) * (values[i] - mean) * (values[j] - mean)
    factor = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    return np.sqrt(total / n**2 / factor)


@pytest.mark.parametrize("horizon", [1, 5])
def test_the_test_of_a_mean_is_the_plain_formula(horizon):
    values = np.convolve(np.random.default_rng(21).normal(0.1, 1.0, 130), np.ones(3), "valid")
    test, (low, high) = mean_test(values, horizon)
    error = _slow_error(values.tolist(), horizon)
    assert test.t == pytest.approx(values.mean() / error)
    assert test.p == pytest.approx(2 * stats.t.sf(abs(test.t), 127))
    half = stats.t.ppf(0.975, 127) * error
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half))


def test_a_mean_that_does_not_vary_has_no_test():
    assert mean_test(np.full(300, 0.1), 1) == ((None, None, 300), None)
    assert mean_test(np.array([0.3]), 1) == ((None, None, 1), None)


def _drawn(dates, resamples, seed):
    """Places of the dates of every resample: blocks of 21 going round, as many dates as there are."""
    starts = np.random.default_rng(seed).integers(0, dates, size=(dates // 21 + 1, resamples))
    for draw in starts.T:
        blocks = [np.arange(start, start + 21) for start in draw[:-1]]
        yield np.concatenate([*blocks, np.arange(draw[-1], draw[-1] + dates % 21)]) % dates


def test_the_interval_of_a_ratio_is_that_of_resampled_dates():
    rng = np.random.default_rng(13)
    session = np.sort(rng.integers(0, 150, 900))
    loss, naive = rng.exponential(size=(2, 900))
    place, rows = dates_of(session)
    sums = np.array([np.bincount(place, column) for column in (loss, naive)])
    ratios = [sums[0][chosen].sum() / sums[1][chosen].sum() for chosen in _drawn(len(rows), 1000, 7)]
    found = contest(loss, naive, session, 1)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(ratios, (0.025, 0.975))), rel=1e-9)
    assert found.test == diebold_mariano(loss, naive, session, 1)


def test_a_ratio_has_no_interval_without_dates_or_naive_loss():
    some = np.random.default_rng(14).exponential(size=62)
    assert contest(some, some + 1, np.arange(62), 1)[1:] == (None, None)
    assert contest(np.ones(100), np.zeros(100), np.arange(100), 1)[1:] == (None, None)
    assert contest(np.empty(0), np.empty(0), np.empty(0, dtype=np.int32), 1) == ((None, None, 0), None, None)


def _ranked_panel(seed, dates=500, symbols=6, edge=0.15):
    rng = np.random.default_rng(seed)
    score = np.round(rng.normal(size=(dates, symbols)), 1)
    day = rng.normal(size=(dates, 1)) * np.repeat(rng.choice([0.5, 2.0], dates // 10), 10)[:, None]
    positive = edge * score + day + rng.normal(size=(dates, symbols)) > 0
    return score.ravel(), positive.ravel(), np.repeat(np.arange(dates), symbols)


def test_the_auc_interval_is_that_of_resampled_dates():
    # Brute force: the AUC of all rows of the drawn dates, each time anew.
    score, positive, session = _ranked_panel(15)
    rows = session.reshape(500, 6)
    assert (rows == np.arange(500)[:, None]).all()
    drawn = [
        metrics.auc(score.reshape(500, 6)[chosen].ravel(), positive.reshape(500, 6)[chosen].ravel())
        for chosen in _drawn(500, 1000, 7)
    ]
    found = rank_test(score, positive, session, 1)
    assert found.auc == metrics.auc(score, positive)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(drawn, (0.025, 0.975))), abs=0.002)


def test_an_auc_without_edge_is_rarely_told_from_one_half():
    tests = [rank_test(*_ranked_panel(seed, dates=250, edge=0.0), 1).test for seed in range(300)]
    rate = np.mean([abs(test.t) > 1.96 for test in tests])
    assert 0.01 <= rate <= 0.10


def test_an_auc_with_one_class_or_few_dates_has_no_interval():
    score, positive, session = _ranked_panel(16, dates=60)
    assert rank_test(score, np.ones(360, dtype=bool), session, 1) == (None, None, None, (None, None, 60))
    few = rank_test(score, positive, session, 1)
    assert few.auc is not None and few.test.t is not None and few.low is None


def test_placements_count_pairs():
    rng = np.random.default_rng(17)
    score, positive = rng.integers(0, 6, 80).astype(float), rng.random(80) < 0.4
    wins = (score[:, None] > score) + 0.5 * (score[:, None] == score)
    expected = [(wins[i, ~positive] if positive[i] else 1 - wins[i, positive]).mean() for i in range(80)]
    assert ranks.placements(score, positive) == pytest.approx(expected)
