"""Publishes and loads version folders. What does not match its manifest is refused, every time."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from stockml import files
from stockml.clock import compact, parse_compact, stamp
from stockml.errors import ModelError
from stockml.workspace import Workspace

SCHEMA = 1
MANIFEST = "manifest.json"
PARAMETERS = "parameters.json"
REPORTS = ("report.json", "verdict.json")
SIZE_LIMIT = 256 * 1024 * 1024  # bytes of one file; a manifest that claims more is not ours


@dataclass(frozen=True)
class Contents:
    """A version's files as bytes, after every check that needs no arithmetic."""

    symbol: str
    version: str
    manifest: dict[str, Any]
    files: Mapping[str, bytes]


def folder(workspace: Workspace, symbol: str, version: str) -> Path:
    return workspace.symbol_folder(symbol) / "versions" / version


def names(workspace: Workspace, symbol: str) -> list[str]:
    """The visible versions of a symbol, oldest name first."""
    try:
        found = os.listdir(workspace.symbol_folder(symbol) / "versions")
    except FileNotFoundError:
        return []
    return sorted(name for name in found if not name.startswith("."))


def made_at(version: str) -> str:
    """When a version was made, as a stamp, from its name."""
    return stamp(parse_compact(version.split("-")[0]))


def model_hash(model_files: Mapping[str, bytes]) -> str:
    """sha256 over the names and contents of the model files and parameters; nothing of time, place or trials."""
    digest = hashlib.sha256()
    for name in sorted(model_files):
        digest.update(f"{name}\0{_sha256(model_files[name])}\n".encode())
    return digest.hexdigest()


@functools.lru_cache(maxsize=16)
def _sha256(content: bytes) -> str:
    """Of content that is to be written: one fit's files are asked for by every symbol that it serves."""
    return hashlib.sha256(content).hexdigest()


def sealed(manifest: dict[str, Any]) -> bytes:
    """The content of `manifest.json`: canonical JSON, whose `seal` is the sha256 of the same with an empty seal."""
    blank = files.canonical_json({**manifest, "seal": ""})
    return blank.replace(b'"seal":""', b'"seal":"' + hashlib.sha256(blank).hexdigest().encode() + b'"') + b"\n"


def _is_sealed(content: bytes, stated: str) -> bool:
    """Whether every byte of a manifest is as it was sealed: blank the seal, hash the rest."""
    line = b'"seal":"' + stated.encode() + b'"'
    blank = content.replace(line, b'"seal":""')
    intact = content.count(line) == 1 and content.endswith(b"}\n")
    return intact and hashlib.sha256(blank[:-1]).hexdigest() == stated


def publish(
    workspace: Workspace,
    symbol: str,
    made_at: datetime,
    model_files: Mapping[str, bytes],
    reports: Mapping[str, bytes],
    manifest: dict[str, Any],
    written: dict[str, Path],
) -> str:
    """Write a version folder and make it visible in one step; returns its name. Call under the symbol's lock.

    `written` remembers files by sha256, so that a fit that serves many symbols is stored once and linked.
    An intact version of this symbol with the same model hash is returned instead of being written again; a
    damaged one that stands in the way of the new one's name is replaced.
    """
    digest = model_hash(model_files)
    versions = workspace.symbol_folder(symbol) / "versions"
    files.make_folder(versions)
    for name in names(workspace, symbol):
        same = name.endswith("-" + digest[:6]) and _stored_hash(versions / name) == digest
        if same and _is_intact(workspace, symbol, name):
            return name
    sweep(workspace, symbol)
    version = f"{compact(made_at)}-{digest[:6]}"
    stage = versions / f".stage-{version}-{os.getpid()}"
    stage.mkdir(mode=0o700)
    listed: dict[str, dict[str, Any]] = {}
    for name, content in {**model_files, **reports}.items():
        sha = _sha256(content)
        listed[name] = {"sha256": sha, "bytes": len(content)}
        earlier = written.get(sha)
        if earlier is not None and name in model_files:
            files.link_or_copy(earlier, stage / name)
        else:
            files.write_new(stage / name, content)
    full = {**manifest, "schema": SCHEMA, "symbol": symbol, "version": version, "model_hash": digest, "files": listed}
    files.write_new(stage / MANIFEST, sealed(full))
    if os.path.lexists(versions / version) and not _is_intact(workspace, symbol, version):
        files.set_aside(versions / version, versions / f".stage-damaged-{version}")  # the next sweep takes it
    files.publish_folder(stage, versions / version)
    for name in model_files:
        written.setdefault(listed[name]["sha256"], versions / version / name)
    return version


def sweep(workspace: Workspace, symbol: str) -> None:
    """Remove half-made stage folders. Only under the symbol's lock, when nobody can be writing one."""
    versions = workspace.symbol_folder(symbol) / "versions"
    for name in os.listdir(versions):
        if name.startswith(".stage-"):
            files.remove_tree(versions / name)


def read(workspace: Workspace, symbol: str, version: str) -> Contents:
    """Read a version's bytes and check them against its manifest.

    The folder is opened once, each file read once into memory, its size and sha256 compared, and those
    bytes returned for parsing: a damaged LightGBM text can kill or hang the process, so nothing is
    parsed before. Raises `ModelError`.
    """
    path = folder(workspace, symbol, version)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise _refuse(symbol, version, f"its folder cannot be opened ({error.strerror})") from error
    try:
        present = set(os.listdir(handle))
        manifest = parse_manifest(_bytes_of(handle, MANIFEST, symbol, version, None), symbol, version)
        listed = manifest["files"]
        foreign, missing = sorted(present - {*listed, MANIFEST}), sorted(set(listed) - present)
        if foreign:
            raise _refuse(symbol, version, f"foreign file {foreign[0]!r} in its folder")
        if missing:
            raise _refuse(symbol, version, f"file {missing[0]!r} is missing")
        contents = {}
        for name, entry in listed.items():
            content = _bytes_of(handle, name, symbol, version, entry["bytes"])
            if hashlib.sha256(content).hexdigest() != entry["sha256"]:
                raise _refuse(symbol, version, f"file {name!r} was altered (its sha256 differs)")
            contents[name] = content
    finally:
        os.close(handle)
    return Contents(symbol, version, manifest, contents)


def parse_manifest(content: bytes, symbol: str, version: str) -> dict[str, Any]:
    """Parse a manifest whose every byte is accounted for: canonical layout, intact seal, right symbol and name."""
    try:
        manifest = json.loads(content)
        intact = isinstance(manifest, dict) and _is_sealed(content, str(manifest.get("seal")))
    except (ValueError, RecursionError):
        intact = False
    if not intact:
        raise _refuse(symbol, version, "its manifest was altered")
    if manifest.get("schema") != SCHEMA:
        raise _refuse(symbol, version, f"its format is {manifest.get('schema')}, this stockml reads {SCHEMA}")
    if manifest.get("symbol") != symbol or manifest.get("version") != version:
        raise _refuse(symbol, version, f"its manifest belongs to {manifest.get('symbol')} {manifest.get('version')}")
    return manifest  # type: ignore[no-any-return]


def _bytes_of(folder_handle: int, name: str, symbol: str, version: str, size: int | None) -> bytes:
    try:
        handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder_handle)
    except OSError as error:
        raise _refuse(symbol, version, f"file {name!r} cannot be opened ({error.strerror})") from error
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > SIZE_LIMIT:
            raise _refuse(symbol, version, f"file {name!r} is not an ordinary file")
        if size is not None and facts.st_size != size:
            raise _refuse(symbol, version, f"file {name!r} has {facts.st_size} bytes, its manifest says {size}")
        parts = []
        while part := os.read(handle, 1 << 20):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


def was_touched(workspace: Workspace, symbol: str, version: str) -> bool:
    """Whether a file of a version changed, came or went after its manifest, which is written last, was written.

    No proof of damage: copying a workspace touches everything. `read` tells.
    """
    path = str(folder(workspace, symbol, version))
    try:
        sealed = os.stat(f"{path}/{MANIFEST}").st_mtime_ns
        with os.scandir(path) as entries:
            return os.stat(path).st_mtime_ns > sealed or any(one.stat().st_mtime_ns > sealed for one in entries)
    except OSError:
        return True


def _is_intact(workspace: Workspace, symbol: str, version: str) -> bool:
    try:
        read(workspace, symbol, version)
    except ModelError:
        return False
    return True


def _stored_hash(path: Path) -> str:
    try:
        return str(json.loads((path / MANIFEST).read_bytes()).get("model_hash"))
    except (OSError, ValueError, AttributeError):
        return ""


def _refuse(symbol: str, version: str, what: str) -> ModelError:
    return ModelError(
        f"{symbol}: version {version} is refused: {what}",
        symbol=symbol,
        hint=f"'stockml versions {symbol}' lists the others; 'stockml rollback {symbol}' returns to the previous one, "
        f"'stockml train {symbol} --force' makes a new one",
    )
