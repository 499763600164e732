"""The real `stockml train`, killed at random moments; the next one works and the numbers are the same."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import _fleet
import _shared
import pytest

from stockml.clock import from_day
from stockml.store import golden, pointers, versions
from stockml.workspace import Workspace


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[str, str], list[dict[str, Any]], float]:
    """(an untrained workspace, its --as-of, what predict says after an undisturbed training, its seconds)."""
    days = _fleet.exchange_days(840)
    as_of = ("--as-of", from_day(int(days[-1])).isoformat())

    def make(folder: Path) -> tuple[list[dict[str, Any]], float]:
        home = _fleet.csv_home(folder / "fresh", _fleet.fleet(count=840, days=days), horizons=[1])
        trained = shutil.copytree(home, folder / "trained")
        began = time.monotonic()
        _fleet.result("train", "--all", *as_of, home=trained, cold=True)
        seconds = time.monotonic() - began
        return _fleet.result("predict", *as_of, home=trained)["forecasts"], seconds

    folder, (wanted, seconds) = _shared.once(tmp_path_factory, "kills", make)
    return folder / "fresh", as_of, wanted, seconds


def kill_and_recover(
    undisturbed: tuple[Path, tuple[str, str], list[dict[str, Any]], float], home: Path, after: float
) -> None:
    fresh, as_of, wanted, _ = undisturbed
    shutil.copytree(fresh, home)
    victim = subprocess.Popen(
        _fleet.command("train", "--all", *as_of, home=home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        victim.wait(after)
    except subprocess.TimeoutExpired:
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    workspace = Workspace(home)
    for symbol in _fleet.SYMBOLS:
        visible = versions.names(workspace, symbol)
        for version in visible:
            golden.load(versions.read(workspace, symbol, version))
        live = pointers.read(workspace, symbol)
        assert live is None or live["champion"] in visible
    _fleet.result("train", "--all", *as_of, home=home)
    assert _fleet.result("predict", *as_of, home=home)["forecasts"] == wanted
    assert all(len(versions.names(workspace, symbol)) == 1 for symbol in _fleet.SYMBOLS)


@pytest.mark.parametrize("place", range(4))
def test_training_killed_at_a_random_moment_is_finished_by_the_next(
    undisturbed: tuple[Path, tuple[str, str], list[dict[str, Any]], float], tmp_path: Path, place: int
) -> None:
    share = (place + random.Random(place).random()) / 4
    kill_and_recover(undisturbed, tmp_path / "home", share * undisturbed[3])


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_training_killed_at_a_hundred_random_moments_is_finished_by_the_next(
    undisturbed: tuple[Path, tuple[str, str], list[dict[str, Any]], float], tmp_path: Path, seed: int
) -> None:
    kill_and_recover(undisturbed, tmp_path / "home", random.Random(100 + seed).random() * undisturbed[3])
