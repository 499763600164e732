"""Brings the store up to the clock: what is due is fetched, judged and written, symbol by symbol."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from stockml.bars import calendar, reader, sources, store
from stockml.clock import Clock, from_day, stamp, to_day
from stockml.config.schema import Config
from stockml.errors import SourceError
from stockml.workspace import Workspace

if TYPE_CHECKING:
    from stockml.bars.answer import Answer
    from stockml.bars.series import Bars

# When every source failed, the failure that leaves most hope is the one reported.
FAILURES = ("rate_limited", "source_error", "delisted", "unknown_symbol")
REVISED = 1e-6  # relative change of a stored value that counts as one

Progress = Callable[[str, int, int], None]  # symbol about to be done, how many are done, how many there are


@dataclass(frozen=True)
class Result:
    """What became of one symbol. `outcome` is a word of `data fetch`; `data_through` an ISO date or None."""

    symbol: str
    outcome: str
    source: str | None
    rows_added: int
    rows_quarantined: int
    data_through: str | None
    message: str


def bring_up(
    connection: sqlite3.Connection,
    config: Config,
    workspace: Workspace,
    clock: Clock,
    symbols: Sequence[str],
    *,
    offline: bool = False,
    force: bool = False,
    progress: Progress | None = None,
) -> list[Result]:
    """Fetch what is due of each symbol; one result each, in the given order.

    Nothing is due while the newest stored bar reaches the newest settled session; `force` asks all the
    same. Each symbol is written in a transaction of its own, so an interruption keeps finished ones. A
    source's failure leaves what is stored as it was and becomes the outcome.
    """
    stored = store.series(connection, config.data.interval)
    cuts = reader.cut_days(connection, config, symbols, clock)
    results = []
    for done, symbol in enumerate(symbols):
        facts, cut = stored.get(symbol), cuts[symbol]
        if facts and facts["rows"] and facts["last"] >= cut and not force:
            through = _through(connection, config, facts, cut)
            results.append(Result(symbol, "holiday", facts["source"], 0, 0, through, "nothing is due"))
        elif offline:
            results.append(_offline(connection, config, symbol, facts, cut))
        else:
            if progress is not None:
                progress(symbol, done, len(symbols))
            results.append(_fetch(connection, config, workspace, clock, symbol, facts, cut, force))
    return results


def _fetch(
    connection: sqlite3.Connection,
    config: Config,
    workspace: Workspace,
    clock: Clock,
    symbol: str,
    facts: dict[str, Any] | None,
    cut: int,
    force: bool,
) -> Result:
    """Ask the sources in their order until one answers with bars."""
    from stockml.bars.answer import Request

    failures: list[SourceError] = []
    for provider in config.data.providers:
        same = facts is not None and facts["source"] == provider and not force
        request = Request(
            symbol, config.data.interval, first_day(config, cut), from_day(cut), config.data, workspace.home,
            facts["fingerprint"] if facts and same else "", clock.now(), known=bool(facts and facts["rows"]),
        )  # fmt: skip
        try:
            answer = sources.load(provider).fetch(request)
            if answer.unchanged and facts:
                return _unchanged(connection, config, facts, cut)
            result = take(connection, config, clock, symbol, answer, cut)
        except SourceError as error:
            failures.append(error)
            continue
        told = [*(error.message for error in failures), *([result.message] if result.message else [])]
        return replace(result, message="; ".join(told))
    worst = min(failures, key=lambda error: FAILURES.index(error.outcome) if error.outcome in FAILURES else 1)
    told = [f"{error.message} ({error.hint})" if error.hint else error.message for error in failures]
    words = "; ".join(dict.fromkeys(told))
    return Result(symbol, worst.outcome, None, 0, 0, _through(connection, config, facts, cut), words)


def first_day(config: Config, cut: int) -> date | None:
    """The oldest day wanted: 1 January of the year in which `data.history_years` began, or None for all."""
    years = config.data.history_years
    if years is None:
        return None
    return date(from_day(cut - round(years * 365.25)).year, 1, 1)


def take(
    connection: sqlite3.Connection,
    config: Config,
    clock: Clock,
    symbol: str,
    answer: Answer,
    cut: int,
    *,
    dry_run: bool = False,
) -> Result:
    """Judge an answer, write what is kept, and say what came of it.

    Rows after the cut are not due yet and ignored. Within the span of the answer it replaces what was
    stored; older and newer bars stay. Raises `SourceError` if no row can be kept.
    """
    from stockml.bars import quality

    interval = config.data.interval
    start = first_day(config, cut)
    due = answer.within(to_day(start) if start else None, cut)
    judged = quality.judge(symbol, due)
    if not len(judged.bars):
        raise SourceError(f"{symbol}: no row of {answer.source} up to {from_day(cut)} is of use", symbol=symbol)
    old = store.read(connection, symbol, interval)
    bars = join(judged.bars, old, int(due.session.min()), int(due.session.max()))
    added, revised = compare(judged.bars, old)
    name = calendar.name_for(symbol, config.data.calendars)
    missing = missing_sessions(connection, name, bars.through(cut))
    newest = int(bars.through(cut).session[-1])
    outcome = "stale" if newest < cut else "partial" if judged.refused or missing else "ok"
    message = _sentence(judged, missing, revised, newest, cut, answer.message)
    if not dry_run:
        whole = len(due) == len(answer)  # else rows ignored today would pass as read when they are due
        store.write(
            connection, bars, interval, source=answer.source, fetched_at=stamp(clock.now()),
            checked_through=int(bars.session[-1]), outcome=outcome, message=message,
            fingerprint=answer.fingerprint if whole else "", refused=judged.refused,
        )  # fmt: skip
    through = from_day(newest).isoformat()
    return Result(symbol, outcome, answer.source, added, len(judged.refused), through, message)


def join(new: Bars, old: Bars | None, first: int, last: int) -> Bars:
    """The new bars, with the old ones before and after the span first..last that was answered."""
    import numpy as np

    from stockml.bars.series import COLUMNS, Bars

    if old is None or not len(old):
        return new
    before, after = old.session < first, old.session > last
    if not before.any() and not after.any():
        return new
    parts = [(getattr(old, c)[before], getattr(new, c), getattr(old, c)[after]) for c in COLUMNS]
    return Bars(new.symbol, *(np.concatenate(part) for part in parts))


def compare(new: Bars, old: Bars | None) -> tuple[int, int]:
    """(bars that are new, stored bars whose values changed) between an answer and what is stored."""
    import numpy as np

    from stockml.bars.series import COLUMNS

    if old is None or not len(old):
        return len(new), 0
    _, here, there = np.intersect1d(new.session, old.session, assume_unique=True, return_indices=True)
    changed = np.zeros(len(here), dtype=bool)
    for column in COLUMNS[1:]:
        now, then = getattr(new, column)[here], getattr(old, column)[there]
        changed |= np.abs(now - then) > REVISED * np.maximum(np.abs(now), np.abs(then))
    return len(new) - len(here), int(changed.sum())


def missing_sessions(connection: sqlite3.Connection, name: str, bars: Bars) -> list[int]:
    """Sessions inside the bars' span without a bar, as far as the calendar is known exactly."""
    from stockml.bars import quality

    if not len(bars):
        return []
    row = connection.execute("SELECT first, exact_through FROM calendars WHERE name = ?", (name,)).fetchone()
    if row is None:
        return []
    first, last = max(int(bars.session[0]), row[0]), min(int(bars.session[-1]), row[1])
    return quality.gaps(bars, calendar.between(connection, name, first, last))


def _sentence(judged: Any, missing: list[int], revised: int, newest: int, cut: int, said: str) -> str:
    """What happened besides the ordinary, in one line; "" if nothing did."""
    parts = [said] if said else []
    if newest < cut:
        parts.append(f"the newest bar is of {from_day(newest)}, {from_day(cut)} is due")
    if judged.refused:
        day, why, _ = judged.refused[0]
        at = f" on {from_day(day)}" if day else ""
        parts.append(f"{_count(len(judged.refused), 'row')} refused (first{at}: {why})")
    if missing:
        parts.append(f"{_count(len(missing), 'session')} missing (first {from_day(missing[0])})")
    if revised:
        parts.append(f"the source changed {_count(revised, 'stored bar')}")
    return "; ".join([*parts, *judged.remarks])


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _through(connection: sqlite3.Connection, config: Config, facts: dict[str, Any] | None, cut: int) -> str | None:
    """The newest stored day not after the cut. Reads the block only where it reaches beyond the cut."""
    if not facts or not facts["rows"] or facts["first"] > cut:
        return None
    if facts["last"] <= cut:
        return from_day(facts["last"]).isoformat()
    bars = store.read(connection, facts["symbol"], config.data.interval, cut)
    return from_day(int(bars.session[-1])).isoformat() if bars is not None and len(bars) else None


def _unchanged(connection: sqlite3.Connection, config: Config, facts: dict[str, Any], cut: int) -> Result:
    """The source has nothing that is not stored."""
    through = _through(connection, config, facts, cut)
    if facts["last"] >= cut:
        message = "nothing changed at the source"
        return Result(facts["symbol"], "holiday", facts["source"], 0, 0, through, message)
    message = f"the source has not changed since it was read, up to {through}; {from_day(cut)} is due"
    return Result(facts["symbol"], "stale", facts["source"], 0, 0, through, message)


def _offline(
    connection: sqlite3.Connection, config: Config, symbol: str, facts: dict[str, Any] | None, cut: int
) -> Result:
    """A symbol that is due while fetching is forbidden."""
    through = _through(connection, config, facts, cut)
    if facts and through:
        message = f"offline: stored up to {through}, {from_day(cut)} is due"
        return Result(symbol, "stale", facts["source"], 0, 0, through, message)
    return Result(symbol, "source_error", None, 0, 0, None, "offline, and no bars are stored")
