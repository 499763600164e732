"""Backup, pruning and restore, dying at random moments and at every disk call: the last good snapshot restores."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import _backups
import _mortal
import pytest

from stockml.backup import restoring, snapshots, verification
from stockml.backup.shelf import PACKS, SNAPSHOTS, Local
from stockml.clock import Clock
from stockml.workspace import RESTORING, Workspace

# Does one thing to a workspace; with a third argument above 0 it dies at that disk call.
CHILD = """
import sys
from datetime import timedelta
from pathlib import Path
import _backups, _mortal
from stockml.backup import creation, pruning, restoring
from stockml.backup.shelf import Local
from stockml.workspace import Workspace

what, home, die_at = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])

if what in ("create", "prune", "symbol"):
    env = _backups.env(home, _backups.NOW + timedelta(days=3))
    env.ledger
shelf = Local(home / "persistent_data" / "backups")
print("ready", flush=True)
count = _mortal.arm(die_at) if die_at >= 0 else int
if what == "create":
    creation.create(env, why="killed")
elif what == "prune":
    pruning.prune(env)
elif what == "restore":
    restoring.restore(shelf, Workspace(home), None, snapshot=sys.argv[4], force=True)
elif what == "symbol":
    restoring.restore(shelf, Workspace(home), env, symbols=["AAA"], snapshot=sys.argv[4], force=True)
else:
    restoring.restore(shelf, Workspace(home), None, snapshot=sys.argv[4], to=home / "new home")
print(count())
"""
SECONDS = {"create": 0.1, "prune": 0.05, "restore": 0.3, "symbol": 0.2, "new": 0.15}  # about what each takes
WHAT = tuple(SECONDS)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """(a workspace with an old and a newer verified backup that has gone on since, the first's name, the last's)."""
    home = _backups.copied(_backups.template(tmp_path_factory), tmp_path_factory.mktemp("kills") / "home")
    _backups.env(home, keep_last=1, keep_daily=0, keep_weekly=0, keep_monthly=0)
    go_on(home, 700_000)
    first = _backups.create(home, why="first")["snapshot"]
    go_on(home)
    last = _backups.create(home, 1, why="last")["snapshot"]
    assert verification.verify(_backups.shelf(home), Workspace(home), Clock(_backups.NOW), every=True)["ok"]
    go_on(home)
    return home, first, last


def go_on(home: Path, size: int = 100_000) -> None:
    """Something new in each part of a workspace: rows, pointers, a version less, and other bars."""
    import sqlite3
    from datetime import timedelta

    from stockml.ledger import store as ledger_store
    from stockml.store import pointers, versions

    where = Workspace(home)
    ledger = ledger_store.connect(where.ledger_file)
    names = versions.names(where, "AAA")
    champion = pointers.read(where, "AAA")["champion"]  # type: ignore[index]
    other = next(one for one in reversed(names) if one != champion)
    pointers.promote(where, ledger, "AAA", other, Clock(_backups.NOW + timedelta(hours=2)), "train", "gone on")
    ledger.close()
    market = sqlite3.connect(where.market_file)
    market.execute("CREATE TABLE IF NOT EXISTS ballast(x BLOB)")
    market.execute("DELETE FROM ballast")
    market.execute("INSERT INTO ballast VALUES(?)", (random.Random(size).randbytes(size),))
    market.commit()
    market.close()
    for spare in versions.names(where, "BBB")[1:][-1:]:  # the oldest is its champion
        shutil.rmtree(versions.folder(where, "BBB", spare))


def words(what: str, home: Path, die_at: int, name: str) -> list[str]:
    return [sys.executable, "-c", CHILD, what, str(home), str(die_at), name]


def run(what: str, home: Path, die_at: int, name: str, status: int = 0) -> str:
    """What it says, after it ended as it had to."""
    line = words(what, home, die_at, name)
    ran = subprocess.run(line, capture_output=True, text=True, check=False, env=_mortal.environment())
    assert ran.returncode == status, ran.stderr
    return ran.stdout


def look(template: tuple[Path, str, str], home: Path, what: str, room: Path) -> None:
    """After a death: nobody is left half-way, the last good snapshot restores, and the same thing begun anew ends."""
    begin, first, last = template
    if (home / "persistent_data" / RESTORING).exists():
        assert what == "restore"
    else:
        _backups.assert_sound(home)
        if what == "restore":
            assert _backups.state(home) in (_backups.state(begin), wanted(template, first)), "old or new"
    shelf = Local(home / "persistent_data" / "backups")
    names = [one.name for one in snapshots.listed(shelf.root)]
    assert last in names and (first in names or what == "prune") and snapshots.read_all(shelf)[1] == []
    restoring.restore(shelf, Workspace(home), None, snapshot=last, to=room)
    assert _backups.state(room) == wanted(template, last)
    if what == "new" and (home / "new home" / "persistent_data").exists():
        assert _backups.state(home / "new home") == wanted(template, first)
        return
    run(what, home, -1, first)
    told = verification.verify(Local(shelf.root), Workspace(home), Clock(_backups.NOW))
    assert told["ok"], told["problems"]
    if what == "restore":
        assert _backups.state(home) == wanted(template, first)
    if what == "new":
        assert _backups.state(home / "new home") == wanted(template, first)
    left = [one for folder in ("", PACKS, SNAPSHOTS) for one in os.listdir(shelf.root / folder) if ".part" in one]
    assert what != "prune" or not left, "the next pruning sweeps what the dead left"
    assert not (home / ".stage-restore").exists() or what not in ("restore", "new", "symbol")


_known: dict[str, dict[str, str]] = {}


def wanted(template: tuple[Path, str, str], name: str) -> dict[str, str]:
    """What a snapshot restores to."""
    if name not in _known:
        room = template[0].parent / f"state of {name}"
        restoring.restore(_backups.shelf(template[0]), Workspace(template[0]), None, snapshot=name, to=room)
        _known[name] = _backups.state(room)
        if name == template[1]:  # a restore over a workspace leaves the versions that the snapshot does not know
            assert _known[name] != _backups.state(template[0])
    return _known[name]


def die(template: tuple[Path, str, str], tmp_path: Path, what: str, most: int) -> None:
    """Let it die at each of its disk calls, or at a sample of them."""
    begin, first, _ = template
    whole = _backups.copied(begin, tmp_path / "whole")
    calls = int(run(what, whole, 0, first).split()[-1])
    assert calls > 8, "the enumeration sees the calls"
    for die_at in sorted(random.Random(what).sample(range(1, calls + 1), min(most, calls))):
        home = _backups.copied(begin, tmp_path / str(die_at))
        run(what, home, die_at, first, _mortal.DEAD)
        look(template, home, what, tmp_path / f"room {die_at}")
        shutil.rmtree(home)
        shutil.rmtree(tmp_path / f"room {die_at}")


@pytest.mark.parametrize("what", WHAT)
def test_a_death_at_a_disk_call_leaves_the_last_good_snapshot_and_the_way_on(
    template: tuple[Path, str, str], tmp_path: Path, what: str
) -> None:
    die(template, tmp_path, what, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("what", WHAT)
def test_a_death_at_every_disk_call_leaves_the_last_good_snapshot_and_the_way_on(
    template: tuple[Path, str, str], tmp_path: Path, what: str
) -> None:
    die(template, tmp_path, what, 10_000)


def kill_once(template: tuple[Path, str, str], tmp_path: Path, what: str, seed: int) -> None:
    home = _backups.copied(template[0], tmp_path / "home")
    victim = subprocess.Popen(
        words(what, home, -1, template[1]), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_mortal.environment()
    )
    assert victim.stdout is not None and victim.stdout.readline() == b"ready\n"
    time.sleep(random.Random(seed).random() * SECONDS[what])
    victim.kill()
    victim.wait()
    look(template, home, what, tmp_path / "room")


@pytest.mark.parametrize("what", WHAT[:3])
def test_a_kill_at_a_random_moment_leaves_the_last_good_snapshot(
    template: tuple[Path, str, str], tmp_path: Path, what: str
) -> None:
    kill_once(template, tmp_path, what, WHAT.index(what))


@pytest.mark.long
@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("seed", range(100, 200))
def test_a_hundred_kills_of_each_leave_the_last_good_snapshot(
    template: tuple[Path, str, str], tmp_path: Path, what: str, seed: int
) -> None:
    kill_once(template, tmp_path, what, seed)


def test_the_last_good_snapshot_of_these_tests_can_be_lost(template: tuple[Path, str, str], tmp_path: Path) -> None:
    """The positive control: a pruning that removed objects before snapshots, or the wrong ones, would be seen."""
    home = _backups.copied(template[0], tmp_path / "home")
    for pack in (home / "persistent_data" / "backups" / PACKS).iterdir():
        pack.unlink()
    with pytest.raises(Exception, match="missing"):
        look(template, home, "create", tmp_path / "room")
