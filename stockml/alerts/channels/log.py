"""Writes a message to logs/monitoring, a line a paragraph."""

from __future__ import annotations

from stockml import logbook
from stockml.alerts.message import Message
from stockml.config.channels import Log
from stockml.workspace import Workspace


def deliver(channel: Log, message: Message, workspace: Workspace) -> str:
    """Append the message. Raises `WorkspaceError` or `OSError` if the disk refuses."""
    for paragraph in message.text.split("\n\n"):
        logbook.log(workspace, "monitoring", f"alert {message.id}: {paragraph.replace(chr(10), '; ')}")
    return ""
