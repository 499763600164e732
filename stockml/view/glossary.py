"""The glossary as people read it: one word in full, all words by what they are about, or a screen's legend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

PARTS = (("also called", "also"), ("formula", "formula"), ("source", "source"), ("shown by", "shown"),
         ("see also", "related"))  # fmt: skip


def word(term: dict[str, Any]) -> Callable[[Console], None]:
    """The meaning first, then formula, source, where it is shown and what is near it."""

    def show(console: Console) -> None:
        from rich.text import Text

        console.print(Text(term["name"], style="bold"))
        console.print(Text(term["meaning"]))
        made = _grid()
        for label, key in PARTS:
            if term[key]:
                told = ", ".join(term[key]) if isinstance(term[key], list) else term[key]
                made.add_row(Text(label, style="dim"), Text(told))
        console.print()
        console.print(made)

    return show


def listing(groups: dict[str, list[str]]) -> Callable[[Console], None]:
    """The words by group, in running lines."""

    def show(console: Console) -> None:
        from rich.text import Text

        made = _grid()
        for name, words in groups.items():
            made.add_row(Text(name, style="bold"), Text(", ".join(words)))
        console.print(made)
        console.print("stockml explain TERM tells what one means; heads of columns are understood too.", style="dim")

    return show


def legend(terms: Sequence[dict[str, Any]]) -> Callable[[Console], None]:
    """A screen's words, a meaning each."""

    def show(console: Console) -> None:
        from rich.text import Text

        made = _grid()
        for one in terms:
            made.add_row(Text(one["name"], style="bold"), Text(one["meaning"]))
        console.print(made)
        console.print("stockml explain TERM tells more: formula, source, what is near it.", style="dim")

    return show


def _grid() -> Any:
    from rich.table import Table

    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    return made
