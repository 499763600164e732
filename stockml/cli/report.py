"""Write one report of the fleet: HTML, JSON or Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stockml.cli._frame import Call, Outcome, verb
from stockml.errors import UsageError

if TYPE_CHECKING:
    from stockml.environment import Environment


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--format", "form", type=click.Choice(["html", "json", "md"]),
                 help="Form of the report (default: by the name of the file, else html)."),
    click.option("--output", metavar="FILE",
                 help="File to write; - is standard output (default: in logs/performance for HTML, else -)."),
    click.option("--from", "first", metavar="DATE", help="First session of the forecasts that are judged."),
    click.option("--to", "last", metavar="DATE", help="Last session of the forecasts that are judged."),
)  # fmt: skip
def command(
    call: Call, symbols: tuple[str, ...], form: str | None, output: str | None, first: str | None, last: str | None
) -> Outcome:
    """Tell everything about the fleet, or some symbols, in one file that needs no other and no network.

    The state of the fleet, what settled forecasts were worth (reliability, coverage over time, Winkler ratio by
    regime, skill by year, all figures), what the models lean on, promotions with their reasons, how far each symbol
    is from training, and the newest forecasts beside their outcomes. Nothing is fetched, settled or changed. With
    --json the report is the result, and a file is written only with --output.
    """
    from stockml.cli import _choose, _report
    from stockml.pipeline import report
    from stockml.view.report import fleet

    env = call.environment()
    chosen = _choose.symbols(env.config, symbols) if symbols else []
    for text, option in ((first, "--from"), (last, "--to")):
        _choose.day(text, option)
    form = _form(form, output)
    target = _target(call, env, form, output)
    if target:
        _report.check(target, form)
    document, warnings = report.build(env, chosen, first, last)
    if target is None:
        text = "" if call.as_json else _report.rendered(form, document, lambda: fleet.page(document)).decode()
        return Outcome({**document, "file": None}, lambda _: click.echo(text, nl=False), warnings=warnings)
    place = _report.write(str(target), form, document, lambda: fleet.page(document))
    return Outcome({**document, "file": str(place)}, lambda _: click.echo(place), warnings=warnings)


def _form(form: str | None, output: str | None) -> str:
    """The form that is asked for. Raises `UsageError` if the file's name tells none and no option does."""
    from stockml.cli._report import FORMS

    ending = (output or "").rpartition(".")[2]
    if form is None and output not in (None, "-") and ending not in FORMS:
        raise UsageError(f"--output {output!r} does not tell its form", hint="add --format html, json or md")
    return form or (ending if ending in FORMS else "html")


def _target(call: Call, env: Environment, form: str, output: str | None) -> Any:
    """The file to write, or None for standard output. HTML without a name goes to the records, by the clock's day."""
    from pathlib import Path

    from stockml import files

    if output is not None and output != "-":
        return Path(output).expanduser().absolute()
    if form != "html" or output == "-" or call.as_json:
        return None
    folder = env.workspace.logs / "performance"
    files.make_folder(folder)
    return folder / f"report_{env.clock.now().strftime('%Y%m%d')}.html"
