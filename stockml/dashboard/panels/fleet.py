"""The fleet: a row a symbol as `status` shows it, the selected one marked."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from stockml.dashboard import rows as listing
from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State
from stockml.view import status_table
from stockml.view.status import STATES

if TYPE_CHECKING:
    from rich.text import Text

MARKED, UNMARKED = "> ", "  "


def title(seen: Seen, state: State) -> str:
    count, shown = len(seen.rows), len(listing.listed(seen.rows, state))
    told = [f"fleet {shown} of {count}" if shown < count else f"fleet {count}"]
    told += [f"by {state.sort}"] if state.sort else []
    told += [f"only {state.only}"] if state.only else []
    if state.is_typing or state.filter:
        told.append(f"/{state.filter}{'_' if state.is_typing else ''}")
    return ", ".join(told)


def note(seen: Seen, state: State) -> str:
    states = Counter(row["state"] for row in seen.rows)
    return ", ".join(f"{states[one]} {one}" for one in STATES if states[one])


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    if seen.fleet is None:
        return [Text("looking ...", "dim")]
    shown = listing.listed(seen.rows, state)
    if not shown:
        return [Text("no symbol passes the filters; esc drops them" if seen.rows else "no symbols are configured")]
    selected = listing.place_of(shown, state.selected)
    has_head = paper.height > 2
    first, end = listing.window(len(shown), selected, paper.height - has_head)
    head, *made = status_table.lines(shown[first:end], paper.width - len(MARKED), paper.glyphs)
    out = [Text.assemble(UNMARKED, head)] if has_head else []
    for place, line in enumerate(made, start=first):
        marked = Text.assemble(MARKED if place == selected else UNMARKED, line)
        if place == selected:
            marked.pad_right(max(0, paper.width - marked.cell_len))
            marked.stylize("reverse" if state.focus == "fleet" else "bold")
        out.append(marked)
    return out
