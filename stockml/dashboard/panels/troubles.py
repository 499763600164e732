"""What is wrong, since when, and what to do about it, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State
from stockml.view import palette
from stockml.view.plain import moment

if TYPE_CHECKING:
    from rich.text import Text


def title(seen: Seen, state: State) -> str:
    return f"troubles {len(seen.fleet['troubles'])}" if seen.fleet else "troubles"


def note(seen: Seen, state: State) -> str:
    return "j k scroll, any other key closes this"


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    out: list[Text] = []
    for one in seen.fleet["troubles"] if seen.fleet else []:
        out += paper.folded(Text.assemble((f"{one['level']}  ", palette.LEVELS[one["level"]]), one["sentence"]))
        since = f"since {moment(one['since'])}  " if one["since"] else ""
        out += paper.folded(Text.assemble(f"      {since}do: ", (one["command"], "bold")))
    return paper.scrolled(out, state.scrolled("troubles")) or [Text("nothing is wrong")]
