"""Compares `stockml evaluate` with its bare refits, and its memory over four times as many refits."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import _bare_fits
import _figures
import _homes
import numpy as np
from _figures import Figure

FIRST = "2018-06-01"  # eight years before the last session
SMALL = ("AAPL", "MSFT", "SPY", "TSM")
FEW, MANY = 252, 63


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the processor time over that of the fits, and the peak memory of many refits over that of few."""
    first = "stockml evaluate, 13 symbols, 8 years, both horizons, CPU / its bare refits"
    second = f"peak memory of a refit every {MANY} sessions / every {FEW}"
    if not _homes.has_prices():
        yield Figure(first, None, 2.0, _homes.NO_PRICES)
        yield Figure(second, None, 1.2, _homes.NO_PRICES)
        return
    home = _homes.trained()
    since = "2025-06-02" if quick else FIRST
    words = ["evaluate", "--from", since, "--offline", "-q", "--jobs", "1", "--home", str(home)]
    taken = _figures.cost([_figures.stockml(), *words])
    spent, count = _bare_fits.fits(home, int(np.datetime64(since).astype(int)))
    yield Figure(first, taken.cpu / spent, 2.0, f"{taken.cpu:.1f} s for all, {spent:.1f} s for {count} fits of a kind")
    few, many = (_peak(home, since, every, quick) for every in (FEW, MANY))
    yield Figure(second, many / few, 1.2, f"{few / 1024:.0f} MB, {many / 1024:.0f} MB; four symbols")


def _peak(home: Path, since: str, every: int, quick: bool) -> int:
    """The largest resident size of the process, in kilobytes."""
    small = _homes.folder("small")
    config = small / "persistent_data" / "ml_config.json"
    config.parent.mkdir(parents=True)
    told = json.loads((home / "persistent_data" / "ml_config.json").read_text())
    rounds = {"recipe": "pooled", "options": {"rounds": 20 if quick else 50}}
    config.write_text(json.dumps({**told, "symbols": list(SMALL), "model": rounds}))
    words = ["evaluate", "--from", since, "-q", "--refit", str(every), "--home", str(small)]
    child = subprocess.Popen([_figures.stockml(), *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise RuntimeError(f"stockml {' '.join(words)}: exit {child.returncode}")
    return usage.ru_maxrss
