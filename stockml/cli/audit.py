"""Audit the procedure for look-ahead, with planted leaks as a control."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--full", is_flag=True, help="The whole fleet, all bars and the configured folds: minutes."),
    click.option("--model", "recipe", metavar="NAME", help="Recipe, instead of the configured one."),
    offline_option(),
)
def command(call: Call, symbols: tuple[str, ...], full: bool, recipe: str | None) -> Outcome:
    """Check by experiment that nothing sees the future: features, labels, folds, scalers, calibration, forecasts.

    Then known leaks are planted, and each must be caught; if one is not, the audit is inconclusive. The exit
    status is 1 unless it passed. Without --full, the four longest histories and their last 1,500 sessions.
    """
    from stockml.cli import _choose
    from stockml.errors import DONE, PARTIAL
    from stockml.models import recipes
    from stockml.pipeline import audit, runs
    from stockml.view import audit as view

    env = call.environment()
    chosen = _choose.symbols(env.config, symbols) if symbols else []
    if recipe:
        recipes.load(recipe)
    with runs.recorded(env, "audit", "monitoring") as run:
        with call.progress("checks") as tell:
            result, warnings = audit.audit(env, chosen, full=full, recipe=recipe, tell=tell)
        run.status = DONE if result["passed"] else PARTIAL
        run.summary = {"verdict": result["verdict"], "planted": result["control"]["planted"]}
    return Outcome(result, view.table(result), run.status, warnings)
