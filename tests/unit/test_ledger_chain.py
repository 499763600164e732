"""`ledger verify` finds every edit of every row, and an old ledger becomes a new one without losing any."""

from __future__ import annotations

import hashlib
import random
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stockml import files
from stockml.clock import Clock
from stockml.errors import StockmlError
from stockml.forecasts import signals
from stockml.ledger import chain, forecasts, outcomes, store, verification
from stockml.ledger import signals as signal_ledger
from stockml.ledger.schema import CHAINS, FORECASTS, JUDGED, OUTCOMES

CLOCK = Clock(datetime(2019, 12, 20, 21, 30, tzinfo=UTC), date(2019, 12, 20))
LATER = Clock(datetime(2019, 12, 23, 21, 30, tzinfo=UTC), date(2019, 12, 23))
CLOSES = "2019-12-23T21:00:00Z"
SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF")


def forecast(symbol: str = "AAA", **changes: Any) -> dict[str, Any]:
    made = {
        "id": f"id of {symbol}", "symbol": symbol, "bar_interval": "1d", "horizon": 1,
        "made_at": "2019-12-20T21:30:00Z", "session": "2019-12-20", "target_session": "2019-12-23", "last_close": 10.0,
        "price": 10.1, "probability_up": 0.52, "class": "hold", "class_probabilities": {"hold": 1.0}, "lo80": 9.0,
        "hi80": 11.0, "lo90": 8.5, "hi90": 11.5, "confidence": 0.52, "regime": "sideways", "version": "v1",
        "details": {"target_closes_at": CLOSES, "base_rate": 0.5, "signals": {"uptrend": 0.4}},
    }  # fmt: skip
    return {**made, **changes}


def outcome(symbol: str = "AAA", **changes: Any) -> dict[str, Any]:
    made = {
        **dict.fromkeys(JUDGED), "forecast": f"id of {symbol}", "status": "settled", "settled_close": 10.4,
        "settled_at": "2019-12-23T21:30:00Z", "error_pct": 0.03, "direction_hit": 1, "in80": 1, "in90": 1,
        "total_return": 0.04, "winkler90": 0.3, "settled_session": "2019-12-23",
    }  # fmt: skip
    return {**made, **changes}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound ledger: forecasts of six symbols and of the signals, with the outcomes of five."""
    path = tmp_path_factory.mktemp("whole") / "ledger.db"
    ledger = store.connect(path)
    made = [forecast(symbol) for symbol in SYMBOLS]
    forecasts.append(ledger, made, CLOCK)
    signal_ledger.append(ledger, [signals.forecast(one, {"uptrend": 0.4}) for one in made], CLOCK)
    outcomes.append(ledger, [outcome(symbol) for symbol in SYMBOLS[:4]])
    outcomes.append(ledger, [outcome("EEE", status="void", settled_close=None, direction_hit=None, reason="halted")])
    ledger.close()
    return path


@pytest.fixture
def ledger(whole: Path, tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = store.connect(Path(shutil.copy(whole, tmp_path / "ledger.db")))
    yield connection
    connection.close()


def kinds(ledger: sqlite3.Connection) -> set[str]:
    return {one["kind"] for one in verification.verify(ledger)["problems"]}


def test_a_ledger_as_it_was_written_has_no_problem(ledger: sqlite3.Connection) -> None:
    assert verification.verify(ledger) == {"ok": True, "forecasts": 6, "signals": 6, "outcomes": 5, "problems": []}


@pytest.mark.parametrize("own", CHAINS, ids=lambda own: own.name)
def test_any_change_of_any_column_of_any_row_is_found(ledger: sqlite3.Connection, own: chain.Chain) -> None:
    rows = ledger.execute(f"SELECT * FROM {own.table} ORDER BY number").fetchall()
    ledger.execute("PRAGMA ignore_check_constraints = ON")
    for row in rows:
        for name in (*own.columns, "checksum"):
            old = row[name]
            new = old + "x" if isinstance(old, str) else 99.5 if isinstance(old, float) else 77 if old != 77 else 78
            with pytest.raises(ZeroDivisionError), store.transaction(ledger):
                ledger.execute(f"UPDATE {own.table} SET {name} = ? WHERE number = ?", (new, row["number"]))
                found = list(verification._walk(ledger, own, {}))
                assert any(one.table == own.name for one in found), f"{name} of row {row['number']}"
                raise ZeroDivisionError  # undo


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_byte_flipped_in_a_stored_text_or_number_is_found(whole: Path, tmp_path: Path, data: st.DataObject) -> None:
    path = Path(shutil.copy(whole, tmp_path / "flipped.db"))
    ledger = store.connect(path)
    own = data.draw(st.sampled_from(CHAINS))
    number = data.draw(st.integers(1, ledger.execute(f"SELECT max(number) FROM {own.table}").fetchone()[0]))
    name = data.draw(st.sampled_from((*own.columns[1:], "checksum")))
    old = ledger.execute(f"SELECT CAST({name} AS BLOB) FROM {own.table} WHERE number = ?", (number,)).fetchone()[0]
    if old:
        place, bit = data.draw(st.integers(0, len(old) - 1)), data.draw(st.integers(0, 7))
        new = bytearray(old)
        new[place] ^= 1 << bit
        kind = ledger.execute(f"SELECT typeof({name}) FROM {own.table} WHERE number = ?", (number,)).fetchone()[0]
        ledger.execute(
            f"UPDATE {own.table} SET {name} = CAST(? AS {kind.upper()}) WHERE number = ?", (bytes(new), number)
        )
        now = ledger.execute(f"SELECT CAST({name} AS BLOB) FROM {own.table} WHERE number = ?", (number,)).fetchone()[0]
        assert now == old or not verification.verify(ledger)["ok"]  # 10.0 and 10.00 are one number
    ledger.close()


def test_a_byte_flipped_in_the_file_itself_is_found_wherever_a_row_lies(whole: Path, tmp_path: Path) -> None:
    """Every flip that changes what a row says is told as a problem, or the file is refused."""
    content, chance = whole.read_bytes(), random.Random(5)
    spots = [content.find(word) for word in (b"id of CCC", b"hold", b"halted", b"sideways", b"id of BBB v1")]
    page = (content.find(b"id of CCC") // 4096) * 4096
    spots = [spot for spot in spots if spot > 0] + [page + chance.randrange(4096) for _ in range(25)]
    before, found = facts_of(whole), 0
    for spot in spots:
        path = tmp_path / "damaged.db"
        path.write_bytes(content[:spot] + bytes([content[spot] ^ 1 << chance.randrange(8)]) + content[spot + 1 :])
        try:
            same = facts_of(path) == before
            connection = store.connect(path)
            ok = verification.verify(connection)["ok"]
            connection.close()
        except (StockmlError, sqlite3.DatabaseError, UnicodeDecodeError):
            same, ok = False, False
        assert same or not ok, f"byte {spot}"
        found += not ok
    assert found >= 10


def facts_of(path: Path) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    connection.text_factory = bytes
    found = [tuple(row) for own in CHAINS for row in connection.execute(f"SELECT * FROM {own.table} ORDER BY number")]
    connection.close()
    return found


def test_rows_removed_at_either_end_or_between_are_found(ledger: sqlite3.Connection) -> None:
    for number, wanted in ((1, "gap"), (3, "gap"), (6, "end")):
        with pytest.raises(ZeroDivisionError), store.transaction(ledger):
            ledger.execute("DELETE FROM forecasts_made WHERE number = ?", (number,))
            assert wanted in {one.kind for one in verification._walk(ledger, FORECASTS, {})}
            raise ZeroDivisionError
    ledger.execute("DELETE FROM outcomes WHERE number = 5")
    assert kinds(ledger) == {"end"}


def test_a_removed_end_stays_visible_after_more_was_appended(ledger: sqlite3.Connection) -> None:
    ledger.execute("DELETE FROM forecasts_made WHERE number = 6")
    forecasts.append(ledger, [forecast("GGG")], CLOCK)
    assert {"gap", "link"} <= kinds(ledger)


def test_two_rows_that_changed_places_are_found(ledger: sqlite3.Connection) -> None:
    for number, to in ((2, 99), (3, 2), (99, 3)):
        ledger.execute("UPDATE forecasts_made SET number = ? WHERE number = ?", (to, number))
    assert "altered" in kinds(ledger) and "link" in kinds(ledger)


def test_a_forger_who_seals_his_row_anew_breaks_the_next(ledger: sqlite3.Connection) -> None:
    row = dict(ledger.execute("SELECT * FROM forecasts_made WHERE number = 3").fetchone())
    before = ledger.execute("SELECT checksum FROM forecasts_made WHERE number = 2").fetchone()[0]
    row["price"] = 12.0
    row["hash"] = chain.seal(FORECASTS, {**row, "class_probabilities": {"hold": 1.0}}, row["prev_hash"])
    check = chain.checksum([row[name] for name in FORECASTS.columns], before)
    ledger.execute(
        "UPDATE forecasts_made SET price = 12.0, hash = ?, checksum = ? WHERE number = 3", (row["hash"], check)
    )
    assert {one["number"] for one in verification.verify(ledger)["problems"]} == {4}


def test_an_edit_of_the_table_people_read_reaches_the_row_behind_it(ledger: sqlite3.Connection) -> None:
    for change in (
        "UPDATE forecasts SET probability_up = 0.9 WHERE symbol = 'BBB'",
        "UPDATE forecasts SET settled_close = 11.0 WHERE symbol = 'BBB'",
        "UPDATE forecasts SET status = 'settled', direction_hit = 1, settled_at = 'now' WHERE symbol = 'FFF'",
        "DELETE FROM forecasts WHERE symbol = 'BBB'",
        "INSERT INTO forecasts SELECT * FROM (SELECT * FROM forecasts WHERE number = 2) WHERE 0",
    ):
        with pytest.raises(ZeroDivisionError), store.transaction(ledger):
            changed = ledger.execute(change).rowcount
            problems = [one for own in CHAINS for one in verification._walk(ledger, own, {})]
            assert bool(problems) == ("WHERE 0" not in change), (change, changed)
            raise ZeroDivisionError


def test_an_outcome_of_no_forecast_or_from_before_its_session_and_a_late_forecast_are_found(
    ledger: sqlite3.Connection,
) -> None:
    outcomes.append(ledger, [outcome("nobody"), outcome("FFF", settled_at="2019-12-23T20:59:59Z")])
    with store.transaction(ledger):
        chain.append(ledger, FORECASTS, [forecast("HHH", made_at="2019-12-23T21:00:01Z")])
    found = verification.verify(ledger)["problems"]
    assert {(one["kind"], one["id"]) for one in found} == {
        ("orphan", "id of nobody"), ("early", "id of FFF"), ("late", "id of HHH"),
    }  # fmt: skip


def test_a_second_outcome_of_a_forecast_is_refused_quietly_and_found_if_forced(ledger: sqlite3.Connection) -> None:
    outcomes.append(ledger, [outcome("AAA", settled_close=99.0)])
    assert ledger.execute("SELECT settled_close FROM forecasts WHERE symbol = 'AAA'").fetchone()[0] == 10.4
    with pytest.raises(sqlite3.IntegrityError), store.transaction(ledger):
        chain.append(ledger, OUTCOMES, [outcome("AAA", settled_close=99.0)])
    assert verification.verify(ledger)["ok"]


def test_a_forecast_of_a_session_that_has_closed_is_refused_and_one_made_before_is_given_back(
    ledger: sqlite3.Connection,
) -> None:
    with pytest.raises(StockmlError, match="closed already") as refused:
        forecasts.append(ledger, [forecast("III")], LATER)
    assert refused.value.kind == "late_forecast" and verification.verify(ledger)["forecasts"] == 6
    (again,) = forecasts.append(ledger, [forecast("AAA", price=99.0)], LATER)
    assert again["price"] == 10.1 and again["status"] == "settled"


def test_what_is_settled_later_is_not_known_before(ledger: sqlite3.Connection) -> None:
    assert {one["status"] for one in forecasts.export(ledger, "1d", CLOCK)} == {"pending"}
    assert all(one["settled_close"] is None and one["in90"] is None for one in forecasts.export(ledger, "1d", CLOCK))
    told = {one["symbol"]: one["status"] for one in forecasts.export(ledger, "1d", LATER)}
    assert told == {**dict.fromkeys(SYMBOLS[:4], "settled"), "EEE": "void", "FFF": "pending"}
    assert outcomes.settled_later(ledger, "1d", CLOCK) == dict.fromkeys((*SYMBOLS[:4], "EEE"), 1)
    assert outcomes.settled_later(ledger, "1d", LATER) == {}


OLD = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE forecasts(
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, symbol TEXT NOT NULL, bar_interval TEXT NOT NULL,
  horizon INTEGER NOT NULL, made_at TEXT NOT NULL, session TEXT NOT NULL, target_session TEXT NOT NULL,
  last_close REAL NOT NULL, price REAL NOT NULL, probability_up REAL NOT NULL, class TEXT NOT NULL,
  class_probabilities TEXT NOT NULL, lo80 REAL NOT NULL, hi80 REAL NOT NULL, lo90 REAL NOT NULL, hi90 REAL NOT NULL,
  confidence REAL NOT NULL, regime TEXT NOT NULL, version TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'pending', settled_close REAL, settled_at TEXT, error_pct REAL, direction_hit INTEGER,
  prev_hash TEXT NOT NULL, hash TEXT NOT NULL, details TEXT NOT NULL, recorded_at TEXT NOT NULL,
  UNIQUE(symbol, bar_interval, horizon, session, version));
CREATE INDEX forecasts_pending ON forecasts(status, target_session);
CREATE TABLE outcomes(
  forecast TEXT PRIMARY KEY REFERENCES forecasts(id), status TEXT NOT NULL, settled_close REAL,
  settled_at TEXT NOT NULL, error_pct REAL, direction_hit INTEGER, reason TEXT, recorded_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE promotions(
  number INTEGER PRIMARY KEY, symbol TEXT NOT NULL, at TEXT NOT NULL, champion TEXT NOT NULL, previous TEXT,
  challenger TEXT, who TEXT NOT NULL, reason TEXT NOT NULL, recorded_at TEXT NOT NULL);
INSERT INTO meta VALUES('format', '1');
INSERT INTO promotions VALUES(1, 'AAA', '2019-01-02T00:00:00Z', 'v1', NULL, NULL, 'train', 'first', 'then');
INSERT INTO outcomes VALUES('id of AAA', 'settled', 10.4, '2019-12-23T21:30:00Z', 0.03, 1, NULL, 'then');
"""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A ledger as format 1 wrote it: three forecasts, one with an outcome, one promotion."""
    path = tmp_path / "old.db"
    ledger = sqlite3.connect(path)
    ledger.executescript("PRAGMA journal_mode = WAL;" + OLD)
    last = chain.GENESIS
    for number, symbol in enumerate(SYMBOLS[:3], 1):
        one = forecast(symbol, details={"warnings": []})
        digest = chain.seal(FORECASTS, one, last)
        text = {"class_probabilities": '{"hold":1.0}', "details": '{"warnings":[]}', "prev_hash": last, "hash": digest}
        row = {**one, **text, "number": number, "recorded_at": "then"}
        names = ",".join(row)
        ledger.execute(f"INSERT INTO forecasts({names}) VALUES({','.join('?' * len(row))})", list(row.values()))
        last = digest
    ledger.commit()
    ledger.close()
    return path


def test_a_ledger_of_the_first_format_is_migrated_with_its_numbers_hashes_and_outcomes(old: Path) -> None:
    before = sqlite3.connect(old).execute("SELECT number, id, prev_hash, hash, details FROM forecasts").fetchall()
    for _ in range(2):  # and opened again
        ledger = store.connect(old)
        names = "number, id, prev_hash, hash, details"
        assert [tuple(row) for row in ledger.execute(f"SELECT {names} FROM forecasts ORDER BY number")] == before
        assert verification.verify(ledger) == {"ok": True, "forecasts": 3, "signals": 0, "outcomes": 1, "problems": []}
        assert [one["status"] for one in forecasts.export(ledger, "1d", LATER)] == ["settled", "pending", "pending"]
        assert ledger.execute("SELECT champion FROM promotions").fetchone()[0] == "v1"
        ledger.close()
    ledger = store.connect(old)
    (more,) = forecasts.append(ledger, [forecast("DDD")], CLOCK)
    assert more["prev_hash"] == before[-1][3] and verification.verify(ledger)["ok"]
    ledger.close()


def test_an_altered_row_of_the_first_format_is_found_after_its_migration(old: Path) -> None:
    with sqlite3.connect(old) as ledger:
        ledger.execute("UPDATE forecasts SET price = 11.0 WHERE number = 2")
    migrated = store.connect(old)
    assert [(one["number"], one["kind"]) for one in verification.verify(migrated)["problems"]] == [(2, "altered")]
    migrated.close()


def test_an_export_alone_proves_its_chain(ledger: sqlite3.Connection) -> None:
    last = chain.GENESIS
    for one in forecasts.export(ledger, "1d", LATER):
        content = files.canonical_json({name: one[name] for name in forecasts.SEALED})
        assert one["prev_hash"] == last
        assert hashlib.sha256(last.encode() + content).hexdigest() == one["hash"]
        last = one["hash"]
