"""How long the stages of a training usually take, from the event logs of earlier runs of the same size."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any

from stockml.clock import parse_stamp
from stockml.logbook import STAGES
from stockml.workspace import Workspace

LOOKED_AT, TAKEN = 20, 5  # newest logs that are read, and comparable runs of them that count
ALIKE = 1.25  # sizes that differ by less are comparable
SIZES = ("symbols", "fleet")
SWITCHES = ("quick", "tune")


def usual_s(workspace: Workspace, size: dict[str, Any]) -> dict[str, float]:
    """Median seconds of each stage over comparable finished runs, in the order of stages; empty without one.

    `size` is what a run tells of itself with its first event: symbols, fleet, quick, tune.
    """
    found: list[dict[str, float]] = []
    for path in sorted((workspace.logs / "training").glob("run-*.jsonl"), reverse=True)[:LOOKED_AT]:
        seconds = _stages(path.read_text(encoding="utf-8", errors="replace").splitlines(), size)
        found += [seconds] if seconds else []
        if len(found) == TAKEN:
            break
    return {name: statistics.median(one[name] for one in found) for name in STAGES} if found else {}


def _stages(lines: Iterable[str], size: dict[str, Any]) -> dict[str, float] | None:
    """Seconds of each stage of one run; None if it did not end, is not comparable, or cannot be read."""
    begins: dict[str, Any] = {}
    last: dict[str, Any] = {}
    try:
        for line in lines:
            last = json.loads(line)
            begins.setdefault(last["stage"], last)
        if not begins or not _is_alike(next(iter(begins.values())), size) or last["percent"] < 100.0:
            return None
        times = [parse_stamp(begins[name]["recorded_at"]) for name in STAGES] + [parse_stamp(last["recorded_at"])]
    except (ValueError, KeyError, TypeError):
        return None
    spans = [max(after - before, timedelta(0)).total_seconds() for before, after in pairwise(times)]
    return dict(zip(STAGES, spans, strict=True))


def _is_alike(told: dict[str, Any], size: dict[str, Any]) -> bool:
    if any(told[name] != size[name] for name in SWITCHES):
        return False
    return all(1.0 / ALIKE <= told[name] / size[name] <= ALIKE for name in SIZES)
