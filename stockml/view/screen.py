"""The terminal: a rich console that honours NO_COLOR, COLUMNS and pipes."""

from __future__ import annotations

import os

from rich.console import Console


def console(stderr: bool = False) -> Console:
    """A console for results, or for remarks. Off a terminal it is 100 columns wide unless COLUMNS says
    otherwise. Text is never read as markup: messages may hold brackets.
    """
    made = Console(stderr=stderr, highlight=False, markup=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made = Console(stderr=stderr, highlight=False, markup=False, width=100)
    return made
