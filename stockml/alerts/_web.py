"""One POST to an address that is a secret: no redirects, no body read, no address in any message."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from stockml import files
from stockml.errors import StockmlError


def post(
    address: str, variable: str, timeout_s: float, *, document: dict[str, Any] | None = None, text: str = "",
    headers: dict[str, str] | None = None,
) -> None:  # fmt: skip
    """Post a JSON document, or else a text. Raises `StockmlError` that names the host at most.

    Redirects are not followed: the address is for one host, and another one is told nothing.
    """
    import httpx

    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they log addresses
    host = _host(address, variable)
    kind = "text/plain; charset=utf-8" if document is None else "application/json"
    content = text.encode(errors="replace") if document is None else files.canonical_json(document)
    sent = {"Content-Type": kind, "User-Agent": "stockml", **(headers or {})}
    try:
        with httpx.stream(
            "POST", address, content=content, headers=sent, timeout=timeout_s, follow_redirects=False
        ) as reply:
            status = reply.status_code
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, ValueError, OSError) as error:
        # Not chained: the exception carries the request, and the request the address.
        raise StockmlError(f"{host} gave no answer ({type(error).__name__}: {error})", kind="delivery") from None
    if 300 <= status < 400:
        raise StockmlError(f"{host} redirects (HTTP {status}), which is not followed", kind="delivery")
    if not 200 <= status < 300:
        raise StockmlError(f"{host} answers HTTP {status}", kind="delivery")


def _host(address: str, variable: str) -> str:
    """The host of an address. Raises `StockmlError` if it is none of http."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        raise StockmlError(f"what {variable} holds is no address that begins with http:// or https://", kind="delivery")
    return host
