"""One frame of the screen: head, panels in their frames, an open page over them, the line of keys; as segments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stockml.dashboard import layout, panels
from stockml.dashboard.layout import Place
from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State
from stockml.view import palette
from stockml.view.glyphs import UNICODE, Glyphs

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment
    from rich.text import Text

Line = list["Segment"]
KEYS = (
    "q quit  ? help  / filter  s sort  f state  tab panel  enter open  w why  t train  x stop  p pause",
    "q quit ? help / filter s sort f state tab enter w why t train x stop p pause",
    "q quit ? help",
)
CORNERS, EDGES = ("┌", "┐", "└", "┘"), ("─", "│")
PLAIN_CORNERS, PLAIN_EDGES = ("+", "+", "+", "+"), ("-", "|")


@dataclass(frozen=True)
class Pen:
    """What turns texts into segments of an exact width: the terminal's console and signs."""

    console: Console
    glyphs: Glyphs

    def line(self, text: Text, width: int) -> Line:
        """A text as one line: cut or filled to the width, and in letters only where the terminal has no others."""
        from rich.segment import Segment

        plain = text.plain
        if "\t" in plain or not plain.isprintable():
            text.plain = "".join(one if one.isprintable() else " " for one in plain)
        if self.glyphs is not UNICODE and not text.plain.isascii():
            text.plain = text.plain.encode("ascii", "replace").decode()
        self.cut(text, width)
        text.stylize_before(text.style)  # which rich leaves out of a text without parts
        made = [one for one in text.render(self.console) if one.text]
        return Segment.adjust_line_length(made, width)

    def cut(self, text: Text, width: int) -> None:
        """Cut a text to a width, with a sign that there was more."""
        if text.cell_len > width > 0:
            text.truncate(width - 1, overflow="crop", pad=True)
            text.append(self.glyphs.more)


def draw(seen: Seen, state: State, width: int, height: int, pen: Pen) -> list[Line]:
    """Exactly `height` lines of exactly `width` columns."""
    rows: list[list[Line]] = [[] for _ in range(height)]
    rows[0].append(pen.line(_head(seen, state, width, pen), width))
    if state.page:
        placed = [Place(state.page, 0, 1, width, max(1, height - 1 - (height >= 6)), width < 40 or height < 8)]
    else:
        jobs = sum(one["enabled"] and one["installed"] for one in seen.fleet["jobs"]) if seen.fleet else 0
        placed = layout.arrange(width, height, state.focus, is_zoomed=state.is_zoomed, jobs=jobs)
    for place in sorted(placed, key=lambda one: one.left):
        for offset, line in enumerate(_panel(place, seen, state, pen)):
            if place.top + offset < height:
                rows[place.top + offset].append(line)
    if height >= 6 or (height > 1 and (state.asking or state.message)):
        rows[-1] = [pen.line(_foot(state, width), width)]
    return [[segment for part in parts for segment in part] for parts in rows]


def _panel(place: Place, seen: Seen, state: State, pen: Pen) -> list[Line]:
    """A panel with its frame, or without one where there is no room for it."""
    from rich.text import Text

    panel = panels.load(place.name)
    bare = 0 if place.is_bare else 2
    paper = Paper(max(1, place.width - bare), max(1, place.height - bare), pen.glyphs)
    inner = panel.lines(seen, state, paper)[: paper.height]
    inner += [Text()] * (paper.height - len(inner))
    made = [pen.line(one, paper.width) for one in inner]
    if place.is_bare:
        return made[: place.height]
    is_focused = place.name in (state.focus, state.page)
    return _framed(made, panel.title(seen, state), panel.note(seen, state), place.width, is_focused, pen)


def _framed(lines: list[Line], title: str, note: str, width: int, is_focused: bool, pen: Pen) -> list[Line]:
    from rich.segment import Segment
    from rich.style import Style
    from rich.text import Text

    corners, edges = (CORNERS, EDGES) if pen.glyphs is UNICODE else (PLAIN_CORNERS, PLAIN_EDGES)
    name = "bold cyan" if is_focused else "dim"
    style = Style.parse(name)

    def edge(first: str, last: str, words: str, place: Callable[[Text], int]) -> Line:
        text = Text(first + edges[0] * (width - 2) + last, name)
        told = Text(f" {words} ", "bold" if is_focused else "")
        pen.cut(told, width - 4)
        at = place(told)
        return pen.line(Text.assemble(text[:at], told, text[at + told.cell_len :]) if words else text, width)

    side = Segment(edges[1], style)
    return [
        edge(corners[0], corners[1], title, lambda told: 2),
        *([side, *line, side] for line in lines),
        edge(corners[2], corners[3], note, lambda told: max(2, width - 2 - told.cell_len)),
    ]


def _head(seen: Seen, state: State, width: int, pen: Pen) -> Text:
    """Whether all is well, or why nobody can say; on the right the time of the last look, or of what is shown."""
    from rich.text import Text

    from stockml.view import status, status_troubles

    right = " paused " if state.is_paused else f" {seen.wall[11:19]} UTC " if seen.wall else ""
    if seen.trouble:
        right = f" read at {seen.read_at[11:19]} UTC " if seen.read_at else right
        left = Text(f" {seen.trouble}", palette.LEVELS["bad"])
    elif seen.fleet is None:
        left = Text(f" looking at {seen.home} ...", "dim")
    else:
        told = status.fleet_line(seen.fleet, seen.as_of)
        left = Text(f" {told}", "bold")
        if not status_troubles.is_well(seen.fleet):
            first, *others = (one["sentence"] for one in seen.fleet["troubles"] if one["level"] != "note")
            more = f" (and {len(others)} more)" if others else ""
            left = Text.assemble((" Something is wrong", palette.LEVELS["bad"]), f"{more}, ! tells: {first}")
    if width < len(right) + 24:
        return left
    pen.cut(left, width - len(right))
    left.pad_right(max(0, width - len(right) - left.cell_len))
    left.append(right, "reverse" if state.is_paused else "dim")
    return left


def _foot(state: State, width: int) -> Text:
    from rich.text import Text

    if state.asking is not None:
        return Text(f" {state.asking.question} y yes, any other key no", "reverse")
    if state.is_typing:
        return Text(f" /{state.filter}_   enter keeps the filter, esc drops it", "bold")
    if state.message:
        return Text(f" {state.message}", "bold")
    return Text(f" {next((one for one in KEYS if len(one) < width), KEYS[-1])}", "dim")
