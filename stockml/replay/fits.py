"""Fits on disk for the time of a replay: made by one process, read by all. A damaged or missing file is made anew."""

from __future__ import annotations

import contextlib
import json
import math
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

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
T = TypeVar("T")


class Found(NamedTuple, Generic[T]):
    """What was asked for, the processor seconds it cost whoever made it, and how many were not spent here and now."""

    made: T
    cost_s: float
    owed_s: float


def idle() -> bool:
    """What there is to do in the meantime: nothing."""
    return False


@dataclass
class Fits:
    """A folder of fits by the marks of what they follow from. `ahead_s`: processor seconds spent on later fits."""

    folder: Path
    made: int = 0
    ahead_s: float = 0.0

    def fitted(
        self, key: str, make: Callable[[], tuple[Fitted, float]], meanwhile: Callable[[], bool]
    ) -> Found[Fitted]:  # fmt: skip
        """The fit of a mark: read, or made. While another process makes it, `meanwhile` is called until it cannot.

        `make` also tells what was spent on it before, in processor seconds.
        """
        return self._shared(f"{key}.fitted", make, _fitted_told, _fitted_from, meanwhile)

    def claim_ahead(self, key: str, make: Callable[[], tuple[Fitted, float]]) -> bool:
        """Make a fit that is going to be asked for, unless it is there or another process is at it."""
        if (self.folder / f"{key}.fitted").exists():
            return False
        with self._claim(f"{key}.fitted") as ours:
            if ours:
                began, before = time.process_time(), self.ahead_s
                self._make(f"{key}.fitted", make, _fitted_told)
                self.ahead_s = before + time.process_time() - began  # with what was made ahead meanwhile
            return ours

    def folds(
        self, key: str, fit: Callable[[], list[Fold]], meanwhile: Callable[[], bool] = idle
    ) -> Found[list[Fold]]:  # fmt: skip
        """The direction fits of a mark: read, or made."""
        return self._shared(f"{key}.folds", self._counted(fit), _folds_as_json, _folds_from, meanwhile)

    def folds_unless_busy(self, key: str, fit: Callable[[], list[Fold]]) -> Found[list[Fold]] | None:
        """The same; None if another process is at them."""
        return self._found(f"{key}.folds", self._counted(fit), _folds_as_json, _folds_from)

    def _counted(self, fit: Callable[[], list[Fold]]) -> Callable[[], tuple[list[Fold], float]]:
        def make() -> tuple[list[Fold], float]:
            made = fit()
            self.made += len(made)
            return made, 0.0

        return make

    def audited(
        self, key: str, make: Callable[[], dict[str, Any]], meanwhile: Callable[[], bool] = idle
    ) -> Found[dict[str, Any]]:  # fmt: skip
        """The look-ahead audit of a mark: read, or made."""
        return self._shared(
            f"{key}.audit", lambda: (make(), 0.0), lambda one: {"found": one}, lambda told: told["found"], meanwhile
        )

    def _shared(
        self, name: str, make: Callable[[], tuple[T, float]], pack: Callable[[T], dict[str, Any]],
        unpack: Callable[[dict[str, Any]], T], meanwhile: Callable[[], bool] = idle,
    ) -> Found[T]:  # fmt: skip
        while True:
            found = self._found(name, make, pack, unpack)
            if found is not None:
                return found
            if not meanwhile():
                time.sleep(WAIT_S)

    def _found(
        self, name: str, make: Callable[[], tuple[T, float]], pack: Callable[[T], dict[str, Any]],
        unpack: Callable[[dict[str, Any]], T],
    ) -> Found[T] | None:  # fmt: skip
        stored = self._read(name)
        if stored is not None:
            return Found(unpack(stored), stored["cost_s"], stored["cost_s"])
        with self._claim(name) as ours:
            return self._make(name, make, pack) if ours else None

    def _make(
        self, name: str, make: Callable[[], tuple[T, float]], pack: Callable[[T], dict[str, Any]]
    ) -> Found[T]:
        began, before = time.process_time(), self.ahead_s
        found, owed = make()
        cost = time.process_time() - began - (self.ahead_s - before) + owed
        self._write(name, {**pack(found), "cost_s": cost})
        return Found(found, cost, owed)

    @contextlib.contextmanager
    def _claim(self, name: str) -> Iterator[bool]:
        """Whether this process is the one to make a file. The claim dies with the process."""
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(files.lock(self.folder / name[:2] / f"{name}.lock", what="a fit"))
            except BusyError:
                yield False
                return
            yield self._read(name) is None

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

    def _write(self, name: str, told: dict[str, Any]) -> None:
        """Deflated JSON, and after its end the `columns`, if there are any, one after the other."""
        listed, parts = [], []
        for horizon, what, column in told.get("columns", ()):
            parts.append(_deflated(column.tobytes()))
            listed.append([horizon, what, column.dtype.str, column.shape, len(parts[-1])])
        body = b"".join(parts)
        told = {**told, "format": FORMAT, "columns": listed, "crc32": zlib.crc32(body)}
        files.make_folder(self.folder)
        files.replace(self.folder / name, zlib.compress(json.dumps(told).encode(), 1) + body)


def _folds_as_json(made: list[Fold]) -> dict[str, Any]:
    return {"folds": [_fold_as_json(one) for one in made]}


def _folds_from(told: dict[str, Any]) -> list[Fold]:
    return [_fold_from(one) for one in told["folds"]]


def _fold_as_json(one: Fold) -> dict[str, Any]:
    return {"files": {name: text.decode() for name, text in one.files.items()}, "base_rate": one.base_rate,
            "rows": one.rows}  # fmt: skip


def _fold_from(told: dict[str, Any]) -> Fold:
    return Fold({name: text.encode() for name, text in told["files"].items()}, told["base_rate"], told["rows"])


def _fitted_told(one: Fitted) -> dict[str, Any]:
    return {
        "parameters": one.model.parameters,
        "files": {name: text.decode() for name, text in one.model.files.items()},
        "pooled": _named(one.pooled), "by_symbol": {symbol: _named(own) for symbol, own in one.by_symbol.items()},
        "importance": one.importance,
        "columns": [(h, name, getattr(rows, name)) for h, rows in one.rows.items() for name in COLUMNS],
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
