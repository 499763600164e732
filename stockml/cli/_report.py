"""Writes a report in the form its file's name asks for, and refuses at once what could not be written at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stockml.errors import UsageError

if TYPE_CHECKING:
    from stockml.view.report.page import Page

FORMS = ("html", "json", "md")


def form_of(path: str | None) -> str:
    """The form of a report by its file's name; "" without one.

    Raises `UsageError` for another ending or a folder that is not there, `StockmlError` if HTML cannot be drawn.
    """
    if path is None:
        return ""
    form = path.rpartition(".")[2]
    if form not in FORMS:
        raise UsageError(
            f"--report {path!r} ends in none of {', '.join('.' + one for one in FORMS)}", hint="for example report.html"
        )
    check(_place(path), form)
    return form


def check(place: Path, form: str) -> None:
    """Raise before the work is done if a report could not be written after it."""
    if place.is_dir() or not place.parent.is_dir():
        why = "it is a folder" if place.is_dir() else f"there is no folder {place.parent}"
        raise UsageError(f"the report cannot be written to {place}: {why}", hint="name a file in a folder that exists")
    if form == "html":
        from stockml.view.report import svg

        svg.require()


def rendered(form: str, result: Mapping[str, Any], page: Callable[[], Page]) -> bytes:
    """The content of a report in a form; `page` is not made for JSON."""
    from stockml import files

    if form == "json":
        return files.pretty_json(result)
    from stockml.view.report import html, markdown

    return (html.render(page()) if form == "html" else markdown.render(page())).encode()


def write(path: str, form: str, result: Mapping[str, Any], page: Callable[[], Page]) -> Path:
    """Replace the file in one step; where it is."""
    from stockml import files

    place = _place(path)
    files.replace(place, rendered(form, result, page))
    return place


def _place(path: str) -> Path:
    return Path(path).expanduser().absolute()
