"""What stands on a page: sections of text, tables and plots, as plain text that no form has dressed yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Told = Mapping[str, Any]
WIDE = 9.0  # inches, the width of every drawing


@dataclass(frozen=True)
class Table:
    """Rows of cells under their heads; the first `left` columns are text, the others figures."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1


class Chart(Protocol):
    """A file of `charts/`. What it is told is plain data; it computes no figure."""

    def missing(self, told: Told) -> str:
        """Why nothing can be drawn, as "cannot tell yet, n = 12"; empty if something can."""

    def describe(self, told: Told) -> str:
        """What the drawing shows, with its numbers, for those who do not see it."""

    def numbers(self, told: Told) -> Table:
        """The numbers that are drawn."""

    def size(self, told: Told) -> tuple[float, float]:
        """Width and height in inches."""

    def draw(self, figure: Any, told: Told) -> None:
        """Draw on a matplotlib figure, in the colours of `palette`."""


@dataclass(frozen=True)
class Plot:
    """A chart and what it is told. With `is_open` its numbers are shown beside it, else on demand."""

    title: str
    chart: Chart
    told: Told
    is_open: bool = False


@dataclass(frozen=True)
class Text:
    """Sentences, a paragraph or a list item each."""

    sentences: Sequence[str]
    listed: bool = False


Part = Table | Plot | Text


@dataclass(frozen=True)
class Section:
    """Parts under a title; `level` 2, or 3 for a part of the section before."""

    title: str
    parts: Sequence[Part]
    level: int = 2


@dataclass(frozen=True)
class Page:
    """A whole report. `lead` is what it is of: workspace, clock, span."""

    title: str
    lead: Sequence[str]
    sections: Sequence[Section]
