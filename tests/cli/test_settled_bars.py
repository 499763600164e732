"""No bar of an open session is stored, whatever the source has; after the close plus the margin it is."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import pytest

from stockml.bars import calendar, store, update
from stockml.clock import Clock, from_day, to_day
from stockml.config.schema import Config, Csv, Data
from stockml.workspace import Workspace

_AT = """
import sys, datetime
import stockml.clock as clock
moment = datetime.datetime.fromisoformat(sys.argv[1])
clock.recorded_at = lambda: moment
from stockml.cli import main
main(sys.argv[2:])
"""
# (what, instant in UTC, newest session of New York, of Bombay)
MOMENTS = [
    ("mid-session on an ordinary day", "2026-11-24T17:00", "2026-11-23", "2026-11-23"),
    ("after its close, before the margin is over", "2026-11-25T21:29", "2026-11-24", "2026-11-25"),
    ("after the margin", "2026-11-25T21:30", "2026-11-25", "2026-11-25"),
    ("Thanksgiving", "2026-11-26T22:00", "2026-11-25", "2026-11-26"),
    ("mid-session on the early close", "2026-11-27T17:00", "2026-11-25", "2026-11-27"),
    ("the early close, before the margin is over", "2026-11-27T18:29", "2026-11-25", "2026-11-27"),
    ("the early close, after the margin", "2026-11-27T18:30", "2026-11-27", "2026-11-27"),
    ("winter time, last Friday before the change", "2026-03-06T21:29", "2026-03-05", "2026-03-06"),
    ("winter time, settled", "2026-03-06T21:30", "2026-03-06", "2026-03-06"),
    ("summer time, first Monday: an hour earlier", "2026-03-09T20:29", "2026-03-06", "2026-03-09"),
    ("summer time, settled", "2026-03-09T20:30", "2026-03-09", "2026-03-09"),
    ("summer time, last Friday before the change", "2026-10-30T20:30", "2026-10-30", "2026-10-30"),
    ("winter time again: not at the hour of summer", "2026-11-02T20:30", "2026-10-30", "2026-11-02"),
    ("winter time again, settled", "2026-11-02T21:30", "2026-11-02", "2026-11-02"),
    ("Bombay, before its margin is over, after a holiday", "2026-11-25T10:29", "2026-11-24", "2026-11-23"),
    ("Bombay, settled before New York opens", "2026-11-25T10:30", "2026-11-24", "2026-11-25"),
    ("a weekend", "2026-11-28T12:00", "2026-11-27", "2026-11-27"),
]  # fmt: skip


def rows(last):
    """Sound rows of every calendar day to some days past an instant: a source that has more than is settled."""
    days = [last + timedelta(days=place) for place in range(-30, 4)]
    lines = [f"{day.isoformat()},10,11,9,10,100,0,1" for day in days if day.weekday() < 5]
    return "date,open,high,low,close,volume,dividend,split\n" + "\n".join(lines) + "\n"


@pytest.fixture
def home(tmp_path):
    (tmp_path / "prices").mkdir()
    (tmp_path / "persistent_data").mkdir()
    wanted = {"symbols": ["ABC", "INFY.NS"], "data": {"providers": ["csv"], "benchmark": None}}
    (tmp_path / "persistent_data" / "ml_config.json").write_text(json.dumps(wanted))
    return tmp_path


def serve(home, moment):
    for symbol in ("ABC", "INFY.NS"):
        (home / "prices" / f"{symbol}.csv").write_text(rows(moment.date()))


@pytest.mark.parametrize(("what", "at", "new_york", "bombay"), MOMENTS, ids=[one[0] for one in MOMENTS])
def test_only_settled_sessions_are_stored(what, at, new_york, bombay, home):
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    serve(home, moment)
    workspace = Workspace(home)
    connection = store.connect(workspace.market_file)
    config = Config(symbols=("ABC", "INFY.NS"), data=Data(providers=("csv",), csv=Csv("prices"), benchmark=None))
    update.bring_up(connection, config, workspace, Clock(moment), ["ABC", "INFY.NS"])
    newest = [from_day(store.read(connection, one, "1d").session[-1]).isoformat() for one in ("ABC", "INFY.NS")]
    connection.close()
    assert newest == [new_york, bombay]


@pytest.mark.parametrize("place", [0, 2, 4, 6])
def test_the_real_command_on_a_machine_at_that_instant_stores_the_same(place, home):
    _, at, new_york, bombay = MOMENTS[place]
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    serve(home, moment)

    def run(*words):
        line = [sys.executable, "-c", _AT, moment.isoformat(), "--json", "--home", str(home), *words]
        return json.loads(subprocess.run(line, capture_output=True, text=True, timeout=120, check=False).stdout)

    told = run("data", "fetch")["result"]["symbols"]
    assert [one["data_through"] for one in told] == [new_york, bombay]
    run("data", "import", str(home / "prices"))
    assert [one["last"] for one in run("data", "list")["result"]["symbols"]] == [new_york, bombay]


def test_beyond_what_an_exchange_announced_weekdays_count_and_a_warning_says_so(tmp_path):
    connection = store.connect(tmp_path / "market.db")
    calendar.ensure(connection, "XNYS", date(2026, 3, 2))
    connection.execute("UPDATE calendars SET exact_through = ?", (to_day(date(2026, 4, 30)),))
    near, far = to_day(date(2026, 3, 2)), to_day(date(2026, 2, 27))
    assert "known to 2026-04-30 only" in calendar.horizon_warning(connection, "XNYS", near)
    assert calendar.horizon_warning(connection, "XNYS", far) == ""
    sessions, exact = calendar._sessions("XBOM", date(2030, 12, 31))
    beyond = [day for day, _ in sessions if day > exact]
    assert beyond and all(from_day(day).weekday() < 5 for day in beyond)
    assert len(beyond) == sum(from_day(day).weekday() < 5 for day in range(exact + 1, to_day(date(2030, 12, 31)) + 1))
    connection.close()


def test_an_exchange_that_closes_after_new_york_is_not_settled_by_an_as_of(tmp_path):
    connection = store.connect(tmp_path / "market.db")
    clock = calendar.clock_at(connection, date(2026, 11, 25), 30)
    assert calendar.cut_day(connection, "BTC-USD", clock, {"BTC-USD": "24/7"}, 30) == to_day(date(2026, 11, 24))
    assert calendar.cut_day(connection, "ABC", clock, {}, 30) == to_day(date(2026, 11, 25))
    connection.close()
