"""Sends one test message to each channel, now and once, and records nothing."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from stockml.alerts import delivery, redaction
from stockml.alerts.message import Message
from stockml.clock import compact, recorded_at, stamp
from stockml.config.channels import name_of, read
from stockml.errors import UsageError

if TYPE_CHECKING:
    from stockml.environment import Environment

EXAMPLE = '[{"type": "webhook", "url_env": "STOCKML_WEBHOOK_URL"}]'


def send(env: Environment, only: str | None = None) -> list[dict[str, Any]]:
    """{channel, type, ok, error, seconds} of every channel, or of one.

    Raises `UsageError` as of a session, if there is no channel, or none of that name.
    """
    listed = read(env.config.alerts.channels)
    names = [name_of(one) for one in listed]
    if env.clock.as_of is not None:
        raise UsageError("nothing is sent as of a session", hint="leave out --as-of, and as_of of the configuration")
    if not listed:
        raise UsageError("no alert channels are configured", hint=f"stockml config set alerts.channels '{EXAMPLE}'")
    if only is not None and only not in names:
        raise UsageError(f"there is no channel {only!r}", hint=f"there are {', '.join(names)}")
    known = redaction.secrets(listed)
    message = _message(env, known)
    found = []
    for channel in listed:
        if only in (None, name_of(channel)):
            began = time.monotonic()
            ok, words = delivery.attempt(channel, message, env, known)
            seconds = round(time.monotonic() - began, 2)
            found.append(
                {"channel": name_of(channel), "type": channel.type, "ok": ok, "error": words, "seconds": seconds}
            )
    return found


def _message(env: Environment, known: tuple[str, ...]) -> Message:
    at, home = stamp(env.clock.now()), redaction.redact(env.workspace.home.resolve().name, known)
    text = f"A test of stockml's alerts, workspace {home}, {at}. Nothing is wrong."
    return Message(f"{compact(recorded_at())}-{os.urandom(3).hex()}", at, home, "test", "test", "test of alerts", text)
