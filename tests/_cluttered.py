"""Workspaces full of what piles up: versions of linked fits, pointers, forecasts, logs, caches, leftovers, backups.

The generator keeps its own account of what has to survive, so that no test asks the code under test.
"""

from __future__ import annotations

import json
import os
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stockml import files
from stockml.clock import Clock, compact, stamp
from stockml.environment import Environment, open_environment
from stockml.ledger import facts, forecasts, outcomes
from stockml.ledger import store as ledger_store
from stockml.ledger.schema import JUDGED, SETTLED
from stockml.workspace import Workspace

SYMBOLS = ("AAA", "BBB", "BRK-B", "GONE")  # the last is in no configuration
FITS = 9
DEAD = 4_194_301  # beyond the largest process number of a usual kernel


@dataclass
class Clutter:
    """A workspace and what a clean-up must leave alone: paths, each with the reason the generator had."""

    workspace: Workspace
    stays: dict[Path, str] = field(default_factory=dict)
    goes: set[Path] = field(default_factory=set)

    @property
    def env(self) -> Environment:
        return open_environment(self.workspace)

    def missing(self) -> list[str]:
        """What had to stay and is not there, or not whole."""
        return [f"{path}: {why}" for path, why in self.stays.items() if not _is_whole(path)]


def _is_whole(path: Path) -> bool:
    if not path.is_dir():
        return path.exists()
    manifest = json.loads((path / "manifest.json").read_text()) if (path / "manifest.json").exists() else {}
    return all((path / name).stat().st_size == size for name, size in manifest.get("files", {}).items())


def make(home: Path, seed: int, now: datetime | None = None, **cleanup: Any) -> Clutter:
    """A random workspace; the same seed gives the same one but for the date."""
    rng, wall = random.Random(seed), now or datetime.now(UTC).replace(microsecond=0)
    place = Workspace(home)
    made = Clutter(place)
    rules = {"keep_versions": rng.randint(1, 4), "log_days": rng.choice([1, 7, 30]), **cleanup}
    config = {"symbols": list(SYMBOLS[:-1]), "cleanup": rules}
    place.data.mkdir(parents=True)
    place.config_file.write_text(json.dumps(config))
    made.stays[place.config_file] = "the configuration"
    _versions(made, rng, wall)
    _logs(made, rng, wall, rules["log_days"])
    _leftovers(made, rng, wall)
    return made


def _versions(made: Clutter, rng: random.Random, wall: datetime) -> None:
    """Versions of some fits for all symbols, model files linked, with pointers and forecasts of some of them."""
    ages = sorted((rng.uniform(0.2, 90.0) for _ in range(FITS)), reverse=True)
    if rng.random() < 0.3:
        ages[-1] = 0.01  # a quarter of an hour
    fits = [(wall - timedelta(days=age), rng.randbytes(3).hex()) for age in ages]
    by_symbol: dict[str, list[Path]] = {}
    for place, (at, tail) in enumerate(fits):
        shared: Path | None = None
        for symbol in SYMBOLS:
            if rng.random() < 0.15:
                continue
            path = made.workspace.symbol_folder(symbol) / "versions" / f"{compact(at)}-{tail}"
            shared = version(path, rng.randint(4, 40) * 1024, shared)
            os.utime(path, (at.timestamp(), at.timestamp()))
            by_symbol.setdefault(symbol, []).append(path)
            if ages[place] < 1 / 24:
                made.stays[path] = "young"
    ledger = ledger_store.connect(made.workspace.ledger_file)
    for symbol, paths in by_symbol.items():
        _point(made, rng, ledger, symbol, paths, wall)
    ledger.close()


def version(path: Path, size: int, shared: Path | None) -> Path:
    """A version folder of a manifest and a model file, the latter linked to another version's; returns that file."""
    path.mkdir(parents=True)
    model = path / "direction-1.lgb.txt"
    if shared is not None:
        os.link(shared, model)
    else:
        model.write_bytes(b"m" * size)
    listed = {model.name: model.stat().st_size}
    (path / "manifest.json").write_text(json.dumps({"files": listed}))
    return model


def _point(made: Clutter, rng: random.Random, ledger: Any, symbol: str, paths: list[Path], wall: datetime) -> None:
    names = [path.name for path in paths]
    live = made.workspace.symbol_folder(symbol) / "live.json"
    chosen = rng.sample(names, min(3, len(names)))
    state = rng.choice(["pointed", "pointed", "pointed", "only logged", "damaged", "none"])
    if state != "none" and chosen:
        pointers = dict(zip(("champion", "previous", "challenger"), [*chosen, None, None], strict=False))
        if rng.random() < 0.4:
            pointers["challenger"] = None
        when = stamp(wall - timedelta(days=1))
        facts.record_promotion(ledger, symbol, when, pointers, "train", "a test")
        content = files.pretty_json({**pointers, "since": when, "why": "a test"})
        if state == "pointed":
            live.write_bytes(content)
        if state == "damaged":
            live.write_bytes(content[: len(content) // 2])
            made.stays |= dict.fromkeys(paths, "live.json is damaged")
        for role, name in pointers.items():
            if name:
                made.stays[paths[names.index(name)]] = role
        if state != "only logged":
            made.stays[live] = "pointers"
    for name in rng.sample(names, min(2, len(names))):
        waits = rng.random() < 0.5
        say(ledger, symbol, name, wall, waits)
        if waits:
            made.stays[paths[names.index(name)]] = "unsettled forecast"


def say(ledger: Any, symbol: str, name: str, wall: datetime, waits: bool) -> None:
    """A forecast of a version, settled unless it waits."""
    session = stamp(wall - timedelta(days=3))[:10]
    row = {
        "id": f"{symbol}-{name}", "symbol": symbol, "bar_interval": "1d", "horizon": 1, "made_at": stamp(wall),
        "session": session, "target_session": session, "last_close": 100.0, "price": 100.0, "probability_up": 0.5,
        "class": "hold", "class_probabilities": dict.fromkeys("abcde", 0.2), "lo80": 98.0, "hi80": 102.0,
        "lo90": 97.0, "hi90": 103.0, "confidence": 0.5, "regime": "sideways", "version": name, "details": {},
    }  # fmt: skip
    forecasts.append(ledger, [row], Clock(wall))
    if not waits:
        told = {**dict.fromkeys((*SETTLED, *JUDGED)), "forecast": row["id"], "status": "settled"}
        outcomes.append(ledger, [{**told, "settled_at": stamp(wall - timedelta(days=1)), "settled_close": 100.0}])


def _logs(made: Clutter, rng: random.Random, wall: datetime, days: int) -> None:
    for area in ("training", "monitoring", "cron", "performance"):
        folder = made.workspace.logs / area
        folder.mkdir(parents=True)
        for age in (0, *(rng.randint(1, 60) for _ in range(4))):
            at = wall - timedelta(days=age)
            path = folder / f"stockml-{at:%Y%m%d}.log"
            put(path, rng.randint(1, 30) * 1024, at)
            if age == 0:
                made.stays[path] = "of today"
            elif age > days:
                made.goes.add(path)
    at = wall - timedelta(days=rng.randint(2, 60))
    put(made.workspace.logs / "training" / f"run-{compact(at)}-{rng.randbytes(3).hex()}.jsonl", 3000, at)
    for name in ("accuracy_scores.json", "of-mine.txt"):
        path = made.workspace.logs / "performance" / name
        put(path, 500, wall - timedelta(days=200))
        made.stays[path] = "no log"


def put(path: Path, size: int, at: datetime) -> Path:
    """A file of so many bytes, last written at a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def _leftovers(made: Clutter, rng: random.Random, wall: datetime) -> None:
    """Half-written files of processes that are gone, caches and locks."""
    place, old = made.workspace, wall - timedelta(days=2)
    folders = [place.data, place.logs / "performance", place.symbol_folder("AAA")]
    for folder in folders:
        gone = put(folder / f".thing.json.{DEAD}.part", 100, old)
        made.goes.add(gone)
        young = put(folder / f".young.json.{DEAD}.part", 100, wall)
        made.stays[young] = "younger than an hour"
    stage = place.symbol_folder("BBB") / "versions" / f".stage-20200101T000000Z-abcdef-{DEAD}"
    put(stage / "parameters.json", 5000, old)
    os.utime(stage, (old.timestamp(), old.timestamp()))
    made.goes.add(stage)
    for symbol in SYMBOLS:
        made.stays[put(place.symbol_folder(symbol) / "lock", 9, old)] = "a lock is never unlinked"
    made.stays[put(place.cache / "config.lock", 9, old)] = "a lock is never unlinked"
    put(place.cache / "yfinance" / "cookies.db", 30_000, old)
    made.goes.add(put(place.cache / "champions-1.db", 9000, old))
