"""What every feature of the catalogue must keep, over real prices and a random walk. No exceptions list."""

from __future__ import annotations

import csv
import functools
import gzip
import importlib.util
import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockml.bars.series import Series
from stockml.clock import to_day
from stockml.features import causality, market, matrix
from stockml.features.catalogue import catalogue, families, groups

PLAIN = tuple(name for name in families() if name != "market")
BASE = [feature for group in groups(PLAIN) for feature in group.features]
ALL = catalogue()


def random_walk(bars: int, seed: int = 0, symbol: str = "WALK") -> Series:
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(0.015 * rng.standard_normal(bars)))
    start = close * np.exp(0.005 * rng.standard_normal(bars))
    high = np.maximum(start, close) * np.exp(0.004 * np.abs(rng.standard_normal(bars)))
    low = np.minimum(start, close) * np.exp(-0.004 * np.abs(rng.standard_normal(bars)))
    volume = np.exp(14.0 + 0.4 * rng.standard_normal(bars))
    session = (12000 + np.cumsum(np.where(np.arange(bars) % 5 == 4, 3, 1))).astype(np.int32)
    return Series(symbol, session, start, high, low, close, volume, close)


@functools.cache
def real(ticker: str) -> Series:
    found = importlib.util.find_spec("bokeh_sampledata")
    if found is None or not found.submodule_search_locations:
        pytest.skip("bokeh_sampledata is not installed")
    path = Path(found.submodule_search_locations[0]) / "_data" / "stocks.csv.gz"
    with gzip.open(path, "rt") as lines:
        rows = sorted(
            (row for row in csv.DictReader(lines) if row["Ticker"] == ticker), key=lambda row: row["Date"]
        )
    numbers = ("Open", "High", "Low", "Close", "Volume", "Adj Close")
    table = {key: np.array([float(row[key]) for row in rows]) for key in numbers}
    session = np.array([to_day(date.fromisoformat(row["Date"][:10])) for row in rows], dtype=np.int32)
    factor = table["Adj Close"] / table["Close"]
    prices = (table[name] * factor for name in ("Open", "High", "Low", "Close"))
    return Series(ticker, session, *prices, table["Volume"], table["Close"])


def prices(name: str) -> Series:
    return random_walk(1300) if name == "WALK" else real(name)


def base64(series: Series) -> list[np.ndarray]:
    """The plain columns before they are rounded to float32, NaN before their look-back."""
    found = []
    with np.errstate(all="ignore"):
        for group in groups(PLAIN):
            made = group.compute(series)
            made = (made,) if isinstance(made, np.ndarray) else made
            for feature, column in zip(group.features, made, strict=True):
                kept = np.array(column, dtype=np.float64)
                kept[: feature.look_back] = np.nan
                found.append(kept)
    series.memo.clear()
    return found


def fleet() -> list[Series]:
    """Five symbols that begin and end on different sessions, one with sessions missing."""
    made = [random_walk(900, seed, f"S{seed}") for seed in range(5)]
    cuts = [(0, 900), (100, 900), (0, 700), (50, 850), (0, 900)]
    made = [causality.slice_of(series, *cut) for series, cut in zip(made, cuts, strict=True)]
    kept = np.delete(np.arange(900), [300, 301, 555])
    names = ("session", "open", "high", "low", "close", "volume", "raw_close")
    made[4] = replace(made[4], **{name: getattr(made[4], name)[kept] for name in names}, memo={})
    return made


SERIES = ("AAPL", "GOOG", "MSFT", "WALK")


def test_there_are_at_least_seventy_base_features_with_unique_names_and_a_meaning():
    assert len(BASE) >= 70
    assert len({feature.name for feature in ALL}) == len(ALL)
    assert all(feature.meaning and feature.look_back <= 252 for feature in ALL)
    assert {feature.family for feature in ALL} == {
        "price", "technical", "volume", "volatility", "momentum", "pattern", "structure", "time", "market"
    }  # fmt: skip
    assert all(feature.cross_section == (feature.family == "market") for feature in ALL)


@pytest.mark.parametrize("name", SERIES)
def test_every_feature_is_causal_and_independent_of_the_first_bar(name):
    assert causality.problems(base64, prices(name)) == []


@given(cuts=st.lists(st.integers(1, 1299), min_size=3, max_size=3))
@settings(max_examples=10, deadline=None)
def test_a_prefix_is_bit_identical_wherever_it_is_cut(cuts):
    series = random_walk(1300, 5)
    whole = matrix.base(series, PLAIN)
    for cut in cuts:
        part = matrix.base(causality.slice_of(series, 0, cut), PLAIN)
        assert np.array_equal(part, whole[:, :cut], equal_nan=True)


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize(("price", "volume"), [(3.7, 1.0), (0.0137, 1.0), (1.0, 7.3), (1.0, 0.0011)])
def test_every_feature_is_free_of_the_scale_of_prices_and_of_volume(name, price, volume):
    series = prices(name)
    scaled = {key: price * getattr(series, key) for key in ("open", "high", "low", "close")}
    other = replace(series, **scaled, volume=volume * series.volume, memo={})
    for feature, one, two in zip(BASE, base64(series), base64(other), strict=True):
        assert np.array_equal(np.isnan(one), np.isnan(two)), feature.name
        assert np.nanmax(np.abs(one - two)) <= 1e-6 * np.nanstd(one), feature.name


@pytest.mark.parametrize("name", SERIES)
def test_rows_before_the_look_back_are_nan_and_all_after_are_finite(name):
    block = matrix.base(prices(name), PLAIN)
    for feature, column in zip(BASE, block, strict=True):
        assert np.isnan(column[: feature.look_back]).all(), feature.name
        assert np.isfinite(column[feature.look_back :]).all(), feature.name


@pytest.mark.parametrize("bars", [0, 1, 2, 3, 30, 64, 252, 253])
def test_short_series_give_nan_and_no_exception(bars):
    series = random_walk(bars)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        built = matrix.build([series, random_walk(bars, 1, "B")], None, families())
    assert built.blocks[0].shape == (len(ALL), bars)
    for feature, column in zip(ALL, built.blocks[0], strict=True):
        assert np.isnan(column[: feature.look_back]).all(), feature.name


@pytest.mark.parametrize("kind", ["no volume", "flat", "flat in between"])
def test_degenerate_bars_give_neither_warnings_nor_infinity(kind):
    series = random_walk(900)
    if kind == "no volume":
        series = replace(series, volume=np.zeros(900), memo={})
    else:
        first, last = (0, 900) if kind == "flat" else (200, 600)
        changed = {}
        for name in ("open", "high", "low", "close"):
            changed[name] = getattr(series, name).copy()
            changed[name][first:last] = 33.3
        series = replace(series, **changed, memo={})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        built = matrix.build([series], series, families())
    assert not np.isinf(built.blocks[0]).any()
    assert np.nanmax(np.abs(built.blocks[0])) < 1e4


def test_the_input_is_not_modified_and_nothing_stays_remembered():
    series = random_walk(400)
    before = [getattr(series, name).copy() for name in ("session", "open", "high", "low", "close", "volume")]
    matrix.build([series], series, families())
    after = [getattr(series, name) for name in ("session", "open", "high", "low", "close", "volume")]
    assert all(np.array_equal(one, two) for one, two in zip(before, after, strict=True))
    assert series.memo == {}


@pytest.mark.parametrize("with_benchmark", [True, False])
def test_the_whole_matrix_is_the_same_bit_for_bit_when_the_future_is_cut(with_benchmark):
    symbols = fleet()
    benchmark = causality.slice_of(random_walk(900, 9, "SPY"), 30, 880) if with_benchmark else None
    built = matrix.build(symbols, benchmark, families())
    for day in (symbols[0].session[k] for k in (310, 560, 760)):
        def until(series: Series, day: int = int(day)) -> Series:
            return causality.slice_of(series, 0, int(np.searchsorted(series.session, day, side="right")))

        part = matrix.build([until(series) for series in symbols], benchmark and until(benchmark), families())
        for short, long in zip(part.blocks, built.blocks, strict=True):
            assert np.array_equal(short, long[:, : short.shape[1]], equal_nan=True)


def test_the_whole_matrix_does_not_depend_on_where_the_bars_begin():
    symbols = [random_walk(1200, seed, f"S{seed}") for seed in range(5)]
    late = [causality.slice_of(series, 170, 1200) for series in symbols]
    whole, part = matrix.build(symbols, None, families()), matrix.build(late, None, families())
    for feature, one, two in zip(ALL, whole.blocks[2], part.blocks[2], strict=True):
        expected = one[570:].astype(float)
        # The blocks are float32, whose own rounding is not the features'.
        room = 1e-6 * np.std(expected) + 1.2e-7 * np.abs(expected)
        assert (np.abs(expected - two[400:]) <= room).all(), feature.name


def test_market_features_are_finite_from_their_look_back_on():
    symbols = [random_walk(600, seed, f"S{seed}") for seed in range(5)]
    built = matrix.build(symbols, symbols[0], families())
    for feature, column in zip(ALL, built.blocks[1], strict=True):
        assert np.isnan(column[: feature.look_back]).all(), feature.name
        assert np.isfinite(column[feature.look_back :]).all(), feature.name


def test_since_changes_no_value():
    symbols = fleet()
    day = int(symbols[0].session[500])
    whole, part = matrix.build(symbols, None, families()), matrix.build(symbols, None, families(), since=day)
    for series, first, long, short in zip(symbols, part.first, whole.blocks, part.blocks, strict=True):
        assert series.session[first] >= day and (first == 0 or series.session[first - 1] < day)
        assert short.flags.c_contiguous and short.dtype == np.float32
        assert np.array_equal(short, long[:, first:], equal_nan=True)


def test_families_give_the_same_columns_alone_as_together():
    symbols = fleet()
    whole = matrix.build(symbols, None, families())
    for family in families():
        alone = matrix.build(symbols, None, (family,))
        rows = [whole.names.index(name) for name in alone.names]
        assert alone.names == tuple(feature.name for feature in ALL if feature.family == family)
        assert np.array_equal(alone.blocks[1], whole.blocks[1][rows], equal_nan=True)


def test_the_market_of_an_empty_fleet_is_empty():
    assert len(market.context([], None).session) == 0
