"""Show the fleet on one screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from stockml.cli._frame import Call, Outcome, verb
from stockml.errors import ConfigError, StockmlError, UsageError
from stockml.view.status import SORTS, STATES

if TYPE_CHECKING:
    from threading import Event

    from rich.console import Console

    from stockml.environment import Environment

Show = Callable[["Console"], None]
Looked = tuple[dict[str, Any], str | None, list[str]]


@verb(
    click.argument("symbols", nargs=-1, metavar="[SYMBOL]..."),
    click.option("--state", "states", type=click.Choice(STATES), multiple=True, help="Only symbols in this state."),
    click.option("--sort", type=click.Choice(list(SORTS)), help="Order of the rows; the configuration's by default."),
    click.option("--wide", is_flag=True, help="All columns, however wide the terminal is."),
    click.option("--plain", is_flag=True, help="A fact a line, without signs and colour; for screen readers."),
    click.option("--legend", is_flag=True, help="Only explain what the columns and words mean."),
    click.option("--watch", is_flag=False, flag_value=5.0, type=click.FloatRange(0.2, 86400), metavar="[SECONDS]",
                 help="Draw it again every so often (5 s) until Ctrl-C."),
)  # fmt: skip
def command(
    call: Call, symbols: tuple[str, ...], states: tuple[str, ...], sort: str | None, wide: bool, plain: bool,
    legend: bool, watch: float | None,
) -> Outcome:  # fmt: skip
    """Show whether anything is wrong, since when and what to do; and each symbol's state and figures.

    Figures come from the sessions before the champion was trained, forecast by a model that had not seen
    them; from 60 settled forecasts of its own on, from those. The exit status is 1 if anything is wrong.
    """
    from stockml.view import status_troubles

    if legend:
        return _legend()
    if watch is not None:
        return _watch(call, lambda: _look(call, symbols, states, sort), watch, wide=wide, plain=plain)
    result, as_of, warnings = _look(call, symbols, states, sort)
    shown = _shown(call, result, as_of, wide=wide, plain=plain)
    return Outcome(result, shown, int(not status_troubles.is_well(result)), warnings)


def _legend() -> Outcome:
    from stockml import glossary
    from stockml.view import glossary as view

    told = [one.as_json() for one in glossary.legend("status")]
    return Outcome({"terms": told}, view.legend(told))


def _shown(
    call: Call, result: dict[str, Any], as_of: str | None, *, wide: bool, plain: bool, whole: bool = True
) -> Show:
    from stockml.view import status, status_plain

    if plain:
        return status_plain.screen(result, as_of)
    return status.screen(result, as_of, wide=wide, everything=call.verbose > 0, whole=whole)


def _watch(call: Call, look: Callable[[], Looked], seconds: float, *, wide: bool, plain: bool) -> Outcome:
    """Rounds until a signal comes; that is how it is meant to end, so the exit status is then 0.

    What a round cannot tell, because the workspace is being replaced or locked, is told in its place; the next one
    looks again with fresh eyes.
    """
    import signal
    import threading

    from stockml.view import redraw, screen
    from stockml.view.plain import lines

    if call.as_json:
        raise UsageError("--json prints one document, and --watch has no end", hint="ask for one after the other")
    stop, console = threading.Event(), screen.console()

    def frame() -> Show:
        call.opened = None
        try:
            result, as_of, _ = look()
        except StockmlError as error:
            return lines([f"error: {error.message}", error.hint])
        return _shown(call, result, as_of, wide=wide, plain=plain, whole=not console.is_terminal)

    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {one: signal.signal(one, lambda *_: stop.set()) for one in ends}
    try:
        redraw.keep(console, frame, lambda: _pause(console, stop, seconds))
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
    return Outcome({})


def _pause(console: Console, stop: Event, seconds: float) -> bool:
    """Wait for the next round, or until the terminal has another size; whether to go on."""
    import time

    size, end = console.size, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0.0 and console.size == size:
        if stop.wait(min(left, 0.25)):
            return False
    return not stop.is_set()


def _environment(call: Call) -> Environment:
    """The workspace. Raises `ConfigError` that also says since when the configuration is broken, and who helps."""
    import os
    from datetime import UTC, datetime

    from stockml.clock import stamp
    from stockml.view.plain import moment

    try:
        return call.environment()
    except ConfigError as error:
        path = call.workspace.config_file
        if not path.exists():
            raise
        changed = moment(stamp(datetime.fromtimestamp(os.stat(path).st_mtime, UTC)))
        told = f"{error.message}\n  {path.name} was changed last at {changed}"
        raise ConfigError(told, problems=error.problems, hint=error.hint) from error


def _look(call: Call, symbols: tuple[str, ...], states: tuple[str, ...], sort: str | None) -> Looked:
    """(the result, the day it is as of, what else is to be told)."""
    from stockml.cli import _choose
    from stockml.pipeline import overview
    from stockml.view import status

    env = _environment(call)
    most = None if call.as_json or call.verbose > 0 else status.MOST_ROWS
    result = overview.fleet(env, _choose.symbols(env.config, symbols), most, states)
    if sort:
        result["symbols"].sort(key=SORTS[sort])
    as_of = env.clock.as_of.isoformat() if env.clock.as_of else None
    return result, as_of, _undelivered(env)


def _undelivered(env: Environment) -> list[str]:
    """What alerts were not delivered; without channels there is no need to load what delivers."""
    if not env.config.alerts.channels:
        return []
    from stockml import alerts

    return alerts.troubles(env)
