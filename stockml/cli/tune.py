"""Search for better options of the recipe inside the folds; the configured ones stay unless beaten credibly."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb


@verb(
    click.option("--trials", type=click.IntRange(1, 1000), default=20, help="Candidates, the configured one included."),
    click.option("--time-limit", type=click.FloatRange(min=0), metavar="SECONDS", help="Start no more after it."),
    click.option("--model", "recipe", metavar="NAME", help="Recipe, instead of the configured one."),
    click.option("--jobs", type=click.IntRange(1, 256), help="Candidates side by side, instead of the configured."),
    click.option("--save", is_flag=True, help="Write accepted options into the configuration."),
    offline_option(),
)
def command(
    call: Call, trials: int, time_limit: float | None, recipe: str | None, jobs: int | None, save: bool
) -> Outcome:
    """Try the configured options of the recipe and others drawn at random, by successive halving.

    All on folds that end before the sessions that judge a model. Others are accepted only if they are better than
    the configured ones by more than the luck of so many tries. Every candidate is counted in the ledger.
    """
    from stockml.errors import UsageError
    from stockml.models import recipes
    from stockml.pipeline import runs, tune
    from stockml.view import tuning as view

    env = call.environment()
    if recipe:
        recipes.load(recipe)
    if save and recipe not in (None, env.config.model.recipe):
        raise UsageError(f"--save is for the configured recipe, {env.config.model.recipe!r}")
    with (
        runs.recorded(env, "tune", "training") as run,
        call.progress("candidates") as tell,
    ):
        tuned, warnings = tune.tune_fleet(env, trials, time_limit, recipe=recipe, jobs=jobs, tell=tell)
        saved = save and tuned.accepted
        if saved:
            tune.save(env, tuned)
        run.summary = {"tried": tuned.account["tried"], "accepted": tuned.accepted, "saved": saved}
    result = {**tuned.as_json(), "saved": saved, "seconds": run.seconds}
    return Outcome(result, view.report(result, env.config.model.recipe), warnings=warnings)
