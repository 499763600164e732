"""Compares `stockml train --all` with the sum of what it cannot do without: imports, bars, features, bare fits."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

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
# The parts below time themselves within their process, so that their own start-up is not counted again.
TIMED = """
import json, os, sys, time, pathlib
from stockml import environment, workspace, training
from stockml.pipeline import steps
from stockml.features import matrix
from stockml.models import logistic, boosting
env = environment.open_environment(workspace.Workspace(pathlib.Path(sys.argv[1])), offline=True)
plan = steps.plan_of(env)
series = steps.read_fleet(env)
import lightgbm, sklearn.linear_model
from stockml.features._talib import talib
talib()
"""
MATRIX = (
    TIMED
    + """
fleet = tuple(series[symbol] for symbol in env.config.symbols)
begun = time.process_time()
matrix.build(fleet, series.get(plan.benchmark), plan.families, plan.extra)
json.dump(time.process_time() - begun, open(sys.argv[2], "w"))
"""
)
FITS = (
    TIMED
    + """
import numpy as np
from sklearn.linear_model import LogisticRegression
inputs = steps.build_inputs(env, plan, series)
options = plan.effective_options()
trees = {key: value for key, value in options.items() if key not in ("strength", "rounds")}
spent = count = 0
cut = len(inputs.sessions) - 1
for one in training.fold_cuts(plan, cut):
    for horizon in plan.horizons:
        if one < 0:
            continue
        sample, _ = training._sample(inputs, plan, one, horizon)
        if sample is None or len(sample.up) < 1000:
            continue
        wide = sample.rows.astype(np.float64)
        mean = np.nanmean(wide, axis=1, keepdims=True)
        standard = np.clip(np.nan_to_num((wide - mean) / np.nanstd(wide, axis=1, keepdims=True)), -5.0, 5.0)
        flat = np.ascontiguousarray(sample.rows.T)
        leaf = min(options["min_data_in_leaf"], len(sample.up) // 10)
        own = {**trees, "min_data_in_leaf": leaf, "bagging_freq": 1, "objective": "binary", "num_threads": 1,
               "deterministic": True, "force_col_wise": True, "seed": plan.seed + horizon, "verbosity": -1}
        label = sample.up.astype(np.float32)
        begun = time.process_time()
        rows = lightgbm.Dataset(flat, label=label, params={"max_bin": trees["max_bin"], "verbosity": -1,
                                "num_threads": 1, "feature_pre_filter": False})
        lightgbm.train(own, rows, num_boost_round=options["rounds"])
        LogisticRegression(C=options["strength"], solver="lbfgs", max_iter=300, tol=1e-6).fit(standard.T, label)
        spent += time.process_time() - begun
        count += 1
json.dump([spent, count], open(sys.argv[2], "w"))
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
        seen["features"].append(_timed(MATRIX, home))
        spent, fits = _timed(FITS, home)
        seen["fits"].append(spent)
    parts = sum(_figures.median(seen[name]) for name in ("imports", "bars", "features", "fits"))
    detail = f"{fits} fits of each kind; " + _figures.told(seen)
    yield Figure(first, _figures.median(seen["train"]) / parts, 1.15, detail)
    load = f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores, trust it only on a quiet machine; "
    sides = {f"--jobs {jobs}": taken for jobs, taken in wall.items()}
    ratio = _figures.median(wall["2"]) / _figures.median(wall["1"])
    yield Figure(second, ratio, 0.65, load + _figures.told(sides))


def _train(home: Path, jobs: str) -> _figures.Cost:
    """Train the fleet anew: without versions, pointers and ledger, on bars that are already stored."""
    data = home / "persistent_data"
    for path in [*(data / "ml_models").iterdir(), *data.glob("ledger.db*")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    words = ["train", "--all", "--jobs", jobs, "-q", "--home", str(home)]
    return _figures.cost([_figures.stockml(), *words], (0, 1))


def _timed(code: str, home: Path) -> object:
    """What the code measured of itself, in the environment that the command line gives its own process."""
    out = home / "timed.json"
    threads = {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    _figures.cost([*_figures.python(code), str(home), str(out)], **threads)
    return json.loads(out.read_text())
