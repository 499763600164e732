"""The live record in `evaluate`: the ledger's forecasts beside outcomes recomputed from the price files."""

from __future__ import annotations

import csv
import dataclasses
import functools
import json
import math
import shutil
import sqlite3
from pathlib import Path

import _fleet
import jsonschema
import numpy as np
import pytest

from stockml import workspace
from stockml.clock import from_day
from stockml.environment import Environment, open_environment
from stockml.ledger import forecasts
from stockml.pipeline import evaluate, predict, record, steps

SPAN = 840
SESSIONS = range(-30, 0, 3)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that trained 40 sessions ago and forecast every third of the last 30 since; prices with a split."""
    bars = _fleet.fleet(count=SPAN, days=_fleet.exchange_days(SPAN))
    for one in bars.values():
        for column in (one.open, one.high, one.low, one.close):
            column[-15:] = column[-15:] / 3.0
        one.split[-15] = 3.0
    home = _fleet.csv_home(tmp_path_factory.mktemp("live") / "home", bars)
    _fleet.result("train", "--all", "--model", "naive", "--as-of", _day(-40), home=home)
    for place in SESSIONS:
        predict.predict(_open(home, place), list(_fleet.SYMBOLS))
    return home


@functools.cache
def _days() -> np.ndarray:
    return _fleet.exchange_days(SPAN)


def _day(place: int) -> str:
    return from_day(int(_days()[place])).isoformat()


def _open(home: Path, place: int) -> Environment:
    return open_environment(workspace.find(str(home)), _day(place))


def _live(home: Path, place: int, symbols: tuple[str, ...] = (), last: int | None = None) -> dict:
    """The live record as of one session, of forecasts up to another."""
    through = None if last is None else int(_days()[last])
    return evaluate.evaluate(_open(home, place), symbols, int(_days()[-60]), through, recipe="naive")[0]["live"]


def test_outcomes_are_the_total_returns_of_the_price_files(lived: Path) -> None:
    live = _live(lived, -1)
    assert live["n_forecasts"] == 2 * 4 * len(SESSIONS) and live["unusable"] == 0
    # The forecasts of the sessions -30 to -3 know one session later, those to -6 also five.
    assert (live["settled"], live["pending"]) == (4 * 10 + 4 * 9, 4)
    adjusted = {}
    for symbol in _fleet.SYMBOLS:
        with (lived / "prices" / f"{symbol}.csv").open() as lines:
            adjusted[symbol] = {row["date"]: float(row["adj_close"]) for row in csv.DictReader(lines)}
    ledger = sqlite3.connect(lived / "persistent_data" / "ledger.db")
    ledger.row_factory = sqlite3.Row
    for horizon, parts in live["horizons"].items():
        said = [
            (one, math.log(adjusted[one["symbol"]][one["target_session"]] / adjusted[one["symbol"]][one["session"]]))
            for one in ledger.execute("SELECT * FROM forecasts WHERE horizon = ?", (int(horizon),))
            if one["target_session"] in adjusted[one["symbol"]]
        ]
        inside = [one["lo90"] <= one["last_close"] * math.exp(realised) <= one["hi90"] for one, realised in said]
        error = [abs(one["price"] / one["last_close"] / math.exp(realised) - 1.0) for one, realised in said]
        block = parts["pooled"]
        assert block["price"]["n"] == len(said)
        assert block["interval"]["90"]["coverage"] == pytest.approx(sum(inside) / len(inside))
        assert block["price"]["mape"] == pytest.approx(sum(error) / len(error), rel=1e-3)
        assert set(parts["by_symbol"]) == set(_fleet.SYMBOLS)
        assert sum(one["price"]["n"] for one in parts["by_version"].values()) == len(said)
    ledger.close()


def test_a_report_with_live_record_and_several_policies_is_as_its_schema_says(lived: Path) -> None:
    path = Path(__file__).parents[2] / "docs" / "schemas" / "evaluate.json"
    policies = ("window", "never", "20")
    found, _ = evaluate.evaluate(_open(lived, -1), (), int(_days()[-60]), None, recipe="naive", policies=policies)
    jsonschema.validate(json.loads(json.dumps(found, allow_nan=False)), json.loads(path.read_text()))
    # Refits a distance apart that the grid of folds does not divide (here `refit_sessions`) are counted from the first.
    assert [(one["policy"], one["fits"]) for one in found["refits"]] == [("window", 2), ("never", 1), ("20", 3)]
    assert found["refit"] == {"policy": "window", "fits": 2} and found["live"]["settled"] > 0


def test_forecasts_carry_the_base_rate_beside_their_probability(lived: Path) -> None:
    for one in forecasts.first_of_sessions(_open(lived, -1).ledger, "1d", _open(lived, -1).clock):
        assert one["base_rate"] == pytest.approx(one["probability_up"])  # the naive recipe has nothing else to say


def test_columns_and_rows_of_the_ledger_tell_the_same_to_the_bit(lived: Path) -> None:
    env = _open(lived, -1)
    rows = list(forecasts.first_of_sessions(env.ledger, "1d", env.clock))
    parts = list(forecasts.columns_of_first(env.ledger, "1d", env.clock, record.SAID, record.NEEDED, at_once=7))
    assert len(rows) == 2 * 4 * len(SESSIONS) and len(parts) == math.ceil(len(rows) / 7)
    whole = record.columns(rows)
    assert {name: [one for some in parts for one in some[name]] for name in whole} == whole


def test_a_record_read_in_parts_is_that_of_all_at_once(lived: Path, tmp_path: Path) -> None:
    home = shutil.copytree(lived, tmp_path / "home")
    newer, older = "UPDATE forecasts SET version = ? WHERE session = ?", "20180101T213000Z-000000"
    with sqlite3.connect(home / "persistent_data" / "ledger.db") as ledger:
        ledger.execute(newer, (older, _day(-9)))  # a name that sorts before those of the parts already read
    env = _open(home, -1)
    inputs = steps.build_inputs(env, steps.plan_of(env, recipe="naive"), steps.read_fleet(env))
    told = functools.partial(forecasts.columns_of_first, env.ledger, "1d", env.clock, record.SAID, record.NEEDED)
    whole, parts = (record.of(inputs, told(at_once)) for at_once in (4000, 3))
    assert whole.states == parts.states and whole.versions == parts.versions
    assert whole.versions[1][0] == older and whole.rows.keys() == {1, 5}
    for horizon, rows in whole.rows.items():
        for field in dataclasses.fields(rows):
            one, other = getattr(rows, field.name), getattr(parts.rows[horizon], field.name)
            assert np.array_equal(one, other, equal_nan=np.issubdtype(np.asarray(one).dtype, np.floating)), field.name


def test_a_forecast_whose_session_has_no_bar_any_more_is_unusable(lived: Path) -> None:
    env = _open(lived, -1)
    inputs = steps.build_inputs(env, steps.plan_of(env, recipe="naive"), steps.read_fleet(env))
    made = [one for one in forecasts.first_of_sessions(env.ledger, "1d", env.clock) if one["horizon"] == 1][:2]
    saturday = "2019-11-30"
    for name, day, state in (
        ("session", saturday, "unusable"), ("target_session", saturday, "unusable"),
        ("target_session", "2999-01-04", "pending"),
    ):  # fmt: skip
        told = record.columns([made[0], {**made[1], name: day}])
        assert record.of(inputs, [told]).states == {"settled": 1, state: 1}


def test_a_record_as_of_before_does_not_know_later_forecasts_or_outcomes(lived: Path) -> None:
    live = _live(lived, -10)
    # Made by then: sessions -30 to -12. All of them know one session later, those to -15 also five.
    assert live["n_forecasts"] == 2 * 4 * 7
    assert (live["settled"], live["pending"]) == (4 * 7 + 4 * 6, 4)


def test_symbols_and_span_choose_forecasts(lived: Path) -> None:
    live = _live(lived, -1, ("AAA",), last=-20)
    # Sessions -30, -27, -24 and -21.
    assert live["n_forecasts"] == 2 * 4 and set(live["horizons"]["1"]["by_symbol"]) == {"AAA"}


def test_the_earliest_forecast_of_a_session_counts_and_old_ones_without_details_are_told(
    lived: Path, tmp_path: Path
) -> None:
    home = shutil.copytree(lived, tmp_path / "home")
    with sqlite3.connect(home / "persistent_data" / "ledger.db") as ledger:
        names = [row[1] for row in ledger.execute("PRAGMA table_info(forecasts)") if row[1] != "number"]
        changed = {
            "id": "id || '-later'", "made_at": "'2019-12-20T21:30:00Z'", "version": "'20191220T213000Z-000000'",
        }  # fmt: skip
        columns = ", ".join(f'"{name}"' for name in names)
        chosen = ", ".join(changed.get(name, f'"{name}"') for name in names)
        ledger.execute(f"INSERT INTO forecasts({columns}) SELECT {chosen} FROM forecasts")
        without = "UPDATE forecasts SET details = json_remove(details, '$.base_rate') WHERE session = ?"
        ledger.execute(without, (_day(-30),))
    live = _live(home, -1)
    assert live["n_forecasts"] == 2 * 4 * len(SESSIONS) and live["unusable"] == 2 * 4
    assert all("000000" not in version for version in live["horizons"]["1"]["by_version"])


def test_an_empty_ledger_is_told_in_one_line(tmp_path: Path) -> None:
    home = _fleet.csv_home(tmp_path / "new", _fleet.fleet(count=SPAN, days=_fleet.exchange_days(SPAN)))
    words = ("evaluate", "--model", "naive", "--from", "2019-06-03", "--as-of", "2019-12-20")
    empty = evaluate.evaluate(_open(home, -1), (), int(_days()[-60]), None, recipe="naive")[0]["live"]
    assert empty == {"n_forecasts": 0, "settled": 0, "pending": 0, "unusable": 0, "horizons": {}}
    shown = _fleet.stockml(*words, "--refit", "window", "--refit", "never", home=home).stdout
    assert "Live record: no forecasts yet" in shown and "candidates were fitted" not in shown
    assert "Back-test (a report, not a gate)" in shown and "Refit policies, 5 sessions ahead" in shown


def test_a_wrong_policy_or_cost_is_wrong_usage(tmp_path: Path) -> None:
    home = _fleet.csv_home(tmp_path / "new", _fleet.fleet(count=300, days=_fleet.exchange_days(300)))
    for words in (("--refit", "often"), ("--refit", "0"), ("--cost-bp", "-1")):
        assert _fleet.stockml("evaluate", *words, home=home).returncode == 2
