"""Appends facts other than forecasts to the ledger and reads them back: one function, one fact or one question."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from stockml.clock import Clock, compact, recorded_at, stamp
from stockml.ledger import triggers
from stockml.ledger.store import transaction


def start_run(ledger: sqlite3.Connection, command: str, clock: Clock) -> str:
    """Record that a command began; returns the run's id."""
    wall = recorded_at()
    run = f"{compact(wall)}-{os.urandom(3).hex()}"
    as_of = clock.as_of.isoformat() if clock.as_of else None
    with transaction(ledger):
        ledger.execute(
            "INSERT INTO runs(id, command, started_at, as_of, recorded_at) VALUES(?,?,?,?,?)",
            (run, command, stamp(clock.now()), as_of, stamp(wall)),
        )
    return run


def end_run(ledger: sqlite3.Connection, run: str, clock: Clock, exit_code: int, summary: dict[str, Any]) -> None:
    """Record how a run ended. A run without this row was killed."""
    with transaction(ledger):
        ledger.execute(
            "UPDATE runs SET ended_at = ?, exit_code = ?, summary = ? WHERE id = ?",
            (stamp(clock.now()), exit_code, json.dumps(summary), run),
        )


def recorded_run(ledger: sqlite3.Connection, run: str) -> dict[str, Any] | None:
    """A run as it stands: {"command", "started_at", "ended_at", "exit_code", "summary"}, the last three None till then.

    None if the ledger does not know it.
    """
    row = ledger.execute(
        "SELECT command, started_at, ended_at, exit_code, summary FROM runs WHERE id = ?", (run,)
    ).fetchone()
    return {**dict(row), "summary": row["summary"] and json.loads(row["summary"])} if row else None


def record_abstention(
    ledger: sqlite3.Connection, symbol: str, horizon: int, session: str, reason: str, clock: Clock
) -> None:
    """Record that no forecast was made, and why; once per session."""
    with transaction(ledger):
        ledger.execute(
            "INSERT OR IGNORE INTO abstentions VALUES(?,?,?,?,?,?)",
            (symbol, horizon, session, reason, stamp(clock.now()), stamp(recorded_at())),
        )


def count_trial(ledger: sqlite3.Connection, symbol: str, model_hash: str, clock: Clock) -> int:
    """Count a fitted candidate of a symbol (the same one once) and return how many there have been by now."""
    with transaction(ledger):
        ledger.execute(
            "INSERT OR IGNORE INTO trials(symbol, model_hash, made_at, recorded_at) VALUES(?,?,?,?)",
            (symbol, model_hash, stamp(clock.now()), stamp(recorded_at())),
        )
    return trials(ledger, symbol, clock)


def count_trials(ledger: sqlite3.Connection, symbols: Sequence[str], hashes: Sequence[str], clock: Clock) -> None:
    """Count candidates that were fitted for several symbols at once, as one fact."""
    with transaction(ledger):
        ledger.executemany(
            "INSERT OR IGNORE INTO trials(symbol, model_hash, made_at, recorded_at) VALUES(?,?,?,?)",
            [(symbol, one, stamp(clock.now()), stamp(recorded_at())) for one in hashes for symbol in symbols],
        )


def trials(ledger: sqlite3.Connection, symbol: str, clock: Clock) -> int:
    row = ledger.execute("SELECT count(*) FROM trials WHERE symbol = ? AND made_at <= ?", (symbol, stamp(clock.now())))
    return int(row.fetchone()[0])


def record_decision(
    ledger: sqlite3.Connection, run: str, symbol: str, version: str, clock: Clock, decision: dict[str, Any]
) -> None:
    """Record what the gate said of a version: `result`, `verdict`, `reasons`, `figures`."""
    with transaction(ledger):
        ledger.execute(
            "INSERT INTO decisions(run, symbol, version, made_at, result, verdict, reasons, figures, recorded_at) "
            "VALUES(?,?,?,?,?,?,?,?,?)",
            (
                run,
                symbol,
                version,
                stamp(clock.now()),
                decision["result"],
                decision["verdict"],
                json.dumps(decision["reasons"]),
                json.dumps(decision["figures"]),
                stamp(recorded_at()),
            ),
        )


def record_promotion(
    ledger: sqlite3.Connection, symbol: str, at: str, pointers: dict[str, str | None], who: str, reason: str,
    figures: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Record that a symbol's pointers changed. The log from which the pointers as of any moment are read.

    `figures` are those on which the change was decided, None where a person decided.
    """
    with transaction(ledger):
        ledger.execute(
            "INSERT INTO promotions(symbol, at, champion, previous, challenger, who, reason, recorded_at, figures) "
            "VALUES(?,?,?,?,?,?,?,?,?)",
            (
                symbol,
                at,
                pointers["champion"],
                pointers["previous"],
                pointers["challenger"],
                who,
                reason,
                stamp(recorded_at()),
                None if figures is None else json.dumps(figures),
            ),
        )


_LOG = "SELECT champion, previous, challenger, at AS since, reason AS why FROM promotions"


def pointers_as_of(ledger: sqlite3.Connection, symbol: str, at: str) -> dict[str, Any] | None:
    """A symbol's pointers as the promotion log had them at a moment (a stamp); None before the first.

    `since` and `why` are of the champion: a new challenger changes neither.
    """
    rows = ledger.execute(f"{_LOG} WHERE symbol = ? AND at <= ? ORDER BY at DESC, number DESC", (symbol, at))
    found: dict[str, Any] | None = None
    for row in rows:  # back to where its champion became one
        if found is not None and row["champion"] != found["champion"]:
            break
        found = {**(found or dict(row)), "since": row["since"], "why": row["why"]}
    return found


def all_pointers_as_of(ledger: sqlite3.Connection, at: str) -> dict[str, dict[str, Any]]:
    """The pointers of every symbol that has any, as the promotion log had them at a moment (a stamp)."""
    symbols = [row[0] for row in ledger.execute("SELECT DISTINCT symbol FROM promotions ORDER BY symbol")]
    found = {symbol: pointers_as_of(ledger, symbol, at) for symbol in symbols}
    return {symbol: own for symbol, own in found.items() if own is not None}


def lineages(ledger: sqlite3.Connection, at: str, symbol: str | None = None) -> dict[str, list[tuple[str, str]]]:
    """Of one symbol, or each, its champion by a moment (a stamp), and the ones before it that were of the same recipe.

    (version, since) each, the oldest first. A promotion of another recipe, by hand or by rollback begins anew, and so
    does one that answers evidence: what a training was made for does not ask for the next one too.
    """
    fired: dict[str, list[str]] = {}
    for row in triggers.fired(ledger, at):
        fired.setdefault(row["symbol"], []).append(row["at"])
    one, chosen = ("symbol = ? AND ", (symbol,)) if symbol else ("", ())
    rows = ledger.execute(
        "SELECT symbol, champion, at, json_extract(figures, '$.same_recipe') AS same FROM promotions "
        f"WHERE {one}at <= ? ORDER BY at, number",
        (*chosen, at),
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for owner, version, since, same in rows:
        line = found.setdefault(owner, [])
        if line and line[-1][0] == version:
            continue
        if not same or (line and any(line[-1][1] < moment <= since for moment in fired.get(owner, ()))):
            line.clear()
        line.append((version, since))
    return found


def promotions(ledger: sqlite3.Connection, symbol: str, at: str, most: int) -> Iterator[dict[str, Any]]:
    """The newest rows of a symbol's promotion log by a moment (a stamp), the newest first; each read when asked for."""
    rows = ledger.execute(
        "SELECT at, champion, previous, challenger, who, reason, figures FROM promotions "
        "WHERE symbol = ? AND at <= ? ORDER BY at DESC, number DESC LIMIT ?",
        (symbol, at, most),
    )
    return ({**dict(row), "figures": row["figures"] and json.loads(row["figures"])} for row in rows)


def latest_decision(ledger: sqlite3.Connection, symbol: str, at: str) -> dict[str, Any] | None:
    """What the gate said last of a candidate of a symbol, by a moment (a stamp)."""
    return next(iter(decisions(ledger, symbol, at, 1)), None)


def decisions(ledger: sqlite3.Connection, symbol: str, at: str, most: int) -> list[dict[str, Any]]:
    """What the gate said of the candidates of a symbol by a moment (a stamp), the newest first."""
    rows = ledger.execute(
        "SELECT run, version, made_at, result, verdict, reasons, figures FROM decisions "
        "WHERE symbol = ? AND made_at <= ? ORDER BY made_at DESC, number DESC LIMIT ?",
        (symbol, at, most),
    )
    return [{**dict(row), **{key: json.loads(row[key]) for key in ("reasons", "figures")}} for row in rows]


def run_of(ledger: sqlite3.Connection, symbol: str, version: str, at: str) -> str | None:
    """The run that judged a version of a symbol last by a moment (a stamp)."""
    row = ledger.execute(
        "SELECT run FROM decisions WHERE symbol = ? AND version = ? AND made_at <= ? ORDER BY number DESC LIMIT 1",
        (symbol, version, at),
    ).fetchone()
    return row[0] if row else None


def latest_promotion(ledger: sqlite3.Connection, symbol: str) -> str | None:
    """When the newest promotion of a symbol took effect, on the clock it was made under."""
    row = ledger.execute("SELECT max(at) FROM promotions WHERE symbol = ?", (symbol,)).fetchone()
    return row[0] if row else None


def workspace_id(ledger: sqlite3.Connection) -> str:
    """What tells this ledger's workspace from others, wherever it lies: made at the first asking, restored with it."""
    with transaction(ledger):
        ledger.execute("INSERT OR IGNORE INTO meta VALUES('workspace', ?)", (os.urandom(8).hex(),))
    row = ledger.execute("SELECT value FROM meta WHERE key = 'workspace'").fetchone()
    return str(row[0])


def end_open_runs(ledger: sqlite3.Connection, at: str, exit_code: int, why: str) -> None:
    """Give every run without an end one, at a moment (a stamp): a restored ledger was copied in their midst."""
    with transaction(ledger):
        ledger.execute(
            "UPDATE runs SET ended_at = max(started_at, ?), exit_code = ?, summary = ? WHERE ended_at IS NULL",
            (at, exit_code, json.dumps({"error": why})),
        )
