"""Changes one key of the configuration file, or nothing."""

from __future__ import annotations

import json
from typing import Any

from stockml import files, workspace
from stockml.config.load import parse_json, read, validate
from stockml.errors import ConfigError, UsageError
from stockml.workspace import Workspace

SYMBOL_TABLES = ("data.calendars.",)  # their keys are symbols, which may have a dot


def put(place: Workspace, key: str, text: str) -> tuple[Any, Any]:
    """Set a dotted key to a value given as JSON, else as a string; return (value before or None, value now).

    The whole resulting configuration is validated first; other keys keep their value and order. Raises
    `ConfigError` with every problem, `UsageError` for a key that cannot be one; the file is then as it was.
    """
    workspace.require(place)
    value = _value(key, text)
    with files.lock(place.cache / "config.lock", what="the configuration"):
        raw = parse_json(read(place))
        if not isinstance(raw, dict):
            raise ConfigError("ml_config.json: not an object with keys", hint="'{}' is the smallest configuration")
        before = _place(raw, key, value)
        try:
            validate(raw)
        except ConfigError as error:
            raise ConfigError(error.message, problems=error.problems, hint="nothing was changed") from error
        files.replace(place.config_file, (json.dumps(raw, indent=2, ensure_ascii=False) + "\n").encode())
    return before, value


def _value(key: str, text: str) -> Any:
    try:
        json.loads(text)
    except RecursionError as error:
        raise ConfigError(f"{key}: nested too deeply") from error
    except ValueError:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise ConfigError(f"{key}: the value is not text") from error
        return text
    return parse_json(text.encode(), key)


def _place(raw: dict[str, Any], key: str, value: Any) -> Any:
    """Put a value at a dotted key, making sections on the way; return what was there."""
    table = next((one for one in SYMBOL_TABLES if key.startswith(one)), "")
    parts = [*table.split(".")[:-1], key.removeprefix(table)] if table else key.split(".")
    if not all(parts):
        raise UsageError(
            f"{key!r} is not a key", hint="name one as in data.max_stale_sessions; see 'stockml config show'"
        )
    here = raw
    for depth, part in enumerate(parts[:-1], start=1):
        inner = here.setdefault(part, {})
        if not isinstance(inner, dict):
            whole = ".".join(parts[:depth])
            raise UsageError(f"{whole} has no keys inside", hint=f"set {whole} as a whole")
        here = inner
    before = here.get(parts[-1])
    here[parts[-1]] = value
    return before
