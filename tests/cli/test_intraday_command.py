"""`stockml intraday` as a process of its own: against a stand-in for Yahoo, and over files with real defects."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import _warm
import _yahoo
import jsonschema
import pytest
from _yahoo import SHARED, TOOL

RECORDED = SHARED / "data" / "intraday"
SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
needs_tool = pytest.mark.skipif(not TOOL.is_file(), reason=f"{TOOL} is not there")
needs_bars = pytest.mark.skipif(not RECORDED.is_dir(), reason=f"{RECORDED} is not there")
CLOSED = ("2026-09-07", "2026-11-26")  # Labor Day and Thanksgiving
EARLY = "2026-11-27"


def daily():
    """Two years of flat daily rows to 2026-12-04; a split of four for one takes effect on 2026-11-24."""
    lines, one = ["date,open,high,low,close,volume,dividend,split"], date(2024, 12, 2)
    while one <= date(2026, 12, 4):
        if one.weekday() < 5 and one.isoformat() not in CLOSED:
            lines.append(f"{one},10,11,9,10,39000,0,{4 if one.isoformat() == '2026-11-24' else 1}")
        one += timedelta(days=1)
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    for symbol in ("ABC", "INFY.NS"):
        (folder / f"{symbol}.csv").write_text(daily())
    with _yahoo.loaded().FakeYahoo(folder) as running:
        yield running


def workspace(home, symbols, **wanted):
    (home / "persistent_data").mkdir(parents=True, exist_ok=True)
    config = {"symbols": symbols, "data": {"benchmark": None, **wanted}}
    (home / "persistent_data" / "ml_config.json").write_text(json.dumps(config))
    return home


@pytest.fixture
def home(tmp_path, server):
    server.clear()
    return workspace(tmp_path, ["ABC"], yahoo={"base_url": server.url, "timeout_s": 5.0}, providers=["yahoo"])


def run(home, *words, at="2026-11-28T12:00", status=0):
    ran = _warm.run(["--json", "--home", str(home), "intraday", *words], dict(os.environ), now=f"{at}+00:00")
    assert ran.returncode == status, ran.stdout[-3000:] + ran.stderr[-3000:]
    envelope = json.loads(ran.stdout)
    if envelope["result"] is not None:
        jsonschema.validate(envelope["result"], json.loads((SCHEMAS / f"intraday-{words[0]}.json").read_text()))
    return envelope


def fetch(home, server, at, *words, interval="5m", status=0):
    server.set_now(datetime.fromisoformat(at).replace(tzinfo=UTC))
    return run(home, "fetch", "--interval", interval, *words, at=at, status=status)["result"]["symbols"][0]


def exported(home, to, interval="5m", at="2026-12-05T12:00"):
    run(home, "export", "--interval", interval, "--to", str(to), at=at)
    lines = (to / f"ABC.{interval}.csv").read_text().splitlines()[1:]
    return [line.split(",") for line in lines]


# (what, instant in UTC, newest session stored)
MOMENTS = [
    ("mid-session on an ordinary day", "2026-11-25T17:00", "2026-11-24"),
    ("after its close, before the margin is over", "2026-11-25T21:29", "2026-11-24"),
    ("after the margin", "2026-11-25T21:30", "2026-11-25"),
    ("mid-session on the early close", "2026-11-27T17:00", "2026-11-25"),
    ("the early close, after the margin", "2026-11-27T18:30", "2026-11-27"),
]


@needs_tool
@pytest.mark.parametrize(("what", "at", "newest"), MOMENTS, ids=[one[0] for one in MOMENTS])
def test_no_bar_of_an_open_session_is_stored(what, at, newest, home, server, tmp_path):
    found = fetch(home, server, at, "--from", "2026-11-18")
    assert (found["outcome"], found["data_from"], found["data_through"]) == ("ok", "2026-11-18", newest)
    assert max(row[0] for row in exported(home, tmp_path / "out")) < f"{newest}T21:00"


@needs_tool
def test_a_request_is_cut_to_what_yahoo_serves_and_the_archive_outgrows_it(home, server, tmp_path):
    first = fetch(home, server, "2026-10-14T22:00", "--from", "2025-01-02")
    assert first["outcome"] == "ok" and first["data_from"] == "2026-08-17"
    assert first["message"] == "Yahoo keeps 5m bars for 60 days; the archive begins on 2026-08-17"
    asked = server.count()
    assert fetch(home, server, "2026-10-14T23:00")["outcome"] == "holiday" and server.count() == asked
    again = fetch(home, server, "2026-11-20T22:00")
    assert again["outcome"] == "ok" and again["message"] == "" and again["rows_added"] == 27 * 78
    assert (again["data_from"], again["data_through"]) == ("2026-08-17", "2026-11-20")
    assert run(home, "check", "--interval", "5m")["result"]["symbols"][0]["ok"]
    assert len(exported(home, tmp_path / "out")) == first["rows_added"] + again["rows_added"]
    [listed] = run(home, "list")["result"]["series"]
    assert (listed["first"], listed["last"], listed["source"]) == ("2026-08-17", "2026-11-20", "yahoo")


@needs_tool
def test_a_hole_that_yahoo_no_longer_has_is_told(home, server):
    fetch(home, server, "2026-08-03T22:00", "--from", "2026-07-30")
    found = fetch(home, server, "2026-10-14T22:00", status=1)
    assert found["outcome"] == "partial" and "702 bars missing in 9 sessions" in found["message"]
    assert "Yahoo keeps 5m bars for 60 days" in found["message"] and "(first 2026-08-04)" in found["message"]


@needs_tool
@pytest.mark.parametrize(
    ("interval", "days", "begin"), [("1m", 30, "2026-10-22"), ("15m", 60, "2026-09-22"), ("1h", 730, "2024-12-02")]
)
def test_every_interval_has_its_own_limit(interval, days, begin, home, server):
    name = "60m" if interval == "1h" else interval
    found = fetch(home, server, "2026-11-20T22:00", interval=interval)
    told = f"Yahoo keeps {name} bars for {days} days; the archive begins on {begin}"
    assert found["data_from"] == begin and found["message"].startswith(told) and found["interval"] == name
    assert found["data_through"] == "2026-11-20"


@needs_tool
def test_splits_that_yahoo_applied_backwards_are_undone_also_that_of_an_open_session(home, server, tmp_path):
    assert fetch(home, server, "2026-11-24T17:00", "--from", "2026-11-20")["data_through"] == "2026-11-23"
    found = fetch(home, server, "2026-11-25T22:00")
    assert found["rows_added"] == 2 * 78 and found["rows_different"] == 0
    opens = {row[0]: float(row[1]) for row in exported(home, tmp_path / "out")}
    assert opens["2026-11-23T14:30:00Z"] == 40.0 and opens["2026-11-24T14:30:00Z"] == 10.0


@needs_tool
def test_a_different_answer_is_reported_and_the_first_is_kept(home, server, tmp_path):
    fetch(home, server, "2026-11-20T22:00", "--from", "2026-11-19")
    before = exported(home, tmp_path / "before")
    server.store._minutes.clear()
    rows = server.store.daily("ABC")
    changed = next(row for row in rows if row["date"] == date(2026, 11, 20))
    changed["close"] = 10.5
    try:
        found = fetch(home, server, "2026-11-23T22:00")
    finally:
        changed["close"] = 10.0
        server.store._minutes.clear()
    assert found["rows_different"] > 0 and "the stored ones stay" in found["message"]
    assert exported(home, tmp_path / "after")[: len(before)] == before
    [checked] = run(home, "check", "--interval", "5m")["result"]["symbols"]
    assert checked["ok"] and "different" in {one["kind"] for one in checked["findings"]}


@needs_tool
@pytest.mark.parametrize(
    ("kind", "outcome", "status"),
    [
        ("429", "rate_limited", 3), ("missing", "unknown_symbol", 3), ("500", "source_error", 3),
        ("garbage", "source_error", 3), ("empty", "source_error", 3), ("nan", "partial", 1),
        ("spike", "partial", 1), ("negative", "partial", 1), ("stale", "partial", 1),
        ("duplicate", "ok", 0),  # yfinance keeps the first by itself
    ],
)  # fmt: skip
def test_a_fault_has_its_outcome_and_is_over_when_it_is_over(kind, outcome, status, home, server):
    server.fault(kind, path="/v8")
    found = fetch(home, server, "2026-11-20T22:00", "--from", "2026-11-18", status=status)
    assert found["outcome"] == outcome and (found["message"] or outcome == "ok")
    server.clear()
    if kind != "429":
        after = fetch(home, server, "2026-11-20T22:10", "--from", "2026-11-18")
        assert after["outcome"] == "ok" and after["data_through"] == "2026-11-20"


@needs_bars
def test_check_finds_the_real_defects_and_takes_a_half_day_for_none(tmp_path):
    (tmp_path / "prices").mkdir()
    for symbol in ("AAPL", "MSFT"):
        (tmp_path / "prices" / f"{symbol}.5m.csv.gz").write_bytes((RECORDED / f"{symbol}_5m.csv.gz").read_bytes())
    workspace(tmp_path, ["AAPL", "MSFT"], providers=["csv"])
    told = run(tmp_path, "fetch", "--interval", "5m", at="2026-03-21T12:00", status=1)["result"]["symbols"]
    assert [one["outcome"] for one in told] == ["partial", "partial"]
    assert {(one["data_from"], one["data_through"]) for one in told} == {("2025-12-23", "2026-03-20")}
    for one in run(tmp_path, "check", "--interval", "5m", status=1)["result"]["symbols"]:
        missing = {found["session"]: found["detail"] for found in one["findings"] if found["kind"] == "missing"}
        assert missing["2026-01-30"] == "13 of 78 bars" and missing["2026-02-02"] == "24 of 78 bars"
        assert {"2026-01-21", "2026-02-06"} <= set(missing) and ("2026-01-20" in missing) == (one["symbol"] == "AAPL")
        assert not {"2025-12-24", "2026-03-06", "2026-03-09"} & set(missing)
        assert {found["kind"] for found in one["findings"]} <= {"missing", "zero_volume"}
        assert not one["ok"]


@needs_bars
def test_what_is_exported_is_read_again_as_it_was(tmp_path):
    first, second = workspace(tmp_path / "a", ["ABC"], providers=["csv"]), tmp_path / "b"
    (first / "prices").mkdir()
    (first / "prices" / "ABC.5m.csv.gz").write_bytes((RECORDED / "AAPL_5m.csv.gz").read_bytes())
    run(first, "fetch", "--interval", "5m", at="2026-03-21T12:00", status=1)
    before = exported(first, second / "prices", at="2026-03-21T12:00")
    workspace(second, ["ABC"], providers=["csv"])
    run(second, "fetch", "--interval", "5m", at="2026-03-21T12:00", status=1)
    assert exported(second, tmp_path / "out", at="2026-03-21T12:00") == before
    with gzip.open(RECORDED / "AAPL_5m.csv.gz", "rt") as lines:
        assert len(before) == len(lines.readlines()) - 1


def test_a_file_with_bad_rows_names_each_and_keeps_the_rest(tmp_path):
    workspace(tmp_path, ["ABC"], providers=["csv"])
    (tmp_path / "prices").mkdir()
    (tmp_path / "prices" / "ABC.1h.csv").write_text(
        "datetime,open,high,low,close,volume\n"
        "2026-11-27T09:30:00-05:00,10,11,9,10,5\n"
        "2026-11-27T15:30:00Z,10,11,9,10,0\n"
        "2026-11-27T15:30:00Z,10,11,9,10,5\n"
        "2026-11-27T15:45:00Z,10,11,9,10,5\n"
        "2026-11-27T16:30:00,10,11,9,10,5\n"
        "2026-11-27T16:30:00Z,10,9,11,10,5\n"
        "2026-11-27T18:30:00Z,10,11,9,10,5\n"
    )
    [found] = run(tmp_path, "fetch", "--interval", "1h", status=1)["result"]["symbols"]
    assert (found["outcome"], found["rows_added"], found["rows_quarantined"]) == ("partial", 2, 4)
    assert "1 row outside trading hours left out" in found["message"]
    [checked] = run(tmp_path, "check", "--interval", "60m", status=1)["result"]["symbols"]
    assert {one["kind"]: one["detail"] for one in checked["findings"]} == {
        "missing": "2 of 4 bars", "duplicate": "1 bar refused", "off_grid": "1 bar refused",
        "inconsistent": "1 bar refused", "no_start": "1 bar refused", "zero_volume": "1 bar stored",
    }  # fmt: skip


def test_wrong_words_and_empty_archives_say_what_to_do(tmp_path):
    workspace(tmp_path, ["ABC"], providers=["tiingo"])
    assert "no source" in run(tmp_path, "fetch", "--interval", "5m", status=2)["errors"][0]["message"]
    assert run(tmp_path, "fetch", "--interval", "1d", status=2)["errors"][0]["kind"] == "usage"
    assert run(tmp_path, "list")["result"] == {"series": []}
    assert "intraday fetch" in run(tmp_path, "check", "--interval", "5m", status=1)["errors"][0]["hint"]
    workspace(tmp_path, ["ABC"], providers=["csv"])
    [found] = run(tmp_path, "fetch", "--interval", "5m", "--offline", status=3)["result"]["symbols"]
    assert found["outcome"] == "source_error" and "offline" in found["message"]
