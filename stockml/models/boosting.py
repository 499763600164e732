"""LightGBM: fitted through its Python package, stored as its text, applied through its C library.

Loading the C library by ctypes costs what numpy costs; the Python package costs scikit-learn, scipy
and pandas on top. Both give the same bits.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np

from stockml.arrays import Floats, Floats32, Places
from stockml.errors import ModelError, WorkspaceError
from stockml.models.recipe import Pool

RAW_SCORE, FLOAT32, GAIN = 1, 0, 1
BINNED_ON = 8192  # rows, drawn evenly, that the bounds of bins are found from: 130 a bin where there are 63


def fit(
    rows: Floats32, up: Floats, names: tuple[str, ...], *, seed: int, rounds: int,
    pooled: tuple[Pool, Places] | None = None, **options: Any,
) -> bytes:  # fmt: skip
    """Fit a binary classifier on rows (n_features, n) and return LightGBM's text.

    One thread and fixed seeds: the same rows give the same text. Rows that are part of a pool (`Sample.pooled`) are
    put into bins with it, once for all horizons; else by themselves.
    """
    import lightgbm

    parameters = {
        "objective": "binary",
        "num_threads": 1,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
        **options,
    }
    most = options.get("max_bin", 255)
    if pooled is None:
        dataset = _binned(rows, names, most)
    else:
        pool, part = pooled
        if most not in pool.made:
            pool.made[most] = _binned(pool.rows, names, most)
        dataset = pool.made[most].subset(part)
    dataset.construct().set_label((up > 0).astype(np.float32))
    booster = lightgbm.train(parameters, dataset, num_boost_round=rounds)
    return str(booster.model_to_string()).encode()


def _binned(rows: Floats32, names: tuple[str, ...], max_bin: int) -> Any:
    import lightgbm

    return lightgbm.Dataset(
        rows.T,
        feature_name=list(names),
        params={
            "max_bin": max_bin, "verbosity": -1, "num_threads": 1, "feature_pre_filter": False,
            "bin_construct_sample_cnt": BINNED_ON,
        },
        free_raw_data=True,
    )  # fmt: skip


@functools.cache
def library() -> ctypes.CDLL:
    """LightGBM's shared library, found without importing its package."""
    found = importlib.util.find_spec("lightgbm")
    for folder in (found.submodule_search_locations or []) if found else []:
        for name in ("lib/lib_lightgbm.so", "lib_lightgbm.so", "lib/lib_lightgbm.dylib"):
            if (Path(folder) / name).is_file():
                loaded = ctypes.CDLL(str(Path(folder) / name))
                loaded.LGBM_GetLastError.restype = ctypes.c_char_p
                return loaded
    raise WorkspaceError("LightGBM's library is not installed", hint="reinstall stockml's dependencies")


@functools.lru_cache(maxsize=32)
def parse(text: bytes) -> Booster:
    """A booster of checked bytes; the same bytes are parsed once."""
    return Booster(text)


class Booster:
    """A stored model, parsed from bytes whose hash was checked: a damaged text can kill the process."""

    def __init__(self, text: bytes) -> None:
        self._handle = ctypes.c_void_p()
        self._free = library().LGBM_BoosterFree  # kept: at the end of the interpreter `library` is gone
        rounds = ctypes.c_int()
        self._check(
            library().LGBM_BoosterLoadModelFromString(
                ctypes.c_char_p(text), ctypes.byref(rounds), ctypes.byref(self._handle)
            )
        )

    def __del__(self) -> None:
        if self._handle:
            self._free(self._handle)

    def log_odds(self, rows: Floats32) -> Floats:
        """Raw scores of rows (n_features, n)."""
        matrix = np.ascontiguousarray(rows.T, dtype=np.float32)
        out = np.empty(matrix.shape[0])
        if not len(out):
            return out
        written = ctypes.c_int64()
        self._check(
            library().LGBM_BoosterPredictForMat(
                self._handle,
                matrix.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_int(FLOAT32),
                ctypes.c_int32(matrix.shape[0]),
                ctypes.c_int32(matrix.shape[1]),
                ctypes.c_int(1),
                ctypes.c_int(RAW_SCORE),
                ctypes.c_int(0),
                ctypes.c_int(-1),
                ctypes.c_char_p(b"num_threads=1"),
                ctypes.byref(written),
                out.ctypes.data_as(ctypes.c_void_p),
            )
        )
        return out

    def gains(self) -> Floats:
        """Loss reduction of all splits on each feature, summed over the trees; shape (n_features,).

        Source: Friedman 2001, "Greedy Function Approximation", section 8.1, as LightGBM counts it (its unsquared
        gain). Features that no tree splits on have 0.
        """
        count = ctypes.c_int()
        self._check(library().LGBM_BoosterGetNumFeature(self._handle, ctypes.byref(count)))
        out = np.zeros(count.value)
        self._check(
            library().LGBM_BoosterFeatureImportance(
                self._handle,
                ctypes.c_int(0),  # of all rounds
                ctypes.c_int(GAIN),
                out.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
            )
        )
        return out

    @staticmethod
    def _check(status: int) -> None:
        if status != 0:
            raise ModelError(f"LightGBM refused the model: {library().LGBM_GetLastError().decode(errors='replace')}")
