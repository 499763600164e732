"""What a policy is: the workspace's configuration with some keys changed, and the trouble that is to happen."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stockml.config import load as config_load
from stockml.errors import ConfigError, UsageError
from stockml.replay import trouble

FOLDER = Path(__file__).parent / "policies"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
SIZE_LIMIT = 1_000_000  # bytes
# What a replay never does, whatever the policy says: tell people, look at this machine, pin the clock, back itself up.
FORCED: dict[str, Any] = {
    "as_of": None, "alerts": {"channels": []}, "monitor": {"cpu": 1.0, "memory": 1.0, "disk": 1.0},
    "backup": {"before_promotion": False},
}  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """A name, what it means, the keys it changes, and its trouble."""

    name: str
    meaning: str
    changes: Mapping[str, Any]
    trouble: tuple[trouble.Trouble, ...] = ()


def names() -> list[str]:
    """The policies that come with stockml."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def read(given: str) -> Policy:
    """A policy by its name, or from a file. Raises `UsageError` for an unknown one, `ConfigError` for a wrong file."""
    own = FOLDER / f"{given}.json"
    path = own if given in names() else Path(given).expanduser()
    if path is not own and not path.is_file():
        raise UsageError(
            f"there is no policy {given!r}, nor a file of that name", hint=f"there are {', '.join(names())}"
        )
    content = path.read_bytes()
    if len(content) > SIZE_LIMIT:
        raise ConfigError(f"{path}: {len(content)} bytes is no policy", hint="name a small JSON file")
    if not NAME.fullmatch(path.stem):
        raise UsageError(f"{path.name}: a policy's file name is letters, digits, _ and -", hint="rename the file")
    return parse(config_load.parse_json(content, str(path)), path.stem)


def parse(raw: Any, name: str) -> Policy:
    """A policy from parsed JSON. Raises `ConfigError` with all that is wrong with its shape and its trouble."""
    if not isinstance(raw, dict):
        raise ConfigError(f"policy {name}: expected an object with keys of the configuration")
    listed = raw.get("trouble", [])
    wrong = [f"trouble{'.' if path else ''}{path}: {told}" for path, told in trouble.problems(listed)]
    meaning = raw.get("meaning", "from a file")
    if not isinstance(meaning, str):
        wrong.append("meaning: expected a text")
    if wrong:
        raise ConfigError(f"policy {name}: " + "; ".join(wrong), hint="docs/replay.md tells the kinds of trouble")
    changes = {key: value for key, value in raw.items() if key not in ("meaning", "trouble")}
    return Policy(name, meaning, changes, trouble.read(listed))


def configuration(base: Mapping[str, Any], policy: Policy, symbols: list[str] | None) -> dict[str, Any]:
    """The whole configuration that a policy's workspace gets. Raises `ConfigError` if it does not pass."""
    made = merged(merged(base, policy.changes), FORCED)
    if symbols:
        made["symbols"] = symbols
    if trouble.of_source(policy.trouble):
        made = merged(made, {"data": {"providers": ["replayed"]}})
    try:
        config_load.validate(json.loads(json.dumps(made)))
    except ConfigError as error:
        raise ConfigError(
            f"policy {policy.name}: {error.message.removeprefix('ml_config.json: ')}", problems=error.problems,
            hint="the keys of a policy are those of the configuration; see 'stockml config schema'",
        ) from error  # fmt: skip
    return made


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two trees of keys as one; where both have a value, that of the second."""
    out = dict(base)
    for key, value in over.items():
        below = out.get(key)
        out[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return out
