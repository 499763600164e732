"""Every key of an alert channel, by its type. What is secret is named here and kept elsewhere."""

from __future__ import annotations

import dataclasses
import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

STRICT: dict[str, Any] = {"extra": "forbid", "strict": True}
NAME = r"^[a-z][a-z0-9_-]{0,30}$"
VARIABLE = r"^[A-Z][A-Z0-9_]{0,63}$"
ADDRESS = r'^[^\s@<>()\[\],;:"]+@[^\s@<>()\[\],;:"]+$'
HOST = r"^[A-Za-z0-9.:-]+$"
SMTPS = 465  # the port on which TLS begins with the connection
HERE = ("localhost", "127.0.0.1", "::1")
SECRET_KEYS = {  # what people write first -> where it belongs
    "url": "url_env", "urls": "urls_env", "webhook": "url_env", "webhook_url": "url_env", "token": "url_env",
    "user": "user_env", "username": "user_env", "password": "password_env", "pass": "password_env",
}  # fmt: skip


def _key(meaning: str, default: Any = dataclasses.MISSING, **limits: Any) -> Any:
    return dataclasses.field(default=default, metadata={"description": meaning, **limits})


def _name() -> Any:
    return _key("Name in messages and in the ledger; null is the type.", None, pattern=NAME)


@dataclass(frozen=True)
class Log:
    """Writes each message to logs/monitoring."""

    type: Literal["log"]
    name: str | None = _name()
    timeout_s: float = _key("Seconds the writing may take.", 10.0, gt=0, le=120)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Webhook:
    """Sends each message as a JSON document by POST."""

    type: Literal["webhook"]
    url_env: str = _key("Variable or credential that holds the address.", pattern=VARIABLE)
    name: str | None = _name()
    timeout_s: float = _key("Seconds to wait for the answer.", 10.0, gt=0, le=120)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Smtp:
    """Sends each message as plain text by mail."""

    type: Literal["smtp"]
    host: str = _key("Mail server.", pattern=HOST)
    sender: str = _key("Address the mail comes from.", alias="from", pattern=ADDRESS)
    to: tuple[str, ...] = _key("Addresses the mail goes to.", min_length=1)
    port: int = _key("Port; on 465 TLS begins with the connection.", 587, ge=1, le=65535)
    starttls: bool = _key("Whether to begin TLS before anything else is said.", True)
    user_env: str | None = _key("Variable or credential that holds the user.", None, pattern=VARIABLE)
    password_env: str | None = _key("Variable or credential that holds the password.", None, pattern=VARIABLE)
    name: str | None = _name()
    timeout_s: float = _key("Seconds for the whole exchange.", 20.0, gt=0, le=120)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Apprise:
    """Hands each message to the services that apprise knows; needs the extra `alerts`."""

    type: Literal["apprise"]
    urls_env: str = _key("Variable or credential that holds apprise addresses, apart by blanks.", pattern=VARIABLE)
    name: str | None = _name()
    timeout_s: float = _key("Seconds for all services together.", 30.0, gt=0, le=120)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


@dataclass(frozen=True)
class Healthchecks:
    """Is pinged when a job starts, succeeds or fails; it gets no alerts."""

    type: Literal["healthchecks"]
    url_env: str = _key("Variable or credential with the address; {job} in it is the job's name.", pattern=VARIABLE)
    jobs: tuple[str, ...] = _key("Jobs that ping; none named means all.", ())
    name: str | None = _name()
    timeout_s: float = _key("Seconds to wait for the answer.", 10.0, gt=0, le=120)
    __pydantic_config__: ClassVar[dict[str, Any]] = STRICT


Channel = Log | Webhook | Smtp | Apprise | Healthchecks
TYPES: dict[str, Any] = {  # a class each
    "log": Log, "webhook": Webhook, "smtp": Smtp, "apprise": Apprise, "healthchecks": Healthchecks,
}  # fmt: skip


def name_of(channel: Channel) -> str:
    """What a channel is called: its name, else its type."""
    return channel.name or channel.type


def read(listed: Sequence[dict[str, Any]]) -> tuple[Channel, ...]:
    """The channels of a configuration that passed `problems`."""
    return tuple(_build(one) for one in listed)


def _build(raw: dict[str, Any]) -> Channel:
    values: dict[str, Any] = {
        "sender" if key == "from" else key: tuple(value) if isinstance(value, list) else value
        for key, value in raw.items()
    }
    made: Channel = TYPES[raw["type"]](**values)
    return made


def secret_names(channel: Channel) -> tuple[str, ...]:
    """The variables that hold a channel's secrets."""
    named = (getattr(channel, field.name) for field in dataclasses.fields(channel) if field.name.endswith("_env"))
    return tuple(name for name in named if name)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of one channel."""
    from pydantic import TypeAdapter

    return {"oneOf": [TypeAdapter(cls).json_schema() for cls in TYPES.values()]}


def problems(listed: Sequence[Any]) -> list[tuple[str, str, str | None]]:
    """What is wrong with a list of channels: (path inside it, message, nearest right word or None).

    No message repeats a value: it may be a secret that was put in the wrong place.
    """
    found: list[tuple[str, str, str | None]] = []
    taken: set[str] = set()
    for place, raw in enumerate(listed):
        if not isinstance(raw, dict):
            continue  # told by its type already
        wrong = _wrong(raw)
        found += [(f"{place}.{path}" if path else f"{place}", message, near) for path, message, near in wrong]
        name = str(raw.get("name") or raw.get("type"))
        if not wrong and name in taken:
            found.append((f"{place}.name", "another channel has this name; give each of a type its own", None))
        taken.add(name)
    return found


def _wrong(raw: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    from pydantic import TypeAdapter, ValidationError

    kind = raw.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        near = difflib.get_close_matches(str(kind), TYPES, n=1)
        return [("type", f"unknown type of channel; there are {', '.join(TYPES)}", near[0] if near else None)]
    found: list[tuple[str, str, str | None]] = []
    try:
        TypeAdapter(TYPES[kind]).validate_json(json.dumps(raw), strict=True)
    except ValidationError as error:
        listed = [dict(one) for one in error.errors(include_input=False, include_url=False)]
        told = [(one["type"], _told(kind, one)) for one in listed]
        advised = {near for _, (_, _, near) in told}  # a key that another one was meant for is not missing besides
        found = [one for type_, one in told if type_ != "missing" or one[0] not in advised]
    return found or _mail(raw)


def _told(kind: str, error: dict[str, Any]) -> tuple[str, str, str | None]:
    """One pydantic error in our words, without the value."""
    key = str(error["loc"][0]) if error["loc"] else ""
    path = ".".join(str(part) for part in error["loc"])
    if error["type"] == "unexpected_keyword_argument":
        known = ["from" if field.name == "sender" else field.name for field in dataclasses.fields(TYPES[kind])]
        if key in SECRET_KEYS:
            right = next((name for name in (SECRET_KEYS[key], f"{key}_env") if name in known), None)
            aim = f" and name the variable in {right}" if right else ""
            return path, f"secrets are not kept in the configuration; put it in the environment{aim}", right
        near = difflib.get_close_matches(key, known, n=1)
        return path, "unknown key" + (f"; did you mean {near[0]!r}?" if near else ""), near[0] if near else None
    if key.endswith("_env") and error["type"] == "string_pattern_mismatch":
        wanted = "the name of an environment variable, such as STOCKML_WEBHOOK_URL, not the secret itself"
        return path, f"this is to be {wanted}", None
    if key in ("from", "to", "host") and error["type"] == "string_pattern_mismatch":
        return path, "not a mail server's name" if key == "host" else "not a mail address", None
    return path, str(error["msg"]), None


def _mail(raw: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """Rules for mail that types cannot say: addresses, and no password in the clear."""
    import re

    if raw["type"] != "smtp":
        return []
    found: list[tuple[str, str, str | None]] = [
        (f"to.{place}", "not a mail address", None) for place, one in enumerate(raw["to"]) if not re.match(ADDRESS, one)
    ]
    if bool(raw.get("user_env")) != bool(raw.get("password_env")):
        found.append(("", "user_env and password_env go together", None))
    clear = raw.get("starttls") is False and raw.get("port") != SMTPS
    if raw.get("password_env") and clear and raw["host"] not in HERE:
        found.append(("starttls", "without TLS the password would travel in the clear", None))
    return found
