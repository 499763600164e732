"""Watch data, models, outcomes and the machine; tell what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from stockml.cli._frame import Call, Outcome, offline_option, verb
from stockml.errors import UsageError

if TYPE_CHECKING:
    from stockml.environment import Environment


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--continuous", is_flag=True, help="Go on until stopped, a line of state a round."),
    click.option("--interval", type=click.FloatRange(1, 86400), default=300.0, metavar="SECONDS",
                 show_default=True, help="Time between rounds."),
    click.option("--rounds", type=click.IntRange(1), hidden=True),
    click.option("--report", metavar="FILE", help="Also write the result to FILE.json, or as a page to FILE.html."),
    click.option("--retrain", is_flag=True, help="Train the symbols against whose champions evidence fires."),
    offline_option(),
)  # fmt: skip
def command(
    call: Call, symbols: tuple[str, ...], continuous: bool, interval: float, rounds: int | None, report: str | None,
    retrain: bool,
) -> Outcome:  # fmt: skip
    """Check bars, champions, settled outcomes, the ledger, runs and the machine, and alert on what changed.

    The exit status is 1 if anything is bad. With symbols only those are looked at, and nobody is alerted. Nothing
    is settled here; it is told when forecasts are due for that.
    """
    from stockml.cli import _choose
    from stockml.view import monitor as view

    form = _form(report)
    if continuous and call.as_json:
        raise UsageError("--json prints one document, and --continuous has no end", hint="use --report FILE.json")
    env = call.environment()
    chosen = tuple(_choose.symbols(env.config, symbols)) if symbols else ()

    def look(where: Environment) -> dict[str, Any]:
        result = _round(where, chosen, retrain)
        if report:
            _write(report, form, result, where)
        return result

    if continuous:
        return _keep(call, env, look, interval, rounds)
    from stockml.pipeline import commands

    result, status = commands.monitor(env, look=look)
    problem = (result["alerts"] or {}).get("problem")
    as_of = env.clock.as_of.isoformat() if env.clock.as_of else None
    shown = view.screen(result, str(env.workspace.home), as_of, call.verbose > 0)
    return Outcome(result, shown, status, [problem] if problem else [])


def _form(report: str | None) -> str:
    """The form of a report by its file's name. Raises `UsageError` for another than .json and .html."""
    if report is None or report.endswith((".json", ".html")):
        return "" if report is None else report[-4:]
    raise UsageError(f"--report {report!r} ends in neither .json nor .html", hint="for example --report monitor.html")


def _write(report: str, form: str, result: dict[str, Any], env: Environment) -> None:
    from pathlib import Path

    from stockml import files
    from stockml.view import monitor_page

    page = monitor_page.page(result, str(env.workspace.home)) if form == "html" else ""
    files.replace(Path(report).expanduser().absolute(), page.encode() or files.pretty_json(result))


def _round(env: Environment, symbols: tuple[str, ...], retrain: bool) -> dict[str, Any]:
    """One round, and the training it triggers if that is asked for."""
    from stockml.pipeline import commands, monitor

    result = monitor.round(env, symbols)
    result["trained"] = commands.retrain(env, result["triggers"]) if retrain else None
    return result


def _keep(call: Call, env: Environment, look: Any, interval: float, rounds: int | None) -> Outcome:
    """Rounds until a signal comes; the one in hand is finished, and the exit status is then 0."""
    import signal
    import threading

    from stockml.pipeline import watching

    stop = threading.Event()
    before = {one: signal.signal(one, lambda *_: stop.set()) for one in (signal.SIGINT, signal.SIGTERM)}

    def tell(result: dict[str, Any] | None, words: str) -> None:
        if not (call.quiet and result is not None and result["state"] != "bad"):
            click.echo(words, err=result is None)

    try:
        failed = watching.keep(env, look, lambda: not stop.wait(interval), tell, rounds)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    return Outcome({"failed_rounds": failed})
