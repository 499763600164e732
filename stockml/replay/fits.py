"""Fits on disk for the time of a replay: made by one process, read by all. A damaged or missing file is made anew."""

from __future__ import annotations

import contextlib
import json
import math
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stockml import files
from stockml.errors import BusyError
from stockml.evaluation.rows import Rows
from stockml.models.model import Model
from stockml.pipeline.batch import Fitted
from stockml.training import Fold

Column = NDArray[Any]

FORMAT = 2  # of the files; one of another is made anew
COLUMNS = tuple(one.name for one in fields(Rows) if one.name != "horizon")
PIECE = 4096  # bytes of a column by which it is told whether it can be made smaller
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
        columns = {(h, one): getattr(rows, one) for h, rows in found.rows.items() for one in COLUMNS}
        self._write(f"{key}.fitted", {**_fitted_as_json(found), "cost_s": cost}, columns)
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
        """What was told, its `columns` as (horizon, name, values)."""
        try:
            stream = zlib.decompressobj()
            found: dict[str, Any] = json.loads(stream.decompress((self.folder / name).read_bytes()))
            if found.get("format") != FORMAT or zlib.crc32(stream.unused_data) != found["crc32"]:
                return None
            found["columns"] = list(_unpacked(found["columns"], stream.unused_data))
            return found
        except (FileNotFoundError, zlib.error, ValueError):
            return None

    def _write(self, name: str, told: dict[str, Any], columns: Mapping[tuple[int, str], Column] | None = None) -> None:
        """Deflated JSON, and after its end the columns one after the other."""
        listed, parts = [], []
        for (horizon, what), column in (columns or {}).items():
            parts.append(_deflated(column.tobytes()))
            listed.append([horizon, what, column.dtype.str, column.shape, len(parts[-1])])
        body = b"".join(parts)
        told = {**told, "format": FORMAT, "columns": listed, "crc32": zlib.crc32(body)}
        files.make_folder(self.folder)
        files.replace(self.folder / name, zlib.compress(json.dumps(told).encode(), 1) + body)


def _fold_as_json(one: Fold) -> dict[str, Any]:
    return {"files": {name: text.decode() for name, text in one.files.items()}, "base_rate": one.base_rate,
            "rows": one.rows}  # fmt: skip


def _fold_from(told: dict[str, Any]) -> Fold:
    return Fold({name: text.encode() for name, text in told["files"].items()}, told["base_rate"], told["rows"])


def _fitted_as_json(one: Fitted) -> dict[str, Any]:
    return {
        "parameters": one.model.parameters,
        "files": {name: text.decode() for name, text in one.model.files.items()},
        "pooled": _named(one.pooled), "by_symbol": {symbol: _named(own) for symbol, own in one.by_symbol.items()},
        "importance": one.importance,
    }  # fmt: skip


def _fitted_from(told: dict[str, Any]) -> Fitted:
    model = Model(told["parameters"], {name: text.encode() for name, text in told["files"].items()})
    columns: dict[int, dict[str, Column]] = {}
    for horizon, name, values in told["columns"]:
        columns.setdefault(horizon, {})[name] = values
    rows = {horizon: Rows(horizon=horizon, **own) for horizon, own in columns.items()}
    by_symbol = {symbol: _numbered(own) for symbol, own in told["by_symbol"].items()}
    return Fitted(model, rows, _numbered(told["pooled"]), by_symbol, told["importance"])


def _named(figures: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {str(h): block for h, block in figures.items()}


def _numbered(told: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {int(h): block for h, block in told.items()}


def _deflated(content: bytes) -> bytes:
    """A column made smaller, where a piece of it promises that; most numbers are noise, which only costs time."""
    if len(zlib.compress(content[:PIECE], 1)) > PIECE // 2:
        return content
    return min(zlib.compress(content, 1), content, key=len)


def _unpacked(listed: Sequence[Sequence[Any]], body: bytes) -> Iterator[tuple[int, str, Column]]:
    """(horizon, name, values) of each column; one that is shorter than its values was deflated."""
    begin = 0
    for horizon, name, kind, shape, size in listed:
        content = body[begin : begin + size]
        begin += size
        whole = np.dtype(kind).itemsize * math.prod(shape)
        yield horizon, name, np.frombuffer(content if size == whole else zlib.decompress(content), kind).reshape(shape)
