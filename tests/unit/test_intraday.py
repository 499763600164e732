"""The intraday archive: hours of the exchanges, what is kept, what is refused, what later answers may do."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from stockml.bars import hours, intraday, intraday_check, store
from stockml.bars.sources import _intraday
from stockml.clock import to_day
from stockml.errors import DataError, UsageError


def day(text):
    return to_day(date.fromisoformat(text))


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def year(name="XNYS", first="2026-01-01", last="2026-12-31"):
    return hours.read(name, day(first), day(last))


def rows(start, price=10.0, **changes):
    start = np.array(start, dtype=np.int64)
    flat = {name: np.full(len(start), price) for name in intraday.VALUES}
    flat["volume"] = np.full(len(start), 100.0)
    for name, (place, value) in changes.items():
        flat[name][place] = value
    return start, flat


def session_bars(text, price=10.0, step=300, interval="5m"):
    found = year()
    [place] = np.flatnonzero(found.session == day(text))
    start, values = rows(found.grid(int(place), step), price)
    return intraday.minutes("ABC", interval, start, np.full(len(start), day(text), np.int32), values)


@pytest.fixture
def connection(tmp_path):
    found = store.connect(tmp_path / "market.db")
    intraday.ensure(found)
    yield found
    found.close()


def add(connection, bars, source="csv", now="2026-12-01T00:00"):
    return intraday.add(connection, bars, source, f"{now}:00Z", at(now))


@pytest.mark.parametrize(
    ("session", "first", "last", "count"),
    [
        ("2026-11-25", "2026-11-25T14:30", "2026-11-25T20:55", 78),
        ("2026-11-27", "2026-11-27T14:30", "2026-11-27T17:55", 42),  # the day after Thanksgiving closes at 13:00
        ("2026-03-06", "2026-03-06T14:30", "2026-03-06T20:55", 78),  # last session of winter time
        ("2026-03-09", "2026-03-09T13:30", "2026-03-09T19:55", 78),  # first of summer time
        ("2026-10-30", "2026-10-30T13:30", "2026-10-30T19:55", 78),
        ("2026-11-02", "2026-11-02T14:30", "2026-11-02T20:55", 78),
    ],
)
def test_the_grid_follows_early_closes_and_both_clock_changes(session, first, last, count):
    found = year()
    [place] = np.flatnonzero(found.session == day(session))
    grid = found.grid(int(place), 300)
    assert (grid[0], grid[-1], len(grid)) == (at(first), at(last), count)
    assert found.on_grid(grid, np.full(len(grid), place), 300).all()
    assert (found.place_of(grid) == place).all() and found.place_of(grid[-1:] + 300).tolist() == [-1]


def test_an_hourly_session_ends_with_half_a_bar_and_bombay_begins_at_its_own_quarter():
    assert len(session_bars("2026-11-25", step=3600, interval="60m")) == 7
    found = year("XBOM")
    assert found.opens[found.session == day("2026-11-25")].tolist() == [at("2026-11-25T03:45")]


def test_a_pause_at_noon_has_no_bars_and_restarts_the_grid():
    found = year("XHKG")
    grid = found.grid(0, 1800)
    assert len(grid) == 11 and (np.diff(grid) == 1800).sum() == 9  # 9:30 to 12:00, 13:00 to 16:00
    noon = found.pauses[:1]
    assert found.place_of(noon).tolist() == [-1] and found.place_of(noon - 1).tolist() == [0]


def test_beyond_what_an_exchange_announced_weekdays_count_with_its_usual_hours():
    found = year("XBOM", "2029-01-01", "2030-12-31")
    assert found.exact < day("2030-12-31") and len(found.session) > 500
    assert set((found.closes - found.opens).tolist()) == {6 * 3600 + 15 * 60}


def test_a_bar_of_an_open_session_is_left_out_and_so_is_one_the_source_kept_in_part():
    found, start = year(), [at("2026-11-24T14:30"), at("2026-11-25T14:30"), at("2026-11-27T14:30")]
    judged = intraday_check.judge("ABC", "5m", *rows(start), found, None, day("2026-11-25"), at("2026-11-24T15:00"))
    assert judged.bars.start.tolist() == [start[1]] and not judged.refused and judged.outside == 0


def test_each_defect_is_refused_with_its_reason_and_the_others_are_kept():
    grid = session_bars("2026-11-25").start
    start = [*grid[:7].tolist(), int(grid[3]), int(grid[6]) + 60, int(grid[0]) - 300, int(grid[0]) + 86400 * 3]
    start, values = rows(start, high=(1, 1.0), close=(2, np.nan), low=(4, -1.0), open=(0, 10.0))
    values["high"][5] = 10000.0
    judged = intraday_check.judge("ABC", "5m", start, values, year(), None, day("2026-11-30"), 0)
    assert {(one[0], one[2]) for one in judged.refused} == {
        (int(grid[1]), "inconsistent"), (int(grid[2]), "no_prices"), (int(grid[3]), "duplicate"),
        (int(grid[4]), "no_prices"), (int(grid[5]), "far_off"), (int(grid[6]) + 60, "off_grid"),
    }  # fmt: skip
    assert judged.bars.start.tolist() == [grid[0], grid[3], grid[6]]
    assert judged.outside == 2  # before the open, and on a Saturday


def test_the_archive_grows_month_by_month_and_reads_back_what_was_written(connection):
    parts = [session_bars(text) for text in ("2026-10-30", "2026-11-02", "2026-11-25")]
    for part in parts:
        assert add(connection, part) == intraday.Added(78, 0, 0)
    intraday.note(connection, "ABC", "5m", "csv", "2026-12-01T00:00:00Z", "ok", "")
    assert connection.execute("SELECT month, rows FROM intraday_blocks ORDER BY month").fetchall() == [
        (202610, 78), (202611, 156),
    ]  # fmt: skip
    bars = intraday.read(connection, "ABC", "5m")
    np.testing.assert_array_equal(bars.start, np.concatenate([part.start for part in parts]))
    assert set(bars.known_at.tolist()) == {0} and not len(intraday.read(connection, "ABC", "1m"))
    facts = intraday.facts(connection, "ABC", "5m")
    assert (facts["rows"], facts["first"], facts["last"]) == (234, day("2026-10-30"), day("2026-11-25"))
    assert set(intraday.read(connection, "ABC", "5m", through=day("2026-11-02")).session.tolist()) == {
        day("2026-10-30"), day("2026-11-02"),
    }  # fmt: skip


def test_a_later_different_answer_changes_nothing_and_is_counted(connection):
    add(connection, session_bars("2026-11-25"))
    before = connection.execute("SELECT bytes FROM intraday_blocks").fetchall()
    assert add(connection, session_bars("2026-11-25", price=10.5), "yahoo") == intraday.Added(0, 0, 78)
    assert add(connection, session_bars("2026-11-25", price=10 * (1 + 1e-9)), "yahoo") == intraday.Added(0, 0, 0)
    assert connection.execute("SELECT bytes FROM intraday_blocks").fetchall() == before
    noted = intraday.differences(connection, "ABC", "5m")
    assert len(noted) == 78 and noted[0]["stored"]["close"] == 10.0 and noted[0]["told"]["close"] == 10.5


def test_a_hole_can_be_filled_later_and_is_known_only_from_then(connection):
    whole = session_bars("2026-11-25")
    assert add(connection, whole.where(np.arange(78) != 5)).added == 77
    assert add(connection, whole, "yahoo") == intraday.Added(0, 1, 0)
    assert len(intraday.read(connection, "ABC", "5m", known=at("2026-11-30T00:00"))) == 77
    bars = intraday.read(connection, "ABC", "5m")
    assert len(bars) == 78 and bars.start.tolist() == whole.start.tolist() and bars.source[5] != bars.source[4]


def test_a_damaged_month_is_refused_and_the_others_are_read(connection):
    add(connection, session_bars("2026-10-30"))
    add(connection, session_bars("2026-11-02"))
    connection.execute("UPDATE intraday_blocks SET bytes = zeroblob(length(bytes)) WHERE month = 202610")
    with pytest.raises(DataError, match="2026-10 are damaged"):
        intraday.read(connection, "ABC", "5m")
    assert len(intraday.read(connection, "ABC", "5m", first=day("2026-11-01"))) == 78


def test_an_older_store_gets_the_tables_when_they_are_needed(tmp_path):
    connection = store.connect(tmp_path / "market.db")
    assert isinstance(connection, sqlite3.Connection)
    intraday.ensure(connection)
    intraday.ensure(connection)
    assert intraday.series(connection) == []
    connection.close()


def test_splits_are_undone_for_the_sessions_before_them_only():
    days = np.array([day("2026-11-24"), day("2026-11-25"), day("2026-11-27")], dtype=np.int32)
    assert _intraday._later({day("2026-11-25"): 4.0, day("2026-11-30"): 2.0}, days).tolist() == [8.0, 2.0, 2.0]


def test_an_hour_has_two_names_and_a_day_is_no_intraday_interval():
    assert intraday.parse_interval("1h") == "60m" == intraday.parse_interval("60m")
    with pytest.raises(UsageError, match="1d"):
        intraday.parse_interval("1d")


def test_the_limit_stays_within_what_yahoo_serves():
    now = datetime.now(UTC)
    for interval, days in _intraday.KEPT_DAYS.items():
        age = now - datetime.fromtimestamp(_intraday.kept_from(interval), UTC)
        assert timedelta(days=days - 1) < age < timedelta(days=days)
