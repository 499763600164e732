"""Fetch, list, export and check intraday bars, an archive that outgrows what the source keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from stockml.cli import _outcomes
from stockml.cli._frame import SETTINGS, Call, Outcome, build, common_options, offline_option
from stockml.errors import DONE, NOTHING_DONE, PARTIAL

if TYPE_CHECKING:
    from datetime import date

    from stockml.bars.intraday import Minutes
    from stockml.environment import Environment
    from stockml.errors import StockmlError


def fetch(call: Call, symbols: tuple[str, ...], interval: str, since: str | None) -> Outcome:
    """Add the settled sessions that the source has to the archive. Intervals: 1m 2m 5m 15m 30m 60m (or 1h).

    Without symbols: the whole fleet and its benchmark. Yahoo keeps 1m bars for 30 days, 2m to 30m for 60, 60m for
    730: fetch more often than that. Stored bars never change; a source that tells them differently is reported.
    """
    import dataclasses

    from stockml.bars import intraday, intraday_update
    from stockml.pipeline import runs
    from stockml.view import intraday as shown

    name = intraday.parse_interval(interval)
    env = call.environment()
    begin, chosen = _day(since), _offered(env, symbols)
    with runs.recorded(env, "intraday fetch", "monitoring") as run, call.progress("symbols") as tell:
        results = intraday_update.bring_up(
            env.market, env.config, env.workspace, env.clock, chosen, name, since=begin, offline=env.offline,
            progress=lambda symbol, done, total: tell("fetch", done, total, symbol),
        )  # fmt: skip
        run.status = _outcomes.status(results)
        run.summary = {"symbols": len(results), "rows": sum(one.rows_added for one in results)}
    told = [dataclasses.asdict(one) for one in results]
    return Outcome({"symbols": told}, shown.outcomes(told, name), run.status, errors=_outcomes.failures(results))


def listing(call: Call, interval: str | None) -> Outcome:
    """List what the archive holds: symbols, intervals, number of bars, span, source and the last outcome."""
    from stockml.bars import intraday
    from stockml.clock import from_day
    from stockml.view import intraday as shown

    name = None if interval is None else intraday.parse_interval(interval)
    env = call.environment()
    intraday.ensure(env.market)
    found = []
    for one in intraday.series(env.market, name):
        if env.clock.as_of is not None:
            bars = _bars(env, one["symbol"], one["interval"])
            one |= {"rows": len(bars), **{end: int(bars.session[at]) if len(bars) else None
                                          for end, at in (("first", 0), ("last", -1))}}  # fmt: skip
        span = {end: None if one[end] is None else from_day(one[end]).isoformat() for end in ("first", "last")}
        found.append({**one, **span})
    return Outcome({"series": found}, shown.stored(found))


def export(call: Call, symbols: tuple[str, ...], interval: str, to: str) -> Outcome:
    """Write archived bars to files SYMBOL.INTERVAL.csv, prices as traded, starts in UTC.

    Without symbols: everything that is stored of the interval. The csv source reads such files again.
    """
    from pathlib import Path

    from stockml import files
    from stockml.bars import intraday
    from stockml.errors import DataError
    from stockml.view.plain import lines

    name = intraday.parse_interval(interval)
    env = call.environment()
    written: list[dict[str, str]] = []
    errors: list[StockmlError] = []
    for symbol in _stored(env, symbols, name):
        try:
            bars = _some(env, symbol, name)
            files.make_folder(Path(to).absolute())
            path = Path(to).absolute() / f"{symbol}.{name}.csv"
            files.replace(path, intraday.as_csv(bars))
            written.append({"symbol": symbol, "path": str(path)})
        except DataError as error:
            errors.append(error)
    status = DONE if written and not errors else PARTIAL if written else NOTHING_DONE
    if not written and not errors:
        errors.append(_none(name))
    return Outcome({"interval": name, "files": written}, lines([one["path"] for one in written]), status, errors=errors)


def check(call: Call, symbols: tuple[str, ...], interval: str) -> Outcome:
    """Check archived bars against the exchange's hours: missing, off-grid, duplicate, inconsistent ones.

    An early close is complete with fewer bars. The exit status is 1 if anything is wrong; bars without trading
    and bars told differently later are only noted.
    """
    from stockml.bars import intraday
    from stockml.bars.intraday_check import NOTES
    from stockml.errors import DataError
    from stockml.view import intraday as shown

    name = intraday.parse_interval(interval)
    env = call.environment()
    found: list[dict[str, Any]] = []
    errors: list[StockmlError] = []
    for symbol in _stored(env, symbols, name):
        try:
            found.append(_health(env, symbol, name))
        except DataError as error:
            errors.append(error)
    if not found and not errors:
        errors.append(_none(name))
    status = PARTIAL if errors or any(not one["ok"] for one in found) else DONE
    return Outcome({"symbols": found}, shown.health(found, NOTES, call.verbose > 0), status, errors=errors)


def _health(env: Environment, symbol: str, interval: str) -> dict[str, Any]:
    """What is noteworthy about one symbol's bars up to the clock. Raises `DataError` if there are none."""
    from stockml.bars import calendar, hours, intraday, intraday_check
    from stockml.clock import from_day

    bars, cut, now = _some(env, symbol, interval), env.cut_day(symbol), _stamp(env)
    first, last = int(bars.session[0]), int(bars.session[-1])
    name = calendar.name_for(symbol, env.config.data.calendars)
    refused, different = (
        [one for one in rows(env.market, symbol, interval) if one["session"] <= cut and one["known_at"] <= now]
        for rows in (intraday.refused, intraday.differences)
    )
    found = intraday_check.findings(bars, hours.read(name, first, last), refused, different)
    return {
        "symbol": symbol, "interval": interval, "rows": len(bars),
        "first": from_day(first).isoformat(), "last": from_day(last).isoformat(),
        "ok": all(one.kind in intraday_check.NOTES for one in found),
        "findings": [
            {"kind": one.kind, "session": from_day(one.session).isoformat() if one.session else None,
             "detail": one.detail} for one in found
        ],
    }  # fmt: skip


def _bars(env: Environment, symbol: str, interval: str) -> Minutes:
    """The archived bars of a symbol by the clock."""
    from stockml.bars import intraday

    return intraday.read(env.market, symbol, interval, env.cut_day(symbol), int(env.clock.now().timestamp()))


def _some(env: Environment, symbol: str, interval: str) -> Minutes:
    """The same. Raises `DataError` if there are none."""
    bars = _bars(env, symbol, interval)
    if not len(bars):
        raise _none(interval, symbol)
    return bars


def _none(interval: str, symbol: str | None = None) -> StockmlError:
    from stockml.errors import DataError

    of = f"{symbol}: " if symbol else ""
    hint = f"run 'stockml intraday fetch --interval {interval}' first"
    return DataError(f"{of}no {interval} bars are stored", symbol=symbol, hint=hint)


def _stamp(env: Environment) -> str:
    from stockml.clock import stamp

    return stamp(env.clock.now())


def _day(text: str | None) -> date | None:
    from datetime import date

    from stockml.errors import UsageError

    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--from {text!r} is not a date", hint="use YYYY-MM-DD") from error


def _offered(env: Environment, symbols: Sequence[str]) -> list[str]:
    """The given symbols of the fleet or its benchmark, or all of them."""
    from stockml.cli import _choose
    from stockml.pipeline import steps
    from stockml.symbols import parse_all

    given, fleet = parse_all(list(symbols)), steps.fleet_and_benchmark(env)
    strange = [one for one in given if one not in fleet]
    if strange:
        _choose.symbols(env.config, strange)
    return given or fleet


def _stored(env: Environment, symbols: Sequence[str], interval: str) -> list[str]:
    """The given symbols, or every one that is stored, in the fleet or not."""
    from stockml.bars import intraday
    from stockml.symbols import parse_all

    intraday.ensure(env.market)
    return parse_all(list(symbols)) or [one["symbol"] for one in intraday.series(env.market, interval)]


_SYMBOLS = click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")
_INTERVAL = click.option("--interval", metavar="INTERVAL", required=True, help="1m, 2m, 5m, 15m, 30m, 60m or 1h.")

command = click.Group(
    "intraday", params=common_options(), context_settings=SETTINGS,
    help="Fetch, list, export and check intraday bars, an archive that outgrows what the source keeps.",
    no_args_is_help=True,
)  # fmt: skip
command.add_command(build("fetch", fetch, [
    _SYMBOLS, _INTERVAL, offline_option(),
    click.option("--from", "since", metavar="DATE", help="Ask again from this session on; holes are filled."),
]))  # fmt: skip
command.add_command(build("list", listing, [
    click.option("--interval", metavar="INTERVAL", help="Only this one."),
]))  # fmt: skip
command.add_command(build("export", export, [
    _SYMBOLS, _INTERVAL, click.option("--to", metavar="DIR", required=True, help="Folder to write into."),
]))  # fmt: skip
command.add_command(build("check", check, [_SYMBOLS, _INTERVAL]))
