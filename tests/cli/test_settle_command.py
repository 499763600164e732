"""`settle` and `ledger` from the command line: outcomes once, records, exports, and what happens when things fail."""

from __future__ import annotations

import csv
import io
import json
import math
import resource
import shutil
import sqlite3
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import _fleet
import _lived
import jsonschema
import numpy as np
import pytest

from stockml.errors import BusyError
from stockml.ledger import verification
from stockml.pipeline import ledger, predict, settle, track

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SYMBOLS = _fleet.SYMBOLS
PER_SYMBOL = 2 * (_lived.SESSIONS - 1)  # horizons x sessions


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _lived.home(tmp_path_factory.mktemp("lived") / "home")


@pytest.fixture(scope="module")
def settled(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = shutil.copytree(lived, tmp_path_factory.mktemp("settled") / "home")
    told = _fleet.result("settle", "--as-of", _lived.day(-1), home=home)
    # The last four forecasts of five sessions ahead wait for sessions to come.
    assert (told["settled"], told["void"], told["pending"]) == (4 * (PER_SYMBOL - 4), 0, 4 * 4)
    return home


@pytest.fixture
def copy(lived: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(lived, tmp_path / "home"))


def validated(name: str, result: dict) -> dict:
    jsonschema.validate(result, json.loads((SCHEMAS / f"{name}.json").read_text()))
    return result


def test_outcomes_are_those_of_the_price_files(settled: Path) -> None:
    """Raw and adjusted closes from the csv files, nothing else."""
    raw, adjusted = {}, {}
    for symbol in SYMBOLS:
        with (settled / "prices" / f"{symbol}.csv").open() as lines:
            rows = list(csv.DictReader(lines))
        raw[symbol] = {row["date"]: float(row["close"]) for row in rows}
        adjusted[symbol] = {row["date"]: float(row["adj_close"]) for row in rows}
    split_day, seen = _lived.day(-15), set()
    for one in _fleet.result("ledger", "export", "--as-of", _lived.day(-1), home=settled)["forecasts"]:
        if one["status"] != "settled":
            continue
        symbol, session, target = one["symbol"], one["session"], one["target_session"]
        times = 3.0 if session < split_day <= target else 1.0
        seen.add(times)
        realised = math.log(adjusted[symbol][target] / adjusted[symbol][session])
        assert one["settled_close"] == pytest.approx(times * raw[symbol][target])
        assert one["total_return"] == pytest.approx(realised, abs=1e-5)  # adjusted closes are rounded
        assert one["direction_hit"] == ((one["probability_up"] > 0.5) == (one["total_return"] > 0))
        assert one["error_pct"] == abs(one["price"] - one["settled_close"]) / one["settled_close"]
    assert seen == {1.0, 3.0}


def test_settling_again_changes_nothing_and_verify_is_the_same_command(settled: Path) -> None:
    before = _lived.rows(settled)
    for name in ("settle", "verify"):
        told = validated("settle", _fleet.result(name, "--as-of", _lived.day(-1), home=settled))
        assert (told["settled"], told["void"], told["pending"]) == (0, 0, 16)
    assert _lived.rows(settled) == before


def test_settling_day_by_day_gives_the_outcomes_of_settling_once(settled: Path, copy: Path) -> None:
    for place in range(-20, 0):
        settle.settle(_lived.at(copy, place))
    own = [{key: one[key] for key in one if key not in ("number", "settled_at", "prev_hash", "hash")} for one in
           _lived.rows(copy)]  # fmt: skip
    once = {one["forecast"]: one for one in _lived.rows(settled)}
    assert len(own) == len(once)
    for one in own:
        assert one == {key: once[one["forecast"]][key] for key in one}


def test_a_ledger_is_verified_and_an_edit_in_it_ends_with_status_1(settled: Path, tmp_path: Path) -> None:
    told = validated("ledger-verify", _fleet.result("ledger", "verify", home=settled))
    assert told["ok"] and told["forecasts"] == 4 * PER_SYMBOL and told["outcomes"] == 2 * 4 * (PER_SYMBOL - 4)
    home = shutil.copytree(settled, tmp_path / "home")
    with sqlite3.connect(home / "persistent_data" / "ledger.db") as edited:
        edited.execute("UPDATE forecasts SET probability_up = probability_up + 0.001 WHERE number = 7")
    told = validated("ledger-verify", _fleet.result("ledger", "verify", home=home, status=1))
    assert [(one["table"], one["number"], one["kind"]) for one in told["problems"]] == [("forecasts", 7, "altered")]
    shown = _fleet.stockml("ledger", "verify", home=home)
    assert shown.returncode == 1 and "not as it was written" in shown.stdout
    (home / "persistent_data" / "ledger.db").write_bytes(b"no database at all" * 1000)
    told = _fleet.result("ledger", "verify", home=home, status=1)
    assert [one["kind"] for one in told["problems"]] == ["damaged"]


def test_exports_hold_the_same_in_every_form_and_only_what_was_known(settled: Path, tmp_path: Path) -> None:
    as_of = ("--as-of", _lived.day(-1))
    made = validated("ledger-export", _fleet.result("ledger", "export", *as_of, home=settled))["forecasts"]
    lines = _fleet.stockml("ledger", "export", *as_of, home=settled).stdout.splitlines()
    assert [json.loads(line) for line in lines] == made
    to = tmp_path / "out.csv"
    said = _fleet.stockml("ledger", "export", "--format", "csv", "--to", str(to), *as_of, home=settled).stdout
    assert f"{len(made)} forecasts" in said
    for row, one in zip(csv.DictReader(io.StringIO(to.read_text())), made, strict=True):
        assert json.loads(row["class_probabilities"]) == one["class_probabilities"]
        assert float(row["price"]) == one["price"] and row["status"] == one["status"]
        assert row["direction_hit"] == {True: "true", False: "false", None: ""}[one["direction_hit"]]
    earlier = ledger.export(_lived.at(settled, -30), ["AAA"])
    assert {one["symbol"] for one in earlier} == {"AAA"} and len(earlier) == 2 * (_lived.SESSIONS - 29)
    assert {one["status"] for one in earlier} == {"pending"}, "outcomes came later"


def test_the_record_holds_every_symbol_horizon_and_version_and_the_signals(settled: Path) -> None:
    told, env = _lived.scores(settled), _lived.at(settled, -1)
    assert set(told["symbols"]) == set(SYMBOLS) and told["pooled"]["1"]["n"] == 4 * (_lived.SESSIONS - 1)
    for symbol, own in track.of(env, SYMBOLS).items():
        assert json.loads(json.dumps(own)) == told["symbols"][symbol]
        for horizon, parts in own["horizons"].items():
            (version,) = parts["by_version"]
            arrays = track.outcomes(env, symbol, int(horizon), version)
            figures = parts["by_version"][version]
            assert figures == parts["pooled"] and figures["n"] == len(arrays.session) == parts["signals"]["n"]
            assert figures["direction"]["hits"] == arrays.hit.sum() and parts["signals"]["price"]["mape"] is None
            assert figures["interval"]["90"]["coverage"] == pytest.approx(arrays.in90.mean())
            assert figures["price"]["mape"] == pytest.approx(arrays.error.mean())
            low, high = figures["direction"]["low"], figures["direction"]["high"]
            assert low <= figures["direction"]["accuracy"] <= high
            assert (np.diff(arrays.session) > 0).all() and (arrays.up == (arrays.total_return > 0)).all()
    later = track.outcomes(env, "AAA", 1, since=_lived.day(-11))
    assert len(later.session) == 10
    assert not len(track.outcomes(_lived.at(settled, -2), "AAA", 1).session), "settled later than that"
    (day,) = (settled / "logs" / "performance").glob("metrics_*.json")
    today = json.loads(day.read_text())
    assert day.stem == f"metrics_{_lived.day(-1).replace('-', '')}" and today["forecasts"]["pending"] == 16
    assert today["settled_today"]["1"]["n"] == today["pooled"]["1"]["n"] and today["ledger"]["forecasts"]["rows"] > 0


def test_status_shows_live_figures_once_sixty_are_settled(lived: Path, settled: Path) -> None:
    as_of = ("status", "--as-of", _lived.day(-1))
    for home, basis in ((lived, "validation"), (settled, "live")):
        rows = validated("status", _fleet.result(*as_of, home=home))["symbols"]
        assert {row["direction"]["basis"] for row in rows} == {basis}
    own = _lived.scores(settled)["symbols"]["AAA"]["horizons"]["1"]["pooled"]
    assert rows[0]["direction"]["accuracy"] == own["direction"]["accuracy"]
    assert rows[0]["interval"]["coverage"] == own["interval"]["90"]["coverage"]


def test_forecasts_carry_the_state_they_were_made_in_and_weights_learn_from_outcomes(settled: Path) -> None:
    with sqlite3.connect(settled / "persistent_data" / "ledger.db") as found:
        details = [json.loads(row[0]) for row in found.execute("SELECT details FROM forecasts")]
        before = found.execute("SELECT weights FROM signals_made ORDER BY number DESC LIMIT 1").fetchone()[0]
    assert all({"k", "miss80", "miss90", "base_rate", "target_closes_at"} <= set(one) for one in details)
    assert len({one["miss90"] for one in details}) > 10, "intervals adapt to outcomes"
    home = shutil.copytree(settled, settled.parent / "learnt")
    predict.predict(_lived.at(home, -1), list(SYMBOLS))
    with sqlite3.connect(home / "persistent_data" / "ledger.db") as found:
        rows = found.execute("SELECT weights FROM signals_made ORDER BY number DESC LIMIT 8").fetchall()
    assert any(row[0] != before for row in rows), "nothing was settled before, something is now"


def test_no_forecast_is_made_of_a_session_that_has_closed(copy: Path) -> None:
    bars = _fleet.fleet(count=_lived.SPAN, days=_lived.days())
    home = _fleet.csv_home(copy.parent / "late", bars, through=int(_lived.days()[-3]))
    _fleet.result("train", "--all", "--model", "naive", "--as-of", _lived.day(-40), home=home)
    told = predict.predict(_lived.at(home, -1), ["AAA"])["forecasts"]
    assert [(one["horizon"], one["abstained"]) for one in told] == [(1, "stale_data"), (5, None)]
    assert _fleet.result("ledger", "verify", home=home)["forecasts"] == 1


def test_a_clock_set_back_loses_nothing_and_settles_nothing_twice(copy: Path) -> None:
    close = datetime.fromisoformat(f"{_lived.day(-1)}T22:00:00").replace(tzinfo=UTC)
    settle.settle(_lived.live(copy, close))
    before, made = _lived.rows(copy), _lived.rows(copy, "forecasts_made")
    for hours in (24, 26, 1, 0):
        env = _lived.live(copy, close - timedelta(hours=hours))
        told = settle.settle(env)
        assert not told["settled"] + told["void"]
        predict.predict(env, list(SYMBOLS))
        assert _lived.rows(copy) == before and _lived.rows(copy, "forecasts_made")[: len(made)] == made
        assert verification.verify(env.ledger)["ok"]


def test_a_second_settlement_at_the_same_time_and_a_held_ledger_are_busy(copy: Path) -> None:
    with _fleet.lock_holder(copy / "persistent_data" / "settle.lock"):
        ran = _fleet.stockml("--json", "settle", "--as-of", _lived.day(-1), home=copy)
    assert ran.returncode == 4 and json.loads(ran.stdout)["errors"][0]["kind"] == "busy"
    holder = sqlite3.connect(copy / "persistent_data" / "ledger.db", isolation_level=None)
    env = _lived.at(copy, -1)
    env.ledger.execute("PRAGMA busy_timeout = 50")
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError):
        settle.settle(env)
    assert verification.verify(env.ledger)["ok"], "reading goes on meanwhile"
    holder.execute("ROLLBACK")
    assert settle.settle(env)["settled"] == 4 * (PER_SYMBOL - 4)


def test_a_disk_that_is_full_at_any_write_leaves_whole_facts_and_is_told(
    settled: Path, lived: Path, tmp_path: Path
) -> None:
    wanted, statuses = _lived.rows(settled), set()
    for size in (0, 20_000, 60_000, 100_000, 180_000, 10_000_000):
        home = shutil.copytree(lived, tmp_path / str(size))
        ran = subprocess.run(
            _fleet.command("settle", "--offline", "--as-of", _lived.day(-1), home=home), capture_output=True, text=True,
            timeout=120, check=False, preexec_fn=lambda n=size: resource.setrlimit(resource.RLIMIT_FSIZE, (n, n)),
        )  # fmt: skip
        assert ran.returncode in (0, 1), ran.stderr
        assert "bug in stockml" not in ran.stderr and "Traceback" not in ran.stderr, ran.stderr
        assert ran.returncode == 0 or "cannot be written" in ran.stderr
        statuses.add(ran.returncode)
        assert verification.verify(_lived.at(home, -1).ledger)["ok"]
        settle.settle(_lived.at(home, -1))
        assert _lived.rows(home) == wanted
    assert statuses == {0, 1}
