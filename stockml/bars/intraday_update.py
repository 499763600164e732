"""Brings the archive of intraday bars up to the clock: settled sessions only, symbol by symbol."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from stockml.bars import calendar, hours, intraday, intraday_check, store
from stockml.bars.update import FAILURES
from stockml.clock import Clock, from_day, stamp, to_day
from stockml.config.schema import Config
from stockml.errors import SourceError, UsageError
from stockml.workspace import Workspace

if TYPE_CHECKING:
    from stockml.bars.answer import Request
    from stockml.bars.sources._intraday import Told

# When every source failed, the failure that leaves most hope is the one reported.

Progress = Callable[[str, int, int], None]  # symbol about to be done, how many are done, how many there are


@dataclass(frozen=True)
class Result:
    """What became of one symbol. `outcome` is one of the eight words; days are ISO dates or None.

    `rows_different` counts bars that are stored and were told with other values: the stored ones stay.
    """

    symbol: str
    interval: str
    outcome: str
    source: str | None
    rows_added: int
    rows_quarantined: int
    rows_different: int
    data_from: str | None
    data_through: str | None
    message: str


@dataclass(frozen=True)
class Job:
    """One symbol to be brought up: `cut` is its newest settled session, `since` the first session asked for."""

    connection: sqlite3.Connection
    config: Config
    workspace: Workspace
    clock: Clock
    symbol: str
    interval: str
    cut: int
    since: int | None
    facts: dict[str, Any] | None


def bring_up(
    connection: sqlite3.Connection,
    config: Config,
    workspace: Workspace,
    clock: Clock,
    symbols: Sequence[str],
    interval: str,
    *,
    since: date | None = None,
    offline: bool = False,
    progress: Progress | None = None,
) -> list[Result]:
    """Fetch what is due of each symbol; one result each, in the given order.

    Without `since` nothing is due while the archive reaches the newest settled session; else the source is asked
    from the newest stored session on, which is thereby compared. Each symbol is written in a transaction of
    its own. Raises `UsageError` if no configured source has intraday bars.
    """
    from stockml.bars.sources import _intraday

    providers = [name for name in config.data.providers if name in _intraday.NAMES]
    if not providers:
        raise UsageError(
            f"no source in data.providers ({', '.join(config.data.providers)}) has intraday bars",
            hint=f"those that have are {', '.join(_intraday.NAMES)}",
        )
    intraday.ensure(connection)
    results = []
    for done, symbol in enumerate(symbols):
        cut = calendar.cut_day(connection, symbol, clock, config.data.calendars, config.data.settle_minutes)
        first = None if since is None else to_day(since)
        job = Job(connection, config, workspace, clock, symbol, interval, cut, first,
                  intraday.facts(connection, symbol, interval))  # fmt: skip
        if job.facts and job.facts["last"] >= cut and since is None:
            results.append(_told(job, "holiday", job.facts["source"], "nothing is due"))
        elif offline:
            results.append(_offline(job))
        else:
            if progress is not None:
                progress(symbol, done, len(symbols))
            results.append(_fetch(job, providers))
    return results


def _fetch(job: Job, providers: Sequence[str]) -> Result:
    """Ask the sources in their order until one answers with bars that can be kept."""
    from stockml.bars.answer import Request
    from stockml.bars.sources import _intraday

    first = job.since if job.since is not None else job.facts["last"] if job.facts else None
    request = Request(
        job.symbol, job.interval, None if first is None else from_day(first), from_day(job.cut), job.config.data,
        job.workspace.home, "", job.clock.now(), known=job.facts is not None,
    )  # fmt: skip
    daily = store.read(job.connection, job.symbol, job.config.data.interval)
    splits = {} if daily is None else {
        int(daily.session[i]): float(daily.split[i]) for i in np.flatnonzero(daily.split != 1.0)
    }  # fmt: skip
    failures: list[tuple[str, SourceError]] = []
    for name in providers:
        try:
            result = _take(job, _intraday.fetch(name, request, splits), request)
        except SourceError as error:
            failures.append((name, error))
            continue
        told = [f"{failed} failed ({error.message})" for failed, error in failures]
        return replace(result, message="; ".join([*told, *([result.message] if result.message else [])]))
    worst = min((error for _, error in failures), key=lambda error: FAILURES.index(error.outcome))
    words = "; ".join(dict.fromkeys(
        f"{error.message} ({error.hint})" if error.hint else error.message for _, error in failures))  # fmt: skip
    intraday.note_failure(job.connection, job.symbol, job.interval, worst.outcome, words)
    return _told(job, worst.outcome, None, words)


def _take(job: Job, told: Told, request: Request) -> Result:
    """Judge an answer, merge what is settled, and say what came of it. Raises `SourceError` if nothing can be kept."""
    name = calendar.name_for(job.symbol, job.config.data.calendars)
    lowest = int(told.start.min()) // 86400 if len(told.start) else job.cut
    # A day more at both ends: a session's date is the exchange's, and instants are in UTC.
    span = hours.read(name, min(lowest, job.cut) - 1, job.cut + 1)
    judged = intraday_check.judge(
        job.symbol, job.interval, told.start, told.values, span,
        None if request.first is None else to_day(request.first), job.cut, told.complete_from,
    )  # fmt: skip
    if not len(judged.bars) and not (job.facts and not judged.refused):
        detail = f"; {judged.refused[0][2]}: {len(judged.refused)} rows" if judged.refused else ""
        raise SourceError(
            f"{job.symbol}: {told.source} has no {job.interval} bars of use up to {from_day(job.cut)}"
            f"{f' ({told.message})' if told.message else ''}{detail}", symbol=job.symbol,
        )  # fmt: skip
    moment = job.clock.now()
    with store.transaction(job.connection):
        added = intraday.add(job.connection, judged.bars, told.source, stamp(moment), int(moment.timestamp()))
        unreadable = [(-row, 0, "no_start", {"row": text}) for row, text in told.unreadable]
        refused = [*judged.refused, *unreadable]
        intraday.refuse(job.connection, job.symbol, job.interval, told.source, stamp(moment), refused)
        facts = _span(job)
        # From the session asked for, so that what a source no longer had shows as a gap.
        first = judged.bars.session[0] if request.first is None else to_day(request.first)
        gaps = _gaps(job, max(facts[0], int(first)))
        outcome = "stale" if facts[1] < job.cut else "partial" if refused or gaps else "ok"
        message = _sentence(job, told, request, judged, added, gaps, facts, len(told.unreadable))
        intraday.note(job.connection, job.symbol, job.interval, told.source, stamp(moment), outcome, message)
    result = _told(job, outcome, told.source, message)
    return replace(
        result, rows_added=added.added + added.filled, rows_quarantined=len(refused), rows_different=added.different
    )


def _span(job: Job) -> tuple[int, int]:
    """First and newest stored session up to the cut."""
    bars = intraday.read(job.connection, job.symbol, job.interval, job.cut)
    return (int(bars.session[0]), int(bars.session[-1])) if len(bars) else (job.cut, job.cut)


def _gaps(job: Job, first: int) -> dict[int, tuple[int, int]]:
    """Sessions from one day to the newest stored one that lack bars."""
    name = calendar.name_for(job.symbol, job.config.data.calendars)
    bars = intraday.read(job.connection, job.symbol, job.interval, job.cut, first=first)
    if not len(bars):
        return {}
    return intraday_check.missing(bars, hours.read(name, first, int(bars.session[-1])))


def _sentence(
    job: Job, told: Told, request: Request, judged: intraday_check.Judgement, added: intraday.Added,
    gaps: dict[int, tuple[int, int]], facts: tuple[int, int], unreadable: int,
) -> str:  # fmt: skip
    """What happened besides the ordinary, in one line; "" if nothing did."""
    parts = []
    if told.message:
        parts.append(f"{told.message}; the archive begins on {from_day(facts[0])}")
    if facts[1] < job.cut:
        parts.append(f"the newest session is {from_day(facts[1])}, {from_day(job.cut)} is due")
    if judged.refused:
        _, day, why, _ = judged.refused[0]
        parts.append(f"{_count(len(judged.refused), 'row')} refused (first on {from_day(day)}: {why})")
    if unreadable:
        parts.append(f"{_count(unreadable, 'row')} without a start that names its zone")
    if gaps:
        lost = sum(expected - there for there, expected in gaps.values())
        parts.append(f"{_count(lost, 'bar')} missing in {_count(len(gaps), 'session')} (first {from_day(min(gaps))})")
    if added.filled:
        parts.append(f"{_count(added.filled, 'hole')} of stored sessions filled")
    if added.different:
        parts.append(f"{_count(added.different, 'stored bar')} told differently: the stored ones stay")
    if judged.outside:
        parts.append(f"{_count(judged.outside, 'row')} outside trading hours left out")
    return "; ".join(parts)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _told(job: Job, outcome: str, source: str | None, message: str) -> Result:
    """A result in which nothing was added, with what is stored up to the clock."""
    facts = intraday.facts(job.connection, job.symbol, job.interval)
    span = () if facts is None or facts["first"] > job.cut else (facts["first"], facts["last"])
    if span and span[1] > job.cut:
        span = _span(job)
    begin, end = (from_day(day).isoformat() for day in span) if span else (None, None)
    return Result(job.symbol, job.interval, outcome, source, 0, 0, 0, begin, end, message)


def _offline(job: Job) -> Result:
    """A symbol that is due while fetching is forbidden."""
    result = _told(job, "stale", job.facts["source"] if job.facts else None, "")
    if result.data_through is None:
        return replace(result, outcome="source_error", message=f"offline, and no {job.interval} bars are stored")
    return replace(result, message=f"offline: stored up to {result.data_through}, {from_day(job.cut)} is due")
