"""The machine: use of processor, memory and the workspace's disk as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml.dashboard.paper import Paper
from stockml.dashboard.seen import Seen
from stockml.dashboard.state import State
from stockml.view import palette
from stockml.view.plain import percent

if TYPE_CHECKING:
    from rich.text import Text

SHORT = {"memory": "mem"}
NAMED, TOLD = 8, 22  # columns of a gauge's name, and of its figures


def title(seen: Seen, state: State) -> str:
    return "host"


def note(seen: Seen, state: State) -> str:
    return ""


def summary(seen: Seen) -> str:
    """All gauges in a line."""
    told = " ".join(f"{SHORT.get(name, name)} {percent(share, 0)}" for name, share in seen.host.items())
    return f"{told} %" if told else ""


def lines(seen: Seen, state: State, paper: Paper) -> list[Text]:
    from rich.text import Text

    out = []
    for name, share in seen.host.items():
        limit = seen.limits.get(name)
        is_over = limit is not None and share > limit
        style = palette.LEVELS["bad"] if is_over else "green"
        line = Text(f"{name:<{NAMED}}")
        line.append(paper.bar(share, max(4, paper.width - NAMED - TOLD)), style)
        line.append(f" {percent(share, 0):>3} %")
        line.append(f" limit {percent(limit, 0)} %" if limit else "", palette.LEVELS["bad"] if is_over else "dim")
        out.append(line)
    return out or [Text("looking ...", "dim")]
