"""Two times in the store: what was known when, what a revision is, and a store written by format 1."""

from __future__ import annotations

import dataclasses
import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from stockml.bars import revisions, store
from stockml.bars.series import COLUMNS, PRICES, Bars
from stockml.clock import to_day
from stockml.errors import WorkspaceError

OLD = Path(__file__).with_name("market_format_1.sql")
LIMIT = 0.005


def bars(close, first=100, symbol="ABC", **more):
    close = np.asarray(close, dtype=float)
    columns = {
        "session": np.arange(first, first + len(close), dtype=np.int32), "open": close, "high": close + 1,
        "low": close - 1, "close": close, "volume": np.full(len(close), 500.0), "dividend": np.zeros(len(close)),
        "split": np.ones(len(close)),
    }  # fmt: skip
    return Bars(symbol, **{**columns, **{name: np.asarray(one, dtype=float) for name, one in more.items()}})


def scaled(close, factor, **more):
    """The same bars with all four prices multiplied."""
    plain = bars(close, **more)
    return dataclasses.replace(plain, **{name: getattr(plain, name) * factor for name in PRICES})


@pytest.fixture
def connection(tmp_path):
    made = store.connect(tmp_path / "market.db")
    yield made
    made.close()


def put(connection, new, now, source="csv", limit=LIMIT):
    """Store bars as an answer that came at an instant; what the merge said of it."""
    old = store.read_kept(connection, new.symbol, "1d")
    own = next((one for one, name in store.source_names(connection).items() if name == source), 0)
    merged = revisions.merge(new, old, now, limit, own)
    store.write(
        connection, merged.kept.bars, "1d", source=source, fetched_at="2024-01-01T00:00:00Z", checked_through=0,
        outcome="ok", message="", fingerprint="", known_at=merged.kept.known_at, origin=merged.kept.source,
        replaced=merged.replaced,
    )  # fmt: skip
    return merged


def closes(connection, known=None, through=None):
    found = store.read(connection, "ABC", "1d", through, known)
    return dict(zip(found.session.tolist(), found.close.tolist(), strict=True))


def same(one, other):
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in COLUMNS)


def test_each_instant_sees_the_values_known_by_then(connection):
    put(connection, bars([10, 11, 12]), now=1000)
    before = store.read(connection, "ABC", "1d", known=1500)
    put(connection, bars([10, 13, 12]), now=2000)
    put(connection, bars([10, 14, 12]), now=3000)
    assert closes(connection) == closes(connection, 3000) == {100: 10, 101: 14, 102: 12}
    assert closes(connection, 2000) == closes(connection, 2999) == {100: 10, 101: 13, 102: 12}
    for known in (0, 999, 1999):  # a first import counts as known at each bar's own close
        assert same(store.read(connection, "ABC", "1d", known=known), before)


def test_a_gap_filled_later_is_not_known_before_and_bars_at_both_ends_are_first_imports(connection):
    put(connection, Bars("ABC", *(getattr(bars([1, 2, 3, 4]), name)[[0, 1, 3]] for name in COLUMNS)), now=1000)
    put(connection, bars([9, 1, 2, 3, 4, 5], first=99), now=2000)
    assert closes(connection, 1500) == {99: 9, 100: 1, 101: 2, 103: 4, 104: 5}
    put(connection, bars([9, 1, 2, 7, 4, 5], first=99), now=3000)
    assert closes(connection, 1500) == {99: 9, 100: 1, 101: 2, 103: 4, 104: 5}
    assert closes(connection, 2500)[102] == 3 and closes(connection)[102] == 7


def test_nothing_stored_is_lost_when_the_source_tells_less(connection):
    put(connection, bars([10, 11, 12, 13]), now=1000)
    put(connection, bars([11], first=101), now=2000)
    assert closes(connection) == {100: 10, 101: 11, 102: 12, 103: 13}


def test_the_same_answer_again_changes_no_byte_and_is_no_revision(connection):
    put(connection, bars([10, 11, 12]), now=1000)
    once = connection.execute("SELECT bytes FROM blocks").fetchall()
    merged = put(connection, bars([10, 11 * (1 + 1e-9), 12]), now=2000)
    assert merged.added == 0 and not merged.kinds and connection.execute("SELECT bytes FROM blocks").fetchall() == once


def test_the_kind_says_how_far_a_value_moved(connection):
    put(connection, bars([10, 20, 30, 40]), now=1000)
    merged = put(connection, bars([10.2, 20.01, 30, 40], volume=[500, 500, 900, 500]), now=2000)
    assert merged.kinds == {"revised": 1, "noise": 2}
    found = store.revisions(connection, "ABC", "1d")
    assert [(one["session"], one["kind"], one["known_from"], one["replaced_at"]) for one in found] == [
        (100, "revised", 0, 2000), (101, "noise", 0, 2000), (102, "noise", 0, 2000),
    ]  # fmt: skip
    assert store.series(connection, "1d")["ABC"]["revisions"] == 3
    assert store.revisions(connection, "ABC", "1d", 1999) == []


def test_a_dividend_that_changed_is_a_revision_and_its_rounding_is_none(connection):
    put(connection, bars([10, 20, 30], dividend=[0, 0.5, 0]), now=1000)
    assert not put(connection, bars([10, 20, 30], dividend=[0, 0.5 + 1e-4, 0]), now=2000).kinds
    assert put(connection, bars([10, 20, 30], dividend=[0, 0.7, 0]), now=3000).kinds == {"revised": 1}


@pytest.mark.parametrize("factor", [0.5, 0.1, 4.0, 1 / 3])
def test_a_history_on_the_scale_of_a_later_split_is_adjusted_not_revised(connection, factor):
    first = bars([10, 20, 30, 40])
    put(connection, first, now=1000)
    merged = put(connection, scaled([10, 20, 30, 40, 41], factor), now=2000)
    assert merged.kinds == {"adjusted": 4} and merged.added == 1
    assert same(store.read(connection, "ABC", "1d", 103, 1500), first)


def test_a_history_adjusted_for_a_dividend_is_recognised_only_where_no_actions_are_told(connection):
    put(connection, bars([10, 20, 30, 40]), now=1000)
    assert put(connection, scaled([10, 20, 30, 40], 0.99, dividend=[0, 0.3, 0, 0]), now=2000).kinds == {"revised": 4}
    assert put(connection, bars([10, 20, 30, 40]), now=3000).kinds["revised"] == 4
    assert put(connection, scaled([10, 20, 30, 40], 0.99), now=4000).kinds == {"adjusted": 4}


def test_another_source_that_differs_by_noise_changes_nothing_and_each_bar_keeps_its_source(connection):
    put(connection, bars([10, 20, 30]), now=1000)
    merged = put(connection, bars([10.001, 20, 30, 40]), now=2000, source="yahoo")
    assert not merged.kinds and closes(connection)[100] == 10
    names = store.source_names(connection)
    assert [names[one] for one in store.read_kept(connection, "ABC", "1d").source] == ["csv"] * 3 + ["yahoo"]


def test_a_store_of_format_1_opens_is_migrated_and_takes_revisions(tmp_path):
    path = tmp_path / "market.db"
    with sqlite3.connect(path) as old:
        old.executescript(OLD.read_text())
    old.close()
    connection = store.connect(path)
    found = store.read(connection, "OLD", "1d")
    assert found.close.tolist() == [10.0, 10.5, 10.25, 20.5, 20.0, 5.125] and found.split[-1] == 4
    assert found.dividend[2] == 0.25 and found.session[0] == to_day(date(2024, 2, 5))
    kept = store.read_kept(connection, "OLD", "1d")
    assert kept.known_at.tolist() == [0] * 6 and {store.source_names(connection)[one] for one in kept.source} == {"csv"}
    assert store.series(connection, "1d")["OLD"]["revisions"] == 0
    assert store.quarantined(connection, "OLD", "1d")[0]["reason"] == "high is below low"
    changed = Bars("OLD", *(np.array(getattr(found, name)) for name in COLUMNS))
    changed.close[3] = 21.5
    assert put(connection, changed, now=5000).kinds == {"revised": 1}
    assert same(store.read(connection, "OLD", "1d", known=4000), found)
    connection.close()
    again = store.connect(path)
    assert store.read(again, "OLD", "1d").close[3] == 21.5
    again.close()


def test_a_store_of_a_later_format_is_refused(tmp_path):
    connection = store.connect(tmp_path / "market.db")
    connection.execute("UPDATE meta SET value = '3' WHERE key = 'format'")
    connection.close()
    with pytest.raises(WorkspaceError, match="format 3"):
        store.connect(tmp_path / "market.db")


def test_a_transaction_is_whole_or_nothing(connection):
    with pytest.raises(KeyError), store.transaction(connection):
        put(connection, bars([10, 11]), now=1000)
        raise KeyError
    assert store.read(connection, "ABC", "1d") is None and not store.source_names(connection)


def test_what_a_connection_remembers_is_read_again_after_anybody_wrote(connection, tmp_path):
    put(connection, bars([10, 11, 12]), now=1000)
    store.remember(connection)
    first = store.read_kept(connection, "ABC", "1d")
    assert store.read_kept(connection, "ABC", "1d") is first
    put(connection, bars([10, 11, 12, 13]), now=2000)
    assert len(store.read_kept(connection, "ABC", "1d").bars) == 4
    other = store.connect(tmp_path / "market.db")
    put(other, bars([10, 11, 12, 13, 14]), now=3000)
    other.close()
    again = store.read_kept(connection, "ABC", "1d")
    assert len(again.bars) == 5 and store.read_kept(connection, "ABC", "1d") is again
