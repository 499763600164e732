"""Every fault of the stand-in for Yahoo through the real command: outcome, exit status, what is stored, recovery."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime

import _yahoo
import pytest
from _yahoo import DAILY, TOOL
from conftest import run_command

AS_OF = "2024-03-08"
WHOLE = 194  # sessions served
FLEET = [f"S{n:02d}" for n in range(13)]

pytestmark = pytest.mark.skipif(not (TOOL.is_file() and DAILY.is_dir()), reason=f"{TOOL} is not there")

# fault: outcome, exit status, rows stored, rows refused
EXPECTED = {
    "429": ("rate_limited", 3, 0, 0),
    "500": ("source_error", 3, 0, 0),
    "502": ("source_error", 3, 0, 0),
    "503": ("source_error", 3, 0, 0),
    "404": ("unknown_symbol", 3, 0, 0),
    "401": ("source_error", 3, 0, 0),
    "missing": ("unknown_symbol", 3, 0, 0),
    "empty": ("source_error", 3, 0, 0),
    "null": ("source_error", 3, 0, 0),
    "garbage": ("source_error", 3, 0, 0),
    "truncated": ("source_error", 3, 0, 0),
    "html": ("source_error", 3, 0, 0),
    "reset": ("source_error", 3, 0, 0),
    "slow": ("source_error", 3, 0, 0),
    "nan": ("partial", 1, 174, 20),
    "stale": ("stale", 1, 189, 0),
    "spike": ("ok", 0, WHOLE, 0),  # kept: a real move is never refused; `data check` names the jump
    "duplicate": ("ok", 0, WHOLE, 0),  # yfinance drops a repeated day itself
    "negative": ("stale", 1, 193, 1),
    "zero": ("stale", 1, 193, 1),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    module = _yahoo.loaded()
    folder = tmp_path_factory.mktemp("served")
    with gzip.open(DAILY / "AAPL.csv.gz", "rt") as lines:
        rows = list(csv.reader(lines))
    kept = [rows[0], *(row for row in rows[1:] if "2023-06-01" <= row[0] <= AS_OF)]
    for symbol in ("AAPL", *FLEET):
        (folder / f"{symbol}.csv").write_text("\n".join(map(",".join, kept)) + "\n")
    with module.FakeYahoo(folder, now=datetime(2024, 3, 9, 2, tzinfo=UTC)) as running:
        assert set(module.Rule.KINDS) == set(EXPECTED)
        yield running


def workspace(home, server, symbols=("AAPL",), backoff_s=0.1, timeout_s=2.0):
    (home / "persistent_data").mkdir(parents=True)
    config = {
        "symbols": list(symbols),
        "data": {"benchmark": None, "backoff_s": backoff_s, "yahoo": {"base_url": server.url, "timeout_s": timeout_s}},
    }
    (home / "persistent_data" / "ml_config.json").write_text(json.dumps(config))
    server.clear()
    return home


def fetch(home, *more):
    ran = run_command(home, "data", "fetch", "--json", "--as-of", AS_OF, "--home", str(home), *more, cold=False)
    assert ran.stderr == ""  # the library says nothing of its own
    return ran.returncode, ran.json()["result"]["symbols"]


def stored(home):
    row = sqlite3.connect(home / "persistent_data" / "market.db").execute("SELECT rows FROM series").fetchone()
    return row[0] if row else 0


@pytest.mark.parametrize("kind", EXPECTED)
def test_a_fault_has_its_outcome_and_a_new_process_recovers(kind, server, tmp_path):
    home = workspace(tmp_path / "home", server, timeout_s=1.0 if kind == "slow" else 2.0)
    server.fault(kind, symbol="AAPL", path="/v8")
    status, [one] = fetch(home)
    assert (one["outcome"], status, stored(home), one["rows_quarantined"]) == EXPECTED[kind]
    assert one["message"] or one["outcome"] == "ok"
    server.clear()
    if kind == "429":
        time.sleep(1.2)  # the Retry-After of the stand-in is a second
    status, [one] = fetch(home, "--force")
    assert (one["outcome"], status, stored(home)) == ("ok", 0, WHOLE)


@pytest.mark.parametrize("kind", [kind for kind in EXPECTED if kind != "slow"])
def test_the_same_process_recovers(kind, server, tmp_path):
    from stockml.bars import update
    from stockml.environment import open_environment
    from stockml.pipeline import steps
    from stockml.workspace import Workspace

    home = workspace(tmp_path / "home", server)
    server.fault(kind, symbol="AAPL", path="/v8")
    [one] = steps.collect(open_environment(Workspace(home), AS_OF))
    assert one.outcome == EXPECTED[kind][0]
    server.clear()
    if kind == "429":
        time.sleep(1.2)
    env = open_environment(Workspace(home), AS_OF)
    [one] = update.bring_up(env.market, env.config, env.workspace, env.clock, ["AAPL"], force=True)
    assert one.outcome == "ok"


def refusals(server):
    return [request["time"] for request in server.requests if request["fault"] == "429"]


def test_two_processes_under_a_permanent_refusal_share_one_request_a_window(server, tmp_path):
    home = workspace(tmp_path / "home", server, backoff_s=1.0)
    server.fault("429", path="/v8")
    code = (
        "import os, sys, time; from stockml.cli import main\n"
        f"while not os.path.exists({str(home / 'enough')!r}):\n"
        f"    sys.argv = ['stockml', 'data', 'fetch', '-q', '--as-of', '{AS_OF}', '--home', {str(home)!r}]\n"
        "    try: main()\n"
        "    except SystemExit: pass\n"
        "    time.sleep(0.05)\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(2)
    ]
    end = time.monotonic() + 60
    while len(refusals(server)) < 3 and time.monotonic() < end:
        time.sleep(0.05)
    (home / "enough").touch()
    assert [one.wait(60) for one in both] == [0, 0]
    refused = refusals(server)
    pauses = [after - before for before, after in itertools.pairwise(refused)]
    assert len(refused) >= 3
    assert all(pause >= 2.0**place - 0.05 for place, pause in enumerate(pauses)), pauses
    later = [request for request in server.requests if request["time"] > refused[0] + 0.5]
    assert len(later) == len(refused) - 1  # nothing else is asked while the circuit is open, no cookie either


def test_a_fleet_costs_one_request_a_symbol_once_time_zones_are_known(server, tmp_path):
    home = workspace(tmp_path / "home", server, FLEET)
    status, _ = fetch(home)
    assert status == 0 and server.count() <= 2 * len(FLEET)
    with server.lock:
        server.requests.clear()
    status, _ = fetch(home, "--force")
    assert status == 0 and server.count() == len(FLEET)
