"""Whether the workspace keeps to its disk budget, as the newest clean-up found it, and the disk has its reserve."""

from __future__ import annotations

import json
from typing import Any

from stockml import space
from stockml.clock import stamp
from stockml.monitor.finding import Finding
from stockml.monitor.watch import Watch
from stockml.space import told

NAME, ORDER = "budget", 82


def check(watch: Watch) -> list[Finding]:
    """A clean-up weighs every file; a round of watching only reads what the last one found."""
    env = watch.env
    reserve, free = int(env.config.cleanup.reserve_mb * 1e6), space.free_bytes(env.workspace.data)
    found = []
    if free < reserve:
        words = f"{told(free)} are free on the workspace's disk, {told(reserve)} shall stay free"
        found.append(Finding(NAME, "reserve", None, "bad", words, {"free": free, "reserve": reserve}))
    last = _last(watch)
    if last is None:
        words = f"{told(free)} are free; no clean-up has run yet"
        return found or [Finding(NAME, "room", None, "ok", words, {"free": free})]
    at, summary = last
    figures = {"at": at, **{key: summary[key] for key in ("before", "after", "budget")}}
    words = f"the clean-up of {at} left {told(summary['after'])} of {told(summary['budget'])}"
    if not summary["reached"]:
        words = f"{words}; it could not do what the configuration asks: see 'stockml clean --dry-run'"
        return [*found, Finding(NAME, "budget", None, "warn", words, figures)]
    return found or [Finding(NAME, "room", None, "ok", f"{words}; {told(free)} are free", {**figures, "free": free})]


def _last(watch: Watch) -> tuple[str, dict[str, Any]] | None:
    """(when, summary) of the newest clean-up that came to an end by now."""
    env = watch.env
    row = env.ledger.execute(
        "SELECT ended_at, summary FROM runs WHERE command = 'clean' AND ended_at <= ? AND summary LIKE '%\"reached\"%' "
        "ORDER BY ended_at DESC, recorded_at DESC LIMIT 1",
        (stamp(env.clock.now()),),
    ).fetchone()
    return (row["ended_at"], json.loads(row["summary"])) if row else None
