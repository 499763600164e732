"""Where a replay lives on disk: the bars as they stood when it began, and one workspace a policy.

    replays/KEY/lock             one replay of a kind at a time
    replays/KEY/market.db        the bars all policies read
    replays/KEY/fits/            fits that several policies need; may be deleted at any time
    replays/KEY/NAME/            an ordinary workspace; its ledger says how far the policy has come
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from stockml import files
from stockml.bars import calendar, store
from stockml.bars.series import COLUMNS
from stockml.clock import Clock, from_day, to_day
from stockml.environment import Environment
from stockml.ledger.store import has_table
from stockml.replay import market, trouble
from stockml.replay.policy import Policy, configuration
from stockml.workspace import Workspace

PROGRESS = "replayed"  # the key of the ledger's `meta` that says how far a policy has come


@dataclass(frozen=True)
class Place:
    """A replay's folder, the configuration it started from, and its first session."""

    folder: Path
    base: Mapping[str, Any]
    symbols: tuple[str, ...]
    first: date

    @property
    def market_file(self) -> Path:
        return self.folder / "market.db"

    @property
    def fits(self) -> Path:
        return self.folder / "fits"

    def workspace(self, policy: str) -> Workspace:
        return Workspace(self.folder / policy)


def find(env: Environment, base: Mapping[str, Any], symbols: Sequence[str], first: date) -> Place:
    """The folder of replays that begin on a day with this configuration; it may not be there yet."""
    asked = {"first": first.isoformat(), "symbols": list(symbols), "base": base}
    key = hashlib.sha256(files.canonical_json(asked)).hexdigest()[:12]
    return Place(env.workspace.data / "replays" / f"{first:%Y%m%d}-{key}", base, tuple(symbols), first)


def prepare(env: Environment, place: Place, policies: Sequence[Policy], through: date) -> list[str]:
    """Bring bars and workspaces into place; returns the policies that had to begin anew, since old bars changed.

    What a policy has lived through stays if its file is the same and the bars it saw are.
    """
    files.make_folder(place.folder)
    fresh = place.folder / "market.db.new"
    for path in (fresh, *market.beside(fresh)):
        files.remove_file(path)
    with contextlib.closing(sqlite3.connect(fresh)) as copy:
        env.market.backup(copy)
    with contextlib.closing(store.connect(fresh)) as copy:
        for name in {calendar.name_for(symbol, env.config.data.calendars) for symbol in env.config.symbols}:
            calendar.ensure(copy, name, through)
    again = [one.name for one in policies if not _stands(env, place, one, fresh)]
    anew = [name for name in again if place.workspace(name).home.exists()]
    for name in again:
        if place.workspace(name).home.exists():
            files.remove_tree(place.workspace(name).home)
    for path in market.beside(place.market_file):
        files.remove_file(path)
    files.publish_file(fresh, place.market_file)
    for one in policies:
        _settle_in(place, one)
    return anew


def _stands(env: Environment, place: Place, policy: Policy, fresh: Path) -> bool:
    """Whether a policy's workspace can go on: same file, and no bar it can have seen differs."""
    own = place.workspace(policy.name)
    try:
        same = (own.home / "policy.json").read_bytes() == _described(place, policy)
    except FileNotFoundError:
        return False
    state = progress(own)
    if not same or state is None or not place.market_file.exists():
        return same and state is None
    with contextlib.closing(store.connect(place.market_file)) as old, contextlib.closing(store.connect(fresh)) as new:
        clock = calendar.clock_at(old, date.fromisoformat(state["through"]), env.config.data.settle_minutes)
        return all(_same(old, new, symbol, env.config.data.interval, clock) for symbol in _needed(env))


def _needed(env: Environment) -> list[str]:
    from stockml.pipeline import steps

    return steps.fleet_and_benchmark(env)


def _same(old: sqlite3.Connection, new: sqlite3.Connection, symbol: str, interval: str, clock: Clock) -> bool:
    """Whether two stores tell the same bars of a symbol as of a clock."""
    assert clock.as_of is not None
    through, known = to_day(clock.as_of), int(clock.now().timestamp())
    told = [store.read(one, symbol, interval, through, known) for one in (old, new)]
    if told[0] is None or told[1] is None:
        return all(one is None or not len(one) for one in told)
    return all(np.array_equal(getattr(told[0], name), getattr(told[1], name)) for name in COLUMNS)


def _settle_in(place: Place, policy: Policy) -> None:
    """The workspace of a policy: configuration, and the bars it reads."""
    own = place.workspace(policy.name)
    files.make_folder(own.data)
    config = configuration(place.base, policy, list(place.symbols))
    files.replace(own.config_file, files.pretty_json(config))
    breaks = [one for one in policy.trouble if isinstance(one, trouble.RegimeBreak)]
    if trouble.of_source(policy.trouble):
        market.copy(place.market_file, own.home / "source.db", breaks)
        files.replace(own.home / "trouble.json", files.pretty_json([_plain(one) for one in policy.trouble]))
    elif breaks:
        market.copy(place.market_file, own.market_file, breaks)
    elif not own.market_file.is_symlink():
        files.point(own.market_file, Path("..", "..", "market.db"))
    files.replace(own.home / "policy.json", _described(place, policy))


def _described(place: Place, policy: Policy) -> bytes:
    """What a policy's workspace was made for: its whole configuration and its trouble."""
    told = {"config": configuration(place.base, policy, list(place.symbols)), "first": place.first.isoformat()}
    return files.pretty_json({**told, "trouble": [_plain(one) for one in policy.trouble]})


def _plain(one: trouble.Trouble) -> dict[str, Any]:
    values = {key: value.isoformat() if isinstance(value, date) else value for key, value in vars(one).items()}
    return {"kind": one.kind, **{trouble.SPELLED.get(key, key): value for key, value in values.items()}}


def progress(own: Workspace) -> dict[str, Any] | None:
    """How far a policy has come, as its ledger says; None before its first session."""
    if not own.ledger_file.exists():
        return None
    with contextlib.closing(sqlite3.connect(own.ledger_file)) as ledger:
        if not has_table(ledger, "meta"):
            return None
        row = ledger.execute("SELECT value FROM meta WHERE key = ?", (PROGRESS,)).fetchone()
    found: dict[str, Any] | None = json.loads(row[0]) if row else None
    return found


def sessions(connection: sqlite3.Connection, first: date, last: date) -> list[date]:
    """The sessions of the default exchange from one day to another, both included: those the clock is set by."""
    days = calendar.between(connection, calendar.DEFAULT, to_day(first), to_day(last))
    return [from_day(one) for one in days]
