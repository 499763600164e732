"""The store: round trip, damage, and every outcome of bringing it up to date."""

from __future__ import annotations

import dataclasses
import os
from datetime import date

import numpy as np
import pytest

from stockml.bars import calendar, exchange_files, reader, store, update
from stockml.clock import to_day
from stockml.config.schema import Config, Csv, Data
from stockml.errors import DataError, UsageError
from stockml.workspace import Workspace

HEADER = "Date,Open,High,Low,Close,Adj Close,Volume\n"
AS_OF = date(2024, 3, 8)


@pytest.fixture
def place(tmp_path):
    workspace = Workspace(tmp_path / "home")
    connection = store.connect(workspace.market_file)
    folder = workspace.home / "prices"
    folder.mkdir()
    config = dataclasses.replace(Config(), data=Data(providers=("csv",), csv=Csv("prices")))
    yield connection, config, workspace, folder
    connection.close()


def days(connection, first=date(2024, 2, 1), last=AS_OF):
    calendar.ensure(connection, "XNYS", last)
    return calendar.between(connection, "XNYS", to_day(first), to_day(last))


def write(folder, connection, leave_out=(), name="ABC", last=AS_OF, scale=1.0):
    from stockml.clock import from_day

    rows = [
        f"{from_day(day)},10,11,9,{(10 + n / 100) * scale},{(10 + n / 100) * scale},100"
        for n, day in enumerate(days(connection, last=last))
        if n not in leave_out
    ]
    path = folder / f"{name}.csv"
    path.write_text(HEADER + "\n".join(rows) + "\n")
    os.utime(path, ns=(1, len(rows) + int(scale * 1000)))
    return path


def run(place, symbols=("ABC",), as_of=AS_OF, **options):
    connection, config, workspace, _ = place
    clock = calendar.clock_at(connection, as_of, 30)
    return update.bring_up(connection, config, workspace, clock, list(symbols), **options)


def block(connection):
    return connection.execute("SELECT bytes FROM blocks ORDER BY symbol").fetchall()


def test_a_first_import_is_ok_and_the_second_a_holiday(place):
    write(place[3], place[0])
    [first] = run(place)
    assert (first.outcome, first.source, first.rows_added, first.data_through) == (
        "ok",
        "csv",
        26,
        "2024-03-08",
    )
    [second] = run(place)
    assert (second.outcome, second.rows_added, second.data_through) == ("holiday", 0, "2024-03-08")


def test_importing_again_gives_the_same_bytes(place):
    write(place[3], place[0])
    run(place)
    once = block(place[0])
    [again] = run(place, force=True)
    assert again.outcome == "ok" and again.rows_added == 0 and block(place[0]) == once


def test_rows_after_the_as_of_are_not_stored_and_come_when_they_are_due(place):
    write(place[3], place[0])
    [early] = run(place, as_of=date(2024, 2, 16))
    assert (early.outcome, early.data_through, early.rows_quarantined) == ("ok", "2024-02-16", 0)
    assert store.read(place[0], "ABC", "1d").session[-1] == to_day(date(2024, 2, 16))
    [late] = run(place)
    assert (late.outcome, late.rows_added, late.data_through) == ("ok", 15 - 1, "2024-03-08")


def test_an_earlier_as_of_never_shortens_what_is_stored(place):
    write(place[3], place[0])
    run(place)
    once = block(place[0])
    [past] = run(place, as_of=date(2024, 2, 16), force=True)
    assert past.data_through == "2024-02-16" and block(place[0]) == once


def test_a_gap_makes_it_partial(place):
    write(place[3], place[0], leave_out=(5,))
    [result] = run(place)
    assert result.outcome == "partial" and "1 session missing (first 2024-02-08)" in result.message


def test_a_refused_row_makes_it_partial_and_goes_to_the_quarantine(place):
    path = write(place[3], place[0])
    path.write_text(path.read_text() + "not a day,1,2,3,4,5,6\n2024-03-08,10,11,9,99,99,1\n")
    [result] = run(place)
    assert (result.outcome, result.rows_quarantined) == ("partial", 2)
    assert len(store.quarantined(place[0], "ABC", "1d")) == 2


def test_a_file_that_ends_too_early_is_stale_also_when_asked_again(place):
    write(place[3], place[0], last=date(2024, 3, 6))
    assert [run(place)[0].outcome, run(place)[0].outcome] == ["stale", "stale"]


def test_changed_values_are_counted(place):
    write(place[3], place[0])
    run(place)
    write(place[3], place[0], scale=1.01)
    [result] = run(place, force=True)
    assert "the source changed 26 stored bars" in result.message


def test_a_missing_file_is_an_unknown_symbol_and_the_others_go_on(place):
    write(place[3], place[0])
    first, second = run(place, ("NOPE", "ABC"))
    assert first.outcome == "unknown_symbol" and "NOPE.csv" in first.message and second.outcome == "ok"


def test_a_failing_source_keeps_what_is_stored(place):
    path = write(place[3], place[0], last=date(2024, 3, 6))
    run(place)
    once = block(place[0])
    path.write_text("nothing,of,use\n")
    [result] = run(place)
    assert (result.outcome, result.data_through) == ("source_error", "2024-03-06") and block(place[0]) == once


def test_the_next_provider_is_asked_when_one_fails(place):
    connection, config, workspace, folder = place
    config = dataclasses.replace(config, data=dataclasses.replace(config.data, providers=("sample", "csv")))
    write(folder, connection)
    [result] = run((connection, config, workspace, folder))
    assert (result.outcome, result.source) == ("ok", "csv")
    assert "sample" in result.message  # the one that failed is named


def test_offline_asks_nobody(place):
    write(place[3], place[0], last=date(2024, 3, 6))
    assert run(place, offline=True)[0].outcome == "source_error"
    run(place)
    assert run(place, offline=True)[0].outcome == "stale"


def test_a_damaged_block_is_refused(place):
    write(place[3], place[0])
    run(place)
    place[0].execute("UPDATE blocks SET bytes = zeroblob(length(bytes))")
    with pytest.raises(DataError, match="damaged"):
        store.read(place[0], "ABC", "1d")


def test_the_reader_cuts_and_leaves_missing_symbols_out(place):
    connection, config, *_ = place
    write(place[3], connection)
    run(place)
    clock = calendar.clock_at(connection, date(2024, 2, 16), 30)
    found = reader.read_series(connection, config, ["ABC", "NOPE"], clock)
    assert list(found) == ["ABC"] and found["ABC"].session[-1] == to_day(date(2024, 2, 16))


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_what_is_exported_comes_back_equal_to_the_bit(place, tmp_path, format):
    connection, config, workspace, folder = place
    path = write(folder, connection)
    path.write_text(path.read_text().replace("10.07,10.07", "10.07,9.9"))
    run(place)
    out = exchange_files.export(connection, "ABC", "1d", tmp_path / "out", format, to_day(AS_OF))
    other = store.connect(tmp_path / "other.db")
    clock = calendar.clock_at(other, AS_OF, 30)
    [result] = exchange_files.import_path(other, out.parent, config, workspace, clock)
    assert (result.symbol, result.outcome, result.rows_added) == ("ABC", "ok", 26)
    assert block(other) == block(connection)
    assert np.count_nonzero(store.read(other, "ABC", "1d").dividend) > 0
    other.close()


def test_a_dry_import_writes_nothing_and_a_bad_name_fails_alone(place, tmp_path):
    connection, config, workspace, folder = place
    write(folder, connection)
    (folder / "not a symbol.csv").write_text(HEADER)
    clock = calendar.clock_at(connection, AS_OF, 30)
    results = exchange_files.import_path(connection, folder, config, workspace, clock, dry_run=True)
    assert [r.outcome for r in results] == ["ok", "unknown_symbol"] and not block(connection)
    with pytest.raises(UsageError):
        exchange_files.import_path(connection, tmp_path / "nowhere", config, workspace, clock)
