"""What `train` and `quick-train` share: the plan, the run, its progress, its table."""

from __future__ import annotations

import time
from typing import Any

from stockml.cli._frame import Call, Outcome
from stockml.errors import BUSY, DONE, PARTIAL, BusyError


def train(
    call: Call, symbols: tuple[str, ...], *, every: bool = False, force: bool = False, dry_run: bool = False,
    recipe: str | None = None, jobs: int | None = None, quick: bool = False, promote: bool = False,
) -> Outcome:  # fmt: skip
    """Run a training and tell it."""
    from stockml.cli import _choose
    from stockml.models import recipes
    from stockml.pipeline import due
    from stockml.view import training as view

    env = call.environment()
    chosen = _choose.symbols(env.config, symbols) if symbols else None
    if recipe:
        recipes.load(recipe)
    wanted = due.due(env, chosen, every=every, force=force)
    if dry_run or not wanted:
        plan = [
            {"symbol": one, "due": why, "version": None, "verdict": None, "reasons": [], "promoted": False}
            for one, why in wanted.items()
        ]
        return Outcome({"symbols": plan, "seconds": 0.0}, view.plan(plan))
    from stockml import logbook
    from stockml.ledger import facts
    from stockml.pipeline import train as pipeline

    began = time.monotonic()
    run = facts.start_run(env.ledger, "quick-train" if quick else "train", env.clock)
    with view.progress(call.console(), shown=not call.as_json and not call.quiet) as watcher:
        events = logbook.Events(env.workspace, run, env.clock, [watcher])
        made = pipeline.train(env, wanted, events, recipe=recipe, quick=quick, promote=promote, jobs=jobs)
    seconds = time.monotonic() - began
    status = _status(made)
    facts.end_run(env.ledger, run, env.clock, status, {"trained": sum(1 for one in made["symbols"] if one["version"])})
    logbook.log(env.workspace, "training", f"run {run}: {len(made['symbols'])} symbols, exit {status}, {seconds:.1f} s")
    return Outcome(
        {"symbols": made["symbols"], "seconds": seconds},
        view.table(made["symbols"], seconds),
        status,
        made["warnings"],
        made["errors"],
    )


def _status(made: dict[str, Any]) -> int:
    busy = [error for error in made["errors"] if isinstance(error, BusyError)]
    if busy and len(busy) == len(made["symbols"]):
        return BUSY
    return PARTIAL if made["errors"] or any(one["result"] == "fail" for one in made["symbols"]) else DONE
