"""The real `stockml data fetch` and `data import`, killed at random moments: the store opens and keeps its bars."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import _fleet
import pytest

from stockml.bars import store
from stockml.clock import from_day
from stockml.workspace import Workspace

SYMBOLS = tuple(f"S{number:02d}" for number in range(16))


@pytest.fixture(scope="module")
def half(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, float]]:
    """(a workspace with half of each history stored and all of it in its files, the as-of, seconds by command)."""
    days = _fleet.exchange_days(800)
    bars = _fleet.fleet(count=800, days=days, symbols=SYMBOLS)
    home = _fleet.csv_home(tmp_path_factory.mktemp("kills") / "half", bars, through=int(days[600]), rescaled=False)
    _fleet.result("data", "fetch", "--as-of", from_day(int(days[600])).isoformat(), home=home)
    for one in bars.values():
        for prices in (one.open, one.high, one.low, one.close):
            prices[-300:-290] *= 1.001  # and some of it rewritten
    _fleet.write_csv(home / "prices", bars)
    as_of, seconds = from_day(int(days[-1])).isoformat(), {}
    for name in ("fetch", "import"):
        copy = shutil.copytree(home, home.with_name(name))
        began = time.monotonic()
        _fleet.result(*words(name, copy), "--as-of", as_of, home=copy, cold=True)
        seconds[name] = time.monotonic() - began
    return home, as_of, seconds


def words(name: str, home: Path) -> tuple[str, ...]:
    return ("data", "fetch") if name == "fetch" else ("data", "import", str(home / "prices"))


def stored(home: Path) -> dict[str, Any]:
    """The bars of each symbol, after the store was found sound."""
    connection = store.connect(Workspace(home).market_file)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    facts = store.series(connection, "1d")
    found = {symbol: store.read_kept(connection, symbol, "1d") for symbol in facts}
    for symbol, kept in found.items():
        assert kept is not None and len(kept.bars) == facts[symbol]["rows"]
        assert len(store.revisions(connection, symbol, "1d")) == facts[symbol]["revisions"]
    connection.close()
    return found


def kill_and_look(half: tuple[Path, str, dict[str, float]], home: Path, name: str, share: float) -> None:
    fresh, as_of, seconds = half
    shutil.copytree(fresh, home)
    before = stored(home)
    victim = subprocess.Popen(
        _fleet.command(*words(name, home), "--as-of", as_of, home=home),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        victim.wait(share * seconds[name])
    except subprocess.TimeoutExpired:
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    for symbol, kept in stored(home).items():
        assert set(before[symbol].bars.session.tolist()) <= set(kept.bars.session.tolist())
    _fleet.result(*words(name, home), "--as-of", as_of, home=home)
    whole, wanted = stored(home), stored(fresh.with_name(name))
    for symbol in SYMBOLS:
        assert _fleet.same_bits(whole[symbol].bars.close, wanted[symbol].bars.close)
        assert _fleet.same_bits(whole[symbol].known_at, wanted[symbol].known_at)


@pytest.mark.parametrize("name", ["fetch", "import"])
@pytest.mark.parametrize("place", range(3))
def test_a_fetch_or_import_killed_at_a_random_moment_loses_no_bar(
    half: tuple[Path, str, dict[str, float]], tmp_path: Path, place: int, name: str
) -> None:
    kill_and_look(half, tmp_path / "home", name, (place + random.Random(place).random()) / 3)


@pytest.mark.long
@pytest.mark.parametrize("name", ["fetch", "import"])
@pytest.mark.parametrize("seed", range(50))
def test_a_fetch_or_import_killed_at_a_hundred_random_moments_loses_no_bar(
    half: tuple[Path, str, dict[str, float]], tmp_path: Path, seed: int, name: str
) -> None:
    kill_and_look(half, tmp_path / "home", name, random.Random(100 + seed).random())
