"""One policy lived through its sessions: at each, the jobs that are due, as one transaction of the ledger."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from stockml.bars import calendar, store
from stockml.clock import from_day, stamp, to_day
from stockml.config.load import load
from stockml.environment import Environment
from stockml.errors import StockmlError
from stockml.replay import agenda, challengers, place, trouble, works
from stockml.replay.agenda import Due
from stockml.replay.kept import Kept
from stockml.replay.policy import Policy
from stockml.schedule import jobs
from stockml.workspace import Workspace

# A ledger that is read and written at every session of years: held in memory (KiB; years of one are 60,000), its pages
# written back seldom, and not waited for. After a power cut its newest sessions may not have happened; it stays whole.
LEDGER = ("cache_size = -262144", "wal_autocheckpoint = 20000", "synchronous = NORMAL")
FORCED = ("train", "--all", "--force")
SETUP = FORCED  # what an installation begins with


@dataclass
class Lived:
    """A policy in its workspace, with what runs at each session; `done` sessions are behind it."""

    policy: Policy
    env: Environment
    sessions: tuple[date, ...]
    due: list[list[Due]]
    done: int = 0
    cpu_s: float = 0.0
    notes: list[dict[str, Any]] = field(default_factory=list)

    def step(self, kept: Kept) -> None:
        """Live through the next session. Killed in the middle, it never happened."""
        number, began = self.done, _spent(kept)
        env = self.env.at(self.sessions[number].isoformat()).with_kept(kept)
        with _as_one(env, fed=not env.offline):
            for one in self._wrong(number):
                self._run(challengers.environment(env, one), Due(env.clock.now(), one.kind, FORCED))
            for due in self.due[number]:
                self._run(env, due)
            self.done += 1
            self._note_late(env, number)
            self.cpu_s += _spent(kept) - began
            told = {"through": self.sessions[number].isoformat(), "cpu_s": self.cpu_s, "notes": self.notes}
            env.ledger.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (place.PROGRESS, json.dumps(told)))

    def _wrong(self, number: int) -> list[Any]:
        """The challengers that are to be tried at a session."""
        since = self.sessions[number - 1] if number else date.min
        wrong = (trouble.LeakingChallenger, trouble.OverfitChallenger)
        return [
            one for one in self.policy.trouble if isinstance(one, wrong) and since < one.on <= self.sessions[number]
        ]

    def _run(self, env: Environment, due: Due) -> None:
        """A job that fails has failed, as under cron: the next one runs."""
        try:
            works.run(env, due.command)
        except StockmlError as error:
            told = f"{due.name}: {error.message}"
            self.notes.append({"at": stamp(env.clock.now()), "kind": "failed", "sentence": told})

    def _note_late(self, env: Environment, number: int) -> None:
        """Say what ran now because the machine had been off."""
        late = [one for one in self.due[number] if one.late]
        if late:
            told = f"missed while the machine was off, done once: {', '.join(one.name for one in late)}"
            self.notes.append({"at": stamp(env.clock.now()), "kind": "caught_up", "sentence": told})

    def forced(self) -> list[date]:
        """The sessions ahead at which every symbol is trained whatever happens."""
        named = zip(self.sessions, self.due, strict=True)
        certain = [session for session, due in named if any({"train", "--all"} <= set(one.command) for one in due)]
        return [session for session in certain if session >= self.sessions[min(self.done, len(self.sessions) - 1)]]

    def close(self) -> None:
        self.env.ledger.close()
        self.env.market.close()


def open_policy(own: Workspace, policy: Policy, last: date) -> Lived:
    """A policy where it stands, with what is ahead of it up to a day."""
    config = load(own)
    env = Environment(own, config, offline=not trouble.of_source(policy.trouble))
    first = date.fromisoformat(json.loads((own.home / "policy.json").read_bytes())["first"])
    for setting in LEDGER:
        env.ledger.execute(f"PRAGMA {setting}")
    store.remember(env.market)
    calendar.ensure(env.market, calendar.DEFAULT, last)
    sessions = place.sessions(env.market, first, last)
    settles = _settles(env, sessions)
    table = [job for job in jobs.table(config) if works.is_replayed(job.command)]
    by_session: list[list[Due]] = []
    if settles:
        end = _settles_after(env, sessions[-1])  # what follows the last session belongs to it until the next settles
        found = agenda.caught_up(list(agenda.occurrences(table, settles[0], end)), policy.trouble)
        by_session = agenda.by_session([one for one in found if one.at < end], settles)
        by_session[0].insert(0, Due(settles[0], "setup", SETUP))
    lived = Lived(policy, env, tuple(sessions), [agenda.without_repeats(one) for one in by_session])
    stands = place.progress(own)
    if stands is not None:
        through = date.fromisoformat(stands["through"])
        lived.done = sum(session <= through for session in sessions)
        lived.cpu_s, lived.notes = stands["cpu_s"], stands["notes"]
    return lived


def _settles(env: Environment, sessions: Sequence[date]) -> list[datetime]:
    """When each session settles: the moment the clock stands at as of it."""
    if not sessions:
        return []
    closes = calendar.closes(env.market, calendar.DEFAULT, to_day(sessions[0]), to_day(sessions[-1]))
    margin = timedelta(minutes=env.config.data.settle_minutes)
    return [datetime.fromtimestamp(closes[to_day(one)], UTC) + margin for one in sessions]


def _settles_after(env: Environment, session: date) -> datetime:
    """When the session after one settles."""
    after = calendar.after(env.market, calendar.DEFAULT, to_day(session), 1)
    assert after is not None  # the cache reaches two years beyond every replay
    return _settles(env, [from_day(after)])[0]


def _spent(kept: Kept) -> float:
    """Processor seconds so far, with those that were spent elsewhere for this process, without those for others."""
    return time.process_time() + kept.owed_s - kept.fits.ahead_s


@contextlib.contextmanager
def _as_one(env: Environment, fed: bool) -> Iterator[None]:
    """A session as one transaction. Bars that are fetched are kept first: fetched again, they change nothing.

    Where none are, a transaction spares a lock for each time the bars are read.
    """
    env.ledger.execute("BEGIN IMMEDIATE")
    try:
        env.market.execute("BEGIN IMMEDIATE" if fed else "BEGIN")
        yield
        env.market.execute("COMMIT")
        env.ledger.execute("COMMIT")
    except BaseException:
        for one in (env.market, env.ledger):
            if one.in_transaction:
                one.execute("ROLLBACK")
        raise
