"""Strikes secrets out of every text that leaves: what the channels use, and what looks like a key."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Sequence
from itertools import chain
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from stockml import credentials
from stockml.config.channels import Channel, Smtp, secret_names
from stockml.errors import StockmlError

STRUCK = "***"
SHORTEST, SHORTEST_PART = 4, 8  # characters; striking out shorter ones would strike out words
OPAQUE = 20  # characters from which a part of a path with letters and digits is taken for a token
LONGEST = 20_000  # characters of a text that are looked at; the rest is dropped
HOSTED = ("http", "https", "json", "jsons", "mailto", "mailtos")  # schemes whose host is no secret

_NAMED = re.compile(r"KEY|TOKEN|SECRET|PASSW|WEBHOOK|CREDENTIAL")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s'\"<>]+")
_KNOWN = (
    re.compile(
        r"(?i)([\w-]{0,40}(?:api[_-]?key|token|secret|passw(?:or)?d|pwd|authorization|signature)[\"']?\s*[=:]\s*[\"']?)"
        r"(?:(?:bearer|basic)\s+)?[^\s\"'&,;]+"
    ),
    re.compile(r"(?i)\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{16,}"),
    re.compile(r"\b()(?:sk|pk|rk|re|xox[abprs]|gh[pousr]|glpat|AKIA)[-_]?[A-Za-z0-9][A-Za-z0-9_-]{15,}"),
)


def secrets(channels: Sequence[Channel]) -> tuple[str, ...]:
    """Every text to strike out, the longest first: what the channels use, and the environment's other keys.

    Of an address also its parts: user, password, values of the query, long parts of the path.
    """
    named = dict.fromkeys(chain.from_iterable(secret_names(channel) for channel in channels))
    others = (value.strip() for name, value in os.environ.items() if _NAMED.search(name.upper()))
    whole = [*(_read(name) for name in named), *(one for one in others if len(one) >= SHORTEST_PART)]
    found = {spelt for one in whole for part in (one, *_parts(one)) for spelt in _spellings(part)}
    pairs = _logins(channels)
    return tuple(sorted({one for one in found | pairs if len(one) >= SHORTEST}, key=lambda one: (-len(one), one)))


def redact(text: str, known: Iterable[str] = ()) -> str:
    """A text on one line of printable characters, without the known secrets and without what looks like one."""
    plain = text[:LONGEST]
    if not plain.isprintable():
        plain = "".join(mark if mark.isprintable() else " " for mark in plain)
    for secret in known:
        plain = plain.replace(secret, STRUCK)
    plain = _ADDRESS.sub(lambda found: _bare(found[0]), plain)
    for pattern in _KNOWN:
        plain = pattern.sub(rf"\1{STRUCK}", plain)
    return " ".join(plain.split())


def _read(name: str) -> str:
    try:
        return credentials.read(name)
    except StockmlError:
        return ""


def _parts(secret: str) -> list[str]:
    """The parts of the addresses in a secret that are secrets by themselves."""
    found: list[str] = secret.split() if " " in secret or "\n" in secret or "," in secret else []
    for address in re.split(r"[\s,]+", secret):
        if "://" not in address:
            continue
        try:
            parts = urlsplit(address)
        except ValueError:
            continue
        login, _, host = parts.netloc.rpartition("@")
        found += [address, address.partition("://")[2]]
        found += [one for one in login.split(":") if len(one) >= SHORTEST]
        found += [value for _, value in parse_qsl(parts.query) if len(value) >= SHORTEST]
        found += [one for one in parts.path.split("/") if len(one) >= SHORTEST_PART]
        found += [parts.path] if len(parts.path) > SHORTEST_PART else []
        if parts.scheme.lower() not in HOSTED and len(host) >= SHORTEST_PART:
            found.append(host)
    return found


def _spellings(secret: str) -> set[str]:
    """A secret as it is, as part of an address, and in base 64."""
    if len(secret) < SHORTEST:
        return set()
    return {secret, quote(secret, safe=""), quote(secret), unquote(secret), _base64(secret)}


def _logins(channels: Sequence[Channel]) -> set[str]:
    """User and password together in base 64, as mail servers and HTTP write them."""
    found = set()
    for channel in channels:
        if not isinstance(channel, Smtp) or not channel.user_env or not channel.password_env:
            continue
        user, password = _read(channel.user_env), _read(channel.password_env)
        if user and password:
            found |= {_base64(f"\0{user}\0{password}"), _base64(f"{user}:{password}")}
    return found


def _base64(text: str) -> str:
    return base64.b64encode(text.encode(errors="replace")).decode()


def _bare(address: str) -> str:
    """An address without user, password, query and parts of the path that look like tokens."""
    scheme, _, rest = address.partition("://")
    host, slash, path = re.split("[?#]", rest, maxsplit=1)[0].partition("/")
    kept = [STRUCK if _is_opaque(part) else part for part in path.split("/")]
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{'/'.join(kept)}"


def _is_opaque(part: str) -> bool:
    return len(part) >= OPAQUE and any(mark.isdigit() for mark in part) and any(mark.isalpha() for mark in part)
