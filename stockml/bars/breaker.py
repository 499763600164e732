"""Keeps requests to a host polite over all processes: a circuit breaker and a budget, in `market.db`.

A refusal for too many requests opens the circuit: nobody asks until a time that doubles with every
refusal. Then one process alone may try; its success closes the circuit for all. A host that has not
answered for a minute is tried by one process too, so that a new refusal is met once, not by each.
Times are wall time, also under `--as-of`: this is about a real host.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from stockml.bars import store
from stockml.clock import recorded_at, stamp
from stockml.errors import SourceError
from stockml.workspace import Workspace

LONGEST_S = 6 * 3600.0
OBEYED_S = 7 * 86400.0  # a longer Retry-After is taken for nonsense
JITTER = 0.5  # up to this much is added by chance, so that machines do not all come back at once
TRUST_S = 60.0
MINUTE_S, DAY_S = 60.0, 86400.0
TURN_S = 0.05  # how long to wait before looking again whether another's first request came back
NAP_S = 1.0  # longest sleep before looking again

_SCHEMA = """
CREATE TABLE IF NOT EXISTS hosts(
  host TEXT PRIMARY KEY, failures INTEGER NOT NULL, opened_at REAL NOT NULL, open_until REAL NOT NULL,
  prober TEXT NOT NULL, probe_until REAL NOT NULL, trusted_until REAL NOT NULL,
  recent TEXT NOT NULL, day INTEGER NOT NULL, spent INTEGER NOT NULL) WITHOUT ROWID
"""


@dataclass(frozen=True)
class Budget:
    """What a host may be asked. `backoff_s` is the first wait after a refusal, `timeout_s` of one request."""

    per_minute: int = 60
    per_day: int | None = None
    backoff_s: float = 60.0
    timeout_s: float = 20.0


@dataclass(frozen=True)
class State:
    """A host's row. Times in epoch seconds; `recent` holds the requests of the last minute, oldest first."""

    failures: int = 0
    opened_at: float = 0.0
    open_until: float = 0.0
    prober: str = ""
    probe_until: float = 0.0
    trusted_until: float = 0.0
    recent: tuple[float, ...] = ()
    day: int = 0
    spent: int = 0


@dataclass(frozen=True)
class Verdict:
    """May a request be sent: now (`granted`), after `wait_s` seconds, or not before `until` and why."""

    granted: bool = False
    wait_s: float = 0.0
    until: float = 0.0
    reason: str = ""


def decide(state: State, budget: Budget, now: float, who: str) -> tuple[Verdict, State]:
    """Whether `who` may send a request now, and the state after that."""
    if state.opened_at <= now < state.open_until:
        return Verdict(until=state.open_until, reason="it refused more requests"), state
    if state.prober not in ("", who) and now < state.probe_until:
        if state.failures:
            return Verdict(until=state.probe_until, reason="another process is trying it again"), state
        return Verdict(wait_s=TURN_S), state
    day = int(now // DAY_S)
    spent = state.spent if state.day == day else 0
    if budget.per_day is not None and spent >= budget.per_day:
        reason = f"its budget of {budget.per_day} requests a day is spent"
        return Verdict(until=(day + 1) * DAY_S, reason=reason), state
    recent = tuple(moment for moment in state.recent if now - MINUTE_S < moment <= now)
    if len(recent) >= budget.per_minute:
        return Verdict(wait_s=recent[-budget.per_minute] + MINUTE_S - now), state
    after = replace(state, recent=(*recent, now)[-budget.per_minute :], day=day, spent=spent + 1)
    if state.failures or now >= state.trusted_until or state.trusted_until > now + TRUST_S:
        after = replace(after, prober=who, probe_until=now + budget.timeout_s + MINUTE_S)
    return Verdict(granted=True), after


def opened(
    state: State, budget: Budget, claimed_at: float, now: float, retry_after_s: float, chance: float
) -> State:
    """The state after a refusal of a request that was claimed at `claimed_at`; `chance` is from 0 to 1.

    A request that was under way when another's refusal opened the circuit does not double the wait.
    """
    if state.failures and state.opened_at > claimed_at:
        return replace(state, open_until=max(state.open_until, now + min(retry_after_s, OBEYED_S)))
    failures = state.failures + 1
    pause = min(LONGEST_S, budget.backoff_s * 2.0 ** min(failures - 1, 40)) * (1.0 + JITTER * chance)
    until = now + max(pause, min(retry_after_s, OBEYED_S))
    return replace(
        state, failures=failures, opened_at=now, open_until=until, prober="", probe_until=0.0, trusted_until=0.0
    )


def closed(state: State, claimed_at: float, now: float) -> State:
    """The state after an answer, unless another request was refused since this one was claimed."""
    if state.failures and state.opened_at > claimed_at:
        return state
    return replace(state, failures=0, open_until=0.0, prober="", probe_until=0.0, trusted_until=now + TRUST_S)


class Gate:
    """One fetch's way to one host: `admit` before each request, then `answered` or `refused`."""

    def __init__(self, connection: sqlite3.Connection, host: str, budget: Budget, symbol: str, source: str) -> None:
        self.connection, self.host, self.budget = connection, host, budget
        self.symbol, self.source = symbol, source
        self.who = f"{os.getpid()}-{random.getrandbits(48):x}"
        self.claimed_at = 0.0

    @property
    def suspicious(self) -> bool:
        """Whether the host's last word was a refusal: then only what is needed may be asked."""
        return read(self.connection, self.host).failures > 0

    def admit(self) -> None:
        """Return when a request may be sent; sleep until the budget allows it.

        Raises `SourceError` with the outcome rate_limited, and when to come back, if the circuit is open
        or the day's budget is spent.
        """
        while True:
            with store.transaction(self.connection):
                now = _now()  # under the lock: an earlier moment would lie before an opening that came meanwhile
                verdict, after = decide(read(self.connection, self.host), self.budget, now, self.who)
                if verdict.granted:
                    _write(self.connection, self.host, after)
            if verdict.granted:
                self.claimed_at = now
                return
            if verdict.until:
                raise self._error(f"{self.host} is not asked", verdict.until, verdict.reason)
            time.sleep(min(verdict.wait_s, NAP_S))

    def answered(self) -> None:
        """The host answered, whatever it said: it is not refusing."""
        with store.transaction(self.connection):
            _write(self.connection, self.host, closed(read(self.connection, self.host), self.claimed_at, _now()))

    def refused(self, retry_after: str | None = None, words: str = "") -> SourceError:
        """The host wants fewer requests: open the circuit. Returns the error to be raised."""
        with store.transaction(self.connection):
            now = _now()
            after = opened(
                read(self.connection, self.host), self.budget, self.claimed_at, now,
                seconds_of(retry_after, now), random.random(),
            )  # fmt: skip
            _write(self.connection, self.host, after)
        return self._error(f"{self.host} refuses more requests and is not asked", after.open_until, words)

    def release(self) -> None:
        """Let another process try, where this one got no answer at all."""
        with store.transaction(self.connection):
            state = read(self.connection, self.host)
            if state.prober == self.who:
                _write(self.connection, self.host, replace(state, prober="", probe_until=0.0))

    def _error(self, what: str, until: float, reason: str) -> SourceError:
        moment = stamp(datetime.fromtimestamp(until, UTC))
        why = f" ({reason})" if reason else ""
        return SourceError(
            f"{self.symbol}: {self.source}: {what} before {moment}{why}", outcome="rate_limited", symbol=self.symbol,
            hint="it is asked again by itself after that; what is stored stays in use",
        )  # fmt: skip


@contextmanager
def gate(home: Path, host: str, budget: Budget, symbol: str, source: str) -> Iterator[Gate]:
    """A gate for one fetch, on a connection of its own; a claim that led to no answer is given back."""
    with closing(connect(home)) as connection:
        made = Gate(connection, host, budget, symbol, source)
        try:
            yield made
        finally:
            made.release()


def connect(home: Path) -> sqlite3.Connection:
    """The workspace's market store with the table of hosts in it."""
    connection = store.connect(Workspace(home).market_file)
    connection.execute(_SCHEMA)
    return connection


def read_at(connection: sqlite3.Connection, host: str) -> State:
    """The same on a connection whose store may have no such table yet."""
    connection.execute(_SCHEMA)
    return read(connection, host)


def read(connection: sqlite3.Connection, host: str) -> State:
    """What is known of a host; a host never asked has the state of none."""
    row = connection.execute(
        "SELECT failures, opened_at, open_until, prober, probe_until, trusted_until, recent, day, spent "
        "FROM hosts WHERE host = ?", (host,),
    ).fetchone()  # fmt: skip
    if row is None:
        return State()
    return State(row[0], row[1], row[2], row[3], row[4], row[5], tuple(json.loads(row[6])), row[7], row[8])


def seconds_for(state: State, budget: Budget, count: int, now: float) -> float:
    """Seconds until `count` more requests can have been sent, if each is answered at once."""
    sent, last = list(state.recent), now
    for _ in range(count):
        if len(sent) >= budget.per_minute:
            last = max(last, sent[-budget.per_minute] + MINUTE_S)
        sent.append(last)
    return max(0.0, last - now)


def seconds_of(retry_after: str | None, now: float) -> float:
    """The seconds a Retry-After header asks for, in either of its forms; 0 if it makes no sense (RFC 9110, 10.2.3)."""
    text = (retry_after or "").strip()
    if text.isdecimal() and len(text) < 12:
        return float(text)
    with suppress(ValueError, TypeError, OverflowError):
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    return 0.0


def _now() -> float:
    return recorded_at().timestamp()


def _write(connection: sqlite3.Connection, host: str, state: State) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO hosts(host, failures, opened_at, open_until, prober, probe_until, trusted_until, "
        "recent, day, spent) VALUES(?,?,?,?,?,?,?,?,?,?)",
        (host, state.failures, state.opened_at, state.open_until, state.prober, state.probe_until,
         state.trusted_until, json.dumps(state.recent), state.day, state.spent),
    )  # fmt: skip
