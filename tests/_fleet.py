"""Synthetic fleets for the tests: seeded random walks with volatility clustering, dividends and a split."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import _warm
import numpy as np

from stockml import files, training
from stockml.bars.series import Bars, Series, adjust
from stockml.clock import compact, from_day, stamp
from stockml.config.schema import FAMILIES
from stockml.models import inputs as inputs_room
from stockml.models.inputs import Inputs
from stockml.models.model import Model
from stockml.store import golden, versions
from stockml.workspace import Workspace

SYMBOLS = ("AAA", "BBB", "CCC", "DDD")
LAST = np.datetime64("2019-12-20")
MOMENT = datetime(2019, 12, 20, 21, 30, tzinfo=UTC)  # half an hour after its close


def weekdays(count: int) -> np.ndarray:
    """The last `count` weekdays up to 2019-12-20, as days since 1970-01-01."""
    return np.busday_offset(LAST, np.arange(-count + 1, 1)).astype("datetime64[D]").astype(np.int32)


def exchange_days(count: int) -> np.ndarray:
    """The last `count` sessions of the New York exchange up to 2019-12-20."""
    import exchange_calendars

    found = exchange_calendars.get_calendar("XNYS", start="2010-01-04", end="2019-12-20").sessions
    return found.to_numpy().astype("datetime64[D]").astype(np.int32)[-count:]


def fleet(
    seed: int = 3, count: int = 1100, symbols: tuple[str, ...] = SYMBOLS, *, market: float = 0.5, edge: float = 0.3,
    days: Any = None,
) -> dict[str, Bars]:  # fmt: skip
    """Raw bars of correlated random walks. The last symbol starts late and has fewer than 750 bars.

    `market` is the loading on a common factor. `edge` is the share of a return that carries over to the next
    session: enough for the models to find, so that their features count in what is compared.
    """
    rng = np.random.default_rng(seed)
    days = weekdays(count) if days is None else days
    calm = np.exp(0.3 * np.sin(np.arange(count) / 40.0))
    common = rng.normal(0.0, 0.008, count) * calm
    out = {}
    for place, symbol in enumerate(symbols):
        volatility = 0.012 * calm * np.exp(np.cumsum(rng.normal(0, 0.03, count)) * 0.3)
        steps = market * common + rng.normal(0.0, 1.0, count) * volatility
        for i in range(1, count):
            steps[i] += edge * steps[i - 1]
        close = 50.0 * (1 + place) * np.exp(np.cumsum(steps))
        open_ = close * np.exp(rng.normal(0.0, 0.003, count))
        high = np.maximum(open_, close) * np.exp(np.abs(rng.normal(0.0, 0.004, count)))
        low = np.minimum(open_, close) * np.exp(-np.abs(rng.normal(0.0, 0.004, count)))
        split, dividend = np.ones(count), np.zeros(count)
        dividend[60 + place :: 63] = np.round(0.004 * close[60 + place :: 63], 2)
        split[count // 2 + 7 * place] = 2.0
        scale = np.cumprod(split)
        raw = [np.round(one / scale, 6) for one in (open_, high, low, close)]
        volume = np.round(rng.lognormal(14.0, 0.4, count) * scale)
        begin = count - 500 if symbol == symbols[-1] else 0
        columns = [one[begin:] for one in (days, *raw, volume, dividend / scale, split)]
        out[symbol] = Bars(symbol, *columns)
    return out


def series(bars: dict[str, Bars], through: int | None = None) -> dict[str, Series]:
    """The adjusted series, of bars cut at a day if one is given."""
    return {name: adjust(one if through is None else one.through(through)) for name, one in bars.items()}


def plan(recipe: str = "pooled", **changes: Any) -> training.Plan:
    """A plan whose fits take a fraction of a second."""
    small: dict[str, dict[str, Any]] = {
        "naive": {}, "pooled": {"rounds": 10}, "per_symbol": {"rounds": 10, "min_data_in_leaf": 30},
    }  # fmt: skip
    chosen: dict[str, Any] = {
        "recipe": recipe, "options": small[recipe], "horizons": (1, 5),
        "families": () if recipe == "naive" else FAMILIES,
        "extra": (), "benchmark": None, "refit_sessions": 60, "window_sessions": 620, "embargo": 5,
        "seed": 7, "folds": 2,
    }  # fmt: skip
    return training.Plan(**{**chosen, **changes})


def build(bars: dict[str, Bars], wanted: training.Plan, through: int | None = None, since: int | None = None) -> Inputs:
    return inputs_room.build(
        series(bars, through), tuple(bars), None, families=wanted.families, extra=wanted.extra, since=since
    )


def publish(
    workspace: Workspace, inputs: Inputs, model: Model, symbols: tuple[str, ...], moment: datetime = MOMENT
) -> dict[str, str]:
    """Publish a fitted model for some symbols as training does; the version name of each."""
    written: dict[str, Path] = {}
    made = {}
    for symbol in symbols:
        model_files = {
            versions.PARAMETERS: files.canonical_json(model.parameters) + b"\n",
            **{name: content for name, content in model.files.items() if model.recipe.serves(name, symbol)},
        }
        reports = {name: files.pretty_json({"symbol": symbol, "what": name}) for name in versions.REPORTS}
        manifest = {"made_at": stamp(moment), "golden": golden.make(inputs, model, symbol), "horizons": [1, 5]}
        made[symbol] = versions.publish(workspace, symbol, moment, model_files, reports, manifest, written)
        assert made[symbol].startswith(compact(moment))
    return made


def write_csv(folder: Path, bars: dict[str, Bars], through: int | None = None, *, rescaled: bool = True) -> None:
    """SYMBOL.csv with raw prices and an adjusted close, of bars up to a day.

    The adjusted close ends at the close of the last row written if `rescaled`, else of the last bar there is:
    a source that cut its file without touching what it had published before.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for symbol, whole in bars.items():
        kept = whole if through is None else whole.through(through)
        adjusted = adjust(whole).close
        end = len(kept) - 1 if rescaled else len(whole) - 1
        adjusted = adjusted * (whole.close[end] / adjusted[end])
        rows = ["date,open,high,low,close,adj_close,volume"]
        for i in range(len(kept)):
            cells = (kept.open[i], kept.high[i], kept.low[i], kept.close[i], adjusted[i], kept.volume[i])
            rows.append(",".join([from_day(int(kept.session[i])).isoformat(), *(repr(float(cell)) for cell in cells)]))
        (folder / f"{symbol}.csv").write_text("\n".join(rows) + "\n")


def csv_home(
    home: Path, bars: dict[str, Bars], through: int | None = None, *, rescaled: bool = True, **settings: Any
) -> Path:
    """A workspace over csv files inside it, configured for small fits, and with some settings besides."""
    write_csv(home / "prices", bars, through, rescaled=rescaled)
    wanted = {
        "symbols": list(bars),
        "data": {"providers": ["csv"], "benchmark": None},
        "model": {"recipe": "pooled", "options": {"rounds": 10}},
        "validation": {"refit_sessions": 60, "window_years": 2.0},
        **settings,
    }
    (home / "persistent_data").mkdir(parents=True, exist_ok=True)
    (home / "persistent_data" / "ml_config.json").write_text(json.dumps(wanted))
    return home


_RUN = "import sys; from stockml.cli import main; main(sys.argv[1:])"
_NEXT_YEAR = """
import sys, datetime
import stockml.clock as clock
wall = clock.recorded_at
clock.recorded_at = lambda: wall() + datetime.timedelta(days=365)
from stockml.cli import main
main(sys.argv[1:])
"""


def command(*words: str, home: Path, next_year: bool = False) -> list[str]:
    """The command line of a stockml command in a process of its own, on a machine a year ahead if asked for."""
    return [sys.executable, "-c", _NEXT_YEAR if next_year else _RUN, "--home", str(home), *words]


def stockml(
    *words: str, home: Path, cold: bool = False, next_year: bool = False
) -> subprocess.CompletedProcess[str]:
    """A finished run of the command line in a process of its own; `cold`: started as people start it.

    Where time counts, or a number has to be the same under another seed of hashes, it has to be cold.
    """
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "200"}
    if not (cold or next_year):
        return _warm.run(["--home", str(home), *words], environment)
    line = command(*words, home=home, next_year=next_year)
    return subprocess.run(line, capture_output=True, text=True, timeout=120, check=False, env=environment)


def result(*words: str, home: Path, status: int = 0, **more: bool) -> dict[str, Any]:
    """The `result` of a command's JSON document, after the exit status was checked."""
    ran = stockml("--json", *words, home=home, **more)
    assert ran.returncode == status, ran.stdout[-2000:] + ran.stderr[-2000:]
    found: dict[str, Any] = json.loads(ran.stdout)["result"]
    return found


@contextlib.contextmanager
def lock_holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a lock until it is killed."""
    code = (
        "import sys, time, pathlib; from stockml import files\n"
        "with files.lock(pathlib.Path(sys.argv[1]), what='a test'): print('held', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        yield holder
    finally:
        holder.kill()
        holder.wait()


def same_bits(left: Any, right: Any) -> bool:
    """Whether two arrays hold the same bytes, NaN included."""
    one, other = np.ascontiguousarray(left), np.ascontiguousarray(right)
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
