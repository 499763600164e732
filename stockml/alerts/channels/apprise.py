"""Hands a message to the services that the library apprise knows; it comes with the extra `alerts`."""

from __future__ import annotations

import logging
from typing import Any

from stockml import credentials
from stockml.alerts.message import Message
from stockml.config.channels import Apprise
from stockml.errors import StockmlError
from stockml.workspace import Workspace

KINDS = {"critical": "failure", "warning": "warning", "recovered": "success", "test": "info"}


def deliver(channel: Apprise, message: Message, workspace: Workspace) -> str:
    """Notify every service. Raises `StockmlError` if none took the message; the remark counts those that did not."""
    try:
        import apprise
    except ImportError as error:
        raise StockmlError(
            "the library apprise is not installed", kind="delivery", hint="pip install 'stockml[alerts]'"
        ) from error
    silent = logging.getLogger("apprise")  # it logs addresses, and they hold tokens
    silent.setLevel(logging.CRITICAL + 1)
    silent.propagate = False
    addresses = credentials.require(channel.urls_env).split()
    taken = [_notify(apprise, address, message) for address in addresses]
    failed = [address.partition("://")[0] for address, ok in zip(addresses, taken, strict=True) if not ok]
    told = f"{len(failed)} of {len(addresses)} services did not take it ({', '.join(failed)})"
    if len(failed) == len(addresses):
        raise StockmlError(told, kind="delivery")
    return told if failed else ""


def _notify(apprise: Any, address: str, message: Message) -> bool:
    """Whether the service of one address took the message."""
    service = apprise.Apprise()
    if not service.add(address):
        return False
    kind = KINDS.get(message.level, "info")
    return bool(service.notify(body=message.text, title=message.title, notify_type=kind))
