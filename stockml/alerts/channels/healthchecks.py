"""Pings an address when a job starts, succeeds or fails, as healthchecks and its kin expect."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

from stockml import credentials
from stockml.alerts import _web
from stockml.alerts.message import Message
from stockml.config.channels import Healthchecks
from stockml.workspace import Workspace

ENDS = {"start": "/start", "success": "", "fail": "/fail", "log": "/log"}  # of healthchecks' pinging interface
MOST_DETAIL = 10_000  # characters; healthchecks keeps no more


def deliver(channel: Healthchecks, message: Message, workspace: Workspace) -> str:
    """Send a message as a remark that leaves the check's state as it is; only `alerts test` does this."""
    ping(channel, "test", "log", message.text)
    return ""


def ping(channel: Healthchecks, job: str, state: str, detail: str) -> None:
    """Tell that a job is in a state (start, success, fail, log). Raises `StockmlError` if it was not taken."""
    address = credentials.require(channel.url_env).replace("{job}", quote(job, safe=""))
    parts = urlsplit(address)
    ended = urlunsplit(parts._replace(path=parts.path.rstrip("/") + ENDS[state]))
    _web.post(ended, channel.url_env, channel.timeout_s, text=detail[:MOST_DETAIL])
