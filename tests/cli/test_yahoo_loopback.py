"""The yahoo source against a stand-in server on the loopback interface, through the real yfinance."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime

import _yahoo
import numpy as np
import pytest
from _yahoo import DAILY, TOOL

from stockml.bars import calendar, store, update
from stockml.clock import to_day
from stockml.config.schema import Config, Csv, Data, Yahoo
from stockml.workspace import Workspace

AS_OF = date(2024, 3, 8)

pytestmark = pytest.mark.skipif(not (TOOL.is_file() and DAILY.is_dir()), reason=f"{TOOL} is not there")

SPLIT = """date,open,high,low,close,volume,dividend,split
2024-03-05,10,11,9,10,400,0,1
2024-03-06,10,11,9,10,400,0.5,1
2024-03-07,12,13,11,12,400,0,4
2024-03-08,12,13,11,12,400,0,1
2024-03-11,6,7,5,6,800,0,2
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    for symbol in ("AAPL", "SPY"):
        (folder / f"{symbol}.csv.gz").symlink_to(DAILY / f"{symbol}.csv.gz")
    for symbol in ("SPLT", "FLTA", "FLTB", "FLTC", "FLTD", "FLTE", "FLTF", "NANS"):
        (folder / f"{symbol}.csv").write_text(SPLIT)
    with _yahoo.loaded().FakeYahoo(folder, now=datetime(2026, 6, 1, 22, tzinfo=UTC)) as running:
        yield running


@pytest.fixture
def place(tmp_path, server):
    server.clear()
    workspace = Workspace(tmp_path)
    connection = store.connect(workspace.market_file)
    config = dataclasses.replace(Config(), data=Data(yahoo=Yahoo(base_url=server.url, timeout_s=5.0)))
    yield connection, config, workspace
    connection.close()


def run(place, *symbols, as_of=AS_OF, **options):
    connection, config, workspace = place
    clock = calendar.clock_at(connection, as_of, 30)
    return update.bring_up(connection, config, workspace, clock, list(symbols), **options)


def test_stored_bars_equal_the_files_and_nothing_after_the_as_of(place, tmp_path):
    connection, config, workspace = place
    assert [result.outcome for result in run(place, "AAPL", "SPY")] == ["ok", "ok"]
    other = store.connect(tmp_path / "other.db")
    csv = dataclasses.replace(config, data=Data(providers=("csv",), csv=Csv(str(DAILY))))
    run((other, csv, workspace), "AAPL", "SPY")
    for symbol in ("AAPL", "SPY"):
        ours, theirs = store.read(connection, symbol, "1d"), store.read(other, symbol, "1d")
        assert ours.session.tolist() == theirs.session.tolist() and ours.session[-1] == to_day(AS_OF)
        for name in ("open", "high", "low", "close", "volume"):
            np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-6)
    other.close()


def test_splits_that_yahoo_applied_backwards_are_undone_also_those_after_the_as_of(place):
    [result] = run(place, "SPLT")
    assert result.outcome == "ok"
    bars = store.read(place[0], "SPLT", "1d")
    assert bars.close.tolist() == [80, 80, 24, 24] and bars.volume.tolist() == [50, 50, 200, 200]
    assert bars.split.tolist() == [1, 1, 4, 1] and bars.dividend.tolist() == [0, 4, 0, 0]


def test_an_answer_repeated_is_a_holiday_without_a_request(place, server):
    run(place, "SPLT")
    before = server.count()
    assert run(place, "SPLT")[0].outcome == "holiday" and server.count() == before


@pytest.mark.parametrize(
    ("kind", "symbol", "outcome"),
    [
        ("429", "FLTA", "rate_limited"),
        ("missing", "FLTB", "unknown_symbol"),
        ("500", "FLTC", "source_error"),
        ("garbage", "FLTD", "source_error"),
        ("truncated", "FLTE", "source_error"),
        ("null", "FLTF", "source_error"),
    ],
)
def test_a_fault_has_its_outcome_and_a_healthy_server_is_seen_at_once(place, server, kind, symbol, outcome):
    server.fault(kind, symbol=symbol, path="/v8")
    [failed] = run(place, symbol)
    assert failed.outcome == outcome and failed.data_through is None and failed.message
    server.clear()
    if kind == "429":
        before = server.count()
        assert run(place, symbol)[0].outcome == "rate_limited" and server.count() == before
        place[0].execute("UPDATE hosts SET open_until = 0")
    assert run(place, symbol)[0].outcome == "ok"


def test_a_symbol_nobody_has_is_unknown(place):
    assert run(place, "ZZZZ")[0].outcome == "unknown_symbol"


def test_a_symbol_that_vanished_is_delisted_and_its_bars_stay(place, server):
    run(place, "SPLT", as_of=date(2024, 3, 7))
    server.fault("missing", symbol="SPLT")
    [result] = run(place, "SPLT")
    assert (result.outcome, result.data_through) == ("delisted", "2024-03-07")
    assert len(store.read(place[0], "SPLT", "1d")) == 3


def test_nothing_is_written_outside_the_workspace(place):
    run(place, "SPLT")
    assert (place[2].cache / "yfinance").is_dir()
