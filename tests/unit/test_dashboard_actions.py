"""Starting commands that outlive the screen, and stopping only a process that is surely the one that began a run."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import _dashboard
import pytest

from stockml import processes
from stockml.clock import recorded_at, stamp
from stockml.dashboard import actions
from stockml.errors import StockmlError
from stockml.workspace import Workspace

SLEEPER = "import sys, time; print('ready', flush=True); time.sleep(60)"


def waiting(*words: str) -> subprocess.Popen[str]:
    made = subprocess.Popen([sys.executable, "-c", SLEEPER, *words], stdout=subprocess.PIPE, text=True)
    assert made.stdout is not None and made.stdout.readline() == "ready\n"
    return made


def ended(started: actions.Started) -> str:
    for _ in range(600):
        told = actions.outcome(started)
        if told is not None:
            return told
        time.sleep(0.1)
    raise AssertionError("it has no end")


def test_a_command_is_a_process_of_its_own_session_whose_output_is_in_a_log(tmp_path: Path) -> None:
    started = actions.start(Workspace(tmp_path), ("status",), None)
    assert os.getsid(started.process.pid) == started.process.pid != os.getsid(0)
    assert ended(started).startswith("status: exit 3, nothing could be done")
    log = started.log.read_text()
    assert log.startswith("--- ") and "stockml status" in log and "error: " in log
    assert started.log.name == f"dashboard-{recorded_at():%Y%m%d}.log", "a name that clean-up knows"


def test_what_is_told_is_the_error_of_this_run_and_not_of_one_before(tmp_path: Path) -> None:
    first = actions.start(Workspace(tmp_path), ("status",), None)
    assert ended(first).endswith("no stockml workspace here)")
    second = actions.start(Workspace(tmp_path), ("--version",), None)
    assert ended(second) == "--version: exit 0, done"


def test_as_of_is_handed_on(tmp_path: Path) -> None:
    started = actions.start(Workspace(tmp_path), ("status",), "not a day")
    assert "--as-of" in started.process.args  # type: ignore[operator]
    ended(started)


def test_a_process_that_began_the_run_is_asked_to_end() -> None:
    process = waiting("stockml", "train")
    try:
        told = actions.stop(_dashboard.training(pid=process.pid, began_at=stamp(recorded_at())))
        assert str(process.pid) in told
        assert process.wait(10) == -15, "SIGTERM"
    finally:
        process.kill()


@pytest.mark.parametrize(
    ("words", "began", "why"),
    [
        (("backup", "tool"), "now", "another program"),
        (("stockml", "train"), "2020-01-01T00:00:00Z", "younger than the run"),
    ],
)
def test_a_number_that_is_another_process_by_now_is_left_alone(words: tuple[str, ...], began: str, why: str) -> None:
    process = waiting(*words)
    try:
        began_at = stamp(recorded_at()) if began == "now" else began
        with pytest.raises(StockmlError, match=why):
            actions.stop(_dashboard.training(pid=process.pid, began_at=began_at))
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


def test_a_process_that_is_gone_and_a_run_that_tells_none_are_told() -> None:
    process = waiting("stockml")
    process.kill()
    process.wait()
    with pytest.raises(StockmlError, match="cannot be stopped"):
        actions.stop(_dashboard.training(pid=process.pid, began_at=stamp(recorded_at())))
    with pytest.raises(StockmlError, match="does not tell its process"):
        actions.stop(_dashboard.training(pid=None))


def test_another_users_process_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    told = actions.stranger(os.getpid(), recorded_at().timestamp())
    assert told.endswith("belongs to another user")


def test_the_kernel_tells_when_a_process_began_and_by_which_words() -> None:
    process = waiting("a word")
    try:
        assert abs(processes.started_at(process.pid) - recorded_at().timestamp()) < 30.0
        assert processes.command_line(process.pid)[-1] == "a word"
    finally:
        process.kill()
        process.wait()
