"""Settlement killed at random moments: nothing is lost, nothing is settled twice, and the next run finishes it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import _fleet
import _lived
import pytest

from stockml.ledger import verification
from stockml.pipeline import settle

# Settles day by day until it is killed or done: many transactions to die in.
CHILD = """
import sys
from pathlib import Path
from stockml import workspace
from stockml.environment import open_environment
from stockml.pipeline import settle

print("ready", flush=True)
for day in sys.argv[2:]:
    settle.settle(open_environment(workspace.find(sys.argv[1]), day, True))
"""
DAYS = range(-20, 0)


def words(home: Path) -> list[str]:
    return [sys.executable, "-c", CHILD, str(home), *(_lived.day(place) for place in DAYS)]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]], float]:
    """(a workspace with nothing settled, the outcomes of settling it undisturbed, the seconds that takes)."""
    home = _lived.home(tmp_path_factory.mktemp("kills") / "home", sessions=30)
    whole = Path(shutil.copytree(home, home.with_name("whole")))
    child = subprocess.Popen(words(whole), stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "ready\n"
    began = time.monotonic()
    assert child.wait() == 0
    return home, _lived.rows(whole), time.monotonic() - began


def kill_once(lived: tuple[Path, list[dict[str, Any]], float], home: Path, seed: int) -> int:
    """Kill a settlement, look, finish it; how many outcomes there were at its death."""
    fresh, wanted, seconds = lived
    shutil.copytree(fresh, home)
    made = _lived.rows(fresh, "forecasts_made")
    victim = subprocess.Popen(words(home), stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None and victim.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).random() * seconds)
    victim.kill()
    victim.wait()
    env = _lived.at(home, -1)
    assert verification.verify(env.ledger)["ok"]
    left = _lived.rows(home)
    assert left == wanted[: len(left)], "what was settled is what would have been"
    for place in DAYS:
        settle.settle(_lived.at(home, place))
    assert _lived.rows(home, "forecasts_made") == made, "no forecast changed"
    found = _lived.rows(home)
    assert len({one["forecast"] for one in found}) == len(found) == len(wanted)
    same = {one["forecast"]: (one["settled_close"], one["total_return"], one["status"]) for one in wanted}
    assert {one["forecast"]: (one["settled_close"], one["total_return"], one["status"]) for one in found} == same
    assert verification.verify(env.ledger)["ok"]
    assert _lived.scores(home)["symbols"]["AAA"]["settled"] == sum(one == "AAA" for one in _symbols(home))
    return len(left)


def _symbols(home: Path) -> list[str]:
    settled = {one["forecast"] for one in _lived.rows(home)}
    return [one["symbol"] for one in _lived.rows(home, "forecasts_made") if one["id"] in settled]


def test_six_kills_lose_nothing_and_settle_nothing_twice(
    lived: tuple[Path, list[dict[str, Any]], float], tmp_path: Path
) -> None:
    reached = [kill_once(lived, tmp_path / str(seed), seed) for seed in range(6)]
    assert len(set(reached)) > 2, f"the kills fell at different moments: {reached} of {len(lived[1])}"


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_hundred_kills_lose_nothing_and_settle_nothing_twice(
    lived: tuple[Path, list[dict[str, Any]], float], tmp_path: Path, seed: int
) -> None:
    kill_once(lived, tmp_path / "home", seed)


def test_a_real_settle_command_that_is_terminated_leaves_a_sound_ledger(
    lived: tuple[Path, list[dict[str, Any]], float], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(lived[0], home)
    for seconds in (0.3, 0.6, 0.9):
        victim = subprocess.Popen(
            _fleet.command("settle", "--as-of", _lived.day(-1), home=home), stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(seconds)
        victim.terminate()
        assert victim.wait() in (0, 130, -15)
        assert verification.verify(_lived.at(home, -1).ledger)["ok"]
