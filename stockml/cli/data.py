"""Fetch, import, export, list and check prices; list what was rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from stockml.cli import _outcomes
from stockml.cli._frame import SETTINGS, Call, Outcome, build, common_options, offline_option
from stockml.errors import DONE, NOTHING_DONE, PARTIAL

if TYPE_CHECKING:
    from pathlib import Path

    from stockml.bars.update import Result
    from stockml.environment import Environment
    from stockml.errors import StockmlError

NOTES = ("zero_volume", "short_history", "jump_confirmed")  # worth a line, not an exit status


def fetch(call: Call, symbols: tuple[str, ...], force: bool) -> Outcome:
    """Bring the stored prices up to the newest settled session.

    Without symbols: the whole fleet and its benchmark. A symbol that is up to date is not asked for unless
    --force is given, which reads its whole history again.
    """
    from stockml import pace
    from stockml.bars import update
    from stockml.pipeline import runs
    from stockml.view import bars

    env = call.environment()
    chosen = _offered(env, symbols)

    def left_s(done: float, total: float, elapsed_s: float) -> float | None:
        if pace.by_rate(done, total, elapsed_s) is None:
            return None
        return update.remaining_s(env.market, env.config, int(done), int(total), elapsed_s)

    with (
        runs.recorded(env, "data fetch", "monitoring") as run,
        call.progress("symbols", left_s=left_s) as tell,
    ):
        results = update.bring_up(
            env.market,
            env.config,
            env.workspace,
            env.clock,
            chosen,
            offline=env.offline,
            force=force,
            progress=lambda symbol, done, total: tell("fetch", done, total, symbol),
        )
        run.status = _outcomes.status(results)
        run.summary = {"symbols": len(results), "rows": sum(one.rows_added for one in results)}
    told = _as_json(results)
    warnings = _common(env, chosen) + _calendar_warnings(env, chosen)
    return Outcome({"symbols": told}, bars.outcomes(told, "Fetched"), run.status, warnings, _outcomes.failures(results))


def take(call: Call, path: str, dry_run: bool, scale: str | None) -> Outcome:
    """Import prices from a file or a folder of files named SYMBOL.csv, .csv.gz or .parquet.

    Columns are found by the headings of Yahoo, Stooq, Tiingo and Alpha Vantage. Where they do not tell whether
    the prices are adjusted, say --raw or --adjusted. Days in a file replace those stored; others stay.
    Symbols outside the fleet are kept too. --dry-run shows what would change.
    """
    from pathlib import Path

    from stockml.bars import exchange_files, update
    from stockml.view import bars

    env = call.environment()
    chosen = scale or _scale_of(call, Path(path))
    results = exchange_files.import_path(env.market, Path(path), env.config, env.workspace, env.clock, dry_run, chosen)
    failed = [one for one in results if one.outcome in update.FAILURES]
    status = NOTHING_DONE if len(failed) == len(results) else DONE
    if status == DONE and any(one.outcome not in ("ok", "holiday", "stale") for one in results):
        status = PARTIAL
    strange = [one.symbol for one in results if one.outcome not in update.FAILURES and not _in_fleet(env, one.symbol)]
    warnings = [f"{symbol} is not in the configured fleet: its bars are kept, no model sees them" for symbol in strange]
    told = _as_json(results)
    title = "Would be imported" if dry_run else "Imported"
    shown = bars.outcomes(told, title)
    return Outcome({"symbols": told, "dry_run": dry_run}, shown, status, warnings, _outcomes.failures(results))


def _scale_of(call: Call, path: Path) -> str | None:
    """What is known of the prices besides the columns: None if those tell it; else the answer of a person.

    Raises `UsageError` where nobody can be asked.
    """
    import sys

    from stockml.bars import exchange_files
    from stockml.errors import UsageError

    names = exchange_files.untold(path)
    if not names:
        return None
    told = f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
    if call.as_json or not sys.stdin.isatty():
        raise UsageError(
            f"{told}: the columns do not tell whether the prices are adjusted for dividends and splits",
            hint="say --raw (as traded) or --adjusted; Stooq's are adjusted, and so are yfinance's by default",
        )
    answer = click.prompt(f"{told}: are the prices raw or adjusted?", type=click.Choice(["raw", "adjusted"]), err=True)
    return str(answer)


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
                env.market, symbol, env.config.data.interval, Path(to).absolute(), form, env.cut_day(symbol),
                _now_s(env),
            )  # fmt: skip
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
            known = store.read(env.market, symbol, env.config.data.interval, cut, _now_s(env))
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
    chosen = _stored(env, symbols)
    for symbol in chosen:
        try:
            found.append(_health(env, symbol))
        except DataError as error:
            errors.append(error)
    status = PARTIAL if errors or any(not one["ok"] for one in found) else DONE
    warnings = _common(env, [one["symbol"] for one in found]) + _calendar_warnings(env, chosen)
    return Outcome({"symbols": found}, bars.health(found, call.verbose > 0), status, warnings, errors)


def revisions(call: Call, symbols: tuple[str, ...]) -> Outcome:
    """List the stored values that a source changed later: what they were, what they became, and when.

    Without symbols: everything that is stored. Kinds: revised (beyond data.health.max_revision), noise
    (below it), adjusted (re-scaled by a split or dividend since). With --as-of, those known by then.
    """
    from stockml.bars import store
    from stockml.errors import DataError
    from stockml.view import bars

    env = call.environment()
    facts = store.series(env.market, env.config.data.interval)
    found: list[dict[str, Any]] = []
    errors: list[StockmlError] = []
    for symbol in _stored(env, symbols):
        if symbol not in facts:
            errors.append(DataError(f"{symbol}: no bars are stored", symbol=symbol, hint="run 'stockml data fetch'"))
            continue
        try:
            told = _revisions_of(env, symbol) if facts[symbol]["revisions"] else []
        except DataError as error:
            errors.append(error)
            continue
        found.append({"symbol": symbol, "revisions": told})
    status = DONE if not errors else PARTIAL if found else NOTHING_DONE
    return Outcome({"symbols": found}, bars.revised(found, call.verbose > 0), status, errors=errors)


def _revisions_of(env: Environment, symbol: str) -> list[dict[str, Any]]:
    """The revisions of one symbol by the clock, days and instants as text."""
    from datetime import UTC, datetime

    from stockml.bars import calendar, store
    from stockml.bars import revisions as compared
    from stockml.clock import from_day, stamp

    interval, now = env.config.data.interval, _now_s(env)
    replaced = store.revisions(env.market, symbol, interval, now)
    bars = store.read(env.market, symbol, interval, env.cut_day(symbol), now)
    if bars is None or not replaced:
        return []
    place = {day: i for i, day in enumerate(bars.session.tolist())}
    newest = {
        one["session"]: {name: float(getattr(bars, name)[place[one["session"]]]) for name in store.VALUES}
        for one in replaced if one["session"] in place
    }  # fmt: skip
    name = calendar.name_for(symbol, env.config.data.calendars)
    closes = calendar.closes(env.market, name, replaced[0]["session"], replaced[-1]["session"])

    def instant(seconds: int | None) -> str | None:
        return None if seconds is None else stamp(datetime.fromtimestamp(seconds, UTC))

    return [
        {
            **one, "session": from_day(one["session"]).isoformat(), "replaced_at": instant(one["replaced_at"]),
            "known_from": instant(one["known_from"] or closes.get(one["session"])),
        }
        for one in compared.listed(replaced, newest)
    ]  # fmt: skip


def _now_s(env: Environment) -> int:
    """The clock's now in epoch seconds, as the store asks for it."""
    return int(env.clock.now().timestamp())


def _common(env: Environment, symbols: Sequence[str]) -> list[str]:
    """What most of the given symbols of the fleet suffer at once, told once."""
    from stockml.bars import health, reader

    fleet = [symbol for symbol in symbols if _in_fleet(env, symbol)]
    return health.shared(env.market, env.config, reader.cut_days(env.market, env.config, fleet, env.clock), env.clock)


def _calendar_warnings(env: Environment, symbols: Sequence[str]) -> list[str]:
    """One warning for each exchange whose known sessions end soon."""
    from stockml.bars import calendar

    cuts = {calendar.name_for(one, env.config.data.calendars): env.cut_day(one) for one in symbols}
    found = [calendar.horizon_warning(env.market, name, cut) for name, cut in cuts.items()]
    return [warning for warning in found if warning]


def _health(env: Environment, symbol: str) -> dict[str, Any]:
    """What is noteworthy about one symbol's bars up to the clock. Raises `DataError` if there are none."""
    from stockml.bars import calendar, health, quality, store
    from stockml.clock import from_day
    from stockml.errors import DataError

    interval, cut = env.config.data.interval, env.cut_day(symbol)
    bars = store.read(env.market, symbol, interval, cut, _now_s(env))
    if bars is None or not len(bars):
        raise DataError(f"{symbol}: no bars are stored", symbol=symbol, hint="run 'stockml data fetch' first")
    name, last = calendar.name_for(symbol, env.config.data.calendars), int(bars.session[-1])
    # Beyond what the exchange announced every weekday counts as a session; no bar is held against that.
    exact = calendar.exact_through(env.market, name) or last
    sessions = calendar.between(env.market, name, int(bars.session[0]), min(last, exact))
    found = quality.findings(bars, sessions, max_jump=env.config.data.health.max_jump)
    lag = env.lag_sessions(symbol, last)
    if lag > env.config.data.max_stale_sessions:
        found.append(quality.Finding("stale", last, f"the newest bar is {lag} sessions old"))
    refused = [one for one in store.quarantined(env.market, symbol, interval) if one["session"] <= cut]
    return {
        "symbol": symbol,
        "ok": not refused and all(one.kind in NOTES for one in found),
        "blocked": health.blocked(env.market, env.config, symbol, cut, env.clock, bars) or None,
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


_SYMBOLS = click.argument("symbols", nargs=-1, metavar="[SYMBOL]...")

command = click.Group(
    "data", params=common_options(), context_settings=SETTINGS,
    help="Fetch, import, export, list and check prices; list what was rewritten.", no_args_is_help=True,
)  # fmt: skip
command.add_command(build("fetch", fetch, [
    _SYMBOLS, click.option("--force", is_flag=True, help="Ask the source even if nothing is due."), offline_option(),
]))  # fmt: skip
command.add_command(build("import", take, [
    click.argument("path", metavar="PATH"),
    click.option("--dry-run", is_flag=True, help="Show what would change; write nothing."),
    click.option("--raw", "scale", flag_value="raw", default=None, help="The prices are as traded."),
    click.option("--adjusted", "scale", flag_value="adjusted", help="The prices are adjusted for actions."),
]))  # fmt: skip
command.add_command(build("export", export, [
    _SYMBOLS, click.option("--to", metavar="DIR", required=True, help="Folder to write into."),
    click.option("--format", "form", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True,
                 help="Kind of file."),
]))  # fmt: skip
command.add_command(build("list", listing, []))
command.add_command(build("check", check, [_SYMBOLS]))
command.add_command(build("revisions", revisions, [_SYMBOLS]))
