"""When newest bars are too doubtful to use, when a jump is accepted, and when the source is the cause."""

from __future__ import annotations

import numpy as np
import pytest

from stockml.bars import health, quality
from stockml.bars.series import Bars
from stockml.config.schema import Health


def bars(close, days=None, volume=None, split=None):
    close = np.asarray(close, dtype=float)
    count = len(close)
    session = np.arange(count) if days is None else np.asarray(days)
    return Bars(
        "ABC", session.astype(np.int32), close, close, close, close,
        np.full(count, 9.0) if volume is None else np.asarray(volume, dtype=float), np.zeros(count),
        np.ones(count) if split is None else np.asarray(split, dtype=float),
    )  # fmt: skip


FLAT = [10.0] * 20
SESSIONS = list(range(20))


def why(one, sessions=SESSIONS, refused=None, **limits):
    return health.reason(one, sessions, refused or {}, Health(**limits))


def kinds(close):
    return [(one.session, one.confirmed) for one in quality.jumps(bars(close), 0.4)]


def test_sound_bars_have_no_reason():
    assert why(bars(FLAT)) == ""


def test_a_refused_newest_row_blocks_until_it_has_a_bar_or_is_old():
    missing = bars(FLAT[:-1], days=SESSIONS[:-1])
    assert "was refused: high is below low" in why(missing, refused={19: "high is below low"})
    assert why(bars(FLAT), refused={19: "duplicate"}) == ""
    assert why(bars(FLAT[:-6] + FLAT[:5], days=[*SESSIONS[:14], *SESSIONS[15:]]), refused={14: "x"}) == ""


@pytest.mark.parametrize("after", range(6))
def test_a_crash_blocks_until_three_sessions_stayed_there(after):
    close = FLAT[: 19 - after] + [5.0] * (after + 1)
    assert bool(why(bars(close))) == (after < 3)


def test_a_price_that_comes_back_was_no_crash_and_both_its_steps_stay_findings():
    assert kinds([10] * 10 + [20] + [10] * 9) == [(10, False), (11, False)]
    assert kinds([10] * 10 + [5] * 10) == [(10, True)]
    assert kinds([10] * 10 + [5, 2.5] + [2.5] * 8) == [(10, True), (11, True)]
    found = quality.findings(bars([10] * 10 + [5] * 10), [])
    assert [one.kind for one in found if one.kind != "short_history"] == ["jump_confirmed"]


def test_a_split_is_no_jump_and_neither_is_a_confirmed_one_judged_across_a_split():
    assert kinds([10] * 20) == []
    assert quality.jumps(bars([10] * 10 + [5] * 10, split=[1] * 10 + [2] + [1] * 9), 0.4) == []
    late = bars([10] * 10 + [5] + [2.5] * 9, split=[1] * 11 + [2] + [1] * 8)
    assert [one.confirmed for one in quality.jumps(late, 0.4)] == [True]


def test_a_gap_longer_than_allowed_blocks_while_it_is_new():
    days = [*range(10), *range(17, 20)]
    assert "7 sessions are missing" in why(bars(FLAT[:13], days=days))
    assert why(bars(FLAT[:13], days=days), max_gap_sessions=7) == ""
    assert why(bars(FLAT[:13], days=[*range(4), *range(11, 20)])) == ""


def test_newest_bars_without_trading_block_unless_nothing_ever_traded():
    assert "without trading" in why(bars(FLAT, volume=[9] * 15 + [0] * 5))
    assert why(bars(FLAT, volume=[9] * 16 + [0] * 4)) == "" and why(bars(FLAT, volume=[0] * 20)) == ""


def test_what_most_of_the_fleet_suffers_is_told_once():
    assert health.common_cause({"jumped on 2024-03-08": ["A", "B", "C"]}, 5) == [
        "source: 3 of 5 symbols jumped on 2024-03-08; look at the source, not at each symbol"
    ]
    assert health.common_cause({"jumped": ["A", "B"]}, 2) == health.common_cause({"jumped": ["A", "B", "C"]}, 6) == []
