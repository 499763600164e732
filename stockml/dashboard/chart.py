"""Draws lines into a rectangle of characters: braille dots, or letters where there is no Unicode. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # bits of U+2800 by row and column of a character
BRAILLE = 0x2800
ACROSS, DOWN = 2, 4  # dots in a character


@dataclass
class Canvas:
    """`width` by `height` characters of dots, over values `left` to `right` and `low` to `high`.

    Each layer keeps its own dots; in a character that several share, the layer that was drawn last gives the colour
    (and without braille the letter).
    """

    width: int
    height: int
    left: float
    right: float
    low: float
    high: float
    layers: list[tuple[str, str, dict[tuple[int, int], int]]] = field(default_factory=list)

    def layer(self, style: str, letter: str) -> None:
        """Begin a layer with its colour, and its letter for terminals without braille."""
        self.layers.append((style, letter, {}))

    def dot(self, x: float, y: float) -> None:
        """Set one dot of the newest layer; outside the rectangle nothing is drawn."""
        self._set(round(self._column(x)), round(self._row(y)))

    def line(self, xs: Sequence[float], ys: Sequence[float], *, every: int = 1) -> None:
        """Join points by straight lines; with `every`, of so many columns of dots only one is drawn."""
        points = [(self._column(x), self._row(y)) for x, y in zip(xs, ys, strict=True)]
        if len(points) == 1:
            self._set(round(points[0][0]), round(points[0][1]))
        for (x0, y0), (x1, y1) in pairwise(points):
            steps = max(1, round(abs(x1 - x0)), round(abs(y1 - y0)) if every == 1 else 0)
            for step in range(steps + 1):
                column = round(x0 + (x1 - x0) * step / steps)
                if column % every == 0:
                    self._set(column, round(y0 + (y1 - y0) * step / steps))

    def lines(self, *, braille: bool) -> list[list[tuple[str, str]]]:
        """Each line from the top as (character, style) pairs."""
        found = []
        for row in range(self.height):
            cells = []
            for column in range(self.width):
                bits, style, letter = 0, "", " "
                for one_style, one_letter, cells_ in self.layers:
                    mine = cells_.get((column, row), 0)
                    if mine:
                        bits, style, letter = bits | mine, one_style, one_letter
                cells.append((chr(BRAILLE + bits) if braille and bits else letter if bits else " ", style))
            found.append(cells)
        return found

    def column_of(self, x: float) -> int:
        """The column of characters in which a value lies; it may lie outside."""
        return round(self._column(x)) // ACROSS

    def row_of(self, y: float) -> int:
        """The line of characters in which a value lies, from the top; it may lie outside."""
        return round(self._row(y)) // DOWN

    def _column(self, x: float) -> float:
        span = self.right - self.left
        return (x - self.left) / span * (self.width * ACROSS - 1) if span > 0 else 0.0

    def _row(self, y: float) -> float:
        span = self.high - self.low
        share = (y - self.low) / span if span > 0 else 0.5
        return (1.0 - share) * (self.height * DOWN - 1)

    def _set(self, column: int, row: int) -> None:
        if 0 <= column < self.width * ACROSS and 0 <= row < self.height * DOWN:
            cells = self.layers[-1][2]
            key = (column // ACROSS, row // DOWN)
            cells[key] = cells.get(key, 0) | DOTS[row % DOWN][column % ACROSS]
