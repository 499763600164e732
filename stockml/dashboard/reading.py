"""Looks at a workspace again and again, each time only at what may be new, and never at more than its share of time.

The fleet is looked at as `status` does when the ledger was written, or a while has passed; how soon again follows
from what the last look cost. Logs are read on from where they ended; a workspace that was replaced is opened anew.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections import deque
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from stockml import environment
from stockml.bars import store as market_store
from stockml.clock import recorded_at, stamp
from stockml.dashboard import symbol as symbol_room
from stockml.dashboard.seen import Detail, Seen, Wanted
from stockml.dashboard.trainings import Trainings
from stockml.environment import Environment
from stockml.errors import StockmlError, WorkspaceError
from stockml.ledger import store as ledger_store
from stockml.pipeline import explain, logs, overview
from stockml.workspace import Workspace

SHARE = 0.01  # of a processor that looks at the fleet may take, and the same again looks at the symbol
IDLE_S = 20.0  # after which the fleet is looked at though the ledger was not written: ages grow, files get lost
LOG_LINES = 400  # newest lines that are kept
PATIENCE_S = 0.8  # that a database held by another process is waited for
HOST = ("cpu", "memory", "disk")
MEMORY = Path(":memory:")


@dataclass
class _Turn:
    """When something is to be looked at again: its last state of the ledger, what it was of, and the earliest time."""

    key: Any = None
    earliest: float = 0.0
    latest: float = 0.0

    def is_due(self, key: Any, now: float) -> bool:
        return now >= self.latest or (key != self.key and now >= self.earliest)

    def took(self, key: Any, seconds: float) -> None:
        """Remember a look that cost so many seconds of processor."""
        now = time.monotonic()
        self.key, self.earliest = key, now + seconds / SHARE
        self.latest = max(self.earliest, now + IDLE_S)


class Reading:
    """One workspace, as of a session or live. Not to be shared between threads: databases stay with theirs."""

    def __init__(self, place: Workspace, as_of: str | None) -> None:
        self.place, self.as_of = place, as_of
        self.env: Environment | None = None
        self.marks: Any = None
        self.trainings = Trainings(place)
        self.follower: logs.Follower | None = None
        self.log: deque[logs.Line] = deque(maxlen=LOG_LINES)
        self.fleet_turn, self.detail_turn = _Turn(), _Turn()
        self.seen = Seen(str(place.home))

    def look(self, wanted: Wanted, *, is_urgent: bool = False) -> Seen:
        """What there is to see now; what could not be looked at is as it was, and `trouble` says why.

        If it is urgent, the fleet is looked at now and not when its turn comes.
        """
        self.seen = replace(self.seen, wall=stamp(recorded_at()), trouble="")
        try:
            env = self._opened()
            self._logs()
            has_ended = self._surroundings(env)
            self._fleet(env, is_urgent or has_ended)
            self._detail(env, wanted)
        except StockmlError as error:
            self._lost(error.message)
        except sqlite3.Error as error:
            told = ledger_store.told_by_disk(error)
            self._lost(told.message if told else f"a database cannot be read ({error})")
        except OSError as error:
            self._lost(f"{error.filename or self.place.home}: {error.strerror}")
        return self.seen

    def close(self) -> None:
        """Let go of the databases."""
        if self.env is not None:
            for name in ("market", "ledger"):
                connection = self.env.__dict__.get(name)
                if connection is not None:
                    connection.close()
        self.env = None

    def _lost(self, told: str) -> None:
        self.close()
        self.seen = replace(self.seen, trouble=told)

    def _opened(self) -> Environment:
        """The workspace, opened anew if any of its files is another than before, or it is time for a full look.

        Raises `StockmlError`.
        """
        marks = tuple(_mark(one) for one in (self.place.config_file, self.place.ledger_file, self.place.market_file))
        if self.env is not None and marks == self.marks and time.monotonic() < self.fleet_turn.latest:
            return self.env
        self.close()
        if marks[0] is None:
            self.follower = None
            raise WorkspaceError(f"{self.place.home}: the workspace is gone; it is looked for again and again")
        env = environment.open_environment(self.place, self.as_of, offline=True)
        self.env = env
        ledger = self.place.ledger_file if marks[1] is not None else MEMORY  # looking makes no ledger
        env.__dict__["ledger"] = ledger_store.connect(ledger, PATIENCE_S)
        env.__dict__["market"] = market_store.connect(self.place.market_file, PATIENCE_S)
        self.marks = (marks[0], marks[1], _mark(self.place.market_file))
        self.fleet_turn, self.detail_turn = _Turn(), _Turn()
        return env

    def _logs(self) -> None:
        if self.follower is None:
            self.follower = logs.Follower(self.place, logs.AREAS)
            self.log.extend(logs.newest(self.place, logs.AREAS, LOG_LINES))
        self.log.extend(self.follower.added())

    def _surroundings(self, env: Environment) -> bool:
        """Look at machine, trainings and logs; whether a training has ended since the last look."""
        before = {one.id for one in self.seen.trainings if one.is_running}
        found = self.trainings.look(env.ledger)
        limits = {name: getattr(env.config.monitor, name) for name in HOST}
        self.seen = replace(self.seen, host=overview.host(env), limits=limits, trainings=found, log=tuple(self.log))
        return any(one.id in before and not one.is_running for one in found)

    def _fleet(self, env: Environment, is_urgent: bool) -> None:
        key = _written(env)
        if not (is_urgent or self.fleet_turn.is_due(key, time.monotonic())):
            return
        began = time.thread_time()
        fleet = overview.fleet(env, env.config.symbols)
        self.fleet_turn.took(key, time.thread_time() - began)
        as_of = env.clock.as_of.isoformat() if env.clock.as_of else None
        self.seen = replace(self.seen, fleet=fleet, as_of=as_of, read_at=stamp(recorded_at()))

    def _detail(self, env: Environment, wanted: Wanted) -> None:
        names = env.config.symbols
        name = wanted.symbol if wanted.symbol in names else names[0] if names else None
        if name is None:
            self.seen = replace(self.seen, detail=None, why=None)
            return
        about = (name, wanted.horizon, wanted.why)
        key = (about, _written(env))
        turn = self.detail_turn
        if turn.key is not None and turn.key[0] == about and not turn.is_due(key, time.monotonic()):
            return
        began = time.thread_time()
        detail: Detail = symbol_room.look(env, name, wanted.horizon)
        why = explain.why(env, name) if wanted.why else None
        turn.took(key, time.thread_time() - began)
        self.seen = replace(self.seen, detail=detail, why=why)


def _mark(path: Path) -> tuple[int, int] | int | None:
    """Which file a path names now; for the configuration's sake also when it was changed. None if there is none."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return (facts.st_ino, facts.st_mtime_ns) if path.suffix == ".json" else facts.st_ino


def _written(env: Environment) -> tuple[int, ...]:
    """Numbers that are others once any other connection has written to a database."""
    return tuple(one.execute("PRAGMA data_version").fetchone()[0] for one in (env.ledger, env.market))
