"""The bare fits behind a training or an evaluation, timed in a process of their own: the learners and no more."""

from __future__ import annotations

import json
from pathlib import Path

import _figures

# The parts time themselves within their process, so that their own start-up is not counted again.
PREPARED = """
import json, os, sys, time, pathlib
from stockml import environment, workspace, training
from stockml.pipeline import steps, walkforward
from stockml.features import matrix
from stockml.models import logistic, boosting
env = environment.open_environment(workspace.Workspace(pathlib.Path(sys.argv[1])), offline=True)
plan = steps.plan_of(env)
series = steps.read_fleet(env)
import lightgbm, sklearn.linear_model
from stockml.features._talib import talib
talib()
"""
# `fitted(places)`: processor seconds and number of the fits at some sessions, of one learner of each kind a horizon.
FITTING = (
    PREPARED
    + """
import numpy as np
from sklearn.linear_model import LogisticRegression
inputs = steps.build_inputs(env, plan, series)
options = plan.effective_options()
trees = {key: value for key, value in options.items() if key not in ("strength", "rounds")}

def fitted(places):
    spent = count = 0
    for place in sorted(one for one in set(places) if one >= 0):
        for horizon in plan.horizons:
            sample, _ = training._sample(inputs, plan, place, horizon)
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
    return spent, count
"""
)
FITS = (
    FITTING
    + """
newest = len(inputs.sessions) - 1
begin = int(np.searchsorted(inputs.sessions, int(sys.argv[3]))) - 1 if len(sys.argv) > 3 else newest
cuts = walkforward.cuts_between(begin, max(newest, begin + 1), plan.refit_sessions, plan)
json.dump(fitted(fold for cut in cuts for fold in training.fold_cuts(plan, cut)), open(sys.argv[2], "w"))
"""
)


def fits(home: Path, since: int | None = None) -> tuple[float, int]:
    """(processor seconds, number of fits of each kind) behind a training, or an evaluation since a day."""
    spent, count = timed(FITS, home, *([] if since is None else [str(since)]))
    return spent, count


def timed(code: str, home: Path, *words: str) -> object:
    """What the code measured of itself, in the environment that the command line gives its own process."""
    out = home / "timed.json"
    threads = {"OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    _figures.cost([*_figures.python(code), str(home), str(out), *words], **threads)
    return json.loads(out.read_text())
