"""Times a round of `monitor` on 1,000 symbols against the bare reads it needs, and weighs 500 rounds in one process."""

from __future__ import annotations

import gc
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _figures
import _homes
from _figures import Figure

if TYPE_CHECKING:
    from stockml.environment import Environment

MANY, FEW, SESSIONS = 1000, 13, 60
ROUNDS, WARM = 500, 20
MODEL = "NVDA"  # whose version and bars are multiplied


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield round / bare reads, resident memory after 500 rounds / after 20, and open descriptors the same way."""
    many, limit = (200, None) if quick else (MANY, 3.0)  # a small fleet pays the same for the machine and the ledger
    name = f"a round of {many:,} symbols / bare reads of outcomes, manifests, bars"
    if not _homes.has_prices():
        yield Figure(name, None, limit, _homes.NO_PRICES)
        return
    home = fleet(many)
    env = _opened(home)
    sides: list[Callable[[], float]] = [lambda: _round(env), lambda: _bare(env)]
    full, bare = _figures.by_turns(sides, 3 if quick else 7)
    labels = {"round": full, "bare reads": bare}
    yield Figure(name, _figures.median(full) / _figures.median(bare), limit, _figures.told(labels))
    shutil.rmtree(home)
    yield from _endurance(50 if quick else ROUNDS)


def _endurance(rounds: int) -> Iterator[Figure]:
    """What so many rounds of 13 symbols leave behind, five minutes of a made-up clock between them."""
    import psutil

    from stockml.pipeline import watching

    env, process, seen = _opened(fleet(FEW)), psutil.Process(), []

    def tell(result: dict[str, Any] | None, words: str) -> None:
        if result is None:
            raise RuntimeError(words)
        gc.collect()
        seen.append((process.memory_info().rss, process.num_fds()))

    began = time.perf_counter()
    watching.keep(env, _look, lambda: _later(env), tell, rounds)
    took = (time.perf_counter() - began) / rounds
    (memory, handles), (memory_end, handles_end) = seen[WARM], seen[-1]
    told = f"{memory / 2**20:.1f} MB then {memory_end / 2**20:.1f} MB, {1e3 * took:.0f} ms a round"
    yield Figure(f"resident memory after {rounds} rounds / after {WARM}", memory_end / memory, 1.05, told)
    told = f"{handles} then {handles_end}"
    yield Figure(f"open descriptors after {rounds} rounds / after {WARM}", handles_end / handles, 1.0, told)


def _later(env: Environment) -> bool:
    from stockml.clock import Clock

    env.__dict__["clock"] = Clock(env.clock.now() + timedelta(minutes=5))
    return True


def _opened(home: Path) -> Environment:
    """The workspace offline, on a living clock that stands where the prices end."""
    from stockml import environment, workspace
    from stockml.clock import Clock

    env = environment.open_environment(workspace.Workspace(home), None, True)
    env.__dict__["clock"] = Clock(datetime.combine(date.fromisoformat(_homes.AS_OF), datetime.min.time(), UTC)
                                  + timedelta(hours=21))  # fmt: skip
    return env


def _look(env: Environment) -> dict[str, Any]:
    from stockml.pipeline import monitor

    return monitor.round(env)


def _round(env: Environment) -> float:
    started = time.perf_counter()
    _look(env)
    return time.perf_counter() - started


def _bare(env: Environment) -> float:
    """Fetch each symbol's forecasts with their outcomes, read each manifest, and fetch each symbol's stored bars."""
    started = time.perf_counter()
    plain = env.ledger.cursor()
    plain.row_factory = None
    plain.execute(
        "SELECT f.symbol, f.horizon, f.session, f.probability_up, o.settled_session, o.status, o.direction_hit, "
        "o.naive_hit, o.in90, o.error_pct, o.naive_error_pct, o.reason FROM forecasts_made f "
        "LEFT JOIN outcomes o ON o.forecast = f.id"
    ).fetchall()
    with os.scandir(env.workspace.models) as symbols:
        for symbol in symbols:
            with os.scandir(f"{symbol.path}/versions") as versions:
                for version in versions:
                    with open(f"{version.path}/manifest.json", "rb") as file:
                        file.read()
    for name in env.config.symbols:
        env.market.execute("SELECT bytes FROM blocks WHERE symbol = ?", (name,)).fetchone()
    return time.perf_counter() - started


def fleet(symbols: int) -> Path:
    """A workspace whose champions are one real version under many names, 60 settled sessions after deployment."""
    from stockml import environment, workspace
    from stockml.bars import calendar
    from stockml.clock import compact, from_day, stamp

    home = _homes.folder(f"monitor-{symbols}")
    shutil.copytree(_homes.trained() / "persistent_data", home / "persistent_data")
    place = workspace.Workspace(home)
    pattern = place.models / MODEL / "versions"
    shutil.move(pattern, home / "pattern")
    shutil.rmtree(place.models)
    place.ledger_file.unlink()
    names = [f"S{number:05d}" for number in range(symbols)]
    settings = {"symbols": names, "data": {"providers": ["csv"], "benchmark": None}, "expire_days": 365.0}
    place.config_file.write_text(json.dumps(settings))
    env = environment.open_environment(place, None, True)
    _multiply_bars(env, names)
    last = env.market.execute("SELECT last FROM series WHERE symbol = ?", (names[0],)).fetchone()[0]
    days = calendar.between(env.market, calendar.DEFAULT, last - 200, last)[-SESSIONS - 6 :]
    made = datetime.fromtimestamp(days[0] * 86400, UTC) + timedelta(hours=21)
    for name in names:
        _multiply_version(place, next((home / "pattern").iterdir()), name, made)
    version = next((place.models / names[0] / "versions").iterdir()).name
    with env.ledger:
        env.ledger.executemany(
            "INSERT INTO promotions(symbol, at, champion, who, reason, recorded_at) VALUES(?,?,?,?,?,?)",
            [(name, stamp(made), version, "benchmark", "copied", stamp(made)) for name in names],
        )
    assert compact(made) in version
    _fill_ledger(env, names, version, [from_day(day).isoformat() for day in days])
    env.ledger.close()
    env.market.close()
    return home


def _multiply_bars(env: Environment, names: list[str]) -> None:
    market = env.market
    market.execute("BEGIN")
    for table in ("series", "blocks"):
        columns = [row[1] for row in market.execute(f"PRAGMA table_info({table})") if row[1] not in ("symbol", "id")]
        listed = ", ".join(columns)
        for name in names:
            market.execute(
                f"INSERT INTO {table}(symbol, {listed}) SELECT ?, {listed} FROM {table} WHERE symbol = ?", (name, MODEL)
            )
    market.execute("COMMIT")


def _multiply_version(place: Any, source: Path, name: str, made: datetime) -> None:
    """A version folder with the source's files under another name, its manifest sealed anew, and its pointers."""
    from stockml import files
    from stockml.clock import compact, stamp
    from stockml.store.versions import MANIFEST, seal

    version = f"{compact(made)}-{source.name[-6:]}"
    folder = place.models / name / "versions" / version
    folder.mkdir(parents=True)
    for path in source.iterdir():
        if path.name != MANIFEST:
            os.link(path, folder / path.name)
    manifest = {**json.loads((source / MANIFEST).read_bytes()), "symbol": name, "version": version}
    (folder / MANIFEST).write_bytes(files.canonical_json(seal({**manifest, "made_at": stamp(made)})) + b"\n")
    pointing = {"champion": version, "previous": None, "challenger": None, "since": stamp(made), "why": "copied"}
    (place.models / name / "live.json").write_text(json.dumps(pointing))


def _fill_ledger(env: Environment, names: list[str], version: str, days: list[str]) -> None:
    """60 forecasts of each symbol and horizon with outcomes, in the ledger's own chains; 9 of 10 inside."""
    from stockml.ledger import chain
    from stockml.ledger.schema import FORECASTS, JUDGED, OUTCOMES, SETTLED
    from stockml.ledger.store import transaction

    said, became = [], []
    for number, name in enumerate(names):
        for horizon in (1, 5):
            for place in range(SESSIONS):
                session, target = days[place], days[place + horizon]
                id_ = f"{name}-{horizon}-{session}"
                luck = (7 * place + 13 * number) % 10
                said.append({
                    "id": id_, "symbol": name, "bar_interval": "1d", "horizon": horizon,
                    "made_at": f"{session}T21:00:00Z", "session": session, "target_session": target,
                    "last_close": 100.0, "price": 100.0, "probability_up": 0.53, "class": "hold",
                    "class_probabilities": dict.fromkeys("abcde", 0.2), "lo80": 98.0, "hi80": 102.0, "lo90": 97.0,
                    "hi90": 103.0, "confidence": 0.53, "regime": "sideways", "version": version,
                    "details": {"base_rate": 0.53, "k": 0.0, "sigma": 0.02, "warnings": []},
                })  # fmt: skip
                became.append({
                    **dict.fromkeys((*SETTLED, *JUDGED)), "forecast": id_, "status": "settled",
                    "settled_close": 101.0, "settled_at": f"{target}T22:00:00Z", "error_pct": 0.01,
                    "direction_hit": place % 2, "settled_session": target, "total_return": 0.01,
                    "naive_hit": place % 2, "naive_error_pct": 0.01, "in80": int(luck > 1), "in90": int(luck > 0),
                    "winkler80": 0.05, "winkler90": 0.06,
                })  # fmt: skip
    with transaction(env.ledger):
        chain.append(env.ledger, FORECASTS, said)
        chain.append(env.ledger, OUTCOMES, became)
