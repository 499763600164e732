"""Replays: what day by day runs give, continued, killed, shown; nothing before a day knows what came after it."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import _fleet
import _replayed
import jsonschema
import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from stockml import workspace
from stockml.bars import store
from stockml.clock import stamp
from stockml.environment import open_environment
from stockml.forecasts.weights import Past
from stockml.ledger import facts, live, verification
from stockml.monitor.live import Columns
from stockml.pipeline.memory import NOTHING
from stockml.replay import kept, lived, place, policy, recalled, workers
from stockml.replay.fits import Fits

SCHEMA = Path(__file__).parents[2] / "docs" / "schemas" / "replay.json"
SAME = ("forecasts_made", "signals_made", "outcomes", "abstentions", "trials", "promotions")
FIRST, LAST = -14, -3  # sessions of the fleet, from its end


@pytest.mark.parametrize(("recipe", "first"), [("naive", -6), pytest.param("pooled", -12, marks=pytest.mark.long)])
def test_forecasts_and_outcomes_are_what_day_by_day_runs_of_the_command_line_give(
    tmp_path: Path, recipe: str, first: int
) -> None:
    home = _replayed.home(tmp_path / "a home", recipe)
    begin, last = _replayed.day(first), _replayed.day(LAST)
    _, at = _replayed.lived(home, begin, last, "default")
    stands = lived.open_policy(at.workspace("default"), policy.read("default"), date.fromisoformat(last))
    for session, due in zip(stands.sessions, stands.due, strict=True):
        for one in due:
            ran = _fleet.stockml(*one.command, "--as-of", session.isoformat(), home=home)
            assert ran.returncode in (0, 1), ran.stderr
    stands.close()
    by_hand, replayed = _replayed.told(home), _replayed.told(at.workspace("default").home)
    assert len(by_hand["forecasts_made"]) >= 8 * (LAST - first) and by_hand["outcomes"]
    for table in SAME:
        assert replayed[table] == by_hand[table], table
    decided = [[(row["symbol"], row["version"], row["result"], row["reasons"]) for row in one["decisions"]]
               for one in (by_hand, replayed)]  # fmt: skip
    assert decided[0] == decided[1]


def test_a_replay_continued_is_the_replay_of_the_whole_span(tmp_path: Path) -> None:
    homes = [_replayed.home(tmp_path / name) for name in ("whole", "parts")]
    first, middle, last = (_replayed.day(one) for one in (FIRST, -8, LAST))
    whole, at = _replayed.lived(homes[0], first, last, "default", "always")
    _replayed.lived(homes[1], first, middle, "default", "always")
    parts, beside = _replayed.lived(homes[1], first, last, "default", "always")
    assert _replayed.figures(whole) == _replayed.figures(parts)
    for name in ("default", "always"):
        assert _replayed.told(at.workspace(name).home) == _replayed.told(beside.workspace(name).home)


def test_what_a_process_recalls_of_its_ledger_is_what_the_ledger_tells(tmp_path: Path) -> None:
    """At every session, of a memory that has been there from the first and of one that begins then."""
    home = _replayed.home(tmp_path / "home")
    first, last = _replayed.day(FIRST), _replayed.day(LAST)
    _, at = _replayed.lived(home, first, _replayed.day(-8), "always")
    stands = lived.open_policy(at.workspace("always"), policy.read("always"), date.fromisoformat(last))
    old = recalled.Recalled(stands.env.ledger)
    asked = 0
    while stands.done < len(stands.sessions):
        whole = functools.partial(workers._series, stands.env, stands.sessions[-1])
        stands.step(kept.Kept(whole, Fits(tmp_path, ahead_s=1e5), owed_s=1e6))
        env = stands.env.at(stands.sessions[stands.done - 1].isoformat())
        past = facts.lineages(env.ledger, stamp(env.clock.now()))
        terms = [
            one
            for place, symbol in enumerate(_fleet.SYMBOLS)
            for one in live.terms(place, symbol, past[symbol][-1][0], past[symbol][-1][1], past)
        ]
        for memory in (old, recalled.Recalled(env.ledger)):
            told = NOTHING.live(env.ledger, "1d", env.clock, terms)
            assert _as_rows(memory.forecasts("1d", terms)) == _as_rows(told)
            asked += len(told.place)
            assert memory.waiting("1d") == NOTHING.waiting(env.ledger, "1d", env.clock).forecasts
            for symbol in _fleet.SYMBOLS:
                for horizon in (1, 5):
                    want = NOTHING.past(env.ledger, symbol, "1d", horizon, env.clock)
                    assert _bits(memory.past(symbol, "1d", horizon)) == _bits(want)
    stands.close()
    assert asked > 100 and 0.0 < stands.cpu_s < 1e4  # what was owed, or spent for others, before a session is not its


def _as_rows(told: Columns) -> list[str]:
    """Rows in an order of their own, each value with its kind."""
    return sorted(map(repr, zip(*(column.tolist() for column in vars(told).values()), strict=True)))


def _bits(one: Past) -> list[Any]:
    return [one.names, one.in_force.tolist(), one.base_rate.tobytes(), one.up.tolist()]


@pytest.mark.long
def test_a_longer_replay_tells_of_a_shorter_span_what_the_shorter_one_told(tmp_path: Path) -> None:
    home = _replayed.home(tmp_path / "home")
    first, middle, last = (_replayed.day(one) for one in (FIRST, -8, LAST))
    shorter, _ = _replayed.lived(home, first, middle, "always")
    _replayed.lived(home, first, last, "always")
    again, _ = _replayed.lived(home, first, middle, "always")
    assert _replayed.figures(again) == _replayed.figures(shorter)


@pytest.mark.long
def test_two_processes_give_what_one_gives(tmp_path: Path) -> None:
    homes = [_replayed.home(tmp_path / name, "pooled") for name in ("one", "two")]
    first, last = _replayed.day(-10), _replayed.day(LAST)
    names = ("default", "always")
    results = [_replayed.lived(home, first, last, *names, jobs=jobs) for home, jobs in zip(homes, (1, 2), strict=True)]
    assert _replayed.figures(results[0][0]) == _replayed.figures(results[1][0])
    for name in names:
        left, right = (_replayed.told(at.workspace(name).home) for _, at in results)
        assert left == right


def _change_bars(home: Path, day: int, seed: int) -> None:
    """Give the stored bars after a day other prices and volumes, as if they had always been told so."""
    rng = np.random.default_rng(seed)
    env = open_environment(workspace.find(str(home)), _replayed.day(-1))
    for symbol, stored in store.series(env.market, "1d").items():
        found = store.read_kept(env.market, symbol, "1d")
        assert found is not None
        later = found.bars.session > day
        factor = np.where(later, np.exp(np.cumsum(np.where(later, rng.normal(0.0, 0.03, len(later)), 0.0))), 1.0)
        prices = {name: getattr(found.bars, name) * factor for name in ("open", "high", "low", "close")}
        volume = np.where(later, np.round(found.bars.volume * rng.uniform(0.2, 5.0, len(later))), found.bars.volume)
        told = ("source", "fetched_at", "checked_through", "outcome", "message", "fingerprint")
        changed = dataclasses.replace(found.bars, **prices, volume=volume)
        store.write(env.market, changed, "1d", **{name: stored[name] for name in told})
    env.market.close()


def _nothing_before_knows(folder: Path, recipe: str, place_: int, seed: int) -> None:
    homes = [_replayed.home(folder / name, recipe) for name in ("real", "other")]
    _replayed.fetched(homes[0])
    _replayed.fetched(homes[1])
    _change_bars(homes[1], int(_replayed.days()[place_]), seed)
    found = [_replayed.lived(home, _replayed.day(FIRST), _replayed.day(LAST), "always")[1] for home in homes]
    until = f"{_replayed.day(place_)}T23:59:59Z"
    before = [_replayed.told(at.workspace("always").home, until) for at in found]
    assert before[0]["forecasts_made"] and before[0] == before[1]
    after = [_replayed.told(at.workspace("always").home) for at in found]
    assert after[0]["forecasts_made"] != after[1]["forecasts_made"], "the change was there to be seen"


@settings(max_examples=1, deadline=None, derandomize=True, phases=[Phase.generate])
@given(place_=st.integers(FIRST + 1, LAST - 2), seed=st.integers(0, 99))
def test_changing_bars_after_a_day_changes_nothing_before_it(
    tmp_path_factory: pytest.TempPathFactory, place_: int, seed: int
) -> None:
    _nothing_before_knows(tmp_path_factory.mktemp("change"), "naive", place_, seed)


@pytest.mark.long
@pytest.mark.timeout(2400)
@settings(max_examples=12, deadline=None, phases=[Phase.generate])
@given(place_=st.integers(FIRST + 1, LAST - 2), seed=st.integers(0, 999), recipe=st.sampled_from(["naive", "pooled"]))
def test_changing_bars_after_any_day_changes_nothing_before_it(
    tmp_path_factory: pytest.TempPathFactory, place_: int, seed: int, recipe: str
) -> None:
    _nothing_before_knows(tmp_path_factory.mktemp("change"), recipe, place_, seed)


def _killed_and_resumed(folder: Path, moments: int, seed: int) -> None:
    homes = [_replayed.home(folder / name) for name in ("calm", "killed")]
    words = ("replay", "--from", _replayed.day(FIRST), "--to", _replayed.day(LAST), "--policy", "default", "--policy",
             "always", "--as-of", _replayed.day(LAST))  # fmt: skip
    began = time.monotonic()
    calm = _fleet.result(*words, home=homes[0], cold=True)
    seconds = time.monotonic() - began
    rng = random.Random(seed)
    for _ in range(moments):
        running = subprocess.Popen(
            _fleet.command("--json", *words, home=homes[1]), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        time.sleep(rng.uniform(0.3, seconds))
        rng.choice((os.kill, os.killpg))(running.pid, signal.SIGKILL)  # its processes must go with it
        running.wait()
    resumed = _fleet.result(*words, home=homes[1])
    assert _replayed.figures(resumed) == _replayed.figures(calm)
    for name in ("default", "always"):
        left, right = (Path(one["folder"]) / name for one in (calm, resumed))
        assert _replayed.told(left) == _replayed.told(right)


def test_killed_at_any_moment_it_goes_on_to_the_same_result(tmp_path: Path) -> None:
    _killed_and_resumed(tmp_path, 1, 5)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_killed_at_thirty_moments_it_goes_on_to_the_same_result(tmp_path: Path) -> None:
    _killed_and_resumed(tmp_path, 30, 6)


_MEASURED = """
import re, sys
from stockml.cli import main
try:
    main(sys.argv[1:])
finally:
    print(re.search("VmHWM:[^0-9]*([0-9]+)", open("/proc/self/status").read())[1], file=sys.stderr)
"""


def _peak(home: Path, first: int) -> int:
    """The most memory of a replay in one process, in kilobytes."""
    words = ("replay", "--from", _replayed.day(first), "--to", _replayed.day(LAST), "--policy", "always", "--jobs", "1")
    ran = subprocess.run(
        [sys.executable, "-c", _MEASURED, "--home", str(home), "-q", *words], capture_output=True, text=True, check=True
    )
    return int(ran.stderr.splitlines()[-1])


@pytest.mark.long
def test_memory_does_not_grow_with_the_sessions(tmp_path: Path) -> None:
    home = _replayed.home(tmp_path / "home")
    _peak(home, -5)  # the first run in a workspace loads what later ones find cached
    assert _peak(home, -45) < 1.1 * _peak(home, -15)


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_memory_does_not_grow_with_many_sessions_of_fits(tmp_path: Path) -> None:
    home = _replayed.home(tmp_path / "home", "pooled")
    _peak(home, -5)
    assert _peak(home, -160) < 1.15 * _peak(home, -40)


def test_a_policy_whose_bars_changed_begins_anew_and_says_so(tmp_path: Path) -> None:
    home = _replayed.home(tmp_path / "home")
    words = ("replay", "--from", _replayed.day(FIRST), "--to", _replayed.day(-10), "--policy", "never")
    told = json.loads(_fleet.stockml("--json", *words, home=home).stdout)
    assert told["ok"] and not told["warnings"]
    ledger = Path(told["result"]["folder"]) / "never"
    before = _replayed.told(ledger)
    bars = _fleet.fleet(count=_replayed.COUNT, days=_replayed.days(), seed=4)
    _fleet.write_csv(home / "prices", bars)
    (home / "persistent_data" / "market.db").unlink()
    told = json.loads(_fleet.stockml("--json", *words, home=home).stdout)
    assert told["warnings"] == ["never: its bars or its file have changed since it was lived through; begun anew"]
    assert _replayed.told(ledger)["forecasts_made"] != before["forecasts_made"]


def test_the_result_is_as_its_schema_says_and_the_reports_hold_all_of_it(tmp_path: Path) -> None:
    home = _replayed.home(tmp_path / "a home")
    page, document = tmp_path / "a page.html", tmp_path / "result.json"
    words = ("replay", "--from", _replayed.day(-16), "--to", _replayed.day(LAST), "--policy", "default", "--policy",
             "monthly")  # fmt: skip
    result = _fleet.result(*words, "--report", str(document), home=home)
    assert json.loads(document.read_text()) == result
    jsonschema.validate(result, json.loads(SCHEMA.read_text()))
    (pair,) = result["comparisons"]
    assert (pair["first"], pair["second"]) == ("default", "monthly")
    assert {one["policy"] for one in result["events"]} == {"default", "monthly"}
    drawn = ("--report", str(page)) if importlib.util.find_spec("matplotlib") else ()
    shown = _fleet.stockml(*words, *drawn, home=home)
    text = page.read_text() if drawn else "<svg"
    assert "<svg" in text and "http" not in text.replace("http-equiv", "") and "<script" not in text
    assert shown.returncode == 0 and "Differences" in shown.stdout and "cannot tell" in shown.stdout
    assert verification.verify(lived.open_policy(
        place.Place(Path(result["folder"]), {}, (), date.min).workspace("default"), policy.read("default"),
        date.fromisoformat(_replayed.day(LAST)),
    ).env.ledger)["ok"]  # fmt: skip


def test_the_workspaces_own_ledger_and_models_are_untouched(tmp_path: Path) -> None:
    home = _replayed.home(tmp_path / "home")
    _replayed.lived(home, _replayed.day(-8), _replayed.day(-5), "default")
    assert sorted(one.name for one in (home / "persistent_data").iterdir() if one.name[0] != "m") == [
        ".cache", "replays"
    ]  # fmt: skip


@pytest.mark.parametrize(("words", "told"), [
    (("--from", "2019-12-01", "--policy", "sometimes"), "there is no policy 'sometimes'"),
    (("--from", "2029-12-01"), "there is no session from 2029-12-01"),
    (("--from", "yesterday"), "is not a date"),
    (("--from", "2019-12-01", "--policy", "never", "--policy", "never"), "two policies have one name"),
    (("--from", "2019-12-01", "--symbols", "ZZZ"), "not in the configured fleet"),
    (("--from", "2019-12-01", "--report", "x.pdf"), "ends in none of .html, .json, .md"),
    ((), "--from"),
])  # fmt: skip
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    home = _replayed.home(tmp_path / "home")
    ran = _fleet.stockml("replay", *words, home=home)
    assert ran.returncode == 2 and told in ran.stderr and "Traceback" not in ran.stderr


def test_a_wrong_policy_file_tells_every_mistake(tmp_path: Path) -> None:
    home = _replayed.home(tmp_path / "home")
    wrong = _replayed.policy_file(tmp_path, "wrong", retrain={"max_age_day": 3}, expire_days=-1)
    ran = _fleet.stockml("replay", "--from", "2019-12-02", "--policy", str(wrong), home=home)
    assert ran.returncode == 2 and "retrain.max_age_day" in ran.stderr and "expire_days" in ran.stderr
    wrong = _replayed.policy_file(tmp_path, "worse", trouble=[{"kind": "outage"}, {"kind": "flood"}])
    ran = _fleet.stockml("replay", "--from", "2019-12-02", "--policy", str(wrong), home=home)
    assert ran.returncode == 2 and "trouble.0.from: is missing" in ran.stderr and "trouble.1" in ran.stderr
