"""Checks the ledger's chains row by row: edits, gaps, reorders, lost ends, and facts that contradict each other."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from stockml.ledger.chain import GENESIS, Chain, checksum, head, seal
from stockml.ledger.schema import CHAINS, FORECASTS, OUTCOMES, SIGNALS, VIEW
from stockml.pace import Tell, silent

TOLD_ROWS = 1000  # rows between two words on how far it is


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it was written. `kind` is a stable word, `detail` a sentence."""

    table: str
    number: int | None
    id: str | None
    kind: str
    detail: str


class Said(NamedTuple):
    """What one row is held to: its number, when it was written by the clock, and when its target session closed.

    `after` is the latest instant a forecast may be of, `before` the earliest its outcome may be of.
    """

    number: int
    at: str
    after: str
    before: str


def verify(ledger: sqlite3.Connection, tell: Tell = silent) -> dict[str, Any]:
    """`result` of `ledger verify`: rows counted, and every problem found.

    All is read in one snapshot, so that writers may go on meanwhile. Damage of the file is a problem too.
    """
    problems: list[Problem] = []
    seen: dict[str, dict[str, Said]] = {chain.name: {} for chain in CHAINS}
    usual = ledger.text_factory
    ledger.text_factory = _readable
    try:
        ledger.execute("BEGIN")
        problems += _damage(ledger)
        for chain in CHAINS:
            problems += _walk(ledger, chain, seen[chain.name], tell)
        problems += _contradictions(seen)
    except sqlite3.DatabaseError as error:
        problems.append(Problem("ledger", None, None, "damaged", f"the file cannot be read: {error}"))
    finally:
        ledger.text_factory = usual
        if ledger.in_transaction:
            ledger.execute("ROLLBACK")
    return {
        "ok": not problems,
        **{chain.name: len(seen[chain.name]) for chain in CHAINS},
        "problems": [{key: _printable(value) for key, value in asdict(one).items()} for one in problems],
    }


def _readable(content: bytes) -> str:
    """Text as stored, bytes that are no text included: they must reach the checksum, not end the reading."""
    return content.decode("utf-8", "surrogateescape")


def _printable(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _damage(ledger: sqlite3.Connection) -> Iterator[Problem]:
    """What SQLite finds by itself, and whether the view shows what it was made to show."""
    for row in ledger.execute("PRAGMA integrity_check(20)"):
        if row[0] != "ok":
            yield Problem("ledger", None, None, "damaged", row[0])
    made = ledger.execute("SELECT sql FROM sqlite_master WHERE name = 'forecasts'").fetchone()
    if made is None or made[0] != VIEW[0]:
        yield Problem("forecasts", None, None, "view", "the view 'forecasts' is not the one stockml made")


def _walk(ledger: sqlite3.Connection, chain: Chain, seen: dict[str, Said], tell: Tell = silent) -> Iterator[Problem]:
    """Check every row of a chain against itself and the row before; fill `seen` with what each says, by its id."""
    place, last, check = 0, GENESIS, GENESIS
    total = head(ledger, chain).number
    for row in ledger.execute(f"SELECT {', '.join(chain.columns)}, checksum FROM {chain.table} ORDER BY number"):
        number, name = row["number"], str(row[chain.sealed[0]])
        if number % TOLD_ROWS == 0:
            tell(chain.name, number, total, "")
        for kind, detail in _faults(chain, row, place, last, check):
            yield Problem(chain.name, number, name, kind, detail)
        if name in seen:
            yield Problem(chain.name, number, name, "twice", f"there is another row of {name}")
        seen[name] = _said(chain, row)
        place, last, check = number, str(row["hash"]), str(row["checksum"])
    end = head(ledger, chain)
    if (place, last, check) != end:
        what = f"ends at row {place}" if place != end.number else "does not end with the hash it should"
        yield Problem(chain.name, place or None, None, "end", f"the chain {what}; by its head it ends at {end.number}")


def _faults(chain: Chain, row: sqlite3.Row, place: int, last: str, check: str) -> Iterator[tuple[str, str]]:
    """(kind, detail) of each way in which a row does not follow the one at `place` with its hash and checksum."""
    number = row["number"]
    if number != place + 1:
        yield "gap", f"row {place + 1} is missing" if number == place + 2 else f"rows from {place + 1} are missing"
    if row["prev_hash"] != last:
        yield "link", "its prev_hash is not the hash of the row before"
    stored = tuple(row)
    try:
        if checksum(stored[:-1], check) != stored[-1]:
            yield "altered", "its content does not match its checksum"
            return
        told = {key: json.loads(row[key]) if key in chain.as_json else row[key] for key in chain.sealed}
        if seal(chain, told, row["prev_hash"]) != row["hash"]:
            yield "altered", "its content does not match its hash"
    except (ValueError, TypeError, AttributeError) as error:
        yield "altered", f"it holds what no row may hold ({type(error).__name__})"


def _said(chain: Chain, row: sqlite3.Row) -> Said:
    if chain is OUTCOMES:
        return Said(row["number"], str(row["settled_at"]), "", "")
    try:
        closes_at = json.loads(row["details"]).get("target_closes_at")
    except (ValueError, TypeError, AttributeError):
        closes_at = None  # an altered row; that is told already
    if isinstance(closes_at, str):
        return Said(row["number"], str(row["made_at"]), closes_at, closes_at)
    day = row["target_session"]  # an older stockml did not say when it closed
    return Said(row["number"], str(row["made_at"]), f"{day}T23:59:59Z", f"{day}T00:00:00Z")


def _contradictions(seen: Mapping[str, Mapping[str, Said]]) -> Iterator[Problem]:
    """Forecasts made after their target session closed; outcomes of nothing, or from before there was one."""
    made = {**seen[SIGNALS.name], **seen[FORECASTS.name]}
    for chain in (FORECASTS, SIGNALS):
        for name, one in seen[chain.name].items():
            if one.at > one.after:
                detail = f"made at {one.at}, after its target session closed at {one.after}"
                yield Problem(chain.name, one.number, name, "late", detail)
    for name, one in seen[OUTCOMES.name].items():
        if name not in made:
            yield Problem(OUTCOMES.name, one.number, name, "orphan", "there is no such forecast")
        elif one.at < made[name].before:
            yield Problem(OUTCOMES.name, one.number, name, "early", f"settled at {one.at}, before its target session")
