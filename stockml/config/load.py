"""Reads the configuration, reports every mistake at once, and caches what passed."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import json
import math
import re
from typing import Any

import stockml
from stockml import files, symbols
from stockml.config import channels
from stockml.config.schema import Config
from stockml.errors import ConfigError, StockmlError, SymbolError, WorkspaceError
from stockml.workspace import Workspace

SIZE_LIMIT = 1_000_000  # bytes; a larger "configuration" is something else
WHOLE = "(the whole file)"
SECRET = "***"  # what stands in a message for a value that may be secret


def load(workspace: Workspace) -> Config:
    """Return the validated configuration of a workspace.

    A configuration that passed once is read back from a cache named by the hash of its bytes, so
    that light commands need no pydantic. Raises `ConfigError` with all problems.
    """
    content = read(workspace)
    cached = workspace.cache / f"config-{fingerprint(content)}.json"
    try:
        found: Config = build(Config, json.loads(cached.read_bytes()))
        return found
    except (OSError, ValueError, TypeError, KeyError):
        pass  # no cache yet, or not a whole one: validate and write it anew
    config = validate(parse_json(content))
    try:
        files.make_folder(workspace.cache)
        for old in workspace.cache.glob("config-*.json"):
            old.unlink(missing_ok=True)
        files.replace(cached, files.canonical_json(dataclasses.asdict(config)))
    except (StockmlError, OSError):
        pass  # a read-only workspace works, only slower
    return config


def fingerprint(content: bytes) -> str:
    """Name of the cache entry: the bytes, and the program that judged them."""
    return hashlib.sha256(stockml.__version__.encode() + b"\0" + content).hexdigest()[:32]


def effective_hash(config: Config) -> str:
    """sha256 of the effective configuration, defaults included."""
    return hashlib.sha256(files.canonical_json(dataclasses.asdict(config))).hexdigest()


def validate(raw: Any) -> Config:
    """Check a parsed configuration. Raises `ConfigError` that lists every problem with its JSON path."""
    from pydantic import TypeAdapter, ValidationError

    problems: list[dict[str, object]] = []
    config = None
    try:
        config = TypeAdapter(Config).validate_json(json.dumps(raw), strict=True)
    except RecursionError as error:
        raise ConfigError("ml_config.json: nested too deeply", hint="restore it from a backup") from error
    except ValidationError as error:
        problems += [_problem(raw, dict(one)) for one in error.errors()]
    problems += _between_keys(raw if isinstance(raw, dict) else {})
    if problems or config is None:
        lines = "".join(f"\n  {p['path']}: {p['message']}" for p in problems)
        raise ConfigError(
            f"ml_config.json: {len(problems)} problem{'s' if len(problems) != 1 else ''}{lines}",
            problems=problems,
            hint="edit persistent_data/ml_config.json, then run 'stockml config check'",
        )
    return dataclasses.replace(config, symbols=tuple(symbols.parse_all(config.symbols)))


def build(cls: Any, values: dict[str, Any]) -> Any:
    """Make a schema dataclass from values that were validated before. Raises KeyError if one is missing."""
    made = {}
    for field in dataclasses.fields(cls):
        value = values[field.name]
        if dataclasses.is_dataclass(field.default):
            value = build(type(field.default), value)
        elif isinstance(value, list):
            value = tuple(value)
        made[field.name] = value
    return cls(**made)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the configuration, for editors."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(Config).json_schema()
    schema["$defs"]["Alerts"]["properties"]["channels"]["items"] = channels.json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def problems_of(workspace: Workspace) -> list[dict[str, object]]:
    """Every problem of a workspace's configuration, read afresh; a file that is not JSON is one problem.

    Raises `WorkspaceError` if there is no workspace.
    """
    try:
        validate(parse_json(read(workspace)))
    except ConfigError as error:
        message = error.message.removeprefix("ml_config.json: ")
        return error.problems or [{"path": WHOLE, "value": None, "message": message, "nearest": None}]
    return []


def parse_json(content: bytes, what: str = "ml_config.json") -> Any:
    """Parse strictly: no NaN, no infinity, no key twice. Raises `ConfigError` with line and column."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in pairs:
            if key in made:
                raise ConfigError(f"{what}: the key {key[:40]!r} stands twice", hint="remove one of them")
            made[key] = value
        return made

    def refuse(constant: str) -> Any:
        raise ConfigError(f"{what}: {constant} is not a JSON number", hint="use a plain number or null")

    def finite(text: str) -> float:
        value = float(text)
        return refuse(text[:40]) if math.isinf(value) else value

    try:
        value = json.loads(content.decode(), object_pairs_hook=once, parse_constant=refuse, parse_float=finite)
        json.dumps(value, ensure_ascii=False).encode()  # what cannot be written again is refused now
        return value
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{what}: not JSON at line {error.lineno}, column {error.colno} ({error.msg})",
            hint="look for a missing comma, quote or bracket just before that place",
        ) from error
    except (ValueError, RecursionError) as error:
        # Not UTF-8, a lone surrogate, an integer of thousands of digits, or thousands of brackets.
        raise ConfigError(f"{what}: not readable as JSON text", hint="restore it from a backup") from error


def read(workspace: Workspace) -> bytes:
    """The bytes of a workspace's configuration. Raises `WorkspaceError` or `ConfigError` if they cannot be one."""
    try:
        content = workspace.config_file.read_bytes()
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"{workspace.home}: no stockml workspace here",
            symbol=str(workspace.home),
            hint="run 'stockml init' there, or name one with --home or STOCKML_HOME",
        ) from error
    except IsADirectoryError as error:
        raise ConfigError("ml_config.json: a folder is in its place", hint="restore it from a backup") from error
    except OSError as error:
        raise WorkspaceError(f"{workspace.config_file}: cannot be read ({error.strerror})") from error
    if len(content) > SIZE_LIMIT:
        raise ConfigError(f"ml_config.json: {len(content)} bytes is no configuration", hint="restore it from a backup")
    return content


def _problem(raw: Any, error: dict[str, Any]) -> dict[str, object]:
    """One pydantic error in our words: path, value, and the nearest key where a key is unknown."""
    location = tuple(part for part in error["loc"] if part != "Config")
    path = ".".join(str(part) for part in location) or WHOLE
    value = SECRET if location[:1] == ("alerts",) else error.get("input")  # may be a secret in the wrong place
    shown = json.dumps(value, default=str)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    if error["type"] == "unexpected_keyword_argument":
        nearest = difflib.get_close_matches(str(location[-1]), _keys_at(location[:-1]), n=1, cutoff=0.5)
        advice = f"; did you mean {nearest[0]!r}?" if nearest else ""
        near = nearest[0] if nearest else None
        return {"path": path, "value": value, "message": f"unknown key{advice}", "nearest": near}
    message = str(error["msg"])
    if error["type"] == "dataclass_type":
        message = "expected an object with keys"
    return {"path": path, "value": value, "message": f"{message}, got {shown}", "nearest": None}


def _keys_at(location: tuple[Any, ...]) -> list[str]:
    cls: Any = Config
    for part in location:
        defaults = {field.name: field.default for field in dataclasses.fields(cls)}
        if not dataclasses.is_dataclass(defaults.get(part)):
            return []
        cls = type(defaults[part])
    return [field.name for field in dataclasses.fields(cls)]


def _between_keys(raw: dict[str, Any]) -> list[dict[str, object]]:
    """Rules that types cannot say: names that must exist, symbols, dates."""
    from stockml.bars import sources
    from stockml.models import recipes
    from stockml.schedule import jobs

    problems: list[dict[str, object]] = []

    def wrong(path: str, value: object, message: str, nearest: str | None = None) -> None:
        problems.append({"path": path, "value": value, "message": message, "nearest": nearest})

    def known(path: str, value: object, names: list[str], what: str) -> None:
        if isinstance(value, str) and value not in names:
            near = difflib.get_close_matches(value, names, n=1)
            advice = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
            wrong(path, value, f"unknown {what} {value!r}; {advice}", near[0] if near else None)

    def section(name: str) -> dict[str, Any]:
        value = raw.get(name)
        return value if isinstance(value, dict) else {}

    listed = raw.get("symbols")
    for place, symbol in enumerate(listed if isinstance(listed, list) else []):
        try:
            symbols.parse(symbol)
        except SymbolError as error:
            wrong(f"symbols.{place}", symbol, error.message)
    providers = section("data").get("providers")
    for place, provider in enumerate(providers if isinstance(providers, list) else []):
        known(f"data.providers.{place}", provider, sources.names(), "source")
    known("model.recipe", section("model").get("recipe"), recipes.names(), "recipe")
    as_of = raw.get("as_of")
    if isinstance(as_of, str):
        from datetime import date

        try:
            date.fromisoformat(as_of)
        except ValueError:
            wrong("as_of", as_of, "not a date; use YYYY-MM-DD")
    horizons = raw.get("horizons")
    for place, horizon in enumerate(horizons if isinstance(horizons, list) else []):
        if isinstance(horizon, int) and not 1 <= horizon <= 20:
            wrong(f"horizons.{place}", horizon, "a horizon is 1 to 20 sessions")
    listed = section("alerts").get("channels")
    for path, message, near in channels.problems(listed) if isinstance(listed, list) else []:
        wrong(f"alerts.channels.{path}", SECRET, message, near)
    zone = section("schedule").get("zone")
    if isinstance(zone, str) and not jobs.is_zone(zone):
        wrong("schedule.zone", zone, "no time zone of that name, like America/New_York or UTC")
    changes = section("schedule").get("jobs")
    for path, value, message, near in jobs.problems(changes) if isinstance(changes, dict) else []:
        wrong(f"schedule.jobs.{path}", value, message, near)
    kept = [section("backup").get(f"keep_{span}", None) for span in ("last", "daily", "weekly", "monthly")]
    if all(type(number) is int and number == 0 for number in kept):
        wrong("backup.keep_last", 0, "a policy that keeps nothing; keep at least one")
    copies = section("backup").get("copies")
    for place, address in enumerate(copies if isinstance(copies, list) else []):
        if isinstance(address, str) and re.search(r"://[^/@]*:[^/@]*@", address):
            wrong(f"backup.copies.{place}", SECRET, "a password does not belong in an address")
    bands = section("gate").get("coverage_band")
    for name, band in bands.items() if isinstance(bands, dict) else []:
        if isinstance(band, list) and len(band) == 2 and not 0 <= band[0] < band[1] <= 1:
            wrong(f"gate.coverage_band.{name}", band, "a band is [low, high] with 0 <= low < high <= 1")
    return problems
