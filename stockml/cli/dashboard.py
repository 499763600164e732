"""Show the fleet live on a full screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stockml.cli._frame import Call, Outcome, verb

if TYPE_CHECKING:
    from rich.console import Console

    from stockml.dashboard.frame import Line
    from stockml.dashboard.session import Session

LOOPS = ("auto", "rich", "textual")


@verb(
    click.argument("symbol", required=False, metavar="[SYMBOL]"),
    click.option("--refresh", "every_s", type=click.FloatRange(0.2, 3600), default=1.0, show_default=True,
                 metavar="SECONDS", help="How often it looks."),
    click.option("--with", "loop", type=click.Choice(LOOPS), default="auto", show_default=True,
                 help="What draws the screen; auto: textual if it is installed, else rich."),
    click.option("--snapshot", is_flag=True, help="Print one frame and end; for logs and pictures."),
    click.option("--width", type=click.IntRange(10, 1000), help="Columns of the frame, with --snapshot."),
    click.option("--height", type=click.IntRange(3, 1000), help="Lines of the frame, with --snapshot."),
)  # fmt: skip
def command(
    call: Call, symbol: str | None, every_s: float, loop: str, snapshot: bool, width: int | None, height: int | None
) -> Outcome:
    """Show fleet, selected symbol, jobs, machine, trainings and logs on one screen that follows them.

    Keys select, filter and explain, and start or stop a training; ? lists them. What is started goes on when the
    screen is closed. It changes nothing by itself. Where there is no terminal: stockml status --watch.
    """
    from stockml.cli import _choose
    from stockml.errors import UsageError
    from stockml.view import screen

    name = _choose.symbols(call.environment().config, [symbol])[0] if symbol else None
    console = screen.console()
    if snapshot:
        return _snapshot(call, name, console, width, height)
    if width or height:
        raise UsageError("--width and --height are for --snapshot", hint="the live screen takes the terminal's size")
    if call.as_json:
        raise UsageError("--json prints one document, and the dashboard has no end", hint="use --snapshot, or status")
    _require_terminal(console)
    _run(call, name, every_s, loop, console)
    return Outcome({})


def _snapshot(call: Call, name: str | None, console: Console, width: int | None, height: int | None) -> Outcome:
    from stockml.dashboard import snapshot

    call.environment()
    size = (width or console.width, height or 40)
    lines = snapshot.take(call.workspace, call.as_of, name, size, console)
    texts = ["".join(one.text for one in line).rstrip() for line in lines]

    def show(console: Console) -> None:
        console.width = size[0]
        for line in lines:
            console.print(_printed(line), soft_wrap=True)

    return Outcome({"width": size[0], "height": size[1], "lines": texts}, show)


def _printed(line: Line) -> object:
    from rich.text import Text

    return Text.assemble(*((one.text, one.style or "") for one in line))


def _require_terminal(console: Console) -> None:
    """Raise `UsageError` where no full screen can be drawn or no key be read."""
    import sys

    from stockml.errors import UsageError

    hint = "use 'stockml status --watch', or --snapshot for one frame"
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        raise UsageError("the dashboard needs a terminal", hint=hint)
    if console.is_dumb_terminal:
        raise UsageError("this terminal (TERM) cannot place a cursor", hint=hint)


def _run(call: Call, name: str | None, every_s: float, loop: str, console: Console) -> None:
    from collections.abc import Callable

    from stockml import workspace
    from stockml.dashboard.session import Session
    from stockml.view import glyphs

    home = workspace.require(call.workspace)

    def make(told: Callable[[], None]) -> Session:
        return Session(home, call.as_of, every_s, name, told)

    if _is_textual(loop, glyphs.of(console) is glyphs.UNICODE):
        from stockml.dashboard import tui

        tui.run(make, console)
    else:
        from stockml.dashboard import live

        live.run(make, console, every_s)


def _is_textual(loop: str, is_unicode: bool) -> bool:
    """Whether Textual draws, which takes a Unicode terminal. Raises `UsageError` if it is asked for and not there."""
    import importlib.util

    from stockml.errors import UsageError

    is_there = importlib.util.find_spec("textual") is not None
    if loop == "textual" and not is_there:
        raise UsageError("textual is not installed", hint="pip install 'stockml[tui]', or leave out --with")
    return loop == "textual" or (loop == "auto" and is_there and is_unicode)
