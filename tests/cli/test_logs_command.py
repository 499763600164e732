"""`logs`: the newest lines of all areas by time, followed through rotation, and the events of a run."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import _fleet
import pytest

from stockml import files
from stockml.clock import Clock
from stockml.logbook import Events
from stockml.pipeline import logs
from stockml.workspace import Workspace

RUN = "20260101T000000Z-abcdef"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "persistent_data").mkdir()
    (tmp_path / "persistent_data" / "ml_config.json").write_text("{}")
    put(tmp_path, "training", "20260101", "2026-01-01T10:00:00Z one", "2026-01-01T12:00:00Z three")
    put(tmp_path, "monitoring", "20260101", "2026-01-01T11:00:00Z two")
    put(tmp_path, "training", "20260102", "2026-01-02T09:00:00Z four \x1b[2J")
    return tmp_path


def put(home: Path, area: str, day: str, *lines: str) -> Path:
    path = home / "logs" / area / f"stockml-{day}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    for line in lines:
        files.append_line(path, line)
    return path


def texts(found: list[logs.Line]) -> list[str]:
    return [one.text for one in found]


def test_lines_of_all_areas_are_merged_by_time_and_carry_no_control_characters(home: Path) -> None:
    said = _fleet.result("logs", home=home)["lines"]
    assert [one["text"] for one in said] == ["one", "two", "three", "four ?[2J"]
    assert [one["area"] for one in said] == ["training", "monitoring", "training", "training"]
    assert [one["text"] for one in _fleet.result("logs", "-n", "2", home=home)["lines"]] == ["three", "four ?[2J"]
    assert [one["text"] for one in _fleet.result("logs", "--area", "monitoring", home=home)["lines"]] == ["two"]
    assert _fleet.result("logs", "-n", "0", home=home)["lines"] == []
    assert "2026-01-01T11:00:00Z monitoring  two" in _fleet.stockml("logs", home=home).stdout


def test_the_events_of_a_run(home: Path) -> None:
    events = Events(Workspace(home), RUN, Clock())
    events.stage("collect", 1.0)
    events.stage("deploy", 0.5, "passed", "NVDA")
    files.append_line(home / "logs" / "training" / f"run-{RUN}.jsonl", '{"torn')
    found = _fleet.result("logs", "--run", RUN, home=home)["events"]
    assert [(one["stage"], one["percent"]) for one in found] == [("collect", 30.0), ("deploy", 95.0)]
    assert "deploy    NVDA passed" in _fleet.stockml("logs", "--run", RUN, home=home).stdout
    for words in (("--run", "../../etc/passwd"), ("--run", RUN[:-1] + "0"), ("--run", RUN, "-f"), ("-f", "--json")):
        assert _fleet.stockml("logs", *words, home=home).returncode == 2


def test_following_survives_new_files_replaced_ones_and_lines_without_an_end(home: Path) -> None:
    follower = logs.Follower(Workspace(home), logs.AREAS)
    assert follower.added() == []
    path = put(home, "training", "20260102", "2026-01-02T10:00:00Z five")
    put(home, "cron", "20260103", "2026-01-03T00:00:00Z six")
    assert texts(follower.added()) == ["five", "six"]
    with open(path, "ab") as file:
        file.write(b"2026-01-02T11:00:00Z sev")
    assert follower.added() == []
    with open(path, "ab") as file:
        file.write(b"en\n")
    assert texts(follower.added()) == ["seven"]
    path.rename(path.with_suffix(".old"))
    put(home, "training", "20260102", "2026-01-02T12:00:00Z eight")
    assert texts(follower.added()) == ["eight"], "rotated: another file of the same name"
    os.truncate(path, 0)
    put(home, "training", "20260102", "2026-01-02T13:00:00Z 9")
    assert texts(follower.added()) == ["9"], "cut in place"
    path.unlink()
    assert follower.added() == []


@pytest.fixture
def following(home: Path) -> Iterator[subprocess.Popen[str]]:
    ran = subprocess.Popen(
        _fleet.command("logs", "-f", "-n", "1", home=home), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield ran
    if ran.poll() is None:
        ran.kill()
    ran.communicate()


def test_follow_prints_what_comes_and_ends_with_an_interrupt(home: Path, following: subprocess.Popen[str]) -> None:
    assert following.stdout is not None
    assert following.stdout.readline().endswith("four ?[2J\n")
    put(home, "training", "20260104", "2026-01-04T00:00:00Z later")
    assert following.stdout.readline() == "2026-01-04T00:00:00Z training    later\n"
    time.sleep(0.1)
    following.send_signal(signal.SIGINT)
    assert following.wait(10) == 0
    assert following.stderr is not None and following.stderr.read() == ""
