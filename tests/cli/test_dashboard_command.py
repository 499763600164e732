"""`stockml dashboard` as a command: where it refuses, one frame without a terminal, and how it treats a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import _fleet
import _terminal
import _watched
import jsonschema
import pytest
from rich.cells import cell_len

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schemas" / "dashboard.json").read_text())
BROKEN = """
import sys
from stockml.dashboard import frame
whole, drawn = frame.draw, []
def draw(*given):
    drawn.append(1)
    if len(drawn) > 1:
        raise RuntimeError("sabotage")
    return whole(*given)
frame.draw = draw
from stockml.cli import main
main(sys.argv[1:])
"""
SLOW = """
import sys, time
from stockml.dashboard.reading import Reading
whole, looks = Reading.look, []
def look(*given, **more):
    looks.append(1)
    if len(looks) > 2:
        time.sleep(60)
    return whole(*given, **more)
Reading.look = look
from stockml.cli import main
main(sys.argv[1:])
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _watched.home(tmp_path_factory.mktemp("board"), SYMBOLS)


def line(home: Path, *more: str) -> list[str]:
    return _fleet.command("dashboard", "--with", "rich", *more, home=home)


def test_without_a_terminal_it_refuses_and_says_what_does(home: Path) -> None:
    ran = _fleet.stockml("dashboard", home=home)
    assert ran.returncode == 2 and "needs a terminal" in ran.stderr and "status --watch" in ran.stderr


@pytest.mark.parametrize(
    ("words", "why"),
    [(("--width", "80"), "--snapshot"), (("--json",), "no end"), (("NOPE",), "not in the configured fleet"),
     (("--refresh", "0"), "0.2")],
)  # fmt: skip
def test_wrong_usage_is_told(home: Path, words: tuple[str, ...], why: str) -> None:
    ran = _fleet.stockml("dashboard", *words, home=home)
    assert ran.returncode == 2 and why in ran.stderr + ran.stdout


def test_without_a_workspace_nothing_can_be_shown(tmp_path: Path) -> None:
    ran = _fleet.stockml("dashboard", "--snapshot", home=tmp_path)
    assert ran.returncode == 3 and "no stockml workspace" in ran.stderr


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40), (20, 5)])
def test_a_snapshot_is_one_frame_of_the_size_asked_for(home: Path, width: int, height: int) -> None:
    ran = _fleet.stockml("dashboard", "BBB", "--snapshot", "--width", str(width), "--height", str(height), home=home)
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0 and len(lines) == height and "\x1b" not in ran.stdout
    assert max(map(cell_len, lines)) <= width and "> BBB" in ran.stdout


def test_a_snapshot_as_json_is_as_its_schema_says(home: Path) -> None:
    ran = _fleet.stockml("dashboard", "--snapshot", "--width", "90", "--height", "30", "--json", home=home)
    envelope = json.loads(ran.stdout)
    jsonschema.validate(envelope["result"], SCHEMA)
    assert envelope["ok"] and len(envelope["result"]["lines"]) == 30 and "AAA" in "".join(envelope["result"]["lines"])


def test_a_terminal_that_is_not_unicode_gets_letters(home: Path) -> None:
    ran = subprocess.run(
        _fleet.command("dashboard", "--snapshot", "--width", "100", "--height", "30", home=home), capture_output=True,
        text=True, timeout=60, check=False, env={**os.environ, "PYTHONIOENCODING": "latin-1"},
    )  # fmt: skip
    assert ran.returncode == 0 and ran.stdout.isascii() and "+- fleet 4" in ran.stdout


def test_it_shows_what_was_known_as_of_a_session(home: Path) -> None:
    ran = _fleet.stockml("dashboard", "--snapshot", "--width", "120", "--as-of", "2019-11-29", home=home)
    assert "as of 2019-11-29" in ran.stdout and "2019-12" not in ran.stdout


def test_looking_changes_no_file_but_the_cache(home: Path) -> None:
    def found() -> set[tuple[str, int]]:
        kept = (path for path in home.rglob("*") if path.is_file() and ".cache" not in path.parts)
        return {(str(path), path.stat().st_mtime_ns) for path in kept if not path.name.endswith(("-wal", "-shm"))}

    _fleet.stockml("dashboard", "--snapshot", home=home)
    before = found()
    _fleet.stockml("dashboard", "--snapshot", home=home)
    assert found() == before


def test_a_dumb_terminal_is_refused(home: Path, tmp_path: Path) -> None:
    with _terminal.running(line(home), tmp_path, TERM="dumb") as terminal:
        assert terminal.end() == 2
        assert b"cannot place a cursor" in terminal.said and b"status --watch" in terminal.said


def test_keys_move_and_quit_gives_the_terminal_back(home: Path, tmp_path: Path) -> None:
    with _terminal.running(line(home), tmp_path) as terminal:
        assert _terminal.ON in terminal.read(b"> AAA")
        terminal.press(b"j")
        terminal.read(b"> BBB")
        terminal.press(b"\x1b[B")
        terminal.read(b"> CCC")
        terminal.press(b"?")
        terminal.read(b"this page")
        terminal.press(b"q")
        terminal.read(b"> CCC")
        terminal.press(b"q")
        assert terminal.end() == 0
        assert terminal.said.rstrip().endswith(_terminal.OFF) or _terminal.OFF in terminal.said[-40:]
        assert b"\x1b[?25h" in terminal.said[-60:], "the cursor is shown again"
        assert terminal.settings() == terminal.before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_it_and_gives_the_terminal_back(home: Path, tmp_path: Path, number: int) -> None:
    with _terminal.running(line(home), tmp_path) as terminal:
        terminal.read(b"> AAA")
        os.kill(terminal.pid, number)
        assert terminal.end() == 0
        assert _terminal.OFF in terminal.said[-60:] and terminal.settings() == terminal.before


def test_a_bug_is_told_on_a_terminal_that_is_as_it_was(home: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", BROKEN, "--home", str(home), "dashboard", "--with", "rich"]
    with _terminal.running(words, tmp_path) as terminal:
        assert terminal.end() == 3
        after = terminal.said.rpartition(_terminal.OFF)[2]
        assert b"a bug in stockml: RuntimeError: sabotage" in after and b"Traceback" not in after
        assert terminal.settings() == terminal.before


def test_a_look_that_hangs_keeps_no_key_waiting(home: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-c", SLOW, "--home", str(home), "dashboard", "--with", "rich", "--refresh", "0.2"]
    with _terminal.running(words, tmp_path) as terminal:
        terminal.read(b"> AAA")
        time.sleep(1.0)
        for symbol in SYMBOLS[1:]:
            terminal.press(b"j")
            terminal.read(b"> " + symbol.encode(), 5.0)
        terminal.press(b"q")
        assert terminal.end(10.0) == 0


def test_it_follows_the_size_of_the_terminal_down_to_almost_nothing(home: Path, tmp_path: Path) -> None:
    with _terminal.running(line(home), tmp_path, (120, 40)) as terminal:
        terminal.read(b"> AAA")
        terminal.resize(20, 5)
        terminal.press(b"G")
        terminal.read(b"> DDD")
        terminal.resize(1, 1)
        time.sleep(0.3)
        terminal.resize(100, 30)
        terminal.read(b"q quit")
        terminal.press(b"q")
        assert terminal.end() == 0


def test_it_ends_when_the_terminal_is_closed_under_it(home: Path, tmp_path: Path) -> None:
    with _terminal.running(line(home), tmp_path) as terminal:
        terminal.read(b"> AAA")
        terminal.close()
        terminal.wait_gone()


def test_a_mistake_in_the_configuration_is_shown_and_it_goes_on(home: Path, tmp_path: Path) -> None:
    import shutil

    place = Path(shutil.copytree(home, tmp_path / "workspace"))
    config = place / "persistent_data" / "ml_config.json"
    right = config.read_text()
    with _terminal.running(line(place, "--refresh", "0.2"), tmp_path) as terminal:
        terminal.read(b"> AAA")
        config.write_text("{")
        terminal.read(b"read at ")
        config.write_text(right)
        terminal.read(b"q quit")
        terminal.press(b"q")
        assert terminal.end() == 0
