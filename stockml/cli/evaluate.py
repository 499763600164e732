"""Judge the models: walk forward over history, beside the naive forecast."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--from", "first", metavar="DATE", help="First session judged (default: 8 years before the last)."),
    click.option("--to", "last", metavar="DATE", help="Last session judged (default: the newest)."),
    click.option("--model", "recipe", metavar="NAME", help="Recipe, instead of the configured one."),
    click.option("--jobs", type=click.IntRange(1, 256), help="Fits side by side, instead of the configured number."),
    click.option(
        "--refit", "policies", multiple=True, metavar="POLICY", default=("window",), show_default=True,
        help="When to refit: never, window (validation.refit_sessions) or a number of sessions. Given several times, "
        "the first gives the figures and the others are compared with it.",
    ),
    click.option(
        "--cost-bp", type=click.FloatRange(0.0, 1000.0), default=5.0, show_default=True,
        help="What the back-test pays for a trade, in basis points, one way.",
    ),
    offline_option(),
)
def command(
    call: Call, symbols: tuple[str, ...], first: str | None, last: str | None, recipe: str | None, jobs: int | None,
    policies: tuple[str, ...], cost_bp: float,
) -> Outcome:  # fmt: skip
    """Refit on the way through history and compare each forecast with what happened.

    Purged walk-forward: every forecast is made by a model that had seen nothing of its outcome. Each figure
    comes with its number of forecasts, its 95 % interval where there is one, and the naive forecast. Forecasts
    that were really made are judged beside it, as the live record.
    """
    from stockml.cli import _choose
    from stockml.pipeline import evaluate
    from stockml.view import evaluation

    env = call.environment()
    chosen = _choose.symbols(env.config, symbols) if symbols else []
    with call.progress() as tell:
        result, warnings = evaluate.evaluate(
            env,
            chosen,
            _choose.day(first, "--from"),
            _choose.day(last, "--to"),
            recipe=recipe,
            jobs=jobs,
            policies=policies,
            cost_bp=cost_bp,
            tell=tell,
        )
    return Outcome(result, evaluation.report(result), warnings=warnings)
