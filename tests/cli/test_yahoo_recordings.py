"""Every recorded daily answer of Yahoo, served again, becomes the bars and actions it holds."""

from __future__ import annotations

import http.server
import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from stockml.bars import sources
from stockml.bars.answer import Request
from stockml.clock import to_day
from stockml.config.schema import Data, Yahoo
from stockml.errors import SourceError

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "fixtures" / "yahoo_chart_v8"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")
PLACES = 1e-6  # relative; Yahoo computes in single precision


def content_of(path):
    response = json.loads(path.read_text())["response"]
    return response["bodyJson"] if "bodyJson" in response else json.loads(response["body"])


def chart(path):
    found = content_of(path)["chart"]["result"]
    return found[0] if found else None


FILES = sorted(FOLDER.glob("*.json")) if FOLDER.is_dir() else []
WHOLE = [
    path for path in FILES if ".fake" not in path.name
    and (one := chart(path)) and one["meta"]["dataGranularity"] == "1d" and one.get("timestamp")
]  # fmt: skip
OTHERS = [path for path in FILES if path not in WHOLE]


@pytest.fixture(scope="module")
def server():
    """A loopback server that answers every request for a chart with `server.body`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            content = self.server.body if "/chart/" in self.path else b"crumb"
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def ask(server, path, home):
    server.body = json.dumps(content_of(path)).encode()
    yahoo = Yahoo(base_url=f"http://127.0.0.1:{server.server_port}", timeout_s=5.0)
    config = Data(yahoo=yahoo, requests_per_minute=6000)
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    request = Request("AAPL", "1d", None, moment.date(), config, home, "", moment)
    return sources.load("yahoo").fetch(request)


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.stem)
def test_a_recorded_answer_becomes_its_bars_and_actions(path, server, tmp_path):
    found, raw = ask(server, path, tmp_path), chart(path)
    zone = ZoneInfo(raw["meta"]["exchangeTimezoneName"])

    def day(seconds):
        return to_day(datetime.fromtimestamp(int(seconds), zone).date())

    quote, events = raw["indicators"]["quote"][0], raw.get("events", {})
    split = {day(at): one["numerator"] / one["denominator"] for at, one in events.get("splits", {}).items()}
    paid = {day(at): one["amount"] for at, one in events.get("dividends", {}).items()}
    wanted = dict(zip(map(day, raw["timestamp"]), quote["close"], strict=True))
    place = {int(one): i for i, one in enumerate(found.session)}
    assert set(place) <= set(wanted) | set(split) | set(paid)
    for session, close in wanted.items():
        later = 1.0
        for when, ratio in split.items():
            later *= ratio if when > session else 1.0
        if close is not None and session in place:
            assert found.close[place[session]] == pytest.approx(close * later, rel=PLACES)
    missing = [one for one, close in wanted.items() if close is not None and one not in place]
    assert not missing
    assert {int(one): float(r) for one, r in zip(found.session, found.split, strict=True) if r != 1.0} == split
    told = {int(one): float(cash) for one, cash in zip(found.session, found.dividend, strict=True) if cash}
    assert set(told) == set(paid)
    for session, cash in paid.items():
        later = 1.0
        for when, ratio in split.items():
            later *= ratio if when > session else 1.0
        assert told[session] == pytest.approx(cash * later, rel=PLACES)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_what_is_no_daily_history_gives_no_bars_of_two_times_a_day(path, server, tmp_path):
    try:
        found = ask(server, path, tmp_path)
    except SourceError as error:
        assert error.message
    else:
        assert len(set(found.session.tolist())) == len(found)
