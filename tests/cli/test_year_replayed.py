"""Day by day as it would have been lived: predict, settle; the record recomputed from the export alone."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import _fleet
import _recomputed
import pytest

from stockml import workspace
from stockml.bars import calendar, store
from stockml.clock import from_day
from stockml.environment import Environment, open_environment
from stockml.ledger import verification
from stockml.pipeline import monitor, predict, settle

PRICES = Path(os.environ.get("STOCKML_PRICES", Path(__file__).parents[3] / "shared" / "data" / "daily"))


def open_at(home: Path, session: str) -> Environment:
    return open_environment(workspace.find(str(home)), session)


def sessions_before(home: Path, last: str, count: int) -> list[str]:
    env = open_at(home, last)
    cut = env.cut_day(env.config.symbols[0])
    return [from_day(one).isoformat() for one in calendar.between(env.market, "XNYS", cut - 2 * count, cut)[-count:]]


def live_through(home: Path, sessions: list[str]) -> None:
    """Predict, settle and monitor at each session; at every tenth the chains are checked."""
    for place, session in enumerate(sessions):
        env = open_at(home, session)
        predict.predict(env, list(env.config.symbols))
        settle.settle(env)
        looked = monitor.round(env)
        assert {one["symbol"] for one in looked["symbols"]} == set(env.config.symbols), session
        if place % 10 == 0:
            assert verification.verify(env.ledger)["ok"], session
        env.ledger.close()
        env.market.close()


def assert_the_record_is_that_of_the_export(home: Path, last: str) -> dict[str, Any]:
    """Equal to the last digit; every forecast has at most one outcome and every old one has it."""
    env = open_at(home, last)
    assert verification.verify(env.ledger)["ok"]
    lines = _fleet.stockml("ledger", "export", "--as-of", last, home=home).stdout.splitlines()
    assert _recomputed.chain_holds(lines)
    told = json.loads((home / "logs" / "performance" / "accuracy_scores.json").read_text())["symbols"]
    anew = _recomputed.record(lines)
    assert set(anew) == {symbol for symbol in told if told[symbol]["settled"]}
    for symbol, horizons in anew.items():
        assert set(horizons) == set(told[symbol]["horizons"])
        for horizon, figures in horizons.items():
            own = told[symbol]["horizons"][horizon]["pooled"]
            assert own["n"] == figures["n"] and own["direction"]["hits"] == figures["hits"]
            assert own["direction"]["accuracy"] == figures["accuracy"]
            assert own["price"]["mape"] == figures["mape"] and own["price"]["naive_mape"] == figures["naive_mape"]
            assert own["interval"]["80"]["coverage"] == figures["80"]
            assert own["interval"]["90"]["coverage"] == figures["90"]
    ends = {symbol: from_day(own.last).isoformat() for symbol, own in store.newest(env.market, "1d").items()}
    for one in map(json.loads, lines):
        end = min(last, ends[one["symbol"]])  # a symbol whose prices end keeps its last forecasts waiting
        assert (one["status"] == "pending") == (one["target_session"] > end), one["id"]
        assert one["status"] == "pending" or one["settled_at"][:10] == one["target_session"], "settled that very day"
    outcomes = env.ledger.execute("SELECT count(*), count(DISTINCT forecast) FROM outcomes").fetchone()
    assert outcomes[0] == outcomes[1]
    return anew


def test_twenty_five_sessions_lived_day_by_day_are_the_record_that_their_export_gives(
    needs_sample: None, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    _fleet.stockml("init", "--provider", "sample", home=home)
    sessions = sessions_before(home, "2013-03-01", 25)
    _fleet.result("train", "--all", "--model", "naive", "--as-of", sessions[0], home=home)
    live_through(home, sessions)
    anew = assert_the_record_is_that_of_the_export(home, sessions[-1])
    assert {figures["n"] for own in anew.values() for figures in own.values()} == {24, 20}


@pytest.mark.long
@pytest.mark.timeout(3000)
def test_a_year_of_real_prices_lived_day_by_day_is_the_record_that_its_export_gives(tmp_path: Path) -> None:
    if not PRICES.is_dir():
        pytest.skip(f"no prices in {PRICES}")
    home = tmp_path / "home"
    assert _fleet.stockml("init", "--data-dir", str(PRICES), home=home).returncode == 0
    sessions = sessions_before(home, "2026-05-29", 252)
    for quarter in range(0, 252, 60):  # a champion expires after 90 days
        made = _fleet.stockml("train", "--all", "--as-of", sessions[quarter], home=home)
        assert made.returncode in (0, 1), made.stderr
        live_through(home, sessions[quarter : quarter + 60])
    anew = assert_the_record_is_that_of_the_export(home, sessions[-1])
    assert max(own["1"]["n"] for own in anew.values()) == 251
    shutil.rmtree(home)
