"""Dividends and splits found in adjusted closes, on the sample's five companies."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from stockml.bars import actions, quality
from stockml.bars.answer import Request
from stockml.bars.series import Bars, adjust
from stockml.bars.sources import sample
from stockml.clock import to_day
from stockml.config.schema import Data

pytestmark = pytest.mark.skipif(sample.data_file() is None, reason="bokeh_sampledata is not installed")


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bars]:
    found = {}
    for symbol in sample.SYMBOLS:
        request = Request(
            symbol,
            "1d",
            None,
            sample.LAST_SESSION,
            Data(),
            tmp_path_factory.getbasetemp(),
            "",
            datetime.now(UTC),
        )
        found[symbol] = quality.judge(symbol, sample.fetch(request)).bars
    return found


def test_the_three_splits_are_found_and_nothing_else(bars):
    found = {
        symbol: {
            int(day): float(ratio) for day, ratio in zip(one.session, one.split, strict=True) if ratio != 1
        }
        for symbol, one in bars.items()
    }
    assert found == {
        "AAPL": {to_day(date(2000, 6, 21)): 2.0, to_day(date(2005, 2, 28)): 2.0},
        "MSFT": {to_day(date(2003, 2, 18)): 2.0},
        "FB": {},
        "GOOG": {},
        "IBM": {},
    }


def test_the_crash_of_apple_is_no_split_and_is_noticed(bars):
    day = to_day(date(2000, 9, 29))
    place = int(np.searchsorted(bars["AAPL"].session, day))
    assert bars["AAPL"].split[place] == 1 and bars["AAPL"].dividend[place] == 0
    assert [f.kind for f in quality.findings(bars["AAPL"], []) if f.session == day] == ["jump_confirmed"]


@pytest.mark.parametrize(("symbol", "at_least", "at_most"), [("IBM", 50, 53), ("MSFT", 36, 42)])
def test_dividends_come_about_four_times_a_year_and_yield_little(bars, symbol, at_least, at_most):
    paid = bars[symbol].dividend > 0
    assert at_least <= paid.sum() <= at_most
    single = (bars[symbol].dividend / bars[symbol].close)[paid]
    assert single.max() < 0.12  # Microsoft's 3 dollars of November 2004 are the largest
    assert 0.001 < np.median(single) < 0.01
    assert (bars["GOOG"].dividend == 0).all() and (bars["FB"].dividend == 0).all()


def test_cutting_the_file_changes_nothing_before_the_cut():
    close, adjusted = _ibm()
    whole = actions.derive(close, adjusted)
    for n in (2, 100, 1777, len(close) - 1):
        cut = actions.derive(close[:n], adjusted[:n])
        assert (cut[0] == whole[0][:n]).all() and (cut[1] == whole[1][:n]).all()


def test_rescaling_the_adjusted_closes_changes_nothing():
    close, adjusted = _ibm()
    first, second = actions.derive(close, adjusted), actions.derive(close, adjusted * 1.7)
    np.testing.assert_allclose(first[0], second[0], rtol=0, atol=1e-10)
    assert (first[1] == second[1]).all()


def test_forward_adjustment_gives_the_returns_of_the_adjusted_closes(tmp_path):
    for symbol in sample.SYMBOLS:
        answer = sample.fetch(
            Request(symbol, "1d", None, sample.LAST_SESSION, Data(), tmp_path, "", datetime.now(UTC))
        )
        series = adjust(quality.judge(symbol, answer).bars)
        acted = (answer.dividend > 0) | (answer.split != 1)
        wanted = answer.adjusted[1:] / answer.adjusted[:-1]
        got = series.close[1:] / series.close[:-1]
        assert np.abs(got / wanted - 1)[acted[1:]].max(initial=0) < 1e-9
        written = 1 / answer.close + 1 / answer.adjusted  # what rounding to six decimals allows on other days
        assert (np.abs(got / wanted - 1) < 1e-6 + 2e-6 * (written[1:] + written[:-1])).all()


def _ibm():
    request = Request(
        "IBM", "1d", None, sample.LAST_SESSION, Data(), sample.data_file().parent, "", datetime.now(UTC)
    )
    answer = sample.fetch(request)
    return answer.close, answer.adjusted
