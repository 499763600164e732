"""The end of the logs of all areas; it follows what is added unless it was scrolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State
from stockml.pipeline.logs import Line
from stockml.view.plain import NONE

if TYPE_CHECKING:
    from rich.text import Text


def title(seen: Seen, state: State) -> str:
    back = min(state.scrolled("log"), len(seen.log))
    return f"log, {back} lines back" if back else "log"


def note(seen: Seen, state: State) -> str:
    return ""


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    if not seen.log:
        return [Text("nothing is logged yet", "dim")]
    end = max(min(paper.height, len(seen.log)), len(seen.log) - state.scrolled("log"))
    return [_line(one) for one in seen.log[max(0, end - paper.height) : end]]


def _line(one: Line) -> Text:
    from rich.text import Text

    return Text.assemble((f"{one.at[5:19].replace('T', ' ') or NONE:<14} {one.area:<11} ", "dim"), one.text)
