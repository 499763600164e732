"""Times reading 1,000 symbols from the store against reading one Parquet file each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import _figures
import numpy as np
from _figures import Figure

from stockml.bars import exchange_files, store
from stockml.bars.series import Bars

SYMBOLS, BARS, ROUNDS = 1000, 2500, 3
LIMIT = 0.2


def walk(number: int) -> Bars:
    rng = np.random.default_rng(number)
    close = np.round(50.0 * np.exp(np.cumsum(0.015 * rng.standard_normal(BARS))), 6)
    session = (12000 + np.cumsum(np.where(np.arange(BARS) % 5 == 4, 3, 1))).astype(np.int32)
    volume, none = np.round(np.exp(14.0 + 0.4 * rng.standard_normal(BARS))), np.zeros(BARS)
    return Bars(f"S{number:04d}", session, close, close + 0.5, close - 0.5, close, volume, none, none + 1)


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the time of the store over that of the files; quick reads a tenth of the symbols."""
    from pyarrow import parquet

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        connection = store.connect(place / "market.db")
        names = []
        count = SYMBOLS // 10 if quick else SYMBOLS
        for number in range(count):
            bars = walk(number)
            store.write(
                connection, bars, "1d", source="csv", fetched_at="2026-01-01T00:00:00Z", checked_through=0,
                outcome="ok", message="", fingerprint="",
            )  # fmt: skip
            (place / f"{bars.symbol}.parquet").write_bytes(exchange_files.as_parquet(bars))
            names.append(bars.symbol)
        now = 2_000_000_000
        ours, theirs = [], []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for name in names:
                assert store.read(connection, name, "1d", 40000, now) is not None
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            for name in names:
                table = parquet.read_table(place / f"{name}.parquet", use_threads=False)
                _ = [column.to_numpy() for column in table.columns]
            theirs.append(time.perf_counter() - began)
        connection.close()
    labels = {f"store, {count:,} symbols": ours, "Parquet files": theirs}
    name = f"read {count:,} symbols of {BARS:,} bars / one Parquet file each"
    yield Figure(name, _figures.median(ours) / _figures.median(theirs), LIMIT, _figures.told(labels))
