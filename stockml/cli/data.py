"""Fetch, import, export, list and check prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from stockml.cli._frame import SETTINGS, Call, Outcome, build, common_options, offline_option
from stockml.errors import DONE, NOTHING_DONE, PARTIAL

if TYPE_CHECKING:
    from stockml.bars.update import Result
    from stockml.environment import Environment
    from stockml.errors import StockmlError

DOWN = ("rate_limited", "source_error")
FAILED = (*DOWN, "unknown_symbol", "delisted")
NOTES = ("zero_volume", "short_history")  # worth a line, not an exit status


def fetch(call: Call, symbols: tuple[str, ...], force: bool) -> Outcome:
    """Bring the stored prices up to the newest settled session.

    Without symbols: the whole fleet and its benchmark. A symbol that is up to date is not asked for unless
    --force is given, which reads its whole history again.
    """
    from stockml.bars import update
    from stockml.pipeline import runs
    from stockml.view import bars

    env = call.environment()
    chosen = _offered(env, symbols)
    console = call.console()

    def progress(symbol: str, done: int, total: int) -> None:
        console.print(f"{done + 1} of {total} {symbol}", markup=False, highlight=False)

    with runs.recorded(env, "data fetch", "monitoring") as run:
        results = update.bring_up(
            env.market, env.config, env.workspace, env.clock, chosen, offline=env.offline, force=force,
            progress=progress if call.verbose and not call.as_json else None,
        )  # fmt: skip
        run.status = _fetch_status(results)
        run.summary = {"symbols": len(results), "rows": sum(one.rows_added for one in results)}
    told = _as_json(results)
    return Outcome({"symbols": told}, bars.outcomes(told, "Fetched"), run.status, errors=_failures(results))


def take(call: Call, path: str, dry_run: bool) -> Outcome:
    """Import prices from a file or a folder of files named SYMBOL.csv, .csv.gz or .parquet.

    Bars of the days in a file replace those stored; others stay. Symbols outside the fleet are kept too.
    """
    from pathlib import Path

    from stockml.bars import exchange_files
    from stockml.view import bars

    env = call.environment()
    results = exchange_files.import_path(env.market, Path(path), env.config, env.workspace, env.clock, dry_run)
    failed = [one for one in results if one.outcome in FAILED]
    status = NOTHING_DONE if len(failed) == len(results) else DONE
    if status == DONE and any(one.outcome not in ("ok", "holiday", "stale") for one in results):
        status = PARTIAL
    strange = [one.symbol for one in results if one.outcome not in FAILED and not _in_fleet(env, one.symbol)]
    warnings = [f"{symbol} is not in the configured fleet: its bars are kept, no model sees them" for symbol in strange]
    told = _as_json(results)
    title = "Would be imported" if dry_run else "Imported"
    shown = bars.outcomes(told, title)
    return Outcome({"symbols": told, "dry_run": dry_run}, shown, status, warnings, _failures(results))


def export(call: Call, symbols: tuple[str, ...], to: str, form: str) -> Outcome:
    """Write stored bars to files SYMBOL.csv or SYMBOL.parquet, raw prices with dividends and splits.

    Without symbols: everything that is stored. What is written can be imported again.
    """
    from pathlib import Path

    from stockml.bars import exchange_files
    from stockml.errors import DataError
    from stockml.view.plain import lines

    env = call.environment()
    written: list[dict[str, str]] = []
    errors: list[StockmlError] = []
    for symbol in _stored(env, symbols):
        try:
            path = exchange_files.export(
                env.market, symbol, env.config.data.interval, Path(to).absolute(), form, env.cut_day(symbol)
            )
            written.append({"symbol": symbol, "path": str(path)})
        except DataError as error:
            errors.append(error)
    status = DONE if written and not errors else PARTIAL if written else NOTHING_DONE
    if not written and not errors:
        errors.append(DataError("no bars are stored", hint="run 'stockml data fetch' first"))
    return Outcome({"files": written}, lines([one["path"] for one in written]), status, errors=errors)


def listing(call: Call) -> Outcome:
    """List what is stored: symbols, number of bars, span, source and the last outcome."""
    from stockml.bars import store
    from stockml.clock import from_day
    from stockml.view import bars

    env = call.environment()
    found: list[dict[str, Any]] = []
    for symbol, facts in store.series(env.market, env.config.data.interval).items():
        rows, last = facts["rows"], facts["last"]
        if last > (cut := env.cut_day(symbol)):
            known = store.read(env.market, symbol, env.config.data.interval, cut)
            rows = 0 if known is None else len(known)
            last = int(known.session[-1]) if known is not None and rows else 0
        span = [from_day(day).isoformat() if rows else None for day in (facts["first"], last)]
        found.append({
            "symbol": symbol, "rows": rows, "first": span[0], "last": span[1], "source": facts["source"],
            "outcome": facts["outcome"], "fetched_at": facts["fetched_at"],
        })  # fmt: skip
    return Outcome({"symbols": found}, bars.stored(found))


def check(call: Call, symbols: tuple[str, ...]) -> Outcome:
    """Check the stored bars: gaps, bars on closed days, jumps that no split explains, age, refused rows.

    The exit status is 1 if anything is wrong. Days without trading and a short history are only noted.
    """
    from stockml.errors import DataError
    from stockml.view import bars

    env = call.environment()
    found: list[dict[str, Any]] = []
    errors: list[StockmlError] = []
    for symbol in _stored(env, symbols):
        try:
            found.append(_health(env, symbol))
        except DataError as error:
            errors.append(error)
    wrong = errors or any(not one["ok"] for one in found)
    return Outcome({"symbols": found}, bars.health(found, call.verbose > 0), PARTIAL if wrong else DONE, errors=errors)


def _health(env: Environment, symbol: str) -> dict[str, Any]:
    """What is noteworthy about one symbol's bars up to the clock. Raises `DataError` if there are none."""
    from stockml.bars import calendar, quality, store
    from stockml.clock import from_day
    from stockml.errors import DataError

    interval, cut = env.config.data.interval, env.cut_day(symbol)
    bars = store.read(env.market, symbol, interval, cut)
    if bars is None or not len(bars):
        raise DataError(f"{symbol}: no bars are stored", symbol=symbol, hint="run 'stockml data fetch' first")
    name, last = calendar.name_for(symbol, env.config.data.calendars), int(bars.session[-1])
    # Beyond what the exchange announced every weekday counts as a session; no bar is held against that.
    exact = env.market.execute("SELECT exact_through FROM calendars WHERE name = ?", (name,)).fetchone()[0]
    found = quality.findings(bars, calendar.between(env.market, name, int(bars.session[0]), min(last, exact)))
    lag = env.lag_sessions(symbol, last)
    if lag > env.config.data.max_stale_sessions:
        found.append(quality.Finding("stale", last, f"the newest bar is {lag} sessions old"))
    refused = [one for one in store.quarantined(env.market, symbol, interval) if one["session"] <= cut]
    return {
        "symbol": symbol,
        "ok": not refused and all(one.kind in NOTES for one in found),
        "findings": [
            {"kind": one.kind, "session": from_day(one.session).isoformat(), "detail": one.detail} for one in found
        ],
        "quarantined": [
            {**one, "session": from_day(one["session"]).isoformat() if one["session"] else None} for one in refused
        ],
    }  # fmt: skip


def _offered(env: Environment, symbols: Sequence[str]) -> list[str]:
    """The given symbols of the fleet or its benchmark, or all of them."""
    from stockml.cli import _choose
    from stockml.pipeline import steps
    from stockml.symbols import parse_all

    given = parse_all(list(symbols))
    strange = [one for one in given if not _in_fleet(env, one)]
    if strange:
        _choose.symbols(env.config, strange)
    return given or steps.fleet_and_benchmark(env)


def _in_fleet(env: Environment, symbol: str) -> bool:
    return symbol in env.config.symbols or symbol == env.config.data.benchmark


def _stored(env: Environment, symbols: Sequence[str]) -> list[str]:
    """The given symbols, or every one that is stored, in the fleet or not."""
    from stockml.bars import store
    from stockml.symbols import parse_all

    return parse_all(list(symbols)) or list(store.series(env.market, env.config.data.interval))


def _as_json(results: Sequence[Result]) -> list[dict[str, Any]]:
    import dataclasses

    return [dataclasses.asdict(one) for one in results]


def _failures(results: Sequence[Result]) -> list[StockmlError]:
    from stockml.errors import SourceError

    return [
        SourceError(one.message, outcome=one.outcome, symbol=one.symbol) for one in results if one.outcome in FAILED
    ]


def _fetch_status(results: Sequence[Result]) -> int:
    """0 if all is up to date; 3 if every symbol failed and the source is down or nothing is stored; else 1."""
    if all(one.outcome in ("ok", "holiday") for one in results):
        return DONE
    if all(one.outcome in FAILED for one in results) and (
        all(one.outcome in DOWN for one in results) or not any(one.data_through for one in results)
    ):
        return NOTHING_DONE
    return PARTIAL


_SYMBOLS = click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")

command = click.Group(
    "data", params=common_options(), context_settings=SETTINGS,
    help="Fetch, import, export, list and check prices.", no_args_is_help=True,
)  # fmt: skip
command.add_command(build("fetch", fetch, [
    _SYMBOLS, click.option("--force", is_flag=True, help="Ask the source even if nothing is due."), offline_option(),
]))  # fmt: skip
command.add_command(build("import", take, [
    click.argument("path", metavar="PATH"),
    click.option("--dry-run", is_flag=True, help="Judge the files; write nothing."),
]))  # fmt: skip
command.add_command(build("export", export, [
    _SYMBOLS, click.option("--to", metavar="DIR", required=True, help="Folder to write into."),
    click.option("--format", "form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True,
                 help="Kind of file."),
]))  # fmt: skip
command.add_command(build("list", listing, []))
command.add_command(build("check", check, [_SYMBOLS]))
