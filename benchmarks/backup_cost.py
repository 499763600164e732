"""Times backups of 13 symbols with 20 versions: against `tar --zstd`, the second against the first, in a training."""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import _figures
import _homes
from _figures import Figure

VERSIONS = 20
SPEED, SECOND_BYTES, SECOND_TIME, TRAINING = 2.0, 0.01, 0.1, 0.02


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the time of the first backup over tar's, the second's bytes and time over the first's, and the drill's."""
    names = (
        "first backup, 13 symbols x 20 versions / tar --zstd of the same tree",
        "the same, processor time",
        "bytes of a second backup, after some forecasts / of the first",
        "time of a second backup, after some forecasts / of the first",
        "backup before a promotion / the training it belongs to",
    )
    if not _homes.has_prices() or shutil.which("zstd") is None:
        why = _homes.NO_PRICES if not _homes.has_prices() else "skipped: zstd is not installed"
        for name, limit in zip(names, (SPEED, SPEED, SECOND_BYTES, SECOND_TIME, TRAINING), strict=True):
            yield Figure(name, None, limit, why)
        return
    home = _homes.folder("backups")
    shutil.copytree(_homes.trained(), home, dirs_exist_ok=True)
    _grow(home)
    rounds = 3 if quick else 9
    first, second, tar = [], [], []
    cpu: dict[str, list[float]] = {"first": [], "tar": []}
    added: dict[str, Any] = {}
    for _ in range(rounds):
        _forget(home)
        archived = _tar(home)
        began_s = time.process_time()
        made = _backup(home)
        cpu["first"].append(time.process_time() - began_s)
        cpu["tar"].append(archived.cpu)
        tar.append(archived.wall)
        first.append(made["seconds"])
        _happen(home)
        again = _backup(home)
        second.append(again["seconds"])
        added = {"first": made["added_bytes"], "second": again["added_bytes"]}
    told = {"first": first, "second": second, "tar": tar}
    yield Figure(names[0], _figures.median(first) / _figures.median(tar), SPEED, _figures.told(told))
    yield Figure(names[1], _figures.median(cpu["first"]) / _figures.median(cpu["tar"]), SPEED, _figures.told(cpu))
    shown = ", ".join(f"{name} {count / 1e6:.3f} MB" for name, count in added.items())
    yield Figure(names[2], added["second"] / added["first"], SECOND_BYTES, shown)
    yield Figure(names[3], _figures.median(second) / _figures.median(first), SECOND_TIME, _figures.told(told))
    seconds, share = _training(home)
    yield Figure(names[4], share, TRAINING, f"training {seconds:.1f} s")


def _tar(home: Path) -> _figures.Cost:
    """What an archive of the same tree on the same disk costs, the start of its two processes included."""
    archive = home / "tree.tar.zst"
    words = ["tar", "--zstd", "-cf", str(archive), "-C", str(home), "persistent_data"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began_s = time.perf_counter()
    subprocess.run(words, check=True)
    wall_s = time.perf_counter() - began_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    archive.unlink()
    return _figures.Cost(wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def _backup(home: Path) -> dict[str, Any]:
    """A backup in this process, so that the start of Python is on neither side of a ratio of two backups."""
    from stockml import workspace
    from stockml.backup import creation
    from stockml.environment import open_environment

    env = open_environment(workspace.find(str(home)))
    assert env.ledger and env.clock
    return creation.create(env)


def _forget(home: Path) -> None:
    shutil.rmtree(home / "persistent_data" / "backups", ignore_errors=True)
    (home / "persistent_data" / ".cache" / "backup-1.json").unlink(missing_ok=True)


def _happen(home: Path) -> None:
    """What happens between two backups in any case: a run in the ledger and what the fleet forecasts."""
    _homes.command("predict", "-q", "--offline", "--home", str(home), may_exit=(0, 1))


def _grow(home: Path) -> None:
    """Give every symbol of the trained fleet 20 versions: the real files, with other digits in the trees."""
    from stockml.store import versions
    from stockml.workspace import Workspace

    where, rng = Workspace(home), random.Random(1)
    symbols = [name for name in sorted(os.listdir(where.models)) if versions.names(where, name)]
    for turn in range(1, VERSIONS):
        written: dict[str, Path] = {}
        moment = datetime(2026, 5, 29, 20, 30, tzinfo=UTC) + timedelta(days=turn)
        models: dict[str, bytes] = {}
        for symbol in symbols:
            held = versions.read(where, symbol, versions.names(where, symbol)[0])
            models = models or {
                name: _other(content, rng) if name.endswith(".txt") else content + b" " * turn
                for name, content in held.files.items()
                if name not in versions.REPORTS
            }
            reports = {name: held.files[name] + b"\n" * turn for name in versions.REPORTS}
            versions.publish(where, symbol, moment, models, reports, {**held.manifest, "made_at": str(moment)}, written)


def _other(tree: bytes, rng: random.Random) -> bytes:
    return re.sub(rb"\.\d{6}", lambda _: b".%06d" % rng.randrange(10**6), tree)


def _training(home: Path) -> tuple[float, float]:
    """Seconds of a training that replaces every champion, and the share of its backup, by the run's own records."""
    import contextlib
    import sqlite3

    path = home / "persistent_data" / "ml_config.json"
    _backup(home)
    words = ("train", "--all", "--force", "--reason", "a benchmark", "--model", "naive", "--home", str(home))
    began = time.perf_counter()
    _homes.command(*words, "-q", may_exit=(0, 1))
    taken = time.perf_counter() - began
    assert path.is_file()
    with contextlib.closing(sqlite3.connect(home / "persistent_data" / "ledger.db")) as ledger:
        made = ledger.execute("SELECT count(*) FROM runs WHERE command = 'backup' AND exit_code = 0").fetchone()[0]
    assert made == 1, "the training made its backup"
    log = (home / "logs" / "training").glob("stockml-*.log")
    lines = [line for one in log for line in one.read_text().splitlines() if " backup run " in line]
    found = re.search(r"after ([\d.]+) s", lines[-1])
    assert found is not None
    return taken, float(found[1]) / taken
