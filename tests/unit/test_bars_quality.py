"""Every kind of defect is refused with its reason, no row is lost, and no action either."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stockml.bars import quality
from stockml.bars.answer import Answer
from stockml.bars.series import COLUMNS

SOUND = (10.0, 11.0, 9.0, 10.5, 100.0, 0.0, 1.0)


def answer(rows, **more):
    """Rows of (day, open, high, low, close, volume, dividend, split)."""
    table = np.array(rows, dtype=float).reshape(len(rows), 8)
    columns = {name: table[:, place] for place, name in enumerate(COLUMNS)}
    columns["session"] = columns["session"].astype(np.int32)
    return Answer(**columns, source="test", **more)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((10, np.nan, 9, 9.5, 1, 0, 1), "a price is missing or no number"),
        ((10, np.inf, 9, 9.5, 1, 0, 1), "a price is missing or no number"),
        ((0, 11, 9, 10, 1, 0, 1), "a price is not positive"),
        ((10, 11, 9, -10, 1, 0, 1), "a price is not positive"),
        ((10, 9, 11, 10, 1, 0, 1), "high is below low"),
        ((10, 11, 9, 11.01, 1, 0, 1), "open or close is outside the day's range"),
        ((8.9, 11, 9, 10, 1, 0, 1), "open or close is outside the day's range"),
        ((10, 11, 9, 10, -1, 0, 1), "volume is negative"),
        ((10, 11, 9, 10, np.nan, 0, 1), "volume is no number"),
        ((10, 11, 9, 10, 1, -0.5, 1), "dividend or split is no sensible number"),
        ((10, 11, 9, 10, 1, 0, -2), "dividend or split is no sensible number"),
        ((10, 11, 9, 10, 1, 20, 1), "dividend is not below the price before it"),
    ],
)
def test_a_defective_row_is_refused_with_its_reason(row, reason):
    judged = quality.judge("X", answer([(1, *SOUND), (2, *row), (3, *SOUND)]))
    assert judged.bars.session.tolist() == [1, 3]
    assert [(day, why) for day, why, _ in judged.refused] == [(2, reason)]


def test_an_open_off_by_rounding_is_kept_as_it_is():
    judged = quality.judge("X", answer([(1, 10, 9.9999995, 9, 9.5, 1, 0, 1)]))
    assert judged.bars.open.tolist() == [10.0] and not judged.refused


def test_a_row_whose_adjusted_close_is_not_positive_is_refused():
    judged = quality.judge("X", answer([(1, *SOUND), (2, *SOUND)], adjusted=np.array([-1.0, 2.0])))
    assert [why for _, why, _ in judged.refused] == ["adjusted close is not positive"]


def test_repeated_days_keep_the_first_sound_row():
    other = (10.0, 12.0, 9.0, 11.5, 100.0, 0.0, 1.0)
    bad = (np.nan, *SOUND[1:])
    judged = quality.judge("X", answer([(1, *bad), (1, *SOUND), (1, *SOUND), (1, *other)]))
    assert judged.bars.close.tolist() == [10.5]
    assert sorted(why for _, why, _ in judged.refused) == [
        "a price is missing or no number", "duplicate", "duplicate with other values",
    ]  # fmt: skip


def test_an_action_told_twice_counts_once():
    paid = (*SOUND[:5], 0.5, 2.0)
    judged = quality.judge("X", answer([(1, *SOUND), (2, *paid), (2, *paid)]))
    assert judged.bars.dividend.tolist() == [0, 0.5] and judged.bars.split.tolist() == [1, 2]


def test_the_actions_of_a_refused_row_go_to_the_next_kept_one():
    bad = (np.nan, 11, 9, 10.5, 100, 0.6, 2)
    judged = quality.judge("X", answer([(1, *SOUND), (2, *bad), (3, *SOUND[:5], 0.25, 3)]))
    assert judged.bars.split.tolist() == [1, 6]
    assert judged.bars.dividend[1] == pytest.approx(0.25 + 0.6 / 3)  # in the price after the later split


def test_rows_out_of_order_are_sorted_and_that_is_said():
    judged = quality.judge("X", answer([(3, *SOUND), (1, *SOUND), (2, *SOUND)]))
    assert judged.bars.session.tolist() == [1, 2, 3]
    assert judged.remarks == ["rows were out of order at 1 place and were sorted"]


NUMBERS = st.one_of(st.floats(0.5, 20), st.just(float("nan")), st.just(0.0), st.just(-1.0))
ROWS = st.lists(
    st.tuples(
        st.integers(1, 30),
        NUMBERS,
        NUMBERS,
        NUMBERS,
        NUMBERS,
        NUMBERS,
        NUMBERS,
        st.sampled_from([1.0, 2.0, 0.5]),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.integers(0, 3))
def test_no_row_is_ever_lost(rows, unreadable):
    given_ = answer(rows, unreadable=[(n, "?") for n in range(unreadable)])
    judged = quality.judge("X", given_)
    assert len(judged.bars) + len(judged.refused) == len(rows) + unreadable
    assert (np.diff(judged.bars.session) > 0).all()
    assert all(np.isfinite(getattr(judged.bars, name)).all() for name in COLUMNS)


def test_findings_name_gaps_extra_days_idle_days_and_jumps():
    far = (20.0, 21.0, 19.0, 20.0, 0.0, 0.0, 1.0)
    bars = quality.judge("X", answer([(1, *SOUND), (2, *SOUND), (4, *SOUND), (5, *far)])).bars
    found = [(f.kind, f.session) for f in quality.findings(bars, [1, 3, 4, 5], short_below=5)]
    assert found == [("extra_session", 2), ("gap", 3), ("zero_volume", 5), ("jump", 5), ("short_history", 5)]


def test_a_split_explains_its_jump():
    halved = (5.0, 5.5, 4.5, 5.2, 100.0, 0.0, 2.0)
    bars = quality.judge("X", answer([(1, *SOUND), (2, *halved)])).bars
    assert quality.findings(bars, [1, 2], short_below=0) == []
