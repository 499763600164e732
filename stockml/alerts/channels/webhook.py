"""Posts a message as one JSON document; `text` in it is what chat services show."""

from __future__ import annotations

from stockml import credentials
from stockml.alerts import _web
from stockml.alerts.message import Message
from stockml.config.channels import Webhook
from stockml.workspace import Workspace


def deliver(channel: Webhook, message: Message, workspace: Workspace) -> str:
    """Post the message. Raises `StockmlError` unless the answer's status is 2xx."""
    _web.post(
        credentials.require(channel.url_env), channel.url_env, channel.timeout_s, document=message.as_json(),
        headers={"Idempotency-Key": message.id},
    )  # fmt: skip
    return ""
