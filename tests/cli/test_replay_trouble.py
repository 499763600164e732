"""Trouble in a policy file: what the system did about it stands in the calendar of events."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import _fleet
import _replayed
import numpy as np
import pytest

from stockml import workspace
from stockml.clock import to_day
from stockml.environment import open_environment
from stockml.ledger import verification
from stockml.pipeline import steps
from stockml.replay import challengers, lived, policy, trouble
from stockml.replay.fits import Fits
from stockml.replay.kept import Kept
from stockml.replay.place import Place

COUNT = 1100
PROMISED = 54  # sessions until a direction that is right 30 times in 100 is found (benchmarks/reports/alarms.md)


def _lived(
    folder: Path, asked: list[dict[str, Any]], first: int, last: int = -3, recipe: str = "naive",
    symbols: tuple[str, ...] = _fleet.SYMBOLS, **changes: Any,
) -> tuple[dict[str, Any], Place]:  # fmt: skip
    bars = _fleet.fleet(count=COUNT, days=_replayed.days(COUNT), edge=0.0, symbols=symbols)
    home = _replayed.home(folder / "home", recipe, bars, **changes)
    calm = {"jobs": {"forced_training": {"enabled": False}}, "zone": "America/New_York"}
    own = _replayed.policy_file(folder, "troubled", trouble=asked, schedule=calm)
    return _replayed.lived(home, _replayed.day(first), _replayed.day(last), own)


def _events(result: dict[str, Any], *kinds: str) -> list[dict[str, Any]]:
    return [one for one in result["events"] if one["kind"] in kinds]


def _assert_nothing_is_doubled(at: Place, last: int = -3) -> list[dict[str, Any]]:
    """Chains whole, one outcome a forecast, one forecast a version and session; the forecasts."""
    own = at.workspace("troubled")
    stands = lived.open_policy(own, policy.parse({}, "troubled"), date.fromisoformat(_replayed.day(last)))
    assert verification.verify(stands.env.ledger)["ok"]
    stands.close()
    told = _replayed.told(own.home)
    made = Counter((one["symbol"], one["horizon"], one["session"], one["version"]) for one in told["forecasts_made"])
    settled = Counter(one["forecast"] for one in told["outcomes"])
    assert set(made.values()) == {1} and set(settled.values()) == {1}
    return told["forecasts_made"]


CANDIDATES = {"validation": {"refit_sessions": 130, "window_years": 2.0}}


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_leaking_challenger_is_quarantined(tmp_path: Path) -> None:
    asked = [{"kind": "leaking_challenger", "on": _replayed.day(-5)}]
    result, at = _lived(tmp_path, asked, -7, recipe="pooled", **CANDIDATES)
    (told,) = _events(result, "quarantined")
    assert told["at"][:10] == _replayed.day(-5) and told["symbols"] == list(_fleet.SYMBOLS)
    assert told["sentence"].startswith("leak alarm")
    assert result["policies"]["troubled"]["quarantined"] == 4
    champions = {one["version"] for one in _assert_nothing_is_doubled(at)}
    assert all(name < _replayed.day(-5).replace("-", "") for name in champions), "no forecast is the leaking one's"


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_an_overfit_challenger_is_refused(tmp_path: Path) -> None:
    asked = [{"kind": "overfit_challenger", "on": _replayed.day(-5)}]
    result, _ = _lived(tmp_path, asked, -7, recipe="pooled", **CANDIDATES)
    (told,) = _events(result, "refused")
    assert told["at"][:10] == _replayed.day(-5) and told["symbols"] == list(_fleet.SYMBOLS)
    assert "worse than the champion" in told["sentence"]


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_regime_break_is_noticed_within_the_delay_that_is_promised(tmp_path: Path) -> None:
    asked = [{"kind": "regime_break", "from": _replayed.day(-50), "symbols": ["BBB"], "volatility": 1.0,
                "drift": -0.02}]  # fmt: skip
    result, _ = _lived(tmp_path, asked, -60)
    found = _events(result, "evidence")
    assert found and found[0]["symbols"] == ["BBB"] and found[0]["sentence"].startswith("direction")
    days = _replayed.days().tolist()
    noticed = to_day(date.fromisoformat(found[0]["at"][:10]))
    assert 0 < days.index(noticed) - (len(days) - 50) <= PROMISED


def test_a_source_that_fails_for_ten_sessions_is_one_alert_and_is_caught_up(tmp_path: Path) -> None:
    asked = [{"kind": "outage", "from": _replayed.day(-20), "sessions": 10}]
    result, at = _lived(tmp_path, asked, -25)
    opened = [one for one in _events(result, "alert") if "source" in one["sentence"]]
    assert opened and all(len(one["symbols"]) == 4 for one in opened), "one cause, not one a symbol"
    out = {_replayed.day(place) for place in range(-20, -10)}
    silent = {one["at"][:10] for one in _events(result, "abstained")}
    assert silent and silent <= out
    assert not [one for one in _events(result, "trained") if one["at"][:10] in out - {_replayed.day(-20)}]
    forecasts = _assert_nothing_is_doubled(at)
    told = {one["session"] for one in forecasts}
    assert not told & (out - {_replayed.day(-21)}) and {_replayed.day(place) for place in range(-10, -2)} <= told


def test_a_leak_is_planted_in_the_inputs_of_one_training_only(tmp_path: Path) -> None:
    env = open_environment(workspace.find(str(_replayed.home(tmp_path, "pooled"))), _replayed.day(-5))
    steps.collect(env)
    kept_ = Kept(dict, Fits(tmp_path / "fits"))
    wrong = challengers.environment(env.with_kept(kept_), trouble.LeakingChallenger(date(2019, 12, 16)))
    plan, series = steps.plan_of(env), steps.read_fleet(env)
    leaking, honest = (steps.build_inputs(one, plan, series) for one in (wrong, env))
    assert leaking.names == (*honest.names, "planted_price")
    known = leaking.forward(0, 1)[-200:-1], leaking.blocks[0][-1][-200:-1]
    assert np.corrcoef(np.sign(known[0]), known[1])[0, 1] > 0.9
    careless = challengers.environment(env.with_kept(kept_), trouble.OverfitChallenger(date(2019, 12, 16)))
    assert steps.plan_of(careless).options["min_data_in_leaf"] == 20 and plan.options.get("min_data_in_leaf") is None


def test_bars_that_the_source_took_back_silence_their_symbol_only(tmp_path: Path) -> None:
    asked = [{"kind": "bad_bars", "from": _replayed.day(-8), "symbols": ["CCC"]}]
    result, at = _lived(tmp_path, asked, -12)
    silent = _events(result, "abstained")
    assert silent and {symbol for one in silent for symbol in one["symbols"]} == {"CCC"}
    last = {one["symbol"] for one in _assert_nothing_is_doubled(at) if one["session"] == _replayed.day(-3)}
    assert last == set(_fleet.SYMBOLS), "the right bars came, and it speaks again"


def test_ten_days_off_are_caught_up_without_doubled_work(tmp_path: Path) -> None:
    asked = [{"kind": "machine_off", "from": _replayed.day(-20), "days": 10}]
    result, at = _lived(tmp_path, asked, -25)
    assert [one["sentence"] for one in _events(result, "trouble")] == ["the machine is off for 10 days"]
    (told,) = _events(result, "caught_up")
    assert all(name in told["sentence"] for name in ("forecasts", "settling", "smart_training", "monitoring"))
    back = to_day(date.fromisoformat(_replayed.day(-20))) + 10
    forecasts = _assert_nothing_is_doubled(at)
    spoken = sorted({to_day(date.fromisoformat(one["session"])) for one in forecasts})
    off = [day for day in spoken if back - 10 <= day < back]
    assert len(off) <= 1, "at most the session that stood when the machine came back"
    trained = [to_day(date.fromisoformat(one["at"][:10])) for one in _events(result, "trained")]
    assert len([day for day in trained if back - 10 <= day < back]) <= 1
    assert max(spoken) == to_day(date.fromisoformat(_replayed.day(-3)))


@pytest.mark.parametrize("name", policy.names())
def test_every_policy_that_comes_with_stockml_passes(name: str) -> None:
    made = policy.configuration({}, policy.read(name), None)
    assert policy.read(name).meaning and made["alerts"]["channels"] == []
