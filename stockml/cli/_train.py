"""What `train` and `quick-train` share: the plan, the run, its progress, its table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stockml.cli._frame import Call, Outcome

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
    from stockml.pipeline import commands
    from stockml.view import training as view

    env = call.environment()
    chosen = _choose.symbols(env.config, symbols) if symbols else None
    if recipe:
        recipes.load(recipe)
    plan = commands.plan(env, chosen, every=every, force=force, respect=respect, dry_run=dry_run)
    if dry_run or not plan.wanted:
        return _told(plan)
    from stockml.pipeline import timings
    from stockml.pipeline import train as pipeline

    asked: dict[str, Any] = {"promote": promote, "force_reason": force_reason, "tune": tune, "recipe": recipe}
    usual_s = timings.usual_s(env.workspace, pipeline.size_of(env, plan.wanted, quick=quick, tune=tune))
    with call.progress(usual_s=usual_s) as tell:
        watchers = [lambda event: tell(*_told_of(event))]
        trained = commands.train(env, plan, watchers, quick=quick, jobs=jobs, **asked)
    made = trained.made
    held = _held(plan)
    result = {"symbols": made["symbols"], "held": held, "seconds": trained.seconds}
    shown = view.table(made["symbols"], trained.seconds, held)
    return Outcome(result, shown, trained.status, made["warnings"], made["errors"])


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
