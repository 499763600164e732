"""Brings the store up to the clock: what is due is fetched, judged and written, symbol by symbol."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from stockml.bars import calendar, reader, sources, store
from stockml.clock import Clock, from_day, parse_stamp, recorded_at, stamp, to_day
from stockml.config.schema import Config
from stockml.errors import SourceError
from stockml.workspace import Workspace

if TYPE_CHECKING:
    from stockml.bars.answer import Answer
    from stockml.bars.quality import Judgement
    from stockml.bars.revisions import Merged
    from stockml.bars.series import Bars

# When every source failed, the failure that leaves most hope is the one reported.
FAILURES = ("rate_limited", "source_error", "delisted", "unknown_symbol")
DOWN = ("rate_limited", "source_error")  # outcomes that say nothing of the symbol: its stored bars stay in use

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
            _note(connection, config, facts, "ok", "")
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

    failures: list[tuple[str, SourceError]] = []
    for provider in config.data.providers:
        same = facts is not None and facts["source"] == provider and not force
        request = Request(
            symbol, config.data.interval, first_day(config, cut), from_day(cut), config.data, workspace.home,
            facts["fingerprint"] if facts and same else "", clock.now(), known=bool(facts and facts["rows"]),
        )  # fmt: skip
        try:
            answer = sources.load(provider).fetch(request)
            if answer.unchanged and facts:
                result = _unchanged(connection, config, facts, cut)
                _note(connection, config, facts, "stale" if result.outcome == "stale" else "ok", result.message)
            else:
                _check_join(connection, config, symbol, answer, facts, cut)
                result = take(connection, config, clock, symbol, answer, cut)
        except SourceError as error:
            failures.append((provider, error))
            continue
        told = [f"{name} failed ({error.message})" for name, error in failures]
        return replace(result, message="; ".join([*told, *([result.message] if result.message else [])]))
    return _failed(connection, config, symbol, facts, cut, [error for _, error in failures])


def _check_join(
    connection: sqlite3.Connection, config: Config, symbol: str, answer: Answer, facts: dict[str, Any] | None, cut: int
) -> None:
    """Raise `SourceError` if the answer must not be joined to what another source gave."""
    if not facts or not facts["rows"] or facts["source"] == answer.source:
        return
    from stockml.bars import joining

    why = joining.objection(
        answer.within(None, cut), store.read(connection, symbol, config.data.interval), facts["source"]
    )
    if why:
        raise SourceError(
            f"{symbol}: {why}", symbol=symbol,
            hint=f"what is stored stays in use; compare both with 'stockml data export {symbol}'",
        )  # fmt: skip


def _failed(
    connection: sqlite3.Connection,
    config: Config,
    symbol: str,
    facts: dict[str, Any] | None,
    cut: int,
    failures: list[SourceError],
) -> Result:
    """No source answered: the failure that leaves most hope, noted so that `status` shows it."""
    worst = min(failures, key=lambda error: FAILURES.index(error.outcome) if error.outcome in FAILURES else 1)
    told = [f"{error.message} ({error.hint})" if error.hint else error.message for error in failures]
    words = "; ".join(dict.fromkeys(told))
    if facts:
        _note(connection, config, facts, worst.outcome, words)
    return Result(symbol, worst.outcome, None, 0, 0, _through(connection, config, facts, cut), words)


def _note(connection: sqlite3.Connection, config: Config, facts: dict[str, Any], outcome: str, message: str) -> None:
    """Keep a failure with a symbol's facts, or take one away that is over; the bars are untouched."""
    failed = outcome in FAILURES
    if failed or facts["outcome"] in FAILURES:
        connection.execute(
            "UPDATE series SET outcome = ?, message = ? WHERE symbol = ? AND bar_interval = ?",
            (outcome, message, facts["symbol"], config.data.interval),
        )


def remaining_s(connection: sqlite3.Connection, config: Config, done: int, total: int, elapsed_s: float) -> float:
    """Estimate of the seconds a running update still takes: its pace so far, or the first source's budget if slower.

    One request a symbol is counted, three where the source needs three (`REQUESTS`).
    """
    from stockml.bars import breaker, http

    pace = elapsed_s / done * (total - done) if done else 0.0
    provider = config.data.providers[0]
    section: Any = getattr(config.data, provider, None)
    if not hasattr(section, "requests_per_minute"):
        return pace
    base_url = section.base_url
    state = breaker.read_at(connection, http.host_of(base_url) if base_url else "yahoo.com")
    count = (total - done) * int(getattr(sources.load(provider), "REQUESTS", 1))
    now = recorded_at().timestamp()
    return max(pace, breaker.seconds_for(state, http.budget(config.data, provider), count, now))


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

    Rows after the cut are not due yet and ignored. Days that are stored and not told, or told in a row that
    is refused, keep their bar; values that changed are kept as revisions. Raises `SourceError` if no row can
    be kept.
    """
    interval = config.data.interval
    start = first_day(config, cut)
    due = answer.within(to_day(start) if start else None, cut)
    with store.transaction(connection):  # nobody else writes between what is compared and what is written
        old = store.read_kept(connection, symbol, interval)
        judged = judge(symbol, due, old)
        if not len(judged.bars):
            raise SourceError(f"{symbol}: no row of {answer.source} up to {from_day(cut)} is of use", symbol=symbol)
        merged, fetched_at = join(connection, config, clock, answer.source, judged.bars, old)
        bars = merged.kept.bars.through(cut)
        missing = missing_sessions(connection, calendar.name_for(symbol, config.data.calendars), bars)
        newest = int(bars.session[-1])
        outcome = "stale" if newest < cut else "partial" if judged.refused or missing else "ok"
        message = _sentence(judged, missing, merged.kinds, newest, cut, answer.message)
        if not dry_run:
            whole = len(due) == len(answer)  # else rows ignored today would pass as read when they are due
            store.write(
                connection, merged.kept.bars, interval, source=answer.source, fetched_at=fetched_at,
                checked_through=int(merged.kept.bars.session[-1]), outcome=outcome, message=message,
                fingerprint=answer.fingerprint if whole else "", refused=judged.refused,
                known_at=merged.kept.known_at, origin=merged.kept.source, replaced=merged.replaced,
            )  # fmt: skip
    through = from_day(newest).isoformat()
    return Result(symbol, outcome, answer.source, merged.added, len(judged.refused), through, message)


def judge(symbol: str, due: Answer, old: store.Kept | None) -> Judgement:
    """`quality.judge`, where a refused row of a day whose bar is stored gives its actions to no other day.

    They are in the stored bar, which stays.
    """
    import numpy as np

    from stockml.bars import quality

    judged = quality.judge(symbol, due)
    lost = sorted({day for day, _, _ in judged.refused} - set(judged.bars.session.tolist()))
    if old is None or not np.isin(lost, old.bars.session).any():
        return judged
    stays = np.isin(due.session, np.intersect1d(lost, old.bars.session))
    again = quality.judge(symbol, due.where(~stays))
    return quality.Judgement(again.bars, judged.refused, judged.remarks)


def join(
    connection: sqlite3.Connection, config: Config, clock: Clock, source: str, new: Bars, old: store.Kept | None
) -> tuple[Merged, str]:
    """The new bars joined with the stored ones, and the time of that as a stamp.

    It is the clock's, but never before the newest fetch of the symbol: what replaces a value cannot have been
    known before that value was, also where the clock was put back by --as-of.
    """
    from stockml.bars import revisions

    facts = connection.execute(
        "SELECT fetched_at FROM series WHERE symbol = ? AND bar_interval = ?", (new.symbol, config.data.interval)
    ).fetchone()
    fetched_at = max(stamp(clock.now()), facts[0] if facts else "")
    names = store.source_names(connection)
    own = next((number for number, name in names.items() if name == source), 0)
    now = int(parse_stamp(fetched_at).timestamp())
    return revisions.merge(new, old, now, config.data.health.max_revision, own), fetched_at


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


def _sentence(judged: Any, missing: list[int], kinds: dict[str, int], newest: int, cut: int, said: str) -> str:
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
    if changed := kinds.get("revised", 0) + kinds.get("noise", 0):
        great = f" ({kinds['revised']} beyond the limit)" if "revised" in kinds else ""
        parts.append(f"the source changed {_count(changed, 'stored bar')}{great}")
    if "adjusted" in kinds:
        parts.append(f"{_count(kinds['adjusted'], 'stored bar')} on the new scale of a split or dividend")
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
