"""The terminal: a rich console that honours NO_COLOR, COLUMNS, pipes and encodings."""

from __future__ import annotations

import io
import os
import sys

from rich.console import Console


def console(stderr: bool = False) -> Console:
    """A console for results, or for remarks. Off a terminal it is 100 columns wide unless COLUMNS says
    otherwise. Text is never read as markup: messages may hold brackets. What the encoding lacks becomes `?`.
    """
    stream = sys.stderr if stderr else sys.stdout
    if isinstance(stream, io.TextIOWrapper) and stream.errors != "replace":
        stream.reconfigure(errors="replace")
    made = Console(stderr=stderr, highlight=False, markup=False)
    if not made.is_terminal and "COLUMNS" not in os.environ:
        made = Console(stderr=stderr, highlight=False, markup=False, width=100)
    return made
