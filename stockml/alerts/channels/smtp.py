"""Mails a message as plain text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stockml import credentials
from stockml.alerts.message import Message
from stockml.clock import parse_stamp
from stockml.config.channels import SMTPS, Smtp
from stockml.errors import StockmlError
from stockml.workspace import Workspace

if TYPE_CHECKING:
    from email.message import EmailMessage


def deliver(channel: Smtp, message: Message, workspace: Workspace) -> str:
    """Mail the message to all addresses; the remark tells if some were refused. Raises `StockmlError` if all were.

    TLS checks the server's certificate; the password is sent after TLS began, or to this machine only.
    """
    import smtplib
    import ssl

    secure = ssl.create_default_context() if channel.starttls or channel.port == SMTPS else None
    try:
        if channel.port == SMTPS:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                channel.host, channel.port, "localhost", timeout=channel.timeout_s, context=secure
            )
        else:
            server = smtplib.SMTP(channel.host, channel.port, "localhost", timeout=channel.timeout_s)
        with server:
            if channel.starttls and channel.port != SMTPS:
                server.starttls(context=secure)
            if channel.user_env and channel.password_env:
                server.login(credentials.require(channel.user_env), credentials.require(channel.password_env))
            refused = server.send_message(_mail(channel, message))
    except (smtplib.SMTPException, OSError, ValueError) as error:
        words = f"{channel.host}: {type(error).__name__}: {error}"
        raise StockmlError(f"the mail was not accepted ({words})", kind="delivery") from None
    return f"refused for {len(refused)} of {len(channel.to)} addresses" if refused else ""


def _mail(channel: Smtp, message: Message) -> EmailMessage:
    from email.message import EmailMessage
    from email.utils import format_datetime

    mail = EmailMessage()
    mail["Subject"] = f"[stockml] {message.title}"
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.to)
    mail["Date"] = format_datetime(parse_stamp(message.at))
    mail["Message-ID"] = f"<{message.id}@{channel.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office replies are not wanted
    mail.set_content(message.text + "\n")
    return mail
