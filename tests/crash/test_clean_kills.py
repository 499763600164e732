"""Clean-up and its undo, killed at every disk call and at random moments: nothing is lost, and the next goes on."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import _cluttered
import _fleet
import _mortal
import pytest
from _cluttered import Clutter

from stockml.cleanup import trash
from stockml.environment import open_environment
from stockml.pipeline import cleaning, undo
from stockml.store import versions
from stockml.workspace import Workspace

# Cleans a workspace up, or brings back what was cleaned; dies at disk call n. 0: never. `far`: the trash is elsewhere.
CHILD = """
import errno, os, tempfile
from pathlib import Path
import _mortal
from stockml.environment import open_environment
from stockml.pipeline import cleaning, undo
from stockml.workspace import Workspace

plain_rename = os.rename

def rename(source, target, *more, **named):
    if (".trash" in str(source)) != (".trash" in str(target)):
        raise OSError(errno.EXDEV, "another disk")
    return plain_rename(source, target, *more, **named)

def act(home, die_at, what, far):
    tempfile.tempdir = os.path.dirname(home)
    env = open_environment(Workspace(Path(home)))
    env.ledger
    if far == "far":
        os.rename = rename
    count = _mortal.arm(int(die_at))
    if what == "clean":
        cleaning.clean(env)
    else:
        undo.undo(env, "")
    return count()

_mortal.serve(act)
"""
Run = Callable[[Path, int, str, str], int]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """What acts in a process of its own: the number of its disk calls; asserts that it died where it had to."""
    with _mortal.victims(CHILD) as victim:

        def run(home: Path, die_at: int, what: str, far: str) -> int:
            status, calls = victim(str(home), str(die_at), what, far)
            assert status == (_mortal.DEAD if die_at else 0)
            return calls

        yield run


def little(home: Path, **rules: object) -> Clutter:
    """A workspace in which one thing of most kinds goes, so that every disk call can be tried."""
    wall = datetime.now(UTC).replace(microsecond=0)
    made = _cluttered.make(home, 0, wall, keep_versions=1, log_days=60, **rules)
    for symbol in ("BBB", "BRK-B", "GONE"):
        shutil.rmtree(made.workspace.symbol_folder(symbol))
    made.stays = {path: why for path, why in made.stays.items() if path.exists()}
    _cluttered.put(made.workspace.logs / "cron" / "stockml-20200101.log", 900, wall - timedelta(days=400))
    return made


def moved(made: Clutter, home: Path) -> Clutter:
    """The same account of a copy of the workspace."""
    there = {home / path.relative_to(made.workspace.home): why for path, why in made.stays.items()}
    return Clutter(Workspace(home), there)


def contents(place: Workspace) -> dict[str, int]:
    """Every version and log with its size, wherever it is: at its place, or in the trash under its name."""
    found = {}
    for entry in trash.entries(place):
        for item in entry.items:
            if item.number in entry.here:
                found[item.origin] = _size(entry.path / item.number)
    for path in (*place.models.glob("*/versions/[0-9]*"), *place.logs.glob("*/*-????????.log")):
        if f"{datetime.now(UTC):%Y%m%d}" not in path.name:
            found[str(path.relative_to(place.home))] = _size(path)
    return found


def _size(path: Path) -> int:
    return sum(one.stat().st_size for one in ([path] if path.is_file() else path.iterdir()))


def copied(template: Path, home: Path) -> None:
    """A copy with the times of the files; links between versions do not matter here."""
    shutil.copytree(template, home, symlinks=True)


EACH = pytest.param(1, marks=[pytest.mark.long, pytest.mark.timeout(1800)])
STEPS = pytest.mark.parametrize("step", [12, EACH])


@STEPS
@pytest.mark.parametrize("far", ["near", "far"])
def test_a_death_at_any_disk_call_of_clean_up_loses_nothing_that_is_not_worthless(
    run: Run, tmp_path: Path, far: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = little(tmp_path / "begin")
    wanted = contents(made.workspace)
    copied(tmp_path / "begin", tmp_path / "whole")
    calls = run(tmp_path / "whole", 0, "clean", far)
    assert calls > 30 and moved(made, tmp_path / "whole").missing() == []
    assert contents(Workspace(tmp_path / "whole")) == wanted, "all that went went to the trash"
    for die_at in range(1 + len(far) % step, calls + 1, step):
        home = tmp_path / str(die_at)
        copied(tmp_path / "begin", home)
        run(home, die_at, "clean", far)
        account = moved(made, home)
        assert account.missing() == [], f"call {die_at}"
        assert contents(account.workspace) == wanted, f"call {die_at}: at its place or in the trash, and whole"
        cleaning.clean(account.env)
        assert account.missing() == [] and contents(account.workspace) == wanted
        assert not list((home / "persistent_data" / ".trash").glob(".*")), "what was half-done is gone"
        left = [one for one in home.rglob(".*.part") if "young" not in one.name]
        assert all(path.stat().st_mtime > time.time() - 3600 for path in left), "a young one waits for its hour"
        shutil.rmtree(home)


@STEPS
@pytest.mark.parametrize("far", ["near", "far"])
def test_a_death_at_any_disk_call_of_bringing_back_loses_nothing(
    run: Run, tmp_path: Path, far: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = little(tmp_path / "begin")
    wanted = contents(made.workspace)
    assert cleaning.clean(made.env).result["trash"]
    copied(tmp_path / "begin", tmp_path / "whole")
    calls = run(tmp_path / "whole", 0, "undo", far)
    assert calls > 20
    for die_at in range(1 + len(far) % step, calls + 1, step):
        home = tmp_path / str(die_at)
        copied(tmp_path / "begin", home)
        run(home, die_at, "undo", far)
        account = moved(made, home)
        assert account.missing() == [] and contents(account.workspace) == wanted, f"call {die_at}"
        if undo.listed(account.env)["entries"]:
            undo.undo(account.env, "")
        cleaning.clean(account.env)
        assert account.missing() == [] and contents(account.workspace) == wanted, f"call {die_at}"
        shutil.rmtree(home)


def kill_at(home: Path, template: Clutter, after_s: float) -> None:
    copied(template.workspace.home, home)
    account = moved(template, home)
    victim = subprocess.Popen(
        _fleet.command("clean", home=home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "TMPDIR": str(home.parent)},
    )  # fmt: skip
    try:
        victim.wait(after_s)
    except subprocess.TimeoutExpired:
        victim.send_signal(signal.SIGKILL)
        victim.wait()
    assert account.missing() == []
    ran = _fleet.stockml("clean", home=home)
    assert ran.returncode == 0, ran.stderr
    assert account.missing() == []
    for symbol in _cluttered.SYMBOLS:
        assert all(_cluttered._is_whole(versions.folder(account.workspace, symbol, name))
                   for name in versions.names(account.workspace, symbol))  # fmt: skip
    shutil.rmtree(home)


@pytest.fixture(scope="module")
def cluttered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clutter, float]:
    """(a full workspace, seconds that an undisturbed clean-up takes)."""
    made = _cluttered.make(tmp_path_factory.mktemp("kills") / "home", 12, keep_versions=1, log_days=1)
    home = made.workspace.home.with_name("timed")
    copied(made.workspace.home, home)
    began = time.monotonic()
    _fleet.stockml("clean", home=home, cold=True)
    return made, time.monotonic() - began


@pytest.mark.parametrize("seed", range(4))
def test_a_clean_up_killed_at_a_random_moment_is_finished_by_the_next(
    cluttered: tuple[Clutter, float], tmp_path: Path, seed: int
) -> None:
    kill_at(tmp_path / "home", cluttered[0], cluttered[1] * (0.4 + 0.6 * (seed + random.Random(seed).random()) / 4))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100))
def test_a_clean_up_killed_at_a_hundred_random_moments_is_finished_by_the_next(
    cluttered: tuple[Clutter, float], tmp_path: Path, seed: int
) -> None:
    kill_at(tmp_path / "home", cluttered[0], cluttered[1] * (0.4 + 0.6 * random.Random(500 + seed).random()))


def test_the_account_notices_a_thing_that_is_nowhere(tmp_path: Path) -> None:
    """The positive control of `contents`."""
    made = little(tmp_path / "home")
    before = contents(made.workspace)
    (made.workspace.logs / "cron" / "stockml-20200101.log").unlink()
    assert contents(open_environment(made.workspace).workspace) != before
