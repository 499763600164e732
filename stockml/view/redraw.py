"""Draws a screen again and again in place, without flicker, and leaves the terminal as it was."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

Show = Callable[["Console"], None]


def keep(console: Console, look: Callable[[], Show], pause: Callable[[], bool], rounds: int | None = None) -> None:
    """Show what `look` gives until `pause` says to stop or so many rounds are done; ends when the terminal is gone.

    On a terminal each round replaces the one before on a screen of its own, cut at its last line; elsewhere the
    rounds follow one another with an empty line between. `pause` is asked after each round.
    """
    done = 0
    try:
        with _own_screen(console) as draw:
            while True:
                draw(look())
                done += 1
                if done == rounds or not pause():
                    return
    except OSError:  # nobody looks any more: the terminal was closed
        return


@contextlib.contextmanager
def _own_screen(console: Console) -> Iterator[Callable[[Show], None]]:
    """How a round is drawn: on the alternate screen of a terminal, left at the end; elsewhere below the last."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda show: _append(console, show)
        return
    console.set_alt_screen(True)
    console.show_cursor(False)
    try:
        yield lambda show: _replace(console, show)
    finally:
        console.show_cursor(True)
        console.set_alt_screen(False)


def _append(console: Console, show: Show) -> None:
    show(console)
    console.print()
    console.file.flush()


def _replace(console: Console, show: Show) -> None:
    """Write a whole round at once: home, every line cleared behind its end, what is below cleared."""
    with console.capture() as caught:
        show(console)
    lines = _fitting(caught.get().splitlines(), console.width, console.height - 1)
    console.file.write("\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J")
    console.file.flush()


def _fitting(lines: list[str], width: int, height: int) -> list[str]:
    """The first lines that fit; one that is wider than the terminal takes several of its lines."""
    from rich.text import Text

    kept: list[str] = []
    for line in lines:
        height -= max(1, -(-Text.from_ansi(line).cell_len // width))
        if height < 0:
            break
        kept.append(line)
    return kept
