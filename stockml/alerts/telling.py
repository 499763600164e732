"""Compares what is wrong now with what people know, and tells the difference in one message."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stockml.alerts import delivery, message, redaction, state
from stockml.alerts.delivery import Delivery
from stockml.alerts.message import Cause, Change
from stockml.clock import compact, recorded_at, stamp
from stockml.config.channels import read
from stockml.errors import StockmlError
from stockml.ledger import alerts as store
from stockml.ledger.store import transaction

if TYPE_CHECKING:
    from stockml.environment import Environment


@dataclass(frozen=True)
class Told:
    """What an update did: the keys that opened, became worse or closed, the message, and every attempt to deliver.

    `message` is None if there was nothing to tell. `problem` is what kept the update from being recorded, or "".
    """

    opened: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    message: str | None = None
    deliveries: tuple[Delivery, ...] = ()
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            "opened": list(self.opened), "worse": list(self.worse), "closed": list(self.closed),
            "message": self.message, "deliveries": [one.as_json() for one in self.deliveries],
            "problem": self.problem or None,
        }  # fmt: skip


def update(env: Environment, causes: Sequence[Cause], area: str) -> Told:
    """Record what is wrong in an area now, tell what changed, and try again what did not arrive before.

    `causes` is everything that is wrong in the area: what is not in it is over. What changed is one
    message to each channel. Never raises for what goes wrong with recording or telling: the job goes on.
    As of a session, everything is recorded and nothing is sent.
    """
    known = redaction.secrets(read(env.config.alerts.channels))
    changed: list[Change] = []
    made: str | None = None
    try:
        changed, made = _record(env, causes, area, lambda text: redaction.redact(text, known))
        return _told(changed, made, delivery.deliver_due(env, known))
    except (StockmlError, sqlite3.Error, OSError) as error:
        words = redaction.redact(f"alerts of {area}: {error}", known)
        delivery.note(env, words)
        return _told(changed, made, (), words)


def _record(
    env: Environment, causes: Sequence[Cause], area: str, strike: Callable[[str], str]
) -> tuple[list[Change], str | None]:
    """Write the changes and the message of those to be told, in one transaction; (changes, the message's id)."""
    settings = env.config.alerts
    names = delivery.audience(settings.channels)
    active = message.merge(message.clean(one, strike) for one in causes)
    cooldown, now = timedelta(hours=settings.cooldown_hours), env.clock.now()
    with transaction(env.ledger):
        store.make_tables(env.ledger)
        before = {one.key: one for one in store.standing(env.ledger, env.clock, area)}
        changed = state.changes(active, before, now, cooldown, bool(names) and env.clock.as_of is None)
        store.append(env.ledger, env.clock, area, [_row(one) for one in changed])
        told = [one for one in changed if one.told]
        if not told:
            return changed, None
        id_ = f"{compact(recorded_at())}-{os.urandom(3).hex()}"
        made = message.compose(id_, stamp(now), strike(env.workspace.home.resolve().name), area, told)
        store.queue(env.ledger, made.as_json(), names)
    return changed, id_


def _row(change: Change) -> dict[str, Any]:
    cause = change.cause
    return {
        "key": cause.key, "change": change.kind, "level": cause.level, "title": cause.title,
        "sentence": cause.sentence, "symbols": list(cause.symbols), "told": change.told,
    }  # fmt: skip


def _told(changed: Sequence[Change], made: str | None, attempts: tuple[Delivery, ...], problem: str = "") -> Told:
    def keys(kind: str) -> tuple[str, ...]:
        return tuple(one.cause.key for one in changed if one.kind == kind)

    return Told(keys("opened"), keys("worse"), keys("closed"), made, attempts, problem)
