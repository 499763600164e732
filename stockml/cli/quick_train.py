"""Train with a tiny budget, to see that all works."""

from __future__ import annotations

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb


@verb(
    click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL..."),
    click.option("--promote", is_flag=True, help="Deploy it even over a fully trained champion."),
    click.option("--model", "recipe", metavar="NAME", help="Recipe, instead of the configured one."),
    offline_option(),
)
def command(call: Call, symbols: tuple[str, ...], promote: bool, recipe: str | None) -> Outcome:
    """Train the given symbols with 10 boosting rounds and one fold.

    The version is marked quick and never replaces a fully trained champion unless --promote is given.
    """
    from stockml.cli import _train

    return _train.train(call, symbols, recipe=recipe, quick=True, promote=promote)
