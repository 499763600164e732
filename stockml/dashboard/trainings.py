"""The trainings of a workspace, whoever runs them: their event logs read on, their ends asked of ledger and kernel."""

from __future__ import annotations

import json
import os
import re
import sqlite3
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from stockml import pace, processes
from stockml.clock import parse_stamp, recorded_at
from stockml.dashboard.seen import Training
from stockml.ledger import facts
from stockml.logbook import STAGES
from stockml.pipeline import timings
from stockml.pipeline.logs import Tail
from stockml.workspace import Workspace

KEPT = 6  # newest runs that are followed
LINES = 200  # newest events of a run that are kept as lines
SILENT_S = 86400.0  # a run that told no process and nothing for so long is over
_NAME = re.compile(r"run-(\d{8}T\d{6}Z-[0-9a-f]{6})\.jsonl")


@dataclass
class _Followed:
    """A run whose event log is being read on."""

    tail: Tail
    first: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=LINES))
    usual_s: Mapping[str, float] | None = None
    ended: Training | None = None


class Trainings:
    """The newest runs; `look` reads on what was added to their logs since the last call."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.folder = workspace.logs / "training"
        self.listed: tuple[int, int] | None = None
        self.runs: dict[str, _Followed] = {}

    def look(self, ledger: sqlite3.Connection) -> tuple[Training, ...]:
        """The runs that train, the newest first; those that still do before all others."""
        self._list()
        found = [one for run, followed in self.runs.items() if (one := self._of(ledger, run, followed)) is not None]
        found.sort(key=lambda one: one.id, reverse=True)
        return tuple(sorted(found, key=lambda one: not one.is_running))

    def _list(self) -> None:
        """Find new logs; the folder is read only when something was made or removed in it."""
        try:
            status = os.stat(self.folder)
            if (status.st_ino, status.st_mtime_ns) == self.listed:
                return
            names = sorted(name for name in os.listdir(self.folder) if _NAME.fullmatch(name))[-KEPT:]
        except OSError:
            self.listed, self.runs = None, {}
            return
        self.listed = (status.st_ino, status.st_mtime_ns)
        wanted = [match[1] for name in names if (match := _NAME.fullmatch(name))]
        self.runs = {run: self.runs.get(run) or _Followed(Tail(self.folder / f"run-{run}.jsonl")) for run in wanted}

    def _of(self, ledger: sqlite3.Connection, run: str, followed: _Followed) -> Training | None:
        for text in followed.tail.added():
            _take(followed, text)
            followed.ended = None
        if followed.ended is not None or not followed.last:
            return followed.ended
        made = _told(run, followed, facts.recorded_run(ledger, run), recorded_at())
        if not made.is_running:
            followed.ended = made if made.state == "ended" else None  # one that seems killed may just be ending
            return made
        if followed.usual_s is None:
            followed.usual_s = _usual_s(self.workspace, followed.first)
        began = parse_stamp(followed.first["recorded_at"])
        elapsed_s = (recorded_at() - began).total_seconds()
        left_s = pace.by_stages(followed.usual_s, made.stage, made.stages.get(made.stage, 0.0), elapsed_s)
        return replace(made, left_s=left_s)


def _take(followed: _Followed, text: str) -> None:
    """Add a line of an event log to what is known of its run; what is no event is passed over."""
    try:
        event = json.loads(text)
        stage, at = event["stage"], event["recorded_at"]
        parse_stamp(at)
        float(event["percent"])
        if stage not in STAGES:
            return
    except (ValueError, TypeError, KeyError):
        return
    followed.first = followed.first or event
    followed.last = event
    about = " ".join(str(event[key]) for key in ("symbol", "message") if event.get(key))
    followed.lines.append(f"{at[11:19]} {event['percent']:5.1f} % {stage:<8} {about}".rstrip())


def _told(run: str, followed: _Followed, recorded: dict[str, Any] | None, now: datetime) -> Training:
    first, last = followed.first, followed.last
    pid = first["pid"] if isinstance(first.get("pid"), int) else None
    ended = bool(recorded and recorded["ended_at"])
    about = " ".join(str(last[key]) for key in ("symbol", "message") if last.get(key))
    summary = (recorded or {}).get("summary") or {}
    return Training(
        id=run, command=recorded["command"] if recorded else "train",
        state="ended" if ended else "running" if _is_alive(pid, first, last, now) else "killed",
        pid=pid, symbols=int(first.get("symbols") or 0), stage=last["stage"], percent=float(last["percent"]),
        stages=_shares(last), about=about, began_at=first["recorded_at"],
        exit_code=recorded["exit_code"] if recorded else None,
        told=summary.get("error") or ", ".join(f"{key} {value}" for key, value in summary.items()),
        lines=tuple(followed.lines),
    )  # fmt: skip


def _shares(last: dict[str, Any]) -> dict[str, float]:
    """How much of each stage is done, by the percentage of the whole."""
    percent = float(last["percent"])
    return {name: min(1.0, max(0.0, (percent - low) / (high - low))) for name, (low, high) in STAGES.items()}


def _is_alive(pid: int | None, first: dict[str, Any], last: dict[str, Any], now: datetime) -> bool:
    """Whether the process that began a run still lives; where the log names none, whether it spoke within a day."""
    if pid is None:
        return (now - parse_stamp(last["recorded_at"])).total_seconds() < SILENT_S
    return processes.lived_at(pid, parse_stamp(first["recorded_at"]).timestamp())


def _usual_s(workspace: Workspace, first: dict[str, Any]) -> Mapping[str, float]:
    """Seconds that the stages of such a run usually take; empty where its log does not tell its size."""
    if any(first.get(name) is None for name in (*timings.SIZES, *timings.SWITCHES)):
        return {}
    return timings.usual_s(workspace, first)
