"""Progress: honest about what is left, a line every ten seconds where there is no terminal, nothing when quiet."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from stockml import logbook, pace
from stockml.clock import Clock
from stockml.pipeline import timings
from stockml.view import progress
from stockml.workspace import Workspace

SIZE = {"symbols": 13, "fleet": 13, "quick": False, "tune": 0}


class Watch:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def told(steps: list[tuple[float, str, float, float, str]], *, terminal: bool = False, **more: object) -> str:
    """What is said when so many seconds have passed at each step."""
    out, watch = io.StringIO(), Watch()
    console = Console(file=out, width=100, force_terminal=terminal, highlight=False, _environ={"TERM": "xterm"})
    with progress.shown(console, True, now=watch, **more) as tell:  # type: ignore[arg-type]
        for at, *step in steps:
            watch.at = at
            tell(*step)
    return out.getvalue()


def test_lines_come_at_most_every_ten_seconds_and_hold_no_control_character() -> None:
    said = told([(0.5 * step, "fetch", step, 200, f"S{step}") for step in range(200)], unit="symbols")
    lines = said.splitlines()
    assert len(lines) == 9 and said.isprintable() is False and all(line.isprintable() for line in lines)
    assert lines[0] == "fetch: 20 of 200 symbols, 2 a second, about 90 s left (S20)"


def test_short_work_says_nothing_at_all() -> None:
    assert told([(0.01 * step, "settle", step, 40, "") for step in range(40)]) == ""
    assert told([(0.01 * step, "settle", step, 40, "") for step in range(40)], terminal=True) == ""


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end() -> None:
    said = told([(2.0 * step, "refit", step, 10, "") for step in range(10)], terminal=True, unit="fits")
    assert "refit" in said and "of 10 fits" in said and " left" in said
    assert said.rstrip("\r\n").endswith(("\x1b[2K", "\x1b[?25h")), "the line is cleared"


def test_with_quiet_or_json_nothing_is_said() -> None:
    out = io.StringIO()
    with progress.shown(Console(file=out), False) as tell:
        tell("train", 1, 2, "")
    assert out.getvalue() == "" and tell is pace.silent


def test_what_nobody_can_know_is_unknown() -> None:
    assert pace.by_rate(2, 100, 60.0) is None and pace.by_rate(50, 100, 1.0) is None
    assert pace.by_stages({}, "train", 0.5, 60.0) is None
    assert progress.remaining(None) == "time left unknown" and progress.remaining(0.0) == "about 1 s left"
    assert told([(11.0, "train", 0.2, 1.0, "")]) == "train: time left unknown\n"


@given(st.integers(3, 1000), st.integers(0, 1000), st.floats(2.0, 1e5))
def test_at_an_even_rate_the_rest_is_known_exactly(done: int, more: int, elapsed_s: float) -> None:
    left = pace.by_rate(done, done + more, elapsed_s)
    assert left == pytest.approx(elapsed_s / done * more)


def test_a_run_that_is_twice_as_slow_as_usual_has_twice_as_much_left() -> None:
    usual = {"collect": 10.0, "train": 30.0, "deploy": 20.0}
    assert pace.by_stages(usual, "collect", 0.0, 0.0) == 60.0
    assert pace.by_stages(usual, "train", 0.5, 25.0) == pytest.approx(35.0)
    assert pace.by_stages(usual, "train", 0.5, 50.0) == pytest.approx(70.0)
    assert pace.by_stages(usual, "deploy", 1.0, 60.0) == 0.0


def test_work_on_several_tracks_counts_what_was_done_since_the_start_and_no_first_piece() -> None:
    tracks = pace.Tracks()
    for track, done, at in (("a", 50, 0.0), ("b", 0, 0.0), ("a", 51, 40.0), ("b", 1, 100.0)):
        tracks.tell(track, done, 100, at)
    assert tracks.left_s() is None and (tracks.done, tracks.total) == (52, 200)
    for piece in range(2, 7):
        tracks.tell("a", 50 + piece, 100, 100.0 + piece)
        tracks.tell("b", piece, 100, 100.5 + piece)
    assert tracks.left_s() == pytest.approx(6.5 / 10 * 138)


def test_a_track_that_begins_late_does_not_make_the_rest_look_short() -> None:
    tracks = pace.Tracks()
    tracks.tell("ahead", 50, 100, 0.0)
    for piece in range(51):
        tracks.tell("behind", piece, 100, float(piece))
    tracks.tell("ahead", 51, 100, 51.0)
    assert tracks.left_s() is None
    tracks.tell("behind", 51, 100, 52.0)
    assert tracks.left_s() == pytest.approx(1.0 * 98)


def test_the_rate_that_is_told_is_that_of_the_time_left() -> None:
    tracks = pace.Tracks()

    def step(at: float, done: int) -> tuple[float, str, float, float, str]:
        tracks.tell("default", done, 300, at)
        return at, "replay", done, 300, "default"

    steps = [step(float(at), done) for at, done in ((0, 100), (5, 101), (15, 111))]
    said = told(steps, unit="sessions", left_s=lambda *_: tracks.left_s())
    assert said == "replay: 111 of 300 sessions, 1 a second, about 3 min left (default)\n"


def write_run(folder: Path, name: str, seconds: list[int], **size: object) -> None:
    """An event log of a run whose stages took so long."""
    at, lines = 0, []
    for place, stage in enumerate(logbook.STAGES):
        stamp = f"2026-05-29T{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z"
        more = {**SIZE, **size} if place == 0 else {}
        lines.append({"stage": stage, "percent": logbook.STAGES[stage][0], "recorded_at": stamp, **more})
        at += seconds[place]
    stamp = f"2026-05-29T{at // 3600:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z"
    lines.append({"stage": "deploy", "percent": 100.0, "recorded_at": stamp})
    (folder / f"run-{name}.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n")


def test_stages_take_as_long_as_in_comparable_finished_runs(tmp_path: Path) -> None:
    folder = tmp_path / "logs" / "training"
    folder.mkdir(parents=True)
    write_run(folder, "1", [5, 5, 50, 20, 1])
    write_run(folder, "2", [7, 5, 70, 20, 1])
    write_run(folder, "3", [9, 5, 60, 20, 1])
    write_run(folder, "4", [1, 1, 1, 1, 1], quick=True)
    write_run(folder, "5", [500, 500, 500, 500, 500], symbols=1000, fleet=1000)
    (folder / "run-6.jsonl").write_text('{"stage": "collect", "percent": 0.0\n')
    found = timings.usual_s(Workspace(tmp_path), SIZE)
    assert found == {"collect": 7.0, "features": 5.0, "train": 60.0, "validate": 20.0, "deploy": 1.0}
    assert timings.usual_s(Workspace(tmp_path), {**SIZE, "tune": 20}) == {}
    assert timings.usual_s(Workspace(tmp_path / "new"), SIZE) == {}


def test_the_logs_that_training_writes_are_the_ones_that_are_read(tmp_path: Path) -> None:
    events = logbook.Events(Workspace(tmp_path), "1", Clock())
    events.stage("collect", 0.0, **SIZE)
    for name in logbook.STAGES:
        events.stage(name, 0.0)
    events.stage("deploy", 1.0)
    found = timings.usual_s(Workspace(tmp_path), SIZE)
    assert set(found) == set(logbook.STAGES) and all(0.0 <= one <= 2.0 for one in found.values())
