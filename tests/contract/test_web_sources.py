"""The sources with a key against a loopback server: right bars, one outcome per refusal, and no key in any word."""

from __future__ import annotations

import json
import logging
import threading
import traceback
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stockml.bars import sources
from stockml.bars.answer import Request
from stockml.config.schema import AlphaVantage, Data, Massive, Stooq, Tiingo
from stockml.errors import SourceError

CANARY = "canary-5f0c7d"
KEYS = {
    "tiingo": "TIINGO_API_KEY", "alpha_vantage": "ALPHAVANTAGE_API_KEY", "massive": "MASSIVE_API_KEY",
    "stooq": "STOOQ_API_KEY",
}  # fmt: skip
BAR = {"open": 10, "high": 11, "low": 9, "close": 10.5, "volume": 100}
TIINGO = [
    {"date": "2024-03-06T00:00:00.000Z", **BAR, "adjClose": 2.6, "divCash": 0.5, "splitFactor": 1.0},
    {"date": "2024-03-07T00:00:00.000Z", **BAR, "adjClose": 2.6, "divCash": 0.0, "splitFactor": 4.0},
]
VANTAGE = {
    "Meta Data": {"2. Symbol": "ABC"},
    "Time Series (Daily)": {
        day: {"1. open": "10", "2. high": "11", "3. low": "9", "4. close": "10.5", "5. adjusted close": "2.6",
              "6. volume": "100", "7. dividend amount": cash, "8. split coefficient": split}
        for day, cash, split in (("2024-03-07", "0.0000", "4.0"), ("2024-03-06", "0.5000", "1.0"))
    },
}  # fmt: skip
AGGREGATES = {  # starts of 2024-03-06 and -07 in New York
    "status": "OK",
    "results": [{"t": 1709701200000 + 86400000 * n, "o": 10, "h": 11, "l": 9, "c": 10.5, "v": 100} for n in (0, 1)],
}
SPLITS = {"status": "OK", "results": [{"execution_date": "2024-03-07", "split_from": 1, "split_to": 4}]}
DIVIDENDS = {
    "status": "OK", "results": [{"ex_dividend_date": "2024-03-06", "cash_amount": 0.5, "currency": "USD"}]
}  # fmt: skip
STOOQ = "Date,Open,High,Low,Close,Volume\n2024-03-06,10,11,9,10.5,100\n2024-03-07,10,11,9,10.5,100\n"
GOOD = {"tiingo": TIINGO, "alpha_vantage": VANTAGE, "massive": AGGREGATES, "stooq": STOOQ}


@pytest.fixture
def server():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            app = self.server
            app.seen.append((self.path, dict(self.headers)))
            status, body, headers = app.reply
            if "/splits" in self.path:
                body = SPLITS
            elif "/dividends" in self.path:
                body = DIVIDENDS
            content = (body if isinstance(body, str) else json.dumps(body)).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.seen, running.reply = [], (200, "", {})
    running.url = f"http://127.0.0.1:{running.server_address[1]}"
    threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield running
    running.shutdown()
    running.server_close()


@pytest.fixture(autouse=True)
def keys(monkeypatch):
    for name in KEYS.values():
        monkeypatch.setenv(name, CANARY)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)


def fetch(name, server, home, known=False):
    url = server.url
    config = Data(
        tiingo=Tiingo(base_url=url), alpha_vantage=AlphaVantage(base_url=url), massive=Massive(base_url=url),
        stooq=Stooq(base_url=url),
    )  # fmt: skip
    asked = Request(
        "ABC", "1d", None, date(2024, 3, 8), config, home, "", datetime(2024, 3, 9, tzinfo=UTC), known=known
    )
    return sources.load(name).fetch(asked)


@pytest.mark.parametrize("name", KEYS)
def test_bars_are_raw_with_their_actions(name, server, tmp_path):
    server.reply = (200, GOOD[name], {})
    answer = fetch(name, server, tmp_path)
    assert answer.source == name and answer.session.tolist() == [19788, 19789]
    assert answer.close.tolist() == [10.5, 10.5] and answer.volume.tolist() == [100, 100]
    if name != "stooq":
        assert answer.dividend.tolist() == [0.5, 0] and answer.split.tolist() == [1, 4]


REFUSALS = [
    *((name, 429, "", "rate_limited") for name in KEYS),
    *((name, 401, "", "source_error") for name in KEYS),
    *((name, 404, "", "unknown_symbol") for name in KEYS),
    *((name, 503, f"broken {CANARY}", "source_error") for name in KEYS),
    *((name, 302, "", "source_error") for name in KEYS),
    *((name, 200, f"<html>{CANARY}</html>", "source_error") for name in KEYS),
    ("tiingo", 200, [], "source_error"),
    ("tiingo", 200, {"detail": "Error: Ticker 'ABC' not found"}, "unknown_symbol"),
    ("tiingo", 200, {"detail": "Error: You have run over your hourly request allocation."}, "rate_limited"),
    ("alpha_vantage", 200, {"Note": "Our standard API call frequency is 5 calls per minute."}, "rate_limited"),
    ("alpha_vantage", 200, {"Information": f"We have detected your API key as {CANARY} and our standard API rate "
                            "limit is 25 requests per day. Subscribe to any of the premium plans."}, "rate_limited"),
    ("alpha_vantage", 200, {"Information": "This is a premium endpoint."}, "source_error"),
    ("alpha_vantage", 200, {"Error Message": "Invalid API call. Please retry."}, "unknown_symbol"),
    ("alpha_vantage", 200, {"Error Message": f"the parameter apikey {CANARY} is invalid"}, "source_error"),
    ("alpha_vantage", 200, {}, "source_error"),
    ("massive", 200, {"status": "ERROR", "error": "You've exceeded the maximum requests per minute"}, "rate_limited"),
    ("massive", 200, {"status": "ERROR", "error": f"Unknown API Key {CANARY}"}, "source_error"),
    ("massive", 200, {"status": "NOT_FOUND", "message": "Data not found."}, "unknown_symbol"),
    ("massive", 200, {"status": "OK", "resultsCount": 0}, "unknown_symbol"),
    ("stooq", 200, "Exceeded the daily hits limit", "rate_limited"),
    ("stooq", 200, "No data", "unknown_symbol"),
    ("stooq", 200, "Get your apikey:", "source_error"),
    ("stooq", 200, "Date,Open,High,Low,Close,Volume\n", "source_error"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "body", "outcome"), REFUSALS)
def test_every_refusal_has_its_outcome_and_no_word_holds_the_key(
    name, status, body, outcome, server, tmp_path, caplog, capsys
):
    caplog.set_level(logging.DEBUG)
    server.reply = (status, body, {"Location": "http://127.0.0.1:9/"} if status == 302 else {})
    with pytest.raises(SourceError) as caught:
        fetch(name, server, tmp_path)
    told = "".join(traceback.format_exception(caught.value)) + caught.value.message + caught.value.hint
    told += caplog.text + "".join(capsys.readouterr())
    assert caught.value.outcome == outcome and name in caught.value.message and caught.value.symbol == "ABC"
    assert CANARY not in told
    if outcome == "rate_limited":
        before = len(server.seen)
        with pytest.raises(SourceError, match="not asked before"):
            fetch(name, server, tmp_path)
        assert len(server.seen) == before
    elif outcome == "unknown_symbol":
        with pytest.raises(SourceError) as again:
            fetch(name, server, tmp_path, known=True)
        assert again.value.outcome == "delisted"


@pytest.mark.parametrize("name", KEYS)
def test_a_server_that_is_down_is_a_source_error_without_the_key(name, server, tmp_path):
    server.server_close()
    with pytest.raises(SourceError) as caught:
        fetch(name, server, tmp_path)
    assert caught.value.outcome == "source_error" and CANARY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("name", KEYS)
def test_a_missing_key_is_said_with_its_name_and_nobody_is_asked(name, server, tmp_path, monkeypatch):
    monkeypatch.delenv(KEYS[name])
    with pytest.raises(SourceError) as caught:
        fetch(name, server, tmp_path)
    assert caught.value.outcome == "source_error" and KEYS[name] in caught.value.hint and not server.seen


def test_a_key_may_be_a_systemd_credential(server, tmp_path, monkeypatch):
    monkeypatch.delenv("TIINGO_API_KEY")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "TIINGO_API_KEY").write_text("from-systemd\n")
    server.reply = (200, TIINGO, {})
    fetch("tiingo", server, tmp_path)
    path, headers = server.seen[0]
    assert headers["Authorization"] == "Token from-systemd" and "from-systemd" not in path


def test_a_key_that_is_none_is_refused_unseen(server, tmp_path, monkeypatch):
    monkeypatch.setenv("TIINGO_API_KEY", f"{CANARY}\r\nX: y")
    with pytest.raises(SourceError) as caught:
        fetch("tiingo", server, tmp_path)
    assert CANARY not in caught.value.message and not server.seen
