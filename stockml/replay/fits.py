"""Fits on disk for the time of a replay: made by one process, read by all. A damaged or missing file is made anew."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from stockml import files
from stockml.errors import BusyError
from stockml.evaluation.rows import Rows
from stockml.models.model import Model
from stockml.pipeline.batch import Fitted
from stockml.training import Fold

FORMAT = 2  # of the files; one of another is made anew
WAIT_S = 0.05


class Found(NamedTuple):
    """A fit, the processor seconds it cost whoever made it, and how many of those were not spent here and now."""

    fitted: Fitted
    cost_s: float
    owed_s: float


@dataclass
class Fits:
    """A folder of fits by the marks of what they follow from. `ahead_s`: processor seconds spent on later fits."""

    folder: Path
    made: int = 0
    ahead_s: float = 0.0

    def fitted(self, key: str, make: Callable[[], tuple[Fitted, float]], meanwhile: Callable[[], bool]) -> Found:
        """The fit of a mark: read, or made. While another process makes it, `meanwhile` is called until it cannot."""
        while True:
            stored = self._read(f"{key}.fitted")
            if stored is not None:
                made = _fitted_from(stored)
                return Found(made, stored["cost_s"], stored["cost_s"])
            with self._claim(key) as ours:
                if ours:
                    found, cost, owed = self._make(key, make)
                    return Found(found, cost, owed)
            if not meanwhile():
                time.sleep(WAIT_S)

    def claim_ahead(self, key: str, make: Callable[[], tuple[Fitted, float]]) -> bool:
        """Make a fit that is going to be asked for, unless it is there or another process is at it."""
        if (self.folder / f"{key}.fitted").exists():
            return False
        with self._claim(key) as ours:
            if ours:
                began = time.process_time()
                self._make(key, make)
                self.ahead_s += time.process_time() - began
            return ours

    def _make(self, key: str, make: Callable[[], tuple[Fitted, float]]) -> tuple[Fitted, float, float]:
        began = time.process_time()
        found, owed = make()
        cost = time.process_time() - began + owed
        self._write(f"{key}.fitted", {**_fitted_as_json(found), "cost_s": cost})
        return found, cost, owed

    def folds(self, key: str, fit: Callable[[], list[Fold]]) -> tuple[list[Fold], float, float]:
        """(the direction fits of a mark, processor seconds they cost if they were made before, and in any case)."""
        while True:
            stored = self._read(f"{key}.folds")
            if stored is not None:
                return [_fold_from(one) for one in stored["folds"]], stored["cost_s"], stored["cost_s"]
            with self._claim(key, "folds") as ours:
                if ours:
                    began = time.process_time()
                    made = fit()
                    self.made += len(made)
                    cost = time.process_time() - began
                    self._write(f"{key}.folds", {"folds": [_fold_as_json(one) for one in made], "cost_s": cost})
                    return made, 0.0, cost
            time.sleep(WAIT_S)

    @contextlib.contextmanager
    def _claim(self, key: str, kind: str = "fitted") -> Iterator[bool]:
        """Whether this process is the one to make a fit. The claim dies with the process."""
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(files.lock(self.folder / f"{key[:2]}" / f"{key}.lock", what="a fit"))
            except BusyError:
                yield False
                return
            yield self._read(f"{key}.{kind}") is None

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(zlib.decompress((self.folder / name).read_bytes()))
            return found if found.get("format") == FORMAT else None
        except (FileNotFoundError, zlib.error, ValueError):
            return None

    def _write(self, name: str, told: dict[str, Any]) -> None:
        files.make_folder(self.folder)
        files.replace(self.folder / name, zlib.compress(json.dumps({**told, "format": FORMAT}).encode(), 1))


def _fold_as_json(one: Fold) -> dict[str, Any]:
    return {"files": {name: text.decode() for name, text in one.files.items()}, "base_rate": one.base_rate,
            "rows": one.rows}  # fmt: skip


def _fold_from(told: dict[str, Any]) -> Fold:
    return Fold({name: text.encode() for name, text in told["files"].items()}, told["base_rate"], told["rows"])


def _fitted_as_json(one: Fitted) -> dict[str, Any]:
    return {
        "parameters": one.model.parameters,
        "files": {name: text.decode() for name, text in one.model.files.items()},
        "rows": {str(h): _packed(rows) for h, rows in one.rows.items()},
        "pooled": _named(one.pooled), "by_symbol": {symbol: _named(own) for symbol, own in one.by_symbol.items()},
        "importance": one.importance,
    }  # fmt: skip


def _fitted_from(told: dict[str, Any]) -> Fitted:
    model = Model(told["parameters"], {name: text.encode() for name, text in told["files"].items()})
    rows = {int(h): _unpacked(int(h), text) for h, text in told["rows"].items()}
    by_symbol = {symbol: _numbered(own) for symbol, own in told["by_symbol"].items()}
    return Fitted(model, rows, _numbered(told["pooled"]), by_symbol, told["importance"])


def _named(figures: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {str(h): block for h, block in figures.items()}


def _numbered(told: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {int(h): block for h, block in told.items()}


def _packed(rows: Rows) -> str:
    """The columns of rows as text: numpy's own format, which keeps every bit and runs no code."""
    out = io.BytesIO()
    np.savez(out, **{one.name: getattr(rows, one.name) for one in fields(Rows) if one.name != "horizon"})
    return base64.b64encode(out.getvalue()).decode()


def _unpacked(horizon: int, text: str) -> Rows:
    with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as columns:
        return Rows(horizon=horizon, **{name: columns[name] for name in columns.files})
