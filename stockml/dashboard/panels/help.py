"""The keys and what they do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml.dashboard.keyboard import HELP
from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State

if TYPE_CHECKING:
    from rich.text import Text

WIDTH = 16  # columns of the keys


def title(seen: Seen, state: State) -> str:
    return "keys"


def note(seen: Seen, state: State) -> str:
    return "any other key closes this"


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    out: list[Text] = []
    for keys, meaning in HELP:
        beside = Paper(max(10, paper.width - WIDTH), paper.height, paper.glyphs)
        for place, line in enumerate(beside.folded(Text(meaning))):
            out.append(Text.assemble((f"{'' if place else keys:<{WIDTH}}", "bold"), line))
    return paper.scrolled(out, state.scrolled("help"))
