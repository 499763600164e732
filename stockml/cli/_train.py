"""What `train` and `quick-train` share: the plan, the run, its progress, its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockml.cli._frame import Call, Outcome
from stockml.errors import BUSY, DONE, NOTHING_DONE, PARTIAL, BusyError

if TYPE_CHECKING:
    from stockml.pipeline.due import Plan


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
    respect: bool = False,
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
    by_hand = {"every": every, "force": force, "respect": respect}
    plan = due.plan(env, chosen, **by_hand)
    if not dry_run and not env.offline and due.waits_for_data(plan):
        from stockml.pipeline import steps

        steps.collect(env)  # the source may have come back since it was last asked
        plan = due.plan(env, chosen, **by_hand)
    if dry_run or not plan.wanted:
        return _told(plan)
    from stockml import logbook
    from stockml.pipeline import runs, timings
    from stockml.pipeline import train as pipeline

    size = pipeline.size_of(env, plan.wanted, quick=quick, tune=tune)
    with (
        runs.recorded(env, "quick-train" if quick else "train", "training") as run,
        call.progress(usual_s=timings.usual_s(env.workspace, size)) as tell,
    ):
        events = logbook.Events(env.workspace, run.id, env.clock, [lambda event: tell(*_told_of(event))])
        asked: dict[str, Any] = {"quick": quick, "promote": promote, "force_reason": force_reason, "tune": tune}
        made = pipeline.train(env, plan.wanted, events, recipe=recipe, jobs=jobs, **asked)
        run.status = _status(made)
        deployed = sum(1 for one in made["symbols"] if one["promoted"])
        run.summary = {"symbols": len(made["symbols"]), "deployed": deployed}
    held = _held(plan)
    result = {"symbols": made["symbols"], "held": held, "seconds": run.seconds}
    shown = view.table(made["symbols"], run.seconds, held)
    return Outcome(result, shown, run.status, made["warnings"], made["errors"])


def _told_of(event: dict[str, Any]) -> tuple[str, float, float, str]:
    """An event as progress: the stage, the share of it that is done, and the symbol or message."""
    from stockml.logbook import STAGES

    low, high = STAGES[event["stage"]]
    return event["stage"], (event["percent"] - low) / (high - low), 1.0, event["symbol"] or event["message"]


def _told(plan: Plan) -> Outcome:
    """The plan alone: nothing was trained."""
    from stockml.view import training as view

    planned = [
        {"symbol": one, "due": why, "version": None, "verdict": None, "reasons": [], "promoted": False}
        for one, why in plan.wanted.items()
    ]
    held = _held(plan)
    return Outcome({"symbols": planned, "held": held, "seconds": 0.0}, view.plan(planned, held))


def _held(plan: Plan) -> list[dict[str, Any]]:
    return [{"symbol": symbol, **why} for symbol, why in plan.held.items()]


def _status(made: dict[str, Any]) -> int:
    busy = [error for error in made["errors"] if isinstance(error, BusyError)]
    if busy and len(busy) == len(made["symbols"]):
        return BUSY
    if made["source_is_down"] and len(made["errors"]) == len(made["symbols"]):
        return NOTHING_DONE
    refused = any(one["result"] == "fail" and not one["promoted"] for one in made["symbols"])
    return PARTIAL if made["errors"] or refused else DONE
