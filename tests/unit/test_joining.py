"""Whether bars of two sources may stand in one series: levels, returns, and adjusted against raw."""

from __future__ import annotations

import numpy as np
import pytest

from stockml.bars import joining
from stockml.bars.answer import Answer
from stockml.bars.series import Bars

RNG = np.random.default_rng(3)
CLOSE = 100 * np.exp(np.cumsum(RNG.normal(0, 0.02, 300)))


def bars(close, first=19000, split=None, dividend=None):
    n = len(close)
    split = np.ones(n) if split is None else split
    dividend = np.zeros(n) if dividend is None else dividend
    days = np.arange(first, first + n, dtype=np.int32)
    return Bars("ABC", days, close, close, close, close, np.ones(n), dividend, split)


def answer(close, first=19000, source="tiingo", **more):
    b = bars(close, first, **more)
    return Answer(b.session, b.open, b.high, b.low, b.close, b.volume, b.dividend, b.split, source)


def test_sources_that_agree_may_be_joined():
    assert joining.objection(answer(CLOSE[100:] * 1.0002, 19100), bars(CLOSE[:250]), "yahoo") == ""


def test_nothing_stored_and_the_same_source_are_never_compared():
    assert joining.objection(answer(CLOSE), None, "yahoo") == ""
    assert joining.objection(answer(CLOSE), bars(CLOSE * 9), "tiingo") == ""


def test_another_level_is_refused_with_both_names_and_the_first_day():
    words = joining.objection(answer(CLOSE * 1.01), bars(CLOSE), "yahoo")
    assert "tiingo" in words and "yahoo" in words and "2022-01-08" in words and "300 shared sessions" in words


def test_a_source_that_adjusted_for_a_split_is_caught_even_if_most_days_agree():
    was = CLOSE.copy()
    was[:40] *= 4
    split = np.ones(300)
    split[40] = 4
    assert "first on 2022-01-08" in joining.objection(answer(CLOSE), bars(was, split=split), "yahoo")


def test_levels_may_agree_while_returns_do_not():
    noisy = CLOSE * (1 + 0.004 * np.where(np.arange(300) % 2, 1, -1))
    assert "returns" in joining.objection(answer(noisy), bars(CLOSE), "yahoo")


def test_one_bad_print_is_no_reason_to_refuse():
    odd = CLOSE.copy()
    odd[150] *= 1.3
    assert joining.objection(answer(odd), bars(CLOSE), "yahoo") == ""


def test_without_a_shared_session_nothing_is_joined():
    assert "share no session" in joining.objection(answer(CLOSE[:50], 20000), bars(CLOSE), "yahoo")


def test_a_short_overlap_is_compared_as_far_as_it_goes():
    assert joining.objection(answer(CLOSE[298:], 19298), bars(CLOSE), "yahoo") == ""
    assert joining.objection(answer(CLOSE[298:] * 1.1, 19298), bars(CLOSE), "yahoo")


@pytest.mark.parametrize(
    ("new", "first", "stored", "allowed"),
    [
        ("stooq", 19000, "yahoo", False),  # adjusted onto raw
        ("tiingo", 19000, "stooq", True),  # raw that leaves nothing adjusted standing
        ("tiingo", 19001, "stooq", False),  # raw that would leave one adjusted bar
        ("stooq", 19000, "stooq", True),  # the whole again
        ("tiingo", 19001, "import_adjusted", False),
        ("tiingo", 19000, "import", True),  # what people import is raw, or the import says otherwise
    ],
)
def test_adjusted_and_raw_are_never_joined(new, first, stored, allowed):
    words = joining.objection(answer(CLOSE[first - 19000 :], first, new), bars(CLOSE), stored)
    assert (words == "") is allowed
    assert allowed or "not joined" in words
