"""Why the selected symbol stands where it stands, as `stockml why` says it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State

if TYPE_CHECKING:
    from rich.text import Text


def title(seen: Seen, state: State) -> str:
    return f"why {seen.detail.symbol}" if seen.detail else "why"


def note(seen: Seen, state: State) -> str:
    return "j k scroll, any other key closes this"


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.console import Console
    from rich.text import Text

    from stockml.view import why

    if seen.why is None or seen.detail is None or seen.why["symbol"] != seen.detail.symbol:
        return [Text("looking ...", "dim")]
    console = Console(
        file=io.StringIO(), width=paper.width, force_terminal=True, color_system="standard", highlight=False,
        markup=False, legacy_windows=False, _environ={},
    )  # fmt: skip
    with console.capture() as caught:
        why.screen(seen.why)(console)
    return paper.scrolled(list(Text.from_ansi(caught.get()).split("\n")), state.scrolled("why"))
