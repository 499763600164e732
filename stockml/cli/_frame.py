"""What every command shares: the common options, the JSON envelope, and how failures are told."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from stockml import errors
from stockml.cli import _complete
from stockml.errors import StockmlError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import Console

    from stockml.environment import Environment
    from stockml.pace import Tell
    from stockml.workspace import Workspace

# Commands whose next word names what to do.
GROUPS = ("alerts", "backup", "config", "data", "intraday", "ledger", "schedule")
SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@dataclass
class Outcome:
    """What a command hands back: the JSON result, how to show it to a person, and what went wrong on the way."""

    result: dict[str, Any]
    show: Callable[[Console], None] | None = None
    exit_code: int = errors.DONE
    warnings: list[str] = field(default_factory=list)
    errors: list[StockmlError] = field(default_factory=list)


@dataclass
class Call:
    """One invocation: the common options, and what they open."""

    command: str
    home: str | None
    as_json: bool
    as_of: str | None
    verbose: int
    quiet: bool
    offline: bool = False
    opened: Environment | None = None

    @property
    def workspace(self) -> Workspace:
        from stockml import workspace

        return workspace.find(self.home)

    def environment(self) -> Environment:
        """The workspace with its configuration, clock and databases."""
        from stockml import environment

        if self.opened is None:
            self.opened = environment.open_environment(self.workspace, self.as_of, self.offline)
        return self.opened

    def progress(self, unit: str = "", **more: Any) -> AbstractContextManager[Tell]:
        """A function to tell how far long work is; it says nothing with --quiet or --json."""
        from stockml.view import progress

        return progress.shown(self.console(), not self.as_json and not self.quiet, unit=unit, **more)

    def console(self) -> Console:
        """Standard error: progress and remarks, never results."""
        from stockml.view import screen

        return screen.console(stderr=True)


def common_options() -> list[click.Parameter]:
    """The options every command takes, before or after its name."""
    made: list[click.Parameter] = [
        click.Option(["--home"], metavar="DIR", help="Workspace folder (else $STOCKML_HOME, else the nearest parent)."),
        click.Option(["--json", "as_json"], is_flag=True, default=None, help="Print exactly one JSON document."),
        click.Option(["--as-of", "as_of"], metavar="DATE", help="Act as if that session had just closed."),
        click.Option(["-v", "--verbose"], count=True, default=None, help="Say more."),
        click.Option(["-q", "--quiet"], is_flag=True, default=None, help="Say only what went wrong."),
    ]
    for param in made:
        _complete.attach(param)
    return made


def verb(*params: Callable[[Any], Any]) -> Callable[[Callable[..., Outcome]], click.Command]:
    """Make a function of a file the file's command: `run(call, **options) -> Outcome`."""

    def made(function: Callable[..., Outcome]) -> click.Command:
        name = function.__module__.rsplit(".", 1)[1].replace("_", "-")
        return build(name, function, list(params))

    return made


def build(name: str, function: Callable[..., Outcome], params: list[Callable[[Any], Any]]) -> click.Command:
    """A click command around a function: common options in, one outcome told."""

    def callback(**options: Any) -> int:
        context = click.get_current_context()
        chosen: dict[str, Any] = {}
        place: click.Context | None = context
        while place is not None:
            for key in ("home", "as_json", "as_of", "verbose", "quiet"):
                chosen[key] = chosen.get(key) or place.params.get(key)
            place = place.parent
        call = Call(
            context.command_path.split(" ", 1)[-1], chosen["home"], bool(chosen["as_json"]), chosen["as_of"],
            chosen["verbose"] or 0, bool(chosen["quiet"]),
        )  # fmt: skip
        context.find_root().obj = call
        own = {
            key: value for key, value in options.items() if key not in ("home", "as_json", "as_of", "verbose", "quiet")
        }
        if "offline" in own:
            call.offline = own.pop("offline")
        return tell(call, function(call, **own))

    callback.__doc__ = function.__doc__
    for param in reversed(params):
        callback = param(callback)
    built = click.command(name, context_settings=SETTINGS)(callback)
    for param in built.params:
        _complete.attach(param)
    built.params += common_options()
    return built


def offline_option() -> Callable[[Any], Any]:
    return click.option("--offline", is_flag=True, help="Do not ask the sources; use what is stored.")


def tell(call: Call, outcome: Outcome) -> int:
    """Print an outcome: one JSON document, or a screen on standard output and remarks on standard error."""
    if call.as_json:
        as_of = None
        if call.opened is not None:
            as_of = call.opened.clock.as_of.isoformat() if call.opened.clock.as_of else None
        print_json(call.command, outcome.exit_code, as_of, outcome.result, outcome.warnings, outcome.errors)
        return outcome.exit_code
    if outcome.show is not None and not (call.quiet and outcome.exit_code == errors.DONE):
        from stockml.view import screen

        outcome.show(screen.console())
    for warning in outcome.warnings:
        click.echo(f"warning: {warning}", err=True)
    for error in outcome.errors:
        tell_error(error)
    return outcome.exit_code


def tell_error(error: StockmlError) -> None:
    """One failure in words on standard error: what happened, and what to do."""
    click.echo(f"error: {error.message}", err=True)
    if error.hint:
        click.echo(f"       {error.hint}", err=True)


def print_json(
    command: str, exit_code: int, as_of: str | None, result: dict[str, Any] | None, warnings: list[str],
    failures: list[StockmlError],
) -> None:  # fmt: skip
    """The envelope of docs/schemas/envelope.json, and nothing else, on standard output."""
    import json

    envelope = {
        "command": command, "ok": exit_code == errors.DONE, "exit_code": exit_code, "as_of": as_of, "result": result,
        "warnings": warnings, "errors": [error.as_json() for error in failures],
    }  # fmt: skip
    sys.stdout.write(json.dumps(envelope, allow_nan=False, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def run(root: click.Group, arguments: list[str]) -> int:
    """Run the command line; every failure ends here, in words and an exit status."""
    as_json = "--json" in arguments
    name = _command_of(arguments)
    try:
        status = root.main(arguments, prog_name="stockml", standalone_mode=False)
        return status if isinstance(status, int) else errors.DONE
    except StockmlError as error:
        return _failed(as_json, name, error, error.exit_status)
    except click.ClickException as error:
        if as_json:
            return _failed(True, name, errors.UsageError(error.format_message()), errors.USAGE)
        error.show()
        return errors.USAGE
    except (KeyboardInterrupt, click.Abort):
        interrupted = StockmlError("interrupted; what was finished is kept", kind="interrupted")
        return _failed(as_json, name, interrupted, errors.INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        return errors.PARTIAL
    except Exception as error:  # noqa: BLE001 - the last line: a bug is told in one sentence and kept in a file
        return _failed(as_json, name, _bug(error), errors.NOTHING_DONE)


def _command_of(arguments: list[str]) -> str:
    """The command's name on a line that may not have been parsed: the first word that is no option or its value."""
    values = {place + 1 for place, word in enumerate(arguments) if word in ("--home", "--as-of")}
    words = [word for place, word in enumerate(arguments) if place not in values and not word.startswith("-")]
    return " ".join(words[: 2 if words[:1] and words[0] in GROUPS else 1])


def _failed(as_json: bool, name: str, error: StockmlError, status: int) -> int:
    if as_json:
        print_json(name, status, None, None, [], [error])
    else:
        tell_error(error)
    return status


def _bug(error: Exception) -> StockmlError:
    """Keep the traceback where it can be found, and say one sentence."""
    import os
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(error))
    handle, path = tempfile.mkstemp(prefix="stockml-crash-", suffix=".txt")
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return StockmlError(
        f"a bug in stockml: {type(error).__name__}: {error}",
        kind="bug",
        hint=f"the details are in {path}; please report them",
    )
