"""Train what is due, or the given symbols; judge and deploy."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--all", "every", is_flag=True, help="Train the whole fleet."),
    click.option("--force", is_flag=True, help="Train even if nothing is due."),
    click.option("--reason", metavar="TEXT", help="With --force: deploy what the gate refuses, and why."),
    click.option("--dry-run", is_flag=True, help="Show what would be trained and why; change nothing."),
    click.option("--respect-market-hours", "respect", is_flag=True, help="Leave out symbols whose exchange is open."),
    click.option("--model", "recipe", metavar="NAME", help="Recipe, instead of the configured one."),
    click.option("--tune", type=click.IntRange(2, 1000), metavar="N", help="Let N sets of options compete first."),
    click.option("--jobs", type=click.IntRange(1, 256), help="Fits side by side, instead of the configured number."),
    offline_option(),
)
def command(
    call: Call, symbols: tuple[str, ...], every: bool, force: bool, reason: str | None, dry_run: bool,
    respect: bool, recipe: str | None, tune: int | None, jobs: int | None,
) -> Outcome:  # fmt: skip
    """Train versions and deploy those that pass the gate.

    With symbols, trains those. Without, trains what is due, each with its reason: untrained, expired, age,
    evidence of the watching, data revised, configuration changed. Held back are symbols that were trained too
    recently or too often today, that cool down after a rollback or a refusal, or whose data are at fault. A
    refused candidate is kept for inspection and the exit status is 1. Where the gate cannot tell, the champion
    stays and the candidate waits as challenger.
    """
    from stockml.cli import _train
    from stockml.errors import UsageError

    if reason is not None and not (force and reason.strip()):
        raise UsageError("--reason goes with --force and says why", hint='for example --force --reason "new benchmark"')
    return _train.train(
        call, symbols, every=every, force=force, dry_run=dry_run, recipe=recipe, jobs=jobs,
        force_reason=(reason or "").strip(), tune=tune or 0, respect=respect,
    )  # fmt: skip
