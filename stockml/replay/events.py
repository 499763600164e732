"""What happened to a policy, from its ledger: the calendar of events, and the numbers of each kind."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from stockml.clock import Clock, stamp, to_day
from stockml.ledger import triggers
from stockml.ledger.store import has_table
from stockml.pipeline import shadow
from stockml.replay import figures, trouble
from stockml.replay.figures import Walked

Event = dict[str, Any]
LEAK = "leak alarm"
_EVIDENCE = re.compile(r"(?P<name>.+?) (?P<horizon>\d+) ahead\b")


class Alarms(NamedTuple):
    """Evidence that fired: how often, and how many of those alarms hindsight calls false, true, or neither."""

    fired: int
    false: int
    true: int
    unknown: int


def calendar(ledger: sqlite3.Connection, clock: Clock, policy: str, notes: Sequence[Event]) -> list[Event]:
    """Everything that happened by now, in time order, one entry an occasion with the symbols it befell.

    Trainings and what the gate said, promotions, rollbacks, evidence, alerts, abstentions; and `notes` of what no
    ledger tells, {"at", "kind", "sentence"}: jobs that failed, and what was caught up.
    """
    now = stamp(clock.now())
    sources = (_trainings, _promotions, _evidence, _alerts, _abstentions)
    found = [event for source in sources for event in source(ledger, now)]
    found += [_event(one["at"], one["kind"], "", one["sentence"]) for one in notes if one["at"] <= now]
    order = {"trouble": 0, "trained": 1, "quarantined": 2, "refused": 2, "waits": 2, "promoted": 3}
    found.sort(key=lambda one: (one["at"], order.get(one["kind"], 4), one["kind"], one["symbols"], one["sentence"]))
    return [{"policy": policy, **one} for one in found]


def troubles(policy: str, listed: Iterable[trouble.Trouble], first: date, last: date) -> list[Event]:
    """The trouble that a policy was given, as events."""
    days = [(trouble.day_of(one), one) for one in listed]
    return [
        {"policy": policy, **_event(f"{day.isoformat()}T00:00:00Z", "trouble", "", trouble.sentence(one))}
        for day, one in days
        if first <= day <= last
    ]


def _event(at: str, kind: str, symbols: str | Sequence[str], sentence: str) -> Event:
    listed = [symbols] if isinstance(symbols, str) else list(symbols)
    return {"at": at, "kind": kind, "symbols": [one for one in listed if one], "sentence": sentence}


def _grouped(rows: Iterable[tuple[str, str, str, str]]) -> Iterator[Event]:
    """(at, kind, symbol, sentence) as events: those alike in all but the symbol are one."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for at, kind, symbol, sentence in rows:
        found.setdefault((at, kind, sentence), []).append(symbol)
    for (at, kind, sentence), symbols in found.items():
        yield _event(at, kind, sorted(set(symbols)), sentence)


def _trainings(ledger: sqlite3.Connection, now: str) -> Iterator[Event]:
    """Each training once, and once more what the gate did not let through."""
    rows = ledger.execute(
        "SELECT run, symbol, made_at, result, reasons FROM decisions WHERE made_at <= ? ORDER BY number", (now,)
    ).fetchall()
    runs: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        runs.setdefault((row["run"], row["made_at"]), []).append(row["symbol"])
    for (_, at), symbols in runs.items():
        yield _event(at, "trained", sorted(symbols), f"{len(symbols)} symbols trained")
    yield from _grouped(
        (row["made_at"], _gate_word(row["result"], told[0]), row["symbol"], told[0])
        for row in rows
        if row["result"] == "fail" or (row["result"] == "cannot_tell" and "the champion stays" in row["reasons"])
        if (told := json.loads(row["reasons"]))
    )  # fmt: skip


def _gate_word(result: str, reason: str) -> str:
    if result == "fail":
        return "quarantined" if reason.startswith(LEAK) else "refused"
    return "waits"


def _promotions(ledger: sqlite3.Connection, now: str) -> Iterator[Event]:
    """Changes of champions, by training or back."""
    return _grouped(
        (row["at"], "rolled_back" if row["who"] == shadow.WHO else "promoted", row["symbol"], row["reason"])
        for row in changes(ledger, now)
    )


def changes(ledger: sqlite3.Connection, now: str) -> list[sqlite3.Row]:
    """The rows of the promotion log that changed a champion."""
    rows = ledger.execute("SELECT * FROM promotions WHERE at <= ? ORDER BY number", (now,)).fetchall()
    standing: dict[str, str] = {}
    kept = []
    for row in rows:
        if standing.get(row["symbol"]) != row["champion"]:
            kept.append(row)
        standing[row["symbol"]] = row["champion"]
    return kept


def _evidence(ledger: sqlite3.Connection, now: str) -> Iterator[Event]:
    return _grouped((row["at"], "evidence", row["symbol"], row["sentence"]) for row in triggers.fired(ledger, now))


def _alerts(ledger: sqlite3.Connection, now: str) -> Iterator[Event]:
    if has_table(ledger, "alerts"):
        rows = ledger.execute(
            "SELECT at, symbols, title, sentence, change FROM alerts WHERE at <= ? AND change IN ('opened', 'again', "
            "'closed') ORDER BY number",
            (now,),
        )
        for row in rows:
            over = row["change"] == "closed"
            told = f"over: {row['title']}" if over else f"{row['title']}: {row['sentence']}"
            yield _event(row["at"], "alert_over" if over else "alert", json.loads(row["symbols"]), told)


def _abstentions(ledger: sqlite3.Connection, now: str) -> Iterator[Event]:
    rows = ledger.execute("SELECT made_at, symbol, session, reason FROM abstentions WHERE made_at <= ?", (now,))
    return _grouped((row["made_at"], "abstained", row["symbol"], f"{row['reason']} ({row['session']})") for row in rows)


def counts(found: Sequence[Event]) -> dict[str, int]:
    """How often each happened. Trainings are occasions; refusals, promotions and rollbacks count symbols."""
    occasions = Counter(one["kind"] for one in found)
    symbols: Counter[str] = Counter()
    for one in found:
        symbols[one["kind"]] += len(one["symbols"])
    return {
        "trainings": occasions["trained"], "symbols_trained": symbols["trained"],
        "refused": symbols["refused"] + symbols["quarantined"], "quarantined": symbols["quarantined"],
        "waiting": symbols["waits"], "promotions": symbols["promoted"], "rollbacks": symbols["rolled_back"],
        "alerts": occasions["alert"], "abstentions": symbols["abstained"], "failed_jobs": occasions["failed"],
    }  # fmt: skip


def alarms(ledger: sqlite3.Connection, clock: Clock, rows: Walked, symbols: Sequence[str]) -> Alarms:
    """The evidence that fired, judged by the sessions that followed (`figures.kept_promise`)."""
    verdicts = [_kept(row, rows, symbols) for row in triggers.fired(ledger, stamp(clock.now()))]
    return Alarms(len(verdicts), verdicts.count(True), verdicts.count(False), verdicts.count(None))


def _kept(row: sqlite3.Row, rows: Walked, symbols: Sequence[str]) -> bool | None:
    told = _EVIDENCE.match(row["sentence"])
    if told is None or row["symbol"] not in symbols:
        return None
    since = to_day(datetime.fromisoformat(row["at"]).date())
    return figures.kept_promise(rows, symbols.index(row["symbol"]), int(told["horizon"]), told["name"], since)
