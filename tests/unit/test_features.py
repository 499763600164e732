"""Features against plain formulas, the causality check against leaks, ranks, market, extra indicators."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from stockml.bars.series import Series
from stockml.errors import ConfigError
from stockml.features import causality, extra, market, matrix, ranks
from stockml.features.catalogue import catalogue, families, groups


def walk(bars: int, seed: int = 0, symbol: str = "WALK") -> Series:
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(0.015 * rng.standard_normal(bars)))
    start = close * np.exp(0.005 * rng.standard_normal(bars))
    high = np.maximum(start, close) * np.exp(0.004 * np.abs(rng.standard_normal(bars)))
    low = np.minimum(start, close) * np.exp(-0.004 * np.abs(rng.standard_normal(bars)))
    volume = np.exp(14.0 + 0.4 * rng.standard_normal(bars))
    session = (12000 + np.cumsum(np.where(np.arange(bars) % 5 == 4, 3, 1))).astype(np.int32)
    return Series(symbol, session, start, high, low, close, volume, close)


def last(series: Series, name: str) -> float:
    """A plain feature of the last bar."""
    plain = tuple(family for family in families() if family != "market")
    names = [feature.name for group in groups(plain) for feature in group.features]
    return float(matrix.base(series, plain)[names.index(name), -1])


def test_rsi_is_wilders():
    series = walk(300)
    gains, losses = [], []
    for before, after in zip(series.close[:-1], series.close[1:], strict=True):
        gains.append(max(after - before, 0.0))
        losses.append(max(before - after, 0.0))
    up, down = sum(gains[:14]) / 14, sum(losses[:14]) / 14
    for gain, loss in zip(gains[14:], losses[14:], strict=True):
        up, down = (13 * up + gain) / 14, (13 * down + loss) / 14
    assert last(series, "rsi_14") == pytest.approx(up / (up + down), abs=1e-6)


def test_distance_to_a_mean_and_bollinger_bands_are_the_textbook_ones():
    series = walk(300)
    window = list(series.close[-20:])
    middle = sum(window) / 20
    deviation = math.sqrt(sum((price - middle) ** 2 for price in window) / 20)
    assert last(series, "sma_distance_20") == pytest.approx(window[-1] / middle - 1, abs=1e-6)
    assert last(series, "bollinger_width") == pytest.approx(4 * deviation / middle, rel=1e-5)
    expected = (window[-1] - (middle - 2 * deviation)) / (4 * deviation)
    assert last(series, "bollinger_position") == pytest.approx(expected, rel=1e-5)


def test_range_volatilities_are_those_of_their_authors():
    series = walk(300)
    bars = list(zip(series.open[-21:], series.high[-21:], series.low[-21:], series.close[-21:], strict=True))
    parkinson = sum(math.log(h / low) ** 2 for _, h, low, _ in bars) / (4 * math.log(2) * 21)
    garman = sum(
        0.5 * math.log(h / low) ** 2 - (2 * math.log(2) - 1) * math.log(c / o) ** 2 for o, h, low, c in bars
    )
    rogers = sum(
        math.log(h / c) * math.log(h / o) + math.log(low / c) * math.log(low / o) for o, h, low, c in bars
    )
    assert last(series, "parkinson_21") == pytest.approx(math.sqrt(parkinson), rel=1e-5)
    assert last(series, "garman_klass_21") == pytest.approx(math.sqrt(garman / 21), rel=1e-5)
    assert last(series, "rogers_satchell_21") == pytest.approx(math.sqrt(rogers / 21), rel=1e-5)


def test_moments_and_correlations_are_numpys():
    series = walk(300)
    steps = np.diff(np.log(series.close))
    part = steps[-63:] - steps[-63:].mean()
    assert last(series, "skew_63") == pytest.approx((part**3).mean() / (part**2).mean() ** 1.5, rel=1e-4)
    tails = (part**4).mean() / (part**2).mean() ** 2 - 3
    assert last(series, "kurtosis_63") == pytest.approx(tails, rel=1e-4)
    assert last(series, "close_vol_21") == pytest.approx(steps[-21:].std(), rel=1e-5)
    expected = np.corrcoef(steps[-63:], steps[-64:-1])[0, 1]
    assert last(series, "autocorrelation_63") == pytest.approx(expected, abs=1e-6)


def test_bars_since_an_extreme_take_the_latest_of_equals():
    series = walk(400)
    high, low = series.high.copy(), series.low.copy()
    high[[250, 300, 350]] = 2.0 * high.max()
    low[[260, 390]] = 0.5 * low.min()
    tied = replace(series, high=high, low=low, memo={})
    assert last(tied, "since_high_252") == pytest.approx(49 / 252)
    assert last(tied, "since_low_252") == pytest.approx(9 / 252)


def test_a_streak_counts_closes_in_one_direction():
    series = walk(60)
    close = series.close.copy()
    close[-4:] = close[-5] * np.array([1.01, 1.02, 1.03, 1.04])
    close[-5] = 0.5 * close[-6]
    assert last(replace(series, close=close, memo={}), "streak") == pytest.approx(0.4)


def test_dates_are_the_sessions_own():
    series = replace(walk(2), session=np.array([18258, 18260], dtype=np.int32))  # 2019-12-28, 2019-12-30
    assert last(series, "weekday_sin") == pytest.approx(0.0)
    assert last(series, "month_sin") == pytest.approx(-0.5)
    assert last(series, "to_month_end") == pytest.approx(1 / 31)
    assert last(series, "quarter_elapsed") == pytest.approx(90 / 92)
    assert last(series, "days_since_session") == pytest.approx(0.2)


def test_an_unknown_family_is_refused_by_name():
    with pytest.raises(ConfigError, match="colour"):
        catalogue(("price", "colour"))


@pytest.mark.parametrize(
    ("leak", "words"),
    [
        (lambda s: [np.append(np.diff(np.log(s.close)), 0.0)], "future"),
        (lambda s: [(s.close - s.close.mean()) / s.close.std()], "future"),
        (lambda s: [np.convolve(s.close, np.ones(5) / 5, mode="same")], "future"),
        (lambda s: [np.cumsum(s.volume)], "where the bars begin"),
        (lambda s: [s.close / s.close[0]], "where the bars begin"),
        (lambda s: [s.close[1:]], "one value for each bar"),
    ],
)
def test_a_planted_leak_is_caught(leak, words):
    found = causality.problems(leak, walk(1000))
    assert found and words in found[0]


def test_an_honest_column_passes_and_too_few_bars_are_said():
    assert causality.problems(lambda s: [np.log(s.high / s.low)], walk(1000)) == []
    assert "too few" in causality.problems(lambda s: [s.close], walk(200))[0]


def test_ranks_share_ties_skip_nan_and_need_four():
    table = np.array(
        [[3.0, 1.0, 2.0, 4.0, np.nan], [1.0, 1.0, 2.0, 0.0, 5.0], [1.0, 2.0, 3.0, np.nan, np.nan]], np.float32
    )
    placed = ranks.places(table)
    assert placed[0][:4] == pytest.approx([0.125, -0.375, -0.125, 0.375]) and np.isnan(placed[0][4])
    assert placed[1] == pytest.approx([-0.1, -0.1, 0.2, -0.4, 0.4])
    assert placed[2][:3] == pytest.approx([0.0, 0.0, 0.0]) and np.isnan(placed[2][3:]).all()


def test_the_market_is_the_benchmark_and_else_the_mean_of_those_that_trade():
    first, second = walk(100, 1, "A"), causality.slice_of(walk(100, 2, "B"), 0, 60)
    benchmark = walk(100, 3, "SPY")
    alone = market.context([first, second], None)
    steps = [np.diff(np.log(series.close)) for series in (first, second)]
    assert alone.step[30] == pytest.approx((steps[0][29] + steps[1][29]) / 2)
    assert alone.step[80] == pytest.approx(steps[0][79])
    assert alone.dispersion[30] == pytest.approx(abs(steps[0][29] - steps[1][29]) / 2)
    late = causality.slice_of(benchmark, 50, 100)
    mixed = market.context([first, second], late)
    assert mixed.step[50] == alone.step[50]
    assert mixed.step[51] == pytest.approx(math.log(benchmark.close[51] / benchmark.close[50]))


def test_beta_and_relative_strength_are_the_textbook_ones():
    series, benchmark = walk(300, 1, "A"), walk(300, 2, "SPY")
    built = matrix.build([series], benchmark, families())
    column = dict(zip(built.names, built.blocks[0][:, -1], strict=True))
    own, other = np.diff(np.log(series.close))[-63:], np.diff(np.log(benchmark.close))[-63:]
    slope = np.cov(own, other, bias=True)[0, 1] / other.var()
    assert column["beta_63"] == pytest.approx(slope, rel=1e-4)
    assert column["idiosyncratic_vol_63"] == pytest.approx((own - slope * other).std(), rel=1e-4)
    assert column["relative_strength_63"] == pytest.approx(own.sum() - other.sum(), rel=1e-4)
    assert column["market_correlation_63"] == pytest.approx(np.corrcoef(own, other)[0, 1], abs=1e-5)


def test_an_extra_price_indicator_becomes_scale_free():
    series = walk(700)
    wanted = ({"indicator": "kama", "length": 10}, {"indicator": "atr", "length": 9})
    kinds = [indicator.kinds for indicator in extra.prepare(wanted, [series]).indicators]
    assert kinds == [("level",), ("difference",)]
    built = matrix.build([series], None, ("price",), wanted)
    assert built.names[-2:] == ("extra_kama_10", "extra_atr_9")
    assert np.nanmax(np.abs(built.blocks[0][-2])) < 1.0
    short = matrix.build([series, walk(5, 1, "B")], None, ("price",), wanted)
    assert np.isnan(short.blocks[1][-2:]).all()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"indicator": "kamaa"}, "no indicator"),
        ({}, "no indicator"),
        ({"indicator": "obv"}, "volume|begin"),
        ({"indicator": "tos_stdevall"}, "one number a bar|cannot be used"),
        ({"indicator": "vp"}, "one number a bar"),
        ({"indicator": "kama", "length": [1]}, "must be a number"),
        ({"indicator": "pvt"}, "volume|begin"),
        ({"indicator": "kama", "length": "many"}, "fails|cannot"),
    ],
)
def test_an_extra_indicator_that_will_not_do_is_refused_with_the_reason(entry, words):
    with pytest.raises(ConfigError, match=words) as caught:
        extra.prepare((entry,), [walk(700)])
    assert "features.extra[0]" in caught.value.message


def test_the_nearest_indicator_is_named():
    with pytest.raises(ConfigError) as caught:
        extra.prepare(({"indicator": "kamaa"},), [walk(700)])
    assert "'kama'" in caught.value.hint


@pytest.mark.parametrize(
    "code",
    [
        "from stockml.features._talib import talib; talib(); import sys; "
        "assert 'pandas' not in sys.modules and 'polars' not in sys.modules; "
        "import pandas; pandas.DataFrame({'a': [1]})",
        "import pandas; from stockml.features._talib import talib; import numpy, sys; "
        "assert sys.modules['pandas'] is pandas; talib().SMA(numpy.ones(30), 5)",
        "from stockml.features import catalogue, matrix; catalogue.catalogue(); import sys; "
        "assert not {'pandas', 'sklearn', 'scipy', 'talib'} & set(sys.modules)",
    ],
)
def test_talib_comes_without_data_frames_and_leaves_them_importable(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
