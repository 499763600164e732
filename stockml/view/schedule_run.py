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


def trial(result: dict[str, Any]) -> Callable[[Console], None]:
    """The line that was run, its environment, its last lines, and how it ended."""

    def show(console: Console) -> None:
        console.print(result["command"], soft_wrap=True)
        told = " ".join(f"{name}={value}" for name, value in result["variables"].items())
        console.print(f"with {told}", style="dim", soft_wrap=True)
        for line in result["output"]:
            console.print(f"  {line}", soft_wrap=True)
        ended = f"signal {result['signal']}" if result["exit_code"] is None else f"exit {result['exit_code']}"
        console.print(f"{result['job']}: {ended} after {result['duration_s']:.1f} s")

    return show
