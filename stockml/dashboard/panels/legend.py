"""What the words and signs of the screen mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml import glossary
from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State

if TYPE_CHECKING:
    from rich.text import Text


def title(seen: Seen, state: State) -> str:
    return "legend"


def note(seen: Seen, state: State) -> str:
    return "j k scroll, any other key closes this"


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    signs = (
        ("price", "closes, adjusted for splits since; after them the newest forecasts: the inner pair of lines is the "
         "80 % interval, the outer one the 90 % interval, between the horizons joined by straight lines"),
        ("past", "dots above and below the closes are the ends of the 90 % intervals as they were forecast"),
        ("inside", f"of each past forecast: {_signs(paper)}; under it + where the direction was right, - where wrong"),
    )  # fmt: skip
    words = [*signs, *((one.name, one.meaning) for one in glossary.legend("status"))]
    out: list[Text] = []
    for word, meaning in words:
        out += paper.folded(Text.assemble((f"{word}: ", "bold"), meaning))
    return paper.scrolled(out, state.scrolled("legend"))


def _signs(paper: Paper) -> str:
    from stockml.dashboard.panels.symbol import signs

    held = signs(paper)
    return f"{held[80]} inside the 80 % interval, {held[90]} inside the 90 % one only, {held[0]} outside, ? open"
