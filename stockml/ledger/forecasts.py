"""Appends forecasts to the ledger and reads them back, each with its outcome if it had one by now."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from stockml.clock import Clock, stamp
from stockml.errors import StockmlError
from stockml.ledger import chain
from stockml.ledger.schema import FORECASTS, JUDGED, SETTLED
from stockml.ledger.store import transaction

SEALED = FORECASTS.sealed
EXPORTED = (*SEALED, *SETTLED, "prev_hash", "hash")
_FLAGS = frozenset({"direction_hit", "naive_hit", "in80", "in90"})


def append(ledger: sqlite3.Connection, forecasts: Sequence[Mapping[str, Any]], clock: Clock) -> list[dict[str, Any]]:
    """Append forecasts to the hash chain and return them as they stand in the ledger.

    One that is there already (same symbol, interval, horizon, session and version) is returned unchanged. Raises
    `StockmlError`, and appends none, if the target session of a new one has closed by now
    (`details.target_closes_at`): what is known is no forecast.
    """
    with transaction(ledger):
        fresh = [one for one in forecasts if not is_known(ledger, one)]
        for one in fresh:
            refuse_late(one, clock)
        chain.append(ledger, FORECASTS, fresh)
        rows = [_row(ledger, one) for one in forecasts]
    return [as_exported(row, stamp(clock.now())) for row in rows if row is not None]


def is_late(one: Mapping[str, Any], clock: Clock) -> bool:
    """Whether a forecast's target session has closed by now, as far as the forecast says when that is."""
    closes_at = one["details"].get("target_closes_at")
    return closes_at is not None and stamp(clock.now()) > closes_at


def is_known(ledger: sqlite3.Connection, one: Mapping[str, Any]) -> bool:
    """Whether a forecast of the same symbol, interval, horizon, session and version was made before."""
    return _row(ledger, one) is not None


def refuse_late(one: Mapping[str, Any], clock: Clock) -> None:
    """Raise `StockmlError` if a forecast comes too late to be one."""
    if is_late(one, clock):
        raise StockmlError(
            f"{one['symbol']}: the session {one['target_session']} has closed already; there is nothing to forecast",
            symbol=one["symbol"],
            kind="late_forecast",
            hint="look at the machine's clock; 'stockml data fetch' brings newer bars",
        )


def _row(ledger: sqlite3.Connection, one: Mapping[str, Any]) -> sqlite3.Row | None:
    key = (one["symbol"], one["bar_interval"], one["horizon"], one["session"], one["version"])
    row: sqlite3.Row | None = ledger.execute(
        "SELECT * FROM forecasts WHERE symbol = ? AND bar_interval = ? AND horizon = ? AND session = ? AND version = ?",
        key,
    ).fetchone()
    return row


def as_exported(row: sqlite3.Row, now: str | None = None) -> dict[str, Any]:
    """A row of `forecasts` as the JSON object of the contract, with what `predict` adds from its details.

    An outcome that came after `now` (a stamp) is not there yet.
    """
    return {**_told(row, EXPORTED, now), **json.loads(row["details"])}


def _told(row: sqlite3.Row, names: Sequence[str], now: str | None) -> dict[str, Any]:
    out = {name: row[name] for name in names}
    out["class_probabilities"] = json.loads(row["class_probabilities"])
    if now is not None and row["settled_at"] is not None and row["settled_at"] > now:
        out.update({name: None for name in (*SETTLED, *JUDGED) if name in out}, status="pending")
    return {name: bool(value) if name in _FLAGS and value is not None else value for name, value in out.items()}


def export(
    ledger: sqlite3.Connection, interval: str, clock: Clock, symbols: Sequence[str] = ()
) -> Iterator[dict[str, Any]]:
    """The forecasts made by now, in the order they were made: the contract's fields, then how each was judged."""
    now, wanted = stamp(clock.now()), set(symbols)
    rows = ledger.execute(
        "SELECT * FROM forecasts WHERE bar_interval = ? AND made_at <= ? ORDER BY number", (interval, now)
    )
    return (_told(row, (*EXPORTED, *JUDGED), now) for row in rows if not wanted or row["symbol"] in wanted)


def first_of_sessions(
    ledger: sqlite3.Connection, interval: str, clock: Clock, symbol: str | None = None
) -> Iterator[dict[str, Any]]:
    """The earliest forecast of each symbol, horizon and session that was made by now, by session; of one symbol or all.

    As exported, with how it was judged (`JUDGED`).
    """
    rows = _first(ledger, interval, clock, symbol, "forecasts", "f.*")
    now = stamp(clock.now())
    return ({**_told(row, (*EXPORTED, *JUDGED), now), **json.loads(row["details"])} for row in rows)


def columns_of_first(
    ledger: sqlite3.Connection, interval: str, clock: Clock, names: Sequence[str], details: Sequence[str], at_once: int
) -> Iterator[dict[str, Sequence[Any]]]:
    """The forecasts of `first_of_sessions` as columns of one length, so many forecasts at a time.

    `names` are sealed fields, `details` two or more of what the details carry, None where a forecast does not.
    """
    paths = ", ".join(f"'$.{name}'" for name in details)  # of several, SQLite makes an array with the text as it is
    asked = ", ".join([*(f"f.{name}" for name in names), f"json_extract(f.details, {paths})"])
    rows = _first(ledger, interval, clock, None, "forecasts_made", asked)
    rows.row_factory = None
    while some := rows.fetchmany(at_once):
        *sealed, carried = zip(*some, strict=True)
        told = dict(zip(names, sealed, strict=True))
        if "class_probabilities" in told:
            told["class_probabilities"] = _decoded(told["class_probabilities"])
        yield {**told, **dict(zip(details, zip(*_decoded(carried), strict=True), strict=True))}


def _decoded(texts: Sequence[str]) -> Any:
    """JSON texts decoded in one go, which costs half of one by one."""
    return json.loads(f"[{','.join(texts)}]")


def _first(
    ledger: sqlite3.Connection, interval: str, clock: Clock, symbol: str | None, table: str, columns: str
) -> sqlite3.Cursor:
    """Columns of the first forecasts in `table`."""
    one, chosen = ("f.symbol = ? AND ", (symbol,)) if symbol else ("", ())
    same = " AND ".join(f"e.{name} = f.{name}" for name in ("symbol", "bar_interval", "horizon", "session"))
    return ledger.execute(
        f"SELECT {columns} FROM {table} AS f WHERE {one}f.bar_interval = ? AND f.made_at <= ? "
        f"AND NOT EXISTS (SELECT 1 FROM forecasts_made AS e WHERE {same} "
        "AND (e.made_at, e.number) < (f.made_at, f.number)) ORDER BY f.session, f.symbol, f.horizon",
        (*chosen, interval, stamp(clock.now())),
    )


def newest_of(
    ledger: sqlite3.Connection, symbol: str, interval: str, horizon: int, clock: Clock, most: int
) -> list[dict[str, Any]]:
    """What users were told of a symbol at the newest `most` sessions, oldest first: the first forecast of each.

    As exported, with how it was judged. What a replaced champion said aside is passed over.
    """
    now = stamp(clock.now())
    rows = ledger.execute(
        "SELECT * FROM forecasts WHERE symbol = ? AND bar_interval = ? AND horizon = ? AND made_at <= ? "
        "AND json_extract(details, '$.shadow') IS NULL ORDER BY session DESC, made_at, number LIMIT ?",
        (symbol, interval, horizon, now, 2 * most),
    )
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["session"] not in found:
            found[row["session"]] = _told(row, (*EXPORTED, *JUDGED), now)
    return list(found.values())[:most][::-1]


def newest_session(ledger: sqlite3.Connection, interval: str, clock: Clock) -> str | None:
    """The session of the newest forecast made by now, whatever its symbol; None if there is none."""
    row = ledger.execute(
        "SELECT session FROM forecasts_made WHERE bar_interval = ? AND made_at <= ? ORDER BY number DESC LIMIT 1",
        (interval, stamp(clock.now())),
    ).fetchone()
    return str(row["session"]) if row else None


def last(ledger: sqlite3.Connection, symbol: str, interval: str, clock: Clock) -> dict[str, Any] | None:
    """What was said last of a symbol by now: {"session", "made_at", "abstained", "version", "probability_up"}.

    The latter by horizon, as told; None and empty of an abstention. What a replaced champion said aside is passed over.
    """
    now = stamp(clock.now())
    rows = ledger.execute(
        "SELECT session, made_at, version, horizon, probability_up, details FROM forecasts_made "
        "WHERE symbol = ? AND bar_interval = ? AND made_at <= ? ORDER BY number DESC LIMIT 40",
        (symbol, interval, now),
    ).fetchall()
    rows = [row for row in rows if not json.loads(row["details"]).get("shadow")]
    silent = ledger.execute(
        "SELECT session, made_at, reason FROM abstentions WHERE symbol = ? AND made_at <= ? "
        "ORDER BY made_at DESC, session DESC LIMIT 1",
        (symbol, now),
    ).fetchone()
    if silent and (not rows or silent["made_at"] > rows[0]["made_at"]):
        told = {key: silent[key] for key in ("session", "made_at")}
        return {**told, "abstained": silent["reason"], "version": None, "probability_up": {}}
    if not rows:
        return None
    newest = rows[0]
    same = [row for row in rows if (row["session"], row["version"]) == (newest["session"], newest["version"])]
    told = {key: newest[key] for key in ("session", "made_at", "version")}
    ups = {str(row["horizon"]): row["probability_up"] for row in sorted(same, key=lambda row: row["horizon"])}
    return {**told, "abstained": None, "probability_up": ups}
