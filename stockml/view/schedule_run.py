"""What came of jobs that were run, a line each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

WORDS = {"ok": "done", "fail": "failed", "skip": "left out", None: "nothing to do"}


def screen(ran: Sequence[Any]) -> Callable[[Console], None]:
    """A line for each job, and where its output is."""

    def show(console: Console) -> None:
        for one in ran:
            console.print(f"{one.job}: {WORDS[one.event]}: {one.reason}", soft_wrap=True)
            if one.log:
                console.print(f"output: {one.log}", style="dim", soft_wrap=True)
        if not ran:
            console.print("no job was missed")

    return show
