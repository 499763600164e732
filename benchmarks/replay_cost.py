"""Compares `stockml replay` with the bare fits and forecasts it cannot do without; and its time with ten minutes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import _bare_fits
import _figures
import _homes
from _figures import Figure

POLICIES = ("default", "never", "monthly", "always", "evidence_only")
WHOLE = ("2023-01-03", "2026-05-29")
PARTS = ("2025-01-02", "2025-03-31")
QUICK = ("2025-01-02", "2025-01-31")
MOST_S = 600.0
# What any replay of these policies has to compute: each direction fit once, each held-out and each live forecast.
NEEDED = (
    _bare_fits.FITTING
    + """
import sqlite3
from datetime import date
from stockml.clock import to_day
from stockml.models.forecast import forecast
from stockml.replay import kept
from stockml.store import golden, versions
made, cuts = set(), set()
for home in sys.argv[3:]:
    ledger = sqlite3.connect(home + "/persistent_data/ledger.db")
    cuts |= {row[0][:10] for row in ledger.execute("SELECT DISTINCT made_at FROM decisions")}
    made |= {(home, *row) for row in ledger.execute("SELECT symbol, horizon, session, version FROM forecasts_made")}
places = [int(np.searchsorted(inputs.sessions, to_day(date.fromisoformat(one)))) for one in sorted(cuts)]
fits, count = fitted(fold for cut in places for fold in training.fold_cuts(plan, cut))
spent = fits
models = {}
for home, symbol, horizon, session, version in sorted(made, key=lambda one: one[3]):
    day = to_day(date.fromisoformat(session))
    key = home, symbol, version
    if key not in models:
        models[key] = golden.load(versions.read(workspace.Workspace(pathlib.Path(home)), symbol, version))
    then = kept.cut(inputs, day, inputs.market_is_fleet)
    begun = time.process_time()
    forecast(then, models[key], symbol, horizon, day)
    spent += time.process_time() - begun
forecasts = spent - fits
for home, symbol, version in {one for one in models if one[0] == sys.argv[3]}:
    model = models[home, symbol, version]
    last = int(np.searchsorted(inputs.sessions, model.parameters["trained_through"]))
    for horizon in plan.horizons:
        begun = time.process_time()
        for start, until in training.windows(plan, last):
            old = training.Model({**model.parameters, "trained_through": int(inputs.sessions[start])}, model.files)
            first, through = int(inputs.sessions[start]) + 1, int(inputs.sessions[until])
            forecast(inputs, old, symbol, horizon, first, through)
        spent += time.process_time() - begun
json.dump([spent, fits, forecasts, count, len(made)], open(sys.argv[2], "w"))
"""
)


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the processor time of a replay over that of its bare parts, and the time of the whole over ten minutes."""
    first = f"stockml replay, {len(POLICIES)} policies, 13 symbols, CPU / bare fits and forecasts"
    second = f"{WHOLE[0]} to {WHOLE[1]}, {len(POLICIES)} policies, wall / 10 minutes"
    if not _homes.has_prices():
        yield Figure(first, None, 2.0, _homes.NO_PRICES)
        yield Figure(second, None, 1.0, _homes.NO_PRICES)
        return
    home = _homes.folder("replay")
    shutil.copytree(_homes.trained(), home, dirs_exist_ok=True)
    taken, folder = _replay(home, *(QUICK if quick else PARTS), "1")
    needed = _bare_fits.timed(NEEDED, home, *(str(folder / name) for name in POLICIES))
    assert isinstance(needed, list)
    spent, fits, forecasts, count, made = needed
    detail = (
        f"replay {taken.cpu:.0f} s of processor, bare {spent:.0f} s: {count} fits {fits:.0f} s, {made} forecasts "
        f"{forecasts:.0f} s, held-out forecasts {spent - fits - forecasts:.0f} s"
    )
    yield Figure(first, taken.cpu / spent, 2.0, detail)
    if not quick:
        taken, _ = _replay(home, *WHOLE, "2")
        load = f"load average {os.getloadavg()[0]:.2f} on {os.cpu_count()} cores, trust it only on a quiet machine"
        yield Figure(second, taken.wall / MOST_S, 1.0, f"{taken.wall:.0f} s, processor {taken.cpu:.0f} s; {load}")


def _replay(home: Path, first: str, last: str, jobs: str) -> tuple[_figures.Cost, Path]:
    """Run a replay in a process of its own: (its cost with that of its children, its folder)."""
    named = [word for name in POLICIES for word in ("--policy", name)]
    span = ["--from", first, "--to", last, "--jobs", jobs, "--offline"]
    words = ["--json", "--home", str(home), "replay", *span, *named]
    taken = _figures.cost([_figures.stockml(), *words])
    again = json.loads(_homes.command(*words))  # everything is lived through: this only tells
    return taken, Path(again["result"]["folder"])
