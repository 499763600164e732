"""Locks between real processes: one holder, gone with its process, and a file that stays."""

from __future__ import annotations

import json
from pathlib import Path

import _fleet
import pytest

from stockml import files
from stockml.clock import from_day
from stockml.errors import BusyError
from stockml.workspace import Workspace


def test_of_two_processes_one_is_told_at_once_that_the_other_is_busy(tmp_path: Path) -> None:
    path = tmp_path / "AAA" / "lock"
    with _fleet.lock_holder(path) as holder:
        with (
            pytest.raises(BusyError, match=f"pid {holder.pid}") as refusal,
            files.lock(path, what="training", symbol="AAA"),
        ):
            raise AssertionError("two holders")
        assert refusal.value.symbol == "AAA" and refusal.value.exit_status == 4
        inode = path.stat().st_ino
        holder.kill()
        holder.wait()
        with files.lock(path, what="training"):
            assert path.stat().st_ino == inode, "the lock file is never unlinked"
        with files.lock(path, what="training"):
            assert path.stat().st_ino == inode


def test_a_lock_is_freed_when_its_block_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), files.lock(tmp_path / "lock", what="a test"):
        raise RuntimeError
    with files.lock(tmp_path / "lock", what="a test"):
        pass


def test_a_lock_that_is_a_symlink_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError), files.lock(tmp_path / "lock", what="a test"):
        raise AssertionError("followed")
    assert not (tmp_path / "elsewhere").exists()


def test_training_a_symbol_that_another_process_trains_exits_4(tmp_path: Path) -> None:
    days = _fleet.exchange_days(400)
    home = _fleet.csv_home(tmp_path / "home", _fleet.fleet(count=400, days=days, symbols=("AAA", "BBB")))
    as_of = ("--as-of", from_day(int(days[-1])).isoformat())
    with _fleet.lock_holder(Workspace(home).symbol_folder("AAA") / "lock"):
        ran = _fleet.stockml("--json", "train", "AAA", *as_of, home=home)
        assert ran.returncode == 4, ran.stderr
        told = json.loads(ran.stdout)
        assert [one["kind"] for one in told["errors"]] == ["busy"] and told["errors"][0]["symbol"] == "AAA"
        assert not told["result"]["symbols"][0]["promoted"]
    assert _fleet.stockml("train", "AAA", *as_of, home=home).returncode == 0
