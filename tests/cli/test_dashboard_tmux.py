"""The dashboard as people use it, in tmux: a training of one pane is watched in another, and stopped from there."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import _fleet
import pytest

from stockml import files

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
LOOPS = ["rich", *(["textual"] if importlib.util.find_spec("textual") else [])]
DEEP = {"rounds": 1500, "min_data_in_leaf": 5, "num_leaves": 31, "max_bin": 255, "feature_fraction": 1.0}
LONG = {"recipe": "pooled", "options": DEEP}  # a minute of fits, each some seconds: it has to be stopped


class Tmux:
    """A tmux server of the test's own, with one window of panes that run plain shells."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "tmux.sock")
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "OMP_NUM_THREADS") if name in os.environ}
        self.variables = {**kept, "HOME": str(folder), "LANG": "C.UTF-8", "TMPDIR": str(folder), "PS1": "$ "}
        shell = "exec env PS1='$ ' /bin/sh -i" if shutil.which("bash") is None else "exec bash --norc --noprofile -i"
        self.run("-f", "/dev/null", "new-session", "-d", "-s", "test", "-x", "120", "-y", "90", shell)
        self.run("split-window", "-v", "-l", "40", "-t", "test", shell)

    def run(self, *words: str) -> str:
        ran = subprocess.run(
            ["tmux", "-S", self.socket, *words], capture_output=True, text=True, timeout=20, check=True,
            env=self.variables,
        )  # fmt: skip
        return ran.stdout

    def type(self, pane: int, text: str) -> None:
        self.run("send-keys", "-t", f"test.{pane}", "-l", text)

    def press(self, pane: int, *keys: str) -> None:
        self.run("send-keys", "-t", f"test.{pane}", *keys)

    def shown(self, pane: int) -> str:
        return self.run("capture-pane", "-p", "-t", f"test.{pane}")

    def wait(self, pane: int, *texts: str, seconds: float = 90.0) -> str:
        """The screen of a pane once it shows all of some texts."""
        end = time.monotonic() + seconds
        while True:
            shown = self.shown(pane)
            if all(text in shown for text in texts):
                return shown
            assert time.monotonic() < end, f"{texts} are not shown:\n{shown}"
            time.sleep(0.1)


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    made = Tmux(tmp_path)
    yield made
    made.run("kill-server")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four symbols trained with the naive recipe, and configured so that the next training takes minutes."""
    days = _fleet.exchange_days(1400)
    made = _fleet.csv_home(tmp_path_factory.mktemp("tmux"), _fleet.fleet(count=1400, days=days))
    settings = made / "persistent_data" / "ml_config.json"
    wanted = json.loads(settings.read_text())
    wanted |= {"as_of": "2019-12-20", "model": LONG, "validation": {"refit_sessions": 60, "window_years": 5.0}}
    settings.write_text(json.dumps(wanted))
    ran = _fleet.stockml("train", "--all", "--model", "naive", home=made)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return made


@pytest.fixture
def home(trained: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(trained, tmp_path / "workspace"))


def line(*words: str, home: Path) -> str:
    return shlex.join(_fleet.command(*words, home=home))


@pytest.mark.parametrize("loop", LOOPS)
def test_a_training_of_one_pane_is_watched_and_stopped_from_another(tmux: Tmux, home: Path, loop: str) -> None:
    before = (home / "persistent_data" / "ml_models" / "AAA" / "live.json").read_bytes()
    tmux.type(1, line("dashboard", "AAA", "--with", loop, "--refresh", "0.5", home=home) + "; echo ended with $?\n")
    tmux.wait(1, "fleet 4", "> AAA")
    tmux.type(0, line("train", "AAA", home=home) + "; echo ended with $?\n")
    watched = tmux.wait(1, "collect features train", "validate deploy", "x stops it")
    assert ", 1 symbol" in watched
    tmux.press(1, "x")
    tmux.wait(1, "Stop the train", "y yes")
    tmux.press(1, "y")
    tmux.wait(0, "interrupted", "ended with 130")
    tmux.wait(1, "exit 130, interrupted")
    assert "x stops it" not in tmux.shown(1)
    tmux.press(1, "q")
    tmux.wait(1, "ended with 0")
    ledger = sqlite3.connect(home / "persistent_data" / "ledger.db")
    command, code = ledger.execute("SELECT command, exit_code FROM runs ORDER BY recorded_at DESC LIMIT 1").fetchone()
    ledger.close()
    assert (command, code) == ("train", 130)
    assert (home / "persistent_data" / "ml_models" / "AAA" / "live.json").read_bytes() == before
    with files.lock(home / "persistent_data" / "ml_models" / "AAA" / "lock", what="a test"):
        pass  # nobody holds it any more


@pytest.mark.parametrize("loop", LOOPS)
def test_a_training_that_the_dashboard_started_outlives_it(tmux: Tmux, home: Path, loop: str) -> None:
    tmux.type(1, line("dashboard", "BBB", "--with", loop, "--refresh", "0.5", home=home) + "; echo ended with $?\n")
    tmux.wait(1, "> BBB")
    tmux.press(1, "t")
    tmux.wait(1, "Train BBB now?")
    tmux.press(1, "y")
    tmux.wait(1, "started: stockml train BBB")
    tmux.wait(1, "x stops it")
    tmux.press(1, "q")
    tmux.wait(1, "ended with 0")
    tmux.type(1, "clear; " + line("dashboard", "--with", loop, "--refresh", "0.5", home=home) + "\n")
    tmux.wait(1, "> AAA", "x stops it")
    tmux.press(1, "x")
    tmux.wait(1, "Stop the train")
    tmux.press(1, "y")
    tmux.wait(1, "exit 130, interrupted")


@pytest.mark.parametrize("loop", LOOPS)
def test_ctrl_z_gives_the_terminal_back_and_fg_takes_it_again(tmux: Tmux, home: Path, loop: str) -> None:
    if shutil.which("bash") is None:
        pytest.skip("bash, whose job control this takes, is not installed")
    tmux.type(1, line("dashboard", "--with", loop, home=home) + "\n")
    tmux.wait(1, "> AAA")
    tmux.press(1, "C-z")
    tmux.wait(1, "Stopped")
    assert "> AAA" not in tmux.shown(1), "the screen before is back"
    tmux.type(1, "echo $((40 + 2)) typed\n")
    tmux.wait(1, "42 typed")
    tmux.type(1, "fg\n")
    tmux.wait(1, "> AAA", "q quit")
    tmux.press(1, "j")
    tmux.wait(1, "> BBB")
    tmux.press(1, "q")


def test_it_follows_the_size_of_its_pane(tmux: Tmux, home: Path) -> None:
    tmux.type(1, line("dashboard", "--with", "rich", home=home) + "\n")
    tmux.wait(1, "> AAA", "host")
    tmux.run("resize-window", "-t", "test", "-x", "20", "-y", "20")
    tmux.run("resize-pane", "-t", "test.1", "-y", "5")
    small = tmux.wait(1, "> AAA", "All is well").splitlines()
    assert len(small) == 5 and max(map(len, small)) <= 20
    tmux.run("resize-window", "-t", "test", "-x", "120", "-y", "90")
    tmux.run("resize-pane", "-t", "test.1", "-y", "40")
    tmux.wait(1, "host", "┌─ fleet 4")
    tmux.press(1, "q")
