"""Compares `stockml train --all` with the sum of what it cannot do without: imports, bars, features, bare fits."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import _bare_fits
import _figures
import _homes
from _figures import Figure

# What a training run computes with; anything else that stockml loads is its own burden.
IMPORTS = "import numpy, sqlite3, click, rich, json, hashlib, lightgbm, sklearn.linear_model"
BARS = """
import os, sqlite3, zlib, sys
import numpy
for name in sorted(os.listdir(sys.argv[2])):
    os.stat(os.path.join(sys.argv[2], name))
connection = sqlite3.connect(sys.argv[1] + "/persistent_data/market.db")
for columns, rows, crc, content in connection.execute("SELECT columns, rows, crc, bytes FROM blocks"):
    assert zlib.crc32(content) == crc
    offset = 0
    for column in columns.split():
        kind = numpy.dtype("<" + column.split(":")[1])
        numpy.frombuffer(content, dtype=kind, count=rows, offset=offset).copy()
        offset += rows * kind.itemsize
"""
MATRIX = (
    _bare_fits.PREPARED
    + """
fleet = tuple(series[symbol] for symbol in env.config.symbols)
begun = time.process_time()
matrix.build(fleet, series.get(plan.benchmark), plan.families, plan.extra)
json.dump(time.process_time() - begun, open(sys.argv[2], "w"))
"""
)


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the processor time of a training over that of its parts, and the wall time of two jobs over one."""
    first = "stockml train --all --jobs 1, 13 symbols, CPU / its bare parts"
    second = "wall of training with --jobs 2 / with --jobs 1"
    if not _homes.has_prices():
        yield Figure(first, None, 1.15, _homes.NO_PRICES)
        yield Figure(second, None, 0.65, _homes.NO_PRICES)
        return
    home, rounds = _homes.folder("training"), 2 if quick else 5
    shutil.copytree(_homes.trained(), home, dirs_exist_ok=True)
    seen: dict[str, list[float]] = {name: [] for name in ("train", "imports", "bars", "features", "fits")}
    wall: dict[str, list[float]] = {"1": [], "2": []}
    fits = 0
    for _ in range(rounds):
        one, two = _train(home, "1"), _train(home, "2")
        seen["train"].append(one.cpu)
        wall["1"].append(one.wall)
        wall["2"].append(two.wall)
        empty = _figures.cost(_figures.python("import numpy")).cpu
        seen["imports"].append(_figures.cost(_figures.python(IMPORTS)).cpu)
        prices = str(_homes.PRICES / "daily")
        seen["bars"].append(_figures.cost([*_figures.python(BARS), str(home), prices]).cpu - empty)
        seen["features"].append(_bare_fits.timed(MATRIX, home))
        spent, fits = _bare_fits.fits(home)
        seen["fits"].append(spent)
    parts = sum(_figures.median(seen[name]) for name in ("imports", "bars", "features", "fits"))
    detail = f"{fits} fits of each kind; " + _figures.told(seen)
    yield Figure(first, _figures.median(seen["train"]) / parts, 1.15, detail)
    load = f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores, trust it only on a quiet machine; "
    sides = {f"--jobs {jobs}": taken for jobs, taken in wall.items()}
    ratio = _figures.median(wall["2"]) / _figures.median(wall["1"])
    yield Figure(second, ratio, 0.65, load + _figures.told(sides))


def _train(home: Path, jobs: str) -> _figures.Cost:
    """Train the fleet anew: without versions, pointers and records, on stored bars, the procedure audited before."""
    data = home / "persistent_data"
    for path in (data / "ml_models").iterdir():
        shutil.rmtree(path)
    with contextlib.closing(sqlite3.connect(data / "ledger.db")) as ledger:
        for (table,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if table not in ("meta", "audits"):
                ledger.execute(f"DELETE FROM {table}")
        ledger.commit()
    words = ["train", "--all", "--jobs", jobs, "-q", "--home", str(home)]
    return _figures.cost([_figures.stockml(), *words], (0, 1))
