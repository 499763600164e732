"""One file per type of channel: `deliver(channel, message, workspace) -> remark`; its file name is its type."""

from __future__ import annotations

from typing import Any

from stockml import registry


def names() -> list[str]:
    return registry.names(list(__path__))


def load(name: str) -> Any:
    return registry.load(__name__, list(__path__), name, "type of alert channel")
