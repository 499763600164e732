"""Several sources in a chain, a fleet that makes progress, and revisions as a reason to train: the real command."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import _fleet
import numpy as np
import pytest

from stockml.bars import store
from stockml.clock import from_day

FLEET = _fleet.fleet(count=320, days=_fleet.exchange_days(320))
LAST = from_day(int(next(iter(FLEET.values())).session[-1])).isoformat()
EARLIER_DAY = int(next(iter(FLEET.values())).session[-20])
EARLIER = from_day(EARLIER_DAY).isoformat()


def configure(home: Path, **data: object) -> None:
    path = home / "persistent_data" / "ml_config.json"
    config = json.loads(path.read_text())
    config["data"].update(data)
    path.write_text(json.dumps(config))


def closed_port() -> int:
    """A port nobody listens on: a source that is down."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return _fleet.csv_home(tmp_path / "home", FLEET)


def test_the_second_source_answers_where_the_first_is_down_and_both_are_named(home: Path) -> None:
    configure(home, providers=["yahoo", "csv"], yahoo={"base_url": f"http://127.0.0.1:{closed_port()}"})
    rows = _fleet.result("data", "fetch", "--as-of", LAST, home=home)["symbols"]
    assert {row["outcome"] for row in rows} == {"ok"}
    assert {row["source"] for row in rows} == {"csv"}
    assert all("Yahoo" in row["message"] for row in rows)


def test_a_source_that_disagrees_is_not_joined_and_what_is_stored_stays(home: Path, tmp_path: Path) -> None:
    _fleet.result("data", "fetch", "--as-of", EARLIER, home=home)
    symbol = next(iter(FLEET))
    with store.connect(home / "persistent_data" / "market.db") as connection:
        before = store.read(connection, symbol, "1d")
        connection.execute("UPDATE series SET source = 'tiingo', fingerprint = ''")
    doubled = {name: replace(bars, close=bars.close * 2, open=bars.open * 2, high=bars.high * 2, low=bars.low * 2)
               for name, bars in FLEET.items()}  # fmt: skip
    _fleet.write_csv(home / "prices", doubled)
    rows = _fleet.result("data", "fetch", "--as-of", LAST, home=home, status=3)["symbols"]
    assert {row["outcome"] for row in rows} == {"source_error"}
    assert all("csv" in row["message"] and "tiingo" in row["message"] for row in rows)
    with store.connect(home / "persistent_data" / "market.db") as connection:
        after = store.read(connection, symbol, "1d")
    assert before is not None and after is not None
    assert np.array_equal(before.close, after.close)


def test_a_rewritten_history_makes_training_due_with_the_count_of_bars(home: Path) -> None:
    _fleet.result("train", "--all", "--as-of", EARLIER, home=home)
    assert _fleet.result("train", "--dry-run", "--as-of", EARLIER, home=home)["symbols"] == []
    symbol = next(iter(FLEET))
    close = FLEET[symbol].close.copy()
    close[100] *= 1.02
    rewritten = {**FLEET, symbol: replace(FLEET[symbol], close=close, high=np.maximum(FLEET[symbol].high, close))}
    _fleet.write_csv(home / "prices", rewritten, rescaled=False)
    next_day = from_day(int(FLEET[symbol].session[-19])).isoformat()
    _fleet.result("data", "fetch", "--force", "--as-of", next_day, home=home)
    due = {
        one["symbol"]: one["due"]
        for one in _fleet.result("train", "--dry-run", "--as-of", next_day, home=home)["symbols"]
    }
    assert list(due) == [symbol]
    assert due[symbol][0].startswith("data revised: the source changed 1 bar")
