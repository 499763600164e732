"""Tells services that wait for signs of life when a job starts, succeeds or fails."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from stockml.alerts import redaction
from stockml.alerts.delivery import guarded, note
from stockml.config.channels import Healthchecks, name_of, read

if TYPE_CHECKING:
    from stockml.environment import Environment


def ping(env: Environment, job: str, state: str, detail: str = "") -> list[str]:
    """Ping every healthchecks channel that is for a job; return what went wrong, one sentence each.

    `state` is start, success or fail. Never raises; a ping that failed is in the log and is not sent again,
    since a late sign of life is none. Nothing is sent as of a session.
    """
    if env.clock.as_of is not None:
        return []
    from stockml.alerts.channels import healthchecks  # it loads logging and urllib, and most commands ping nobody

    listed = read(env.config.alerts.channels)
    known = redaction.secrets(listed)
    said, found = redaction.redact(detail, known), []
    for channel in listed:
        if isinstance(channel, Healthchecks) and (not channel.jobs or job in channel.jobs):
            ok, words = guarded(partial(healthchecks.ping, channel, job, state, said), channel.timeout_s, known)
            if not ok:
                found.append(f"the ping {state} of {job} to {name_of(channel)} failed: {words}")
    for words in found:
        note(env, words)
    return found
