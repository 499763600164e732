"""Writes benchmarks/reports/alarms.md: how often and how late the watching of deployed models alarms, simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from _figures import Figure

from stockml.arrays import Flags, Floats
from stockml.evidence import COVERAGE_BETS, SEQUENTIAL_ODDS
from stockml.monitor import sequential, thresholds

REPORT = Path(__file__).resolve().parent / "reports" / "alarms.md"
SYMBOLS, SESSIONS, YEAR, SEED = 13, 1260, 252, 5
FLEETS, QUICK = 1000, 200
RAW_WINDOW, RAW_LIMIT = 40, 0.45
NEVER = 10**6

Draw = Callable[[np.random.Generator], Flags]


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield false alarms and delays over the limits they must keep: 5 %, 150 and 40 sessions."""
    fleets = QUICK if quick else FLEETS
    rows = {name: _coverage(draw, fleets) for name, draw in _cases().items()}
    true = rows[TRUE]
    false = float(np.mean(true[1] < NEVER))
    yield Figure("false alarms of a fleet of 13 in 1,260 sessions", false, 0.05, f"{fleets} fleets, coverage 0.90")
    # The alarm of the symbol that is broken, not of another by chance.
    late = np.median(rows[ONE][2]) + 1
    yield Figure("sessions to find one symbol at 0.80, over 150", late / 150, 1.0, f"median {late:.0f}")
    late = np.median(rows[ALL][1]) + 1
    yield Figure("sessions to the first alarm where all are at 0.80, over 40", late / 40, 1.0, f"median {late:.0f}")
    raw = _raw(0.52, fleets)
    year = float(np.mean(raw < YEAR))
    yield Figure(
        "the raw rule: false alarms of a symbol in a year", year, None, f"accuracy below 45 % of the last {RAW_WINDOW}"
    )
    if not quick:
        REPORT.write_text(_report(fleets, rows, _directions(fleets)), encoding="utf-8")


TRUE, ONE, ALL = "0.90 throughout", "one symbol at 0.80", "all at 0.80"


def _cases() -> dict[str, Draw]:
    """The fleets: what share each symbol's intervals cover, and how misses depend on each other."""
    fair = np.full((SYMBOLS, SESSIONS), 0.90)
    one, late, mild, grave = fair.copy(), fair.copy(), fair - 0.05, fair.copy()
    one[0], late[0, YEAR:], grave[0] = 0.80, 0.80, 0.70
    return {
        TRUE: lambda rng: rng.random(fair.shape) < fair,
        "0.90, the same market for all": lambda rng: _shared(rng, 0.90),
        "0.90, misses in clusters": lambda rng: _clustered(rng, 0.90),
        "0.90, outcomes over 5 sessions, each counted": lambda rng: _overlapping(rng, 1),
        "0.90, outcomes over 5 sessions, every fifth counted": lambda rng: _overlapping(rng, 5),
        ONE: lambda rng: rng.random(one.shape) < one,
        "one symbol at 0.80 after a good year": lambda rng: rng.random(late.shape) < late,
        "one symbol at 0.70": lambda rng: rng.random(grave.shape) < grave,
        "all at 0.85": lambda rng: rng.random(mild.shape) < mild,
        ALL: lambda rng: rng.random(fair.shape) < fair - 0.10,
        "all at 0.80, the same market for all": lambda rng: _shared(rng, 0.80),
        "all at 0.80, misses in clusters": lambda rng: _clustered(rng, 0.80),
    }


def _shared(rng: np.random.Generator, rate: float) -> Flags:
    """Outcomes whose normal scores are correlated 0.6 between the symbols of a session."""
    common = np.sqrt(0.6) * rng.normal(size=SESSIONS) + np.sqrt(0.4) * rng.normal(size=(SYMBOLS, SESSIONS))
    return np.asarray(common < _normal_quantile(rate))


def _clustered(rng: np.random.Generator, rate: float) -> Flags:
    """A market of two states, on average 20 stormy sessions in 100, where misses are three times as likely."""
    stay_calm, stay_stormy = 1.0 - 1.0 / 80.0, 1.0 - 1.0 / 20.0
    stormy, chances = np.empty(SESSIONS, dtype=bool), rng.random(SESSIONS)
    state = bool(rng.random() < 0.2)
    for session in range(SESSIONS):
        state = bool(chances[session] < stay_stormy) if state else bool(chances[session] >= stay_calm)
        stormy[session] = state
    miss = (1.0 - rate) / (0.8 + 0.2 * 3.0)
    return np.asarray(rng.random((SYMBOLS, SESSIONS)) >= np.where(stormy, 3.0 * miss, miss))


def _overlapping(rng: np.random.Generator, every: int) -> Flags:
    """Returns over five sessions in exact 90 % intervals; every first or every fifth."""
    steps = rng.normal(size=(SYMBOLS, SESSIONS + 4))
    total = np.cumsum(np.pad(steps, ((0, 0), (1, 0))), axis=1)
    ahead = (total[:, 5:] - total[:, :-5]) / np.sqrt(5.0)
    return np.asarray(np.abs(ahead) < _normal_quantile(0.95))[:, ::every]


def _normal_quantile(level: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(level)


def _coverage(draw: Draw, fleets: int) -> tuple[Floats, Floats, Floats]:
    """Sessions to the first symbol's alarm, the fleet's alarm, and the first symbol's own, over simulated fleets."""
    rng, shares = np.random.default_rng(SEED), np.array(COVERAGE_BETS) / sequential.NOMINAL
    found = np.empty((3, fleets))
    for fleet in range(fleets):
        inside = draw(rng)
        stretch = -(-SESSIONS // inside.shape[1])  # sessions that an outcome stands for
        path = sequential.winnings(inside, np.full(inside.shape[1], sequential.NOMINAL), shares)
        alone = _first(path, SEQUENTIAL_ODDS * SYMBOLS)
        found[:, fleet] = (alone.min(), _first(path.mean(axis=0)[None], SEQUENTIAL_ODDS)[0], alone[0])
        found[:, fleet] = np.where(found[:, fleet] < NEVER, found[:, fleet] * stretch, NEVER)
    return found[0], found[1], found[2]


def _first(path: Floats, threshold: float) -> Floats:
    """The place at which each row first reaches a threshold, or never."""
    over = path >= threshold
    return np.where(over.any(axis=1), over.argmax(axis=1), NEVER)


def _raw(rate: float, fleets: int) -> Floats:
    """Sessions until the accuracy of the last 40 is below 45 %, of single symbols at a true accuracy."""
    hits = np.random.default_rng(SEED).random((fleets, SESSIONS)) < rate
    total = np.cumsum(np.pad(hits.astype(np.float64), ((0, 0), (1, 0))), axis=1)
    rolling = (total[:, RAW_WINDOW:] - total[:, :-RAW_WINDOW]) / RAW_WINDOW
    found = _first(-rolling, -RAW_LIMIT + 1e-9)
    return np.where(found < NEVER, found + RAW_WINDOW - 1, NEVER)


def _bets(rate: float, fleets: int) -> Floats:
    """Sessions until the sequential test of direction alarms, of single symbols in a fleet of 13; naive 0.52."""
    rng, promised = np.random.default_rng(SEED), np.full(SESSIONS, 0.52)
    hits = rng.random((fleets, SESSIONS)) < rate
    found = [sequential.direction(one, promised, 1, SYMBOLS).alarmed_at for one in hits]
    return np.array([NEVER if one is None else one for one in found])


def _on_evidence(rate: float, fleets: int) -> Floats:
    """Sessions until the threshold of 45 % fires on evidence, looked at every 15 sessions; naive 0.52."""
    rng, days = np.random.default_rng(SEED), np.arange(SESSIONS)
    found = np.full(fleets // 10, NEVER)
    for place in range(len(found)):
        hits, naive = (rng.random(SESSIONS) < share for share in (rate, 0.52))
        for until in range(65, SESSIONS, 15):
            rule = thresholds.direction_accuracy(hits[:until], naive[:until], days[:until], 1, RAW_LIMIT, "required")
            if rule.verdict == "fires":
                found[place] = until
                break
    return found


def _directions(fleets: int) -> dict[str, tuple[Floats, Floats, Floats]]:
    return {
        f"{rate:.2f}": (_raw(rate, fleets), _bets(rate, fleets), _on_evidence(rate, fleets))
        for rate in (0.55, 0.52, 0.50, 0.45, 0.40, 0.30)
    }


INTRODUCTION = """`stockml/monitor/sequential.py` on simulated fleets of 13 symbols over 1,260 sessions (five years),
looked at after every session. *A symbol* alarms at 260 (20 times 13), *the fleet* (the mean of the symbols' winnings)
at 20; a symbol's alarm is always one of the fleet's. Shares are of fleets with any alarm, delays are medians.
The promise is that of a fleet whose intervals cover 0.90 at most one in twenty ever alarms, given that the chance of
a miss is 0.10 whatever went before. Where misses come in clusters, here three times as likely in a fifth of the
sessions, it is not: three fleets of ten alarm, although their misses are right in number."""


def _report(
    fleets: int,
    rows: dict[str, tuple[Floats, Floats, Floats]],
    directions: dict[str, tuple[Floats, Floats, Floats]],
) -> str:
    lines = [
        "# Alarms\n", "Written by `python benchmarks/run.py alarms`.\n", INTRODUCTION + "\n",
        f"## Coverage of the 90 % interval ({fleets:,} fleets each)\n",
        "| true coverage | any symbol, 252 | 1,260 | its median delay | the fleet, 252 | 1,260 | its median delay |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    lines += [f"| {name} | {_cells(found[0])} | {_cells(found[1])} |" for name, found in rows.items()]
    lines += [
        f"\nThe symbol that is broken (0.80 from the start) is itself found after {np.median(rows[ONE][2]) + 1:.0f} "
        "sessions in the median.\n",
        "## Direction of one symbol, naive right in 0.52\n",
        f"The raw rule is accuracy below 45 % over the last {RAW_WINDOW}; the bet needs 260 to 1; the threshold on "
        f"evidence is looked at every 15 sessions, of all outcomes so far ({fleets // 10} symbols), and fires only if "
        "the whole interval is below 45 % and naive did credibly better.\n",
        "| true accuracy | raw, 252 | 1,260 | median | bet, 252 | 1,260 | median | on evidence, 252 | 1,260 | median |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [f"| {rate} | {' | '.join(map(_cells, found))} |" for rate, found in directions.items()]
    return "\n".join([*lines, ""])


def _cells(sessions: Floats) -> str:
    """Share alarmed within a year and in all, and the median delay where half of them did."""
    middle = np.median(sessions)
    told = f"{middle + 1:.0f}" if middle < NEVER / 2 else "-"
    return f"{np.mean(sessions < YEAR):.3f} | {np.mean(sessions < NEVER):.3f} | {told}"
