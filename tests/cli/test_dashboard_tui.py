"""The dashboard on Textual: the same frames and keys as on rich."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import signal
from collections.abc import Callable
from pathlib import Path

import _dashboard
import _fleet
import _terminal
import _watched
import pytest

pytestmark = pytest.mark.skipif(importlib.util.find_spec("textual") is None, reason="textual is not installed")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _watched.home(tmp_path_factory.mktemp("tui"), ("AAA", "BBB", "CCC", "DDD"))


def line(home: Path) -> list[str]:
    return _fleet.command("dashboard", "--with", "textual", home=home)


def text_of(app: object) -> list[str]:
    return ["".join(one.text for one in row) for row in app.board.drawn]  # type: ignore[attr-defined]


def test_it_draws_the_frames_that_rich_draws_and_obeys_the_same_keys(home: Path) -> None:
    from stockml.dashboard.frame import Pen
    from stockml.dashboard.session import Session
    from stockml.dashboard.tui import Dashboard
    from stockml.view import glyphs
    from stockml.workspace import Workspace

    console = _dashboard.console(100, 30)

    def make(told: Callable[[], None]) -> Session:
        return Session(Workspace(home), None, 60.0, None, told)

    async def sit() -> None:
        app = Dashboard(make, Pen(console, glyphs.UNICODE))
        async with app.run_test(size=(100, 30)) as pilot:
            for _ in range(100):
                await pilot.pause(0.05)
                if any("> AAA" in row for row in text_of(app)):
                    break
            await pilot.press("down", "j")
            assert any("> CCC" in row for row in text_of(app))
            made = app.session.lines(100, 30, app.board.pen)
            assert text_of(app) == ["".join(one.text for one in row) for row in made]
            await pilot.press("tab")
            assert app.session.state.focus == "symbol"
            await pilot.press("shift+tab", "slash", "d")
            assert app.session.state.filter == "d" and any("> DDD" in row for row in text_of(app))
            await pilot.press("escape", "question_mark")
            assert any("this page" in row for row in text_of(app))
            await pilot.press("escape", "t")
            assert app.session.state.asking is not None
            await pilot.press("n", "q")
        assert app.session.is_over and app.failure is None

    asyncio.run(sit())


@pytest.mark.parametrize("ends", ["q", "ctrl+c", signal.SIGTERM, signal.SIGHUP])
def test_however_it_ends_the_terminal_is_as_it_was(home: Path, tmp_path: Path, ends: str | int) -> None:
    with _terminal.running(line(home), tmp_path) as terminal:
        terminal.read(b"> AAA", 60.0)
        terminal.press(b"j")
        terminal.read(b"> BBB")
        if isinstance(ends, str):
            terminal.press(b"q" if ends == "q" else b"\x03")
        else:
            os.kill(terminal.pid, ends)
        assert terminal.end() == 0
        assert _terminal.OFF in terminal.said[-400:] and terminal.settings() == terminal.before


def test_it_ends_when_the_terminal_is_closed_under_it(home: Path, tmp_path: Path) -> None:
    with _terminal.running(line(home), tmp_path) as terminal:
        terminal.read(b"> AAA", 60.0)
        terminal.close()
        terminal.wait_gone(30.0)
