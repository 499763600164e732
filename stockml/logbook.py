"""What happened, for reading: a text log per day, and the JSON-lines event log of a run for viewers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from stockml import files
from stockml.clock import Clock, recorded_at, stamp
from stockml.workspace import Workspace

STAGES = {"collect": (0, 30), "features": (30, 50), "train": (50, 80), "validate": (80, 90), "deploy": (90, 100)}


def log(workspace: Workspace, area: str, message: str) -> None:
    """Add a line to logs/AREA/stockml-YYYYMMDD.log. Nothing parses it."""
    wall = recorded_at()
    files.make_folder(workspace.logs / area)
    line = f"{stamp(wall)} {' '.join(message.split())}"
    files.append_line(workspace.logs / area / f"stockml-{wall:%Y%m%d}.log", line)


@dataclass
class Events:
    """The event log of one run: logs/training/run-ID.jsonl, one JSON object a line, any viewer can follow it.

    `watchers` are called with each event too; they draw, they never decide.
    """

    workspace: Workspace
    run: str
    clock: Clock
    watchers: list[Any] = field(default_factory=list)

    def stage(self, name: str, done: float, message: str = "", symbol: str | None = None, **more: Any) -> None:
        """Report that a stage stands at a fraction of itself; `percent` is of the whole run."""
        low, high = STAGES[name]
        event = {
            "at": stamp(self.clock.now()), "recorded_at": stamp(recorded_at()), "run": self.run, "stage": name,
            "percent": round(low + (high - low) * done, 1), "symbol": symbol, "message": message, **more,
        }  # fmt: skip
        folder = self.workspace.logs / "training"
        files.make_folder(folder)
        files.append_line(folder / f"run-{self.run}.jsonl", json.dumps(event))
        for watcher in self.watchers:
            watcher(event)
