"""Times what many symbols, or 770 versions each, add to `stockml status`, against bare reads of the same files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import _figures
import _homes
from _figures import Figure

MANY, FEW, VERSIONS = 10_000, 13, 770
LIVED, SESSIONS, SHOWN = 1000, 63, 40  # symbols with a quarter of settled forecasts each; rows that the screen has
MODEL = "NVDA"  # whose version is multiplied
BARE = """
import os, sys
folder, total = sys.argv[1], 0
for symbol in os.scandir(folder):
    for version in os.scandir(symbol.path + "/versions"):
        with open(version.path + "/manifest.json", "rb") as file:
            total += len(file.read())
"""
BARE_READS = """
import os, sqlite3, sys
home, shown, total = sys.argv[1], int(sys.argv[2]), 0
folder = home + "/persistent_data/ml_models"
names = sorted(os.listdir(folder))
for name in names:
    with open(f"{folder}/{name}/live.json", "rb") as file:
        total += len(file.read())
    for version in os.scandir(f"{folder}/{name}/versions"):
        with open(version.path + "/manifest.json", "rb") as file:
            total += len(file.read())
ledger = sqlite3.connect(home + "/persistent_data/ledger.db")
total += len(ledger.execute("SELECT symbol, champion, previous, at FROM promotions").fetchall())
for name in names[:shown]:
    total += len(ledger.execute("SELECT * FROM forecasts WHERE symbol = ? AND status = 'settled'", (name,)).fetchall())
market = sqlite3.connect(home + "/persistent_data/market.db")
total += len(market.execute("SELECT symbol, rows, last, outcome, message FROM series").fetchall())
"""


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield (status of many - status of 13) / (bare scan and read of the many manifests - an empty process)."""
    many, rounds = (1000, 3) if quick else (MANY, 9)
    name = f"status of {many:,} symbols over 13 / bare read of their manifests"
    if not _homes.has_prices():
        yield Figure(name, None, 1.0, _homes.NO_PRICES)
        return
    from stockml.clock import recorded_at

    yield _lived(rounds)
    few, large = fleet(FEW), fleet(many)
    cold = [_status(large, index=False) for _ in range(3)]
    _status(few)
    sides = [lambda: _status(large), lambda: _status(few), lambda: _bare(large), _empty]
    full, base, bare, empty = _figures.by_turns(sides, rounds)
    labels = {f"status {many:,}": full, "status 13": base, "bare read": bare, "empty process": empty}
    yield Figure(name, _ratio(full, base, bare, empty), 1.0, _figures.told(labels))
    labels = {"status without index": cold, **labels}
    del labels[f"status {many:,}"]
    yield Figure(f"the same without its index ({many:,})", _ratio(cold, base, bare, empty), None, _figures.told(labels))
    today = recorded_at().date().isoformat()
    pinned = [_status(large, "--as-of", today) for _ in range(3)]
    label = f"the same with --as-of, pointers from the promotion log ({many:,})"
    yield Figure(label, _ratio(pinned, base, bare, empty), None, _figures.told({"status --as-of": pinned}))
    shutil.rmtree(large)
    yield _deep(few, 77 if quick else VERSIONS, rounds)


def _lived(rounds: int) -> Figure:
    """1,000 symbols with settled forecasts: processor time over the bare reads of what the screen is made of.

    Bare is to read every pointer file, manifest, promotion and series row, and the settled forecasts of the rows
    shown; nothing is parsed, decided or drawn. What 13 symbols cost is taken off one side, an empty process off the
    other, so that neither side is charged for starting.
    """
    few, large = fleet(FEW), fleet(LIVED)
    for home in (few, large):
        settled(home, SESSIONS)
        _status(home)
    bare = [*_figures.python(BARE_READS), str(large), str(SHOWN)]
    sides = [
        lambda: _status_cost(large).cpu, lambda: _status_cost(few).cpu, lambda: _figures.cost(bare).cpu,
        lambda: _figures.cost(_figures.python("import os, sqlite3, sys")).cpu,
    ]  # fmt: skip
    full, base, reads, empty = _figures.by_turns(sides, max(rounds, 7))
    labels = {f"status {LIVED:,}": full, f"status {FEW}": base, "bare reads": reads, "empty process": empty}
    name = f"status of {LIVED:,} symbols over {FEW} / bare ledger and manifest reads (processor)"
    shutil.rmtree(large)
    return Figure(name, _ratio(full, base, reads, empty), 1.5, _figures.told(labels))


def _deep(few: Path, versions: int, rounds: int) -> Figure:
    """13 symbols with many versions each: only champions are looked at, so the rest should cost nothing."""
    deep = fleet(FEW, versions)
    _status(deep)
    full, base, bare, empty = _figures.by_turns(
        [lambda: _status(deep), lambda: _status(few), lambda: _bare(deep), _empty], rounds
    )
    labels = {f"status with {versions} versions": full, "with one": base, "bare read": bare, "empty process": empty}
    name = f"status of 13 symbols, {versions} versions each, over one each / bare read"
    return Figure(name, _ratio(full, base, bare, empty), 1.0, _figures.told(labels))


def _ratio(full: list[float], base: list[float], bare: list[float], empty: list[float]) -> float:
    added = _figures.median(full) - _figures.median(base)
    return added / (_figures.median(bare) - _figures.median(empty))


def _status(home: Path, *more: str, index: bool = True) -> float:
    """Seconds of one `status`; some symbol may be unwell, which is exit 1."""
    if not index:
        for path in (home / "persistent_data" / ".cache").glob("champions-*"):
            path.unlink()
    return _status_cost(home, *more).wall


def _status_cost(home: Path, *more: str) -> _figures.Cost:
    return _figures.cost([_figures.stockml(), "status", "--home", str(home), *more], (0, 1))


def _bare(home: Path) -> float:
    return _figures.cost([*_figures.python(BARE), str(home / "persistent_data" / "ml_models")]).wall


def _empty() -> float:
    return _figures.cost(_figures.python("pass")).wall


def fleet(symbols: int, versions: int = 1) -> Path:
    """A healthy workspace on the live clock: a real version's manifest under many names, each sealed anew.

    Each version holds its manifest only, since `status` reads no other file of it.
    """
    from stockml import workspace
    from stockml.bars import calendar
    from stockml.bars import store as market_store
    from stockml.clock import compact, recorded_at, stamp, to_day
    from stockml.ledger import store as ledger_store

    home = _homes.folder(f"status-{symbols}-{versions}")
    place, now = workspace.Workspace(home), recorded_at() - timedelta(days=5)
    names = [f"S{number:05d}" for number in range(symbols)]
    _homes.command("init", "--home", str(home), "--data-dir", str(home))
    place.config_file.write_text(json.dumps({"symbols": names, "data": {"providers": ["csv"]}}))
    models = _homes.trained() / "persistent_data" / "ml_models" / MODEL / "versions"
    pattern = json.loads(next(models.iterdir()).joinpath("manifest.json").read_bytes())
    hashes = [f"{number:06x}" for number in range(versions)]
    market, ledger = market_store.connect(place.market_file), ledger_store.connect(place.ledger_file)
    promotions = []
    for count, name in enumerate(names):
        newest = now - timedelta(seconds=count)  # as a training deploys them: one after the other
        for number, short in enumerate(hashes):
            made = newest - timedelta(days=number)
            write_version(place, name, f"{compact(made)}-{short}", {**pattern, "made_at": stamp(made)})
        at, champion = stamp(newest), f"{compact(newest)}-{hashes[0]}"
        pointing = {"champion": champion, "previous": None, "challenger": None, "since": at, "why": "copied"}
        (place.models / name / "live.json").write_text(json.dumps(pointing))
        promotions.append((name, at, champion, None, None, "benchmark", "copied", at))
    with ledger_store.transaction(ledger):
        ledger.executemany(
            "INSERT INTO promotions(symbol, at, champion, previous, challenger, who, reason, recorded_at) "
            "VALUES(?,?,?,?,?,?,?,?)",
            promotions,
        )
    calendar.ensure(market, calendar.DEFAULT, now.date())
    last = calendar.last_settled(market, calendar.DEFAULT, recorded_at(), 0) or to_day(now.date())
    facts = ("csv", 2500, last - 3600, last, last, stamp(now), "ok", "", "", 0)
    with ledger_store.transaction(market):
        marks = ",".join("?" * (2 + len(facts)))
        market.executemany(f"INSERT INTO series VALUES({marks})", [(name, "1d", *facts) for name in names])
    market.close()
    ledger.close()
    return home


def settled(home: Path, sessions: int) -> None:
    """Give every champion forecasts of so many sessions with outcomes; without chains, which status ignores."""
    from stockml import workspace
    from stockml.clock import recorded_at
    from stockml.ledger import store as ledger_store

    place, today = workspace.Workspace(home), recorded_at()
    ledger = ledger_store.connect(place.ledger_file)
    made, became = [], []
    for name, champion in ledger.execute("SELECT symbol, champion FROM promotions").fetchall():
        for back in range(sessions, 0, -1):
            at = today - timedelta(days=back + 5)
            session, target = at.date().isoformat(), (at + timedelta(days=1)).date().isoformat()
            for horizon in (1, 5):
                id_ = f"{name}-{horizon}-{session}"
                made.append((id_, name, "1d", horizon, f"{session}T21:30:00Z", session, target, champion))
                became.append((id_, f"{target}T21:30:00Z"))
    with ledger_store.transaction(ledger):
        ledger.executemany(
            "INSERT INTO forecasts_made(id, symbol, bar_interval, horizon, made_at, session, target_session, "
            "last_close, price, probability_up, class, class_probabilities, lo80, hi80, lo90, hi90, confidence, "
            "regime, version, prev_hash, hash, details, recorded_at, checksum) VALUES(?,?,?,?,?,?,?,100,100,0.5,"
            "'hold','{}',98,102,97,103,0.5,'sideways',?,'',?1,'{}','','')",
            made,
        )
        ledger.executemany(
            "INSERT INTO outcomes(forecast, status, settled_close, settled_at, error_pct, direction_hit, "
            "settled_session, total_return, naive_hit, naive_error_pct, in80, in90, winkler80, winkler90, prev_hash, "
            "hash, recorded_at, checksum) VALUES(?,'settled',101,?,0.01,1,'2026-01-01',0.01,1,0.01,1,1,0.05,0.06,'',?1,"
            "'','')",
            became,
        )
    ledger.close()


def write_version(place: object, name: str, version: str, pattern: dict[str, object]) -> None:
    """Write one manifest in its canonical spelling; without fsync, since nothing here must survive."""
    from stockml.store.versions import sealed

    folder = place.models / name / "versions" / version  # type: ignore[attr-defined]
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_bytes(sealed({**pattern, "symbol": name, "version": version}))
