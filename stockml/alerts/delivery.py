"""Brings messages to their channels: claimed, tried, recorded, tried again later, and in the end given up."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from stockml import logbook
from stockml.alerts import channels as folder
from stockml.alerts.message import Message, from_json
from stockml.alerts.redaction import redact
from stockml.clock import parse_stamp, stamp
from stockml.config.channels import Channel, name_of, read
from stockml.errors import StockmlError
from stockml.ledger import alerts as store
from stockml.ledger.store import transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stockml.environment import Environment

WAITS = tuple(timedelta(minutes=minutes) for minutes in (5, 30, 120, 360, 720))  # before the second attempt and on
MOST_ATTEMPTS = len(WAITS) + 1  # then a message is given up, if it has waited long enough
LONG_ENOUGH = timedelta(hours=20)  # about the sum of the waits
MARGIN_S = 2.0  # seconds beyond a channel's own limit until it is left to itself
TOLD_DAYS = 7  # days that a message given up is told about
LONGEST = 300  # characters of an error


@dataclass(frozen=True)
class Delivery:
    """What came of one attempt. `state` is delivered, waiting or given_up; `error` may be a remark on a success."""

    message: str
    channel: str
    state: str
    attempts: int
    error: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def audience(listed: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """The names of the channels that get alerts."""
    return tuple(name_of(one) for one in read(listed) if one.type != "healthchecks")


def deliver_due(env: Environment, known: Sequence[str]) -> tuple[Delivery, ...]:
    """Try the channels for which a delivery is due: all that waits for one, oldest first, until it fails.

    A new message makes older ones due again, so that no recovery arrives before its alert. Never tries anything
    as of a session. Raises `BusyError` or `sqlite3.Error` if the ledger cannot be written.
    """
    if env.clock.as_of is not None:
        return ()
    by_name = {name_of(one): one for one in read(env.config.alerts.channels)}
    waiting: dict[str, list[dict[str, Any]]] = {}
    for one in store.deliveries(env.ledger):
        waiting.setdefault(one["channel"], []).append(one)
    found: list[Delivery] = []
    for name, rows in waiting.items():
        if name not in by_name:
            found += [_settled(env, one, one["attempts"], "given_up", "no longer configured") for one in rows]
        elif any(is_due(one, env.clock.now()) for one in rows):
            found += _deliver(env, by_name[name], rows, known)
    return tuple(found)


def is_due(one: Mapping[str, Any], now: datetime) -> bool:
    """Whether a waiting delivery's next attempt may be made; also where the machine's clock was set back."""
    if one["next_at"] is None:
        return True
    return not timedelta(0) < parse_stamp(one["next_at"]) - now <= WAITS[-1]


def _deliver(env: Environment, channel: Channel, rows: list[dict[str, Any]], known: Sequence[str]) -> list[Delivery]:
    """Deliver what waits for a channel. A failure is the channel's, and counts for all that waits behind it."""
    found: list[Delivery] = []
    words = ""
    for one in rows:
        now, attempts = env.clock.now(), one["attempts"] + 1
        with transaction(env.ledger):
            ours = store.claim(env.ledger, one, now, now + WAITS[min(attempts, len(WAITS)) - 1])
        if not ours:
            break  # another process is at this channel
        ok = False
        if not words:
            ok, told = attempt(channel, from_json(one["document"]), env, known)
            words = "" if ok else told or "it failed without a word"
        over = attempts >= MOST_ATTEMPTS and abs(now - parse_stamp(one["made_at"])) >= LONG_ENOUGH
        state = "delivered" if ok else "given_up" if over else "waiting"
        found.append(_settled(env, one, attempts, state, told if ok else words))
    return found


def _settled(env: Environment, one: dict[str, Any], attempts: int, state: str, error: str) -> Delivery:
    """Record what became of an attempt."""
    with transaction(env.ledger):
        store.settle(env.ledger, one, state, error)
    if state != "delivered":
        next_ = "given up" if state == "given_up" else "to be tried again"
        note(env, f"alert {one['message']} to {one['channel']}, attempt {attempts}: {error}; {next_}")
    return Delivery(one["message"], one["channel"], state, attempts, error)


def note(env: Environment, words: str) -> None:
    """A line in the log of monitoring, if the disk takes it: whoever calls has the words too."""
    with contextlib.suppress(StockmlError, OSError):
        logbook.log(env.workspace, "monitoring", words)


def attempt(channel: Channel, message: Message, env: Environment, known: Sequence[str]) -> tuple[bool, str]:
    """(whether it arrived, error or remark without secrets) of one attempt, within the channel's time."""
    module = folder.load(channel.type)
    return guarded(lambda: module.deliver(channel, message, env.workspace), channel.timeout_s, known)


def guarded(act: Callable[[], str | None], seconds: float, known: Sequence[str]) -> tuple[bool, str]:
    """Run something that may fail in any way or never end, in a thread of its own, left behind when time is up.

    The libraries' own limits are for each wait: a server that drips a byte at a time, or a name that is
    never resolved, passes them.
    """
    ended: list[tuple[bool, str]] = []

    def run() -> None:
        try:
            ended.append((True, act() or ""))
        except StockmlError as error:
            ended.append((False, f"{error.message}; {error.hint}" if error.hint else error.message))
        except Exception as error:  # noqa: BLE001 - plug-ins of others; nothing they do may fail the job
            ended.append((False, f"{type(error).__name__}: {error}"))

    thread = threading.Thread(target=run, daemon=True, name="stockml-alert")
    thread.start()
    thread.join(seconds + MARGIN_S)
    ok, words = ended[0] if ended else (False, f"no end after {seconds + MARGIN_S:g} s")
    return ok, redact(words, known)[:LONGEST]


def troubles(env: Environment) -> list[str]:
    """What `status` warns of: channels that messages wait for after a failure, or that did not get some at all."""
    if env.clock.as_of is not None:
        return []
    since = stamp(env.clock.now() - timedelta(days=TOLD_DAYS))
    rows = [one for one in store.deliveries(env.ledger, since) if one["attempts"] or one["state"] == "given_up"]
    found = []
    for channel in sorted({one["channel"] for one in rows}):
        for state, words in (("given_up", "never reached"), ("waiting", "not yet reached")):
            of_it = [one for one in rows if one["channel"] == channel and one["state"] == state]
            if of_it:
                count = "1 alert message has" if len(of_it) == 1 else f"{len(of_it)} alert messages have"
                error = of_it[-1]["error"] or "interrupted"
                found.append(f"{count} {words} {channel}: {error}; see 'stockml alerts list'")
    return found
