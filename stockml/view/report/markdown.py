"""A page as Markdown: tables for tables, and for each plot what it shows in words and its numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from stockml.view.report.escaped import UNSEEN
from stockml.view.report.page import Page, Part, Plot, Table, Text

_SPECIAL = re.compile(r"([\\`*_{}\[\]|#~$])")


def render(page: Page) -> str:
    """The text. What Markdown or HTML would read as its own is escaped."""
    lines = [f"# {_text(page.title)}", "", *_paragraphs(page.lead)]
    for section in page.sections:
        lines += [f"{'#' * section.level} {_text(section.title)}", ""]
        for part in section.parts:
            lines += [*_part(part), ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _text(text: str) -> str:
    shown = re.sub(r"\s+", " ", UNSEEN.sub("\ufffd", text))
    for mark, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        shown = shown.replace(mark, name)
    return _SPECIAL.sub(r"\\\1", shown)


def _paragraphs(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        yield from (_text(text), "")


def _part(part: Part) -> list[str]:
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Plot):
        return _plot(part)
    return _sentences(part)


def _sentences(part: Text) -> list[str]:
    return [f"- {_text(one)}" for one in part.sentences] if part.listed else list(_paragraphs(part.sentences))


def _plot(plot: Plot) -> list[str]:
    why = plot.chart.missing(plot.told)
    if why:
        return [f"**{_text(plot.title)}**: {_text(why)}"]
    told = [f"**{_text(plot.title)}**: {_text(plot.chart.describe(plot.told))}", ""]
    return [*told, *_table(plot.chart.numbers(plot.told))]


def _table(table: Table) -> list[str]:
    if not table.rows:
        return [f"{_text(table.caption)}: none"]
    rules = ["---" if place < table.left else "---:" for place in range(len(table.heads))]
    rows = [f"| {' | '.join(cells)} |" for cells in ([_text(cell) for cell in row] for row in table.rows)]
    heads = f"| {' | '.join(_text(name) or ' ' for name in table.heads)} |"
    return [_text(table.caption), "", heads, f"| {' | '.join(rules)} |", *rows]
