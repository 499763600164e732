"""One frame without a terminal: everything is looked at once, then drawn at a given size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml.dashboard import frame
from stockml.dashboard.frame import Line, Pen
from stockml.dashboard.reading import Reading
from stockml.dashboard.seen import Wanted
from stockml.dashboard.state import State
from stockml.errors import WorkspaceError
from stockml.view import glyphs
from stockml.workspace import Workspace

if TYPE_CHECKING:
    from rich.console import Console


def take(
    place: Workspace, as_of: str | None, symbol: str | None, size: tuple[int, int], console: Console
) -> list[Line]:
    """The first frame of a screen of so many columns and lines. Raises `WorkspaceError` if nothing can be seen."""
    reading = Reading(place, as_of)
    try:
        seen = reading.look(Wanted(symbol))
    finally:
        reading.close()
    if seen.fleet is None:
        raise WorkspaceError(seen.trouble, hint="'stockml doctor' looks for the cause")
    return frame.draw(seen, State(selected=symbol), *size, Pen(console, glyphs.of(console)))
