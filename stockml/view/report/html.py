"""A page as one HTML file that holds everything it needs: style and drawings inline, no scripts, nothing fetched."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from stockml.view.report import style, svg
from stockml.view.report.escaped import text
from stockml.view.report.page import Page, Part, Plot, Section, Table, Text

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
LONG = 32  # characters from which a cell may break into lines


def render(page: Page) -> str:
    """The file. Every text is escaped. Raises `StockmlError` if there are plots and matplotlib is not installed."""
    number = itertools.count(1)
    body = [line for place, one in enumerate(page.sections, start=1) for line in _section(one, place, number)]
    lead = "".join(f"<p>{text(one)}</p>" for one in page.lead)
    links = "".join(
        f'<li><a href="#s{place}">{text(one.title)}</a></li>'
        for place, one in enumerate(page.sections, start=1) if one.level == 2
    )  # fmt: skip
    return "\n".join([
        "<!DOCTYPE html>", '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(page.title)}</title>", f"<style>{style.sheet()}</style></head><body>",
        f"<header><h1>{text(page.title)}</h1>{lead}</header>",
        f'<nav aria-label="Contents"><ul>{links}</ul></nav>', "<main>", *body, "</main></body></html>", "",
    ])  # fmt: skip


def _section(section: Section, place: int, number: Iterator[int]) -> Iterator[str]:
    yield f'<h{section.level} id="s{place}">{text(section.title)}</h{section.level}>'
    for part in section.parts:
        yield _part(part, number)


def _part(part: Part, number: Iterator[int]) -> str:
    if isinstance(part, Table):
        return _table(part)
    if isinstance(part, Plot):
        return _plot(part, next(number))
    return _sentences(part)


def _sentences(part: Text) -> str:
    if part.listed:
        return f"<ul>{''.join(f'<li>{text(one)}</li>' for one in part.sentences)}</ul>"
    return "".join(f"<p>{text(one)}</p>" for one in part.sentences)


def _plot(plot: Plot, number: int) -> str:
    why = plot.chart.missing(plot.told)
    if why:
        return f'<p class="none"><strong>{text(plot.title)}</strong>: {text(why)}</p>'
    caption = f"<figcaption><strong>{text(plot.title)}</strong>{text(plot.chart.describe(plot.told))}</figcaption>"
    drawing = _scrolled(svg.drawn(plot, number), plot.title)
    numbers = _table(plot.chart.numbers(plot.told))
    if plot.is_open:
        return f"<figure>{caption}{drawing}</figure>{numbers}"
    return f"<figure>{caption}{drawing}<details><summary>Numbers</summary>{numbers}</details></figure>"


def _table(table: Table) -> str:
    """Row heads in the first column; nothing but its caption where there are no rows."""
    heads = "".join(
        f'<th scope="col"{_left(table, place)}>{text(name)}</th>' for place, name in enumerate(table.heads)
    )
    rows = "\n".join(f"<tr>{''.join(_cells(table, row))}</tr>" for row in table.rows)
    if not rows:
        return f'<p class="none"><strong>{text(table.caption)}</strong>: none</p>'
    body = f"<caption>{text(table.caption)}</caption><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    return _scrolled(f"<table>{body}</table>", table.caption)


def _cells(table: Table, row: Sequence[str]) -> Iterator[str]:
    for place, cell in enumerate(row):
        tag = 'th scope="row"' if place == 0 else "td"
        yield f"<{tag}{_left(table, place, cell)}>{text(cell)}</{tag[:2]}>"


def _left(table: Table, place: int, cell: str = "") -> str:
    """The class of a cell: text stands left, and long text may break."""
    if place >= table.left:
        return ""
    return ' class="t w"' if len(cell) > LONG else ' class="t"'


def _scrolled(content: str, name: str) -> str:
    """What may be wider than the screen scrolls by itself, by keyboard too."""
    return f'<div class="scroll" tabindex="0" role="group" aria-label="{text(name)}">{content}</div>'
