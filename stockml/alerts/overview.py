"""What `alerts list` shows: open alerts, those closed lately, and how far each message got."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stockml.clock import stamp
from stockml.config.channels import name_of, read
from stockml.ledger import alerts as store

if TYPE_CHECKING:
    from stockml.environment import Environment


def since(env: Environment, days: float) -> dict[str, Any]:
    """`result` of `alerts list`: channels, open alerts, those closed in the last days, deliveries of those days.

    As of a session, the alerts are those of runs as of no later moment; nothing was delivered for them.
    """
    begin = stamp(env.clock.now() - timedelta(days=days))
    alerts = store.standing(env.ledger, env.clock)
    closed = sorted((one for one in alerts if (one.closed_at or "") >= begin), key=lambda one: one.closed_at or "")
    sent = [] if env.clock.as_of else store.deliveries(env.ledger, begin)
    return {
        "since": begin,
        "channels": [{"name": name_of(one), "type": one.type} for one in read(env.config.alerts.channels)],
        "open": [_alert(one) for one in alerts if one.is_open],
        "closed": [_alert(one) for one in reversed(closed)],
        "deliveries": [_delivery(one) for one in reversed(sent)],
    }


def _alert(one: store.Standing) -> dict[str, Any]:
    return {
        "area": one.area, "key": one.key, "level": one.level, "title": one.title, "sentence": one.sentence,
        "symbols": list(one.symbols), "opened_at": one.opened_at, "closed_at": one.closed_at,
        "told": one.told_level is not None, "last_told_at": one.last_told_at,
    }  # fmt: skip


def _delivery(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "message": one["message"], "made_at": one["made_at"], "title": one["document"]["title"],
        "channel": one["channel"], "state": one["state"], "attempts": one["attempts"], "at": one["at"],
        "error": one["error"] or None, "next_at": one["next_at"],
    }  # fmt: skip
