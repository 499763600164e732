"""What `train` and `quick-train` share: the plan, the run, its progress, its table."""

from __future__ import annotations

from typing import Any

from stockml.cli._frame import Call, Outcome
from stockml.errors import BUSY, DONE, NOTHING_DONE, PARTIAL, BusyError


def train(
    call: Call,
    symbols: tuple[str, ...],
    *,
    every: bool = False,
    force: bool = False,
    dry_run: bool = False,
    recipe: str | None = None,
    jobs: int | None = None,
    quick: bool = False,
    promote: bool = False,
    force_reason: str = "",
    tune: int = 0,
) -> Outcome:
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
        planned = [
            {"symbol": one, "due": why, "version": None, "verdict": None, "reasons": [], "promoted": False}
            for one, why in wanted.items()
        ]
        return Outcome({"symbols": planned, "seconds": 0.0}, view.plan(planned))
    from stockml import logbook
    from stockml.pipeline import runs
    from stockml.pipeline import train as pipeline

    with (
        runs.recorded(env, "quick-train" if quick else "train", "training") as run,
        view.progress(call.console(), shown=not call.as_json and not call.quiet) as watcher,
    ):
        events = logbook.Events(env.workspace, run.id, env.clock, [watcher])
        asked: dict[str, Any] = {"quick": quick, "promote": promote, "force_reason": force_reason, "tune": tune}
        made = pipeline.train(env, wanted, events, recipe=recipe, jobs=jobs, **asked)
        run.status = _status(made)
        deployed = sum(1 for one in made["symbols"] if one["promoted"])
        run.summary = {"symbols": len(made["symbols"]), "deployed": deployed}
    result = {"symbols": made["symbols"], "seconds": run.seconds}
    shown = view.table(made["symbols"], run.seconds)
    return Outcome(result, shown, run.status, made["warnings"], made["errors"])


def _status(made: dict[str, Any]) -> int:
    busy = [error for error in made["errors"] if isinstance(error, BusyError)]
    if busy and len(busy) == len(made["symbols"]):
        return BUSY
    if made["source_is_down"] and len(made["errors"]) == len(made["symbols"]):
        return NOTHING_DONE
    refused = any(one["result"] == "fail" and not one["promoted"] for one in made["symbols"])
    return PARTIAL if made["errors"] or refused else DONE
