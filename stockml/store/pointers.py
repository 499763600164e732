"""`live.json`: which version of a symbol is champion, which was before, which waits. Replaced by rename only."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from stockml import files
from stockml.clock import Clock, stamp
from stockml.errors import ModelError
from stockml.ledger import facts
from stockml.store import versions
from stockml.workspace import Workspace

ROLES = ("champion", "previous", "challenger")
FIELDS = ("champion", "previous", "challenger", "since", "why")
_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{6}")  # a name that stays inside the symbol's folder


def live_file(workspace: Workspace, symbol: str) -> Path:
    return workspace.symbol_folder(symbol) / "live.json"


def read(workspace: Workspace, symbol: str) -> dict[str, Any] | None:
    """The pointers as they stand, or None before the first promotion. Raises `ModelError` if damaged."""
    try:
        return parse(live_file(workspace, symbol).read_bytes(), symbol)
    except FileNotFoundError:
        return None


def parse(content: bytes, symbol: str) -> dict[str, Any]:
    """Parse a pointer file. Raises `ModelError` unless it is exactly one."""
    try:
        pointers = json.loads(content)
        intact = isinstance(pointers, dict) and set(pointers) == set(FIELDS) and _names_versions(pointers)
    except (ValueError, RecursionError):
        intact = False
    if not intact:
        raise ModelError(
            f"{symbol}: live.json is damaged",
            symbol=symbol,
            hint=f"restore it from a backup, or run 'stockml train {symbol} --force'",
        )
    return pointers  # type: ignore[no-any-return]


def _names_versions(pointers: dict[str, Any]) -> bool:
    others = [name for name in (pointers["previous"], pointers["challenger"]) if name is not None]
    return all(isinstance(name, str) and _VERSION.fullmatch(name) for name in [pointers["champion"], *others])


def as_of(workspace: Workspace, ledger: sqlite3.Connection, symbol: str, clock: Clock) -> dict[str, Any] | None:
    """The pointers as of the clock: the file for the present, the promotion log for the past."""
    if clock.as_of is None:
        return read(workspace, symbol)
    return facts.pointers_as_of(ledger, symbol, stamp(clock.now()))


def standing(workspace: Workspace, ledger: sqlite3.Connection, symbol: str, clock: Clock) -> dict[str, Any] | None:
    """The pointers as of the clock for those who will write them: a damaged file is answered by the log."""
    try:
        return as_of(workspace, ledger, symbol, clock)
    except ModelError:
        return facts.pointers_as_of(ledger, symbol, stamp(clock.now()))


def _is_whole(workspace: Workspace, symbol: str) -> bool:
    try:
        return read(workspace, symbol) is not None
    except ModelError:
        return False


def promote(
    workspace: Workspace, ledger: sqlite3.Connection, symbol: str, version: str, clock: Clock, who: str, why: str,
    figures: dict[str, Any] | None = None, checked: Collection[str] = (),
) -> None:  # fmt: skip
    """Make a version the champion. Every file of it is checked first. Call under the symbol's lock.

    What was champion becomes previous, unless its files cannot be read: then the previous one stays, so that
    rollback stays possible. Promoting the champion again changes nothing, or `previous` would point at itself.
    `checked` names versions that the caller has read and found sound under that lock; they are not read again.
    """
    before = _repaired(workspace, ledger, symbol, clock, who)
    if before and before["champion"] == version:
        if not _is_whole(workspace, symbol):
            files.replace(live_file(workspace, symbol), files.pretty_json({key: before[key] for key in FIELDS}))
        return
    if version not in checked:
        versions.read(workspace, symbol, version)
    is_sound = before and (before["champion"] in checked or _is_readable(workspace, symbol, before))
    previous = before and before["champion" if is_sound else "previous"]
    previous = None if previous == version else previous
    at = stamp(clock.now())
    pointers = {"champion": version, "previous": previous, "challenger": None, "since": at, "why": why}
    _switch(workspace, ledger, symbol, at, pointers, who, why, figures)


def challenge(
    workspace: Workspace, ledger: sqlite3.Connection, symbol: str, version: str, clock: Clock, who: str, why: str,
    figures: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    """Let a version wait as challenger beside the champion there is. Call under the symbol's lock."""
    before = _repaired(workspace, ledger, symbol, clock, who)
    if before is None or version in (before["champion"], before["challenger"]):
        return
    pointers = {key: before[key] for key in FIELDS} | {"challenger": version}
    _switch(workspace, ledger, symbol, stamp(clock.now()), pointers, who, why, figures)


def reinstate(
    workspace: Workspace, ledger: sqlite3.Connection, symbol: str, wanted: Mapping[str, Any], clock: Clock, who: str,
    why: str,
) -> None:  # fmt: skip
    """Give a symbol back pointers it had once, from now on. Every version they name is checked first.

    Call under the symbol's lock. Where they stand already, nothing changes. Raises `ModelError`.
    """
    for version in {str(wanted[role]) for role in ROLES if wanted[role] is not None}:
        versions.read(workspace, symbol, version)
    before = _repaired(workspace, ledger, symbol, clock, who)
    if before and _is_whole(workspace, symbol) and all(before[role] == wanted[role] for role in ROLES):
        return
    at = stamp(clock.now())
    pointers = {**{role: wanted[role] for role in ROLES}, "since": at, "why": why}
    _switch(workspace, ledger, symbol, at, pointers, who, why, None)


def _repaired(
    workspace: Workspace, ledger: sqlite3.Connection, symbol: str, clock: Clock, who: str
) -> dict[str, Any] | None:
    """The pointers as they stand. Where a run was killed between file and log, the log gets the row it lacks."""
    before = standing(workspace, ledger, symbol, clock)
    logged = facts.pointers_as_of(ledger, symbol, stamp(clock.now()))
    if clock.as_of is not None or before is None or (logged and all(logged[one] == before[one] for one in ROLES)):
        return before
    is_champion_new = logged is None or logged["champion"] != before["champion"]
    at = before["since"] if is_champion_new else stamp(clock.now())
    facts.record_promotion(ledger, symbol, at, before, who, before["why"])
    return before


def _switch(
    workspace: Workspace, ledger: sqlite3.Connection, symbol: str, at: str, pointers: dict[str, Any], who: str,
    why: str, figures: dict[str, Any] | None,
) -> None:  # fmt: skip
    """Replace the file in one step, then log it. Under an as-of clock the file moves only if nothing came later."""
    latest = facts.latest_promotion(ledger, symbol)
    if latest is None or latest <= at:
        files.replace(live_file(workspace, symbol), files.pretty_json(pointers))
    facts.record_promotion(ledger, symbol, at, pointers, who, why, figures)


def _is_readable(workspace: Workspace, symbol: str, pointers: dict[str, Any]) -> bool:
    try:
        versions.read(workspace, symbol, pointers["champion"])
    except ModelError:
        return False
    return True
