"""The ledger: a chain of forecasts that cannot be rewritten unseen, and pointers as of any moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from stockml.clock import Clock
from stockml.errors import BusyError, WorkspaceError
from stockml.ledger import chain, facts, forecasts, store
from stockml.ledger.schema import FORECASTS

CLOCK = Clock(datetime(2019, 12, 20, 21, 30, tzinfo=UTC), date(2019, 12, 20))


def forecast(symbol: str = "AAA", session: str = "2019-12-20", version: str = "v1", **changes: Any) -> dict[str, Any]:
    made = {
        "id": f"{symbol}-{session}-{version}", "symbol": symbol, "bar_interval": "1d", "horizon": 1,
        "made_at": "2019-12-20T21:30:00Z", "session": session, "target_session": "2019-12-23", "last_close": 10.0,
        "price": 10.1, "probability_up": 0.52, "class": "hold", "class_probabilities": {"hold": 1.0}, "lo80": 9.0,
        "hi80": 11.0, "lo90": 8.5, "hi90": 11.5, "confidence": 0.52, "regime": "sideways", "version": version,
        "details": {"warnings": []},
    }  # fmt: skip
    return {**made, **changes}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = store.connect(tmp_path / "ledger.db")
    yield connection
    connection.close()


def test_each_forecast_seals_the_one_before(ledger: sqlite3.Connection) -> None:
    first, second = forecasts.append(ledger, [forecast("AAA"), forecast("BBB")], CLOCK)
    (third,) = forecasts.append(ledger, [forecast("CCC")], CLOCK)
    assert first["prev_hash"] == chain.GENESIS
    assert (second["prev_hash"], third["prev_hash"]) == (first["hash"], second["hash"])
    for one in (first, second, third):
        assert chain.seal(FORECASTS, one, one["prev_hash"]) == one["hash"]


@pytest.mark.parametrize("name", forecasts.SEALED)
def test_the_seal_changes_with_every_sealed_field(name: str) -> None:
    one = forecast()
    assert chain.seal(FORECASTS, {**one, name: "x"}, chain.GENESIS) != chain.seal(FORECASTS, one, chain.GENESIS)


def test_the_same_forecast_again_is_returned_unchanged_as_it_was_first_told(ledger: sqlite3.Connection) -> None:
    first = forecasts.append(ledger, [forecast()], CLOCK)
    again = forecasts.append(ledger, [forecast(price=99.0, details={"warnings": ["later"]})], CLOCK)
    assert again == first
    assert ledger.execute("SELECT count(*) FROM forecasts").fetchone()[0] == 1


def test_forecasts_are_appended_all_or_none(ledger: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        forecasts.append(ledger, [forecast("AAA"), forecast("BBB", price=None)], CLOCK)
    assert ledger.execute("SELECT count(*) FROM forecasts").fetchone()[0] == 0


def test_pointers_are_read_as_of_any_moment(ledger: sqlite3.Connection) -> None:
    for at, champion, previous in (("2019-01-02T00:00:00Z", "v1", None), ("2019-06-03T00:00:00Z", "v2", "v1")):
        pointers = {"champion": champion, "previous": previous, "challenger": None}
        facts.record_promotion(ledger, "AAA", at, pointers, "train", "a test")
    assert facts.pointers_as_of(ledger, "AAA", "2018-12-31T00:00:00Z") is None
    for at, champion in (
        ("2019-01-02T00:00:00Z", "v1"),
        ("2019-06-02T23:59:59Z", "v1"),
        ("2020-01-01T00:00:00Z", "v2"),
    ):
        found = facts.pointers_as_of(ledger, "AAA", at)
        assert found is not None and found["champion"] == champion
    assert facts.pointers_as_of(ledger, "BBB", "2020-01-01T00:00:00Z") is None
    assert facts.latest_promotion(ledger, "AAA") == "2019-06-03T00:00:00Z"


def test_a_candidate_counts_as_one_trial_however_often_it_is_fitted(ledger: sqlite3.Connection) -> None:
    assert [facts.count_trial(ledger, "AAA", digest, CLOCK) for digest in ("a", "a", "b")] == [1, 1, 2]
    earlier = Clock(datetime(2019, 1, 2, tzinfo=UTC), date(2019, 1, 2))
    assert facts.trials(ledger, "AAA", earlier) == 0, "later trials are invisible"


def test_an_abstention_is_recorded_once_per_session(ledger: sqlite3.Connection) -> None:
    for _ in range(2):
        facts.record_abstention(ledger, "AAA", 1, "2019-12-20", "no_champion", CLOCK)
    assert ledger.execute("SELECT count(*) FROM abstentions").fetchone()[0] == 1


def test_a_transaction_that_fails_leaves_nothing(ledger: sqlite3.Connection) -> None:
    with pytest.raises(RuntimeError), store.transaction(ledger):
        ledger.execute("INSERT INTO meta VALUES('a', 'b')")
        raise RuntimeError
    assert ledger.execute("SELECT 1 FROM meta WHERE key = 'a'").fetchone() is None


def test_a_ledger_that_another_process_writes_is_busy(ledger: sqlite3.Connection, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ledger.execute("PRAGMA busy_timeout = 50")
    with pytest.raises(BusyError), store.transaction(ledger):
        raise AssertionError("two writers")
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be read as one" * 100, b"SQLite format 3\0" + bytes(200)]
)
def test_a_file_that_is_no_ledger_is_refused_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "ledger.db"
    path.write_bytes(content)
    with pytest.raises(WorkspaceError, match=r"ledger\.db"):
        store.connect(path)


def test_a_ledger_of_another_format_is_refused(ledger: sqlite3.Connection, tmp_path: Path) -> None:
    ledger.execute("UPDATE meta SET value = '99' WHERE key = 'format'")
    with pytest.raises(WorkspaceError, match="99"):
        store.connect(tmp_path / "ledger.db")
