"""The one HTTP client of the sources that have a key: asks through the breaker, and keeps the key to itself.

Keys come from the environment or from systemd credentials, never from a file of ours. They are in no
message: errors name the host, not the address, and the key is struck out of whatever a host said.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stockml import credentials
from stockml.bars import breaker
from stockml.errors import SourceError, StockmlError

if TYPE_CHECKING:
    from stockml.bars.answer import Request
    from stockml.bars.breaker import Budget
    from stockml.config.schema import Data

HINT_LATER = "try again later; what is stored stays in use"
SHOWN = 200  # characters of a host's own words in a message
_KEY = re.compile(r"[!-~]{1,200}", re.ASCII)

Refusal = tuple[str, str, str]  # outcome, what the host said, what to do about it
Judge = Callable[[str], Refusal | None]  # the text of an answer of status 200 -> what is wrong with it


@dataclass(frozen=True)
class Place:
    """A service: its name for people, its source's name, and the variable that holds the key."""

    name: str
    source: str
    key: str


def ask(
    request: Request,
    place: Place,
    path: str,
    params: dict[str, str],
    judge: Judge,
    *,
    key_header: tuple[str, str] | None = None,
    key_param: str | None = None,
) -> str:
    """The text of an answer that `judge` has nothing against.

    The key is sent in a header, as (name, text before the key), or as the parameter `key_param`. Redirects
    are not followed: the key is for one host. Raises `SourceError` with the outcome rate_limited for a
    429 or such a judgement, unknown_symbol or delisted for a 404, source_error for everything else.
    """
    import httpx

    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs addresses, and keys are in some of them
    logging.getLogger("httpcore").setLevel(logging.WARNING)
    section = getattr(request.config, place.source)
    key = find_key(place, request.symbol)
    headers = {"Accept": "*/*", "User-Agent": "stockml"}
    if key_header:
        headers[key_header[0]] = key_header[1] + key
    sent = {**params, key_param: key} if key_param else params
    host = host_of(section.base_url)
    with breaker.gate(request.home, host, budget(request.config, place.source), request.symbol, place.source) as gate:
        gate.admit()
        try:
            reply = httpx.get(
                section.base_url.rstrip("/") + path, params=sent, headers=headers, timeout=section.timeout_s,
                follow_redirects=False,
            )  # fmt: skip
            text = reply.text
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            # Not chained: the exception carries the request, and the request the key.
            words = redact(f"{type(error).__name__}: {error}", key)
            raise failure(request, place, "source_error", f"{host} gave no answer ({words})", HINT_LATER) from None
        found = _by_status(reply.status_code, text, place) or judge(text)
        if reply.status_code == 429 or (found and found[0] == "rate_limited"):
            said = "" if found is None else redact(found[1], key)
            raise gate.refused(reply.headers.get("retry-after"), said)
        gate.answered()
    if found:
        outcome, words, hint = found
        raise failure(request, place, outcome, redact(words, key), hint)
    return text


def _by_status(status: int, text: str, place: Place) -> Refusal | None:
    """What a status other than 200 means."""
    if status == 200:
        return None
    if status == 429:
        return "rate_limited", "", HINT_LATER
    if status in (401, 403):
        return "source_error", f"it refuses the key (HTTP {status})", f"check {place.key} and what the plan includes"
    if status == 404:
        return "unknown_symbol", "it knows no such symbol", "check the spelling"
    return "source_error", f"HTTP {status}: {text[:SHOWN]!r}", HINT_LATER


def find_key(place: Place, symbol: str) -> str:
    """The key of a service: the environment's variable, else the systemd credential of the same name.

    Raises `SourceError` if there is none, or if it holds anything but visible ASCII.
    """
    try:
        key = credentials.read(place.key)
    except StockmlError:
        key = "\0"
    hint = f"put it in the environment as {place.key}, or give it as the systemd credential {place.key}"
    if not key:
        raise SourceError(f"{symbol}: {place.source}: {place.name} needs a key", symbol=symbol, hint=hint)
    if not _KEY.fullmatch(key):
        raise SourceError(f"{symbol}: {place.source}: what {place.key} holds is no key", symbol=symbol, hint=hint)
    return key


def redact(text: str, key: str) -> str:
    """A host's words on one line, without the key and without what stands after a question mark of an address."""
    plain = text.replace(key, "***") if key else text
    plain = re.sub(r"(https?://[^\s?]*)\?\S*", r"\1", plain)
    return " ".join(plain.split())[: 2 * SHOWN]


def failure(request: Request, place: Place, outcome: str, words: str, hint: str) -> SourceError:
    """The error of a source. A symbol unknown now of which bars are stored was delisted."""
    if outcome == "unknown_symbol" and request.known:
        outcome, hint = "delisted", "remove it from symbols, or put a source that still has it first"
    return SourceError(
        f"{request.symbol}: {place.source}: {words}", outcome=outcome, symbol=request.symbol, hint=hint
    )


def host_of(base_url: str) -> str:
    """Host and port of an address, without user and password: what the breaker's table is keyed by."""
    return urlsplit(base_url).netloc.rpartition("@")[2].lower()


def budget(config: Data, source: str) -> Budget:
    """What the configuration lets a source ask."""
    section: Any = getattr(config, source)
    return breaker.Budget(
        section.requests_per_minute or config.requests_per_minute, section.requests_per_day,
        config.backoff_s, section.timeout_s,
    )  # fmt: skip
