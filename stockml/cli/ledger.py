"""Check that the ledger is as it was written, and export its forecasts."""

from __future__ import annotations

import click

from stockml.cli._frame import SETTINGS, Call, Outcome, build, common_options


def verify(call: Call) -> Outcome:
    """Check the hash chains of forecasts and outcomes: edits, gaps, reorders, lost ends, forecasts made too late.

    The exit status is 1 if anything is wrong. Nothing is changed.
    """
    from stockml.errors import DONE, PARTIAL
    from stockml.pipeline import ledger
    from stockml.view import ledger as view

    env = call.environment()
    with call.progress("rows") as tell:
        result = ledger.verify(env, tell)
    return Outcome(result, view.verified(result), DONE if result["ok"] else PARTIAL)


def export(call: Call, symbols: tuple[str, ...], form: str, to: str | None) -> Outcome:
    """Export the forecasts with their outcomes, one a line, in the order they were made.

    Without --to they go to standard output. With --as-of, forecasts and outcomes are those known then.
    """
    from pathlib import Path

    from stockml import files
    from stockml.pipeline import ledger
    from stockml.symbols import parse_all
    from stockml.view import ledger as view

    made = ledger.export(call.environment(), parse_all(list(symbols)))
    content = view.text(made, ledger.COLUMNS, form)
    if to is None:
        return Outcome({"forecasts": made}, view.exported(content))
    files.replace(Path(to).expanduser().absolute(), content.encode())
    return Outcome({"forecasts": made}, view.written(len(made), to))


command = click.Group(
    "ledger", params=common_options(), context_settings=SETTINGS,
    help="Check that the ledger is as it was written, and export its forecasts.", no_args_is_help=True,
)  # fmt: skip
command.add_command(build("verify", verify, []))
command.add_command(build("export", export, [
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True,
                 help="Kind of lines."),
    click.option("--to", metavar="FILE", help="File to write, replaced in one step."),
]))  # fmt: skip
