"""Man pages, made of what the commands say of themselves: `python -m stockml.cli._man FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from stockml import errors

SPECIAL = str.maketrans({"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", '"': r"\(dq", "~": r"\(ti", "^": r"\(ha"})
ENVIRONMENT = (
    ("STOCKML_HOME", "The workspace folder, where --home is not given."),
    ("NO_COLOR", "If set, screens have no colours."),
    ("COLUMNS", "Width of screens that do not go to a terminal; 100 if unset."),
    ("XDG_DATA_HOME", "Parent of the workspace of last resort, its folder stockml; else ~/.local/share."),
    ("CREDENTIALS_DIRECTORY", "Folder that systemd hands a service, with a file for each secret; see LoadCredential."),
)
FILES = (
    ("persistent_data/ml_config.json", "The configuration of a workspace; see 'stockml config schema'."),
    ("persistent_data/ledger.db, market.db", "What happened; prices. SQLite."),
    ("persistent_data/ml_models/SYMBOL/", "Versions of a symbol; live.json says which is in service."),
    ("logs/", "Logs by area and day."),
    ("~/.config/stockml/environment", "Secrets for jobs, a line NAME=VALUE each, for its owner only."),
)


def main(folder: Path) -> int:
    """Write a page for the program and one for each command into a folder; return how many."""
    from stockml import clock, files
    from stockml.cli import _root

    files.make_folder(folder)
    day = clock.recorded_at().date().isoformat()
    count = 0
    for context in commands(context_of(_root(), None)):
        files.replace(folder / f"{name(context)}.1", page(context, day).encode())
        count += 1
    return count


def commands(context: click.Context) -> Iterator[click.Context]:
    """A command's context, and those of all commands below it."""
    yield context
    for one in _below(context):
        yield from commands(one)


def name(context: click.Context) -> str:
    """What a command's page is called, as for git: stockml-data-fetch."""
    return context.command_path.replace(" ", "-")


def page(context: click.Context, day: str) -> str:
    """The page of one command, made on a day, as roff by man(7)."""
    import stockml

    command = context.command
    first, *paragraphs = (command.help or "").strip().split("\n\n")
    rows = [
        f'.TH "{safe(name(context).upper())}" "1" "{day}" "stockml {stockml.__version__}" "stockml"',
        ".SH NAME", rf"{safe(name(context))} \- {safe(_brief(first))}",
        ".SH SYNOPSIS", rf".B {safe(context.command_path)}", safe(" ".join(command.collect_usage_pieces(context))),
        ".SH DESCRIPTION", safe(" ".join(first.split())),
    ]  # fmt: skip
    for paragraph in paragraphs:
        rows += [".PP", safe(" ".join(paragraph.split()))]
    options = [one for one in command.get_params(context) if isinstance(one, click.Option)]
    rows += _listed("OPTIONS", [told for one in options if (told := one.get_help_record(context))])
    below = _below(context)
    rows += _listed("COMMANDS", [(_see(one), _brief(one.command.help or "")) for one in below])
    rows += _listed("EXIT STATUS", [(str(status), meaning) for status, meaning in errors.EXIT_STATUS.items()])
    rows += _listed("ENVIRONMENT", ENVIRONMENT) + _listed("FILES", FILES)
    near = [context.parent] if context.parent else []
    rows += [".SH SEE ALSO", safe(", ".join(_see(one) for one in (*near, *below)))]
    return "\n".join(rows) + "\n"


def _below(context: click.Context) -> list[click.Context]:
    command = context.command
    if not isinstance(command, click.Group):
        return []
    found = [command.get_command(context, one) for one in command.list_commands(context)]
    return [context_of(one, context) for one in found if one and not one.hidden]


def context_of(command: click.Command, parent: click.Context | None) -> click.Context:
    """A command as a person would call it."""
    called = command.name if parent else "stockml"
    return click.Context(command, parent=parent, info_name=called, **command.context_settings)


def _listed(title: str, rows: Sequence[tuple[str, str]]) -> list[str]:
    """A section of terms with their meanings; nothing at all where there are no terms."""
    told = [line for term, meaning in rows for line in (".TP", rf"\fB{safe(term)}\fR", safe(meaning))]
    return [f".SH {title}", *told] if told else []


def _see(context: click.Context) -> str:
    return f"{name(context)}(1)"


def _brief(text: str) -> str:
    """The first sentence, without its end, as the index of man pages wants it."""
    return " ".join(text.split("\n\n")[0].split()).partition(". ")[0].rstrip(".")


def safe(text: str) -> str:
    """A text for roff: nothing in it is a request or an escape, and a hyphen is one that can be typed and searched."""
    told = text.translate(SPECIAL)
    return r"\&" + told if told.startswith(".") else told


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m stockml.cli._man FOLDER")
    sys.stdout.write(f"{main(Path(sys.argv[1]))} pages in {sys.argv[1]}\n")
