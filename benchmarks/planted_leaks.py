"""Writes benchmarks/reports/planted_leaks.md: seeded leaks on real prices, and whether audit or gate sees each."""

from __future__ import annotations

import functools
import json
import random
import statistics
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import _homes
from _figures import Figure

from stockml.audit import checks, control, futures, procedure, subject, verdict
from stockml.audit.planted import LEAKS, Leak
from stockml.audit.subject import Subject
from stockml.bars.series import Series
from stockml.config.schema import Gate
from stockml.environment import open_environment
from stockml.evaluation import blocks
from stockml.evaluation.walkforward import rows_of
from stockml.evidence import LEAK_ACCURACY, LEAK_AUC_LONGER
from stockml.pipeline import steps
from stockml.training import Plan
from stockml.workspace import Workspace

REPORT = Path(__file__).resolve().parent / "reports" / "planted_leaks.md"
SEED, SYMBOLS, FLEET = 2026, 24, 4
LEAKY, CLEAN, QUICK = 50, 8, 10
STRENGTHS = {
    "future_price": (0.5, 1.0, 2.0), "centred_window": (1.0, 3.0, 10.0), "whole_series_scaling": (0.02, 0.3, 1.0),
    "smoothed_variance": (1.0, 5.0, 21.0), "shifted_label": (1.0, 2.0, 3.0), "shuffled_split": (0.1, 0.5, 0.9),
    "missing_purge": (1.0,), "future_scaler": (0.1, 0.5, 1.0), "target_derived_calibration": (0.2, 1.0),
    "peeking_forecast": (0.1, 0.5, 1.5),
}  # fmt: skip


@dataclass(frozen=True)
class Caught:
    """One planted leak: the check and the alarm that saw it, and what it did to accuracy and AUC (differences)."""

    leak: str
    check: str | None
    alarm: bool
    accuracy: dict[int, float]
    auc: dict[int, float]


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the share of planted leaks that nothing saw, and of clean procedures that were accused; limits 0."""
    warnings.simplefilter("ignore")
    told, series, plan = _prices()
    rng = random.Random(SEED)
    found = [_plant(number, series, plan, rng) for number in range(QUICK if quick else LEAKY)]
    missed = [one.leak for one in found if one.check is None and not one.alarm]
    kinds = len({one.leak for one in found})
    alarms = sum(one.alarm for one in found)
    detail = f"{len(found)} leaks of {kinds} kinds; {sum(one.check is not None for one in found)} seen by the audit, "
    yield Figure("planted leaks that nothing saw", len(missed) / len(found), 0.0, f"{detail}{alarms} by the alarm")
    clean = [verdict.reach(_subject(1000 + n, series, plan, rng)) for n in range(1 if quick else CLEAN)]
    accused = [one for one in clean if one["verdict"] != verdict.PASSED]
    detail = f"{len(clean)} audits of the real procedure" + "".join(f"; {one['detail']}" for one in accused)
    yield Figure("clean procedures that did not pass", len(accused) / len(clean), 0.0, detail)
    if not quick:
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(_report(told, found, clean), encoding="utf-8")


@functools.cache
def _prices() -> tuple[str, dict[str, Series], Plan]:
    """(what they are, series by symbol, the default plan): symbols of the universe, or the sample without them."""
    home = _homes.folder("leaks")
    if (_homes.PRICES / "universe").is_dir():
        every = sorted(path.name.removesuffix(".csv.gz") for path in (_homes.PRICES / "universe").glob("*.csv.gz"))
        chosen = sorted(random.Random(SEED).sample(every, SYMBOLS))
        prices = str(_homes.PRICES / "universe")
        _homes.command("init", "--home", str(home), "--data-dir", prices, "--symbols", ",".join(chosen))
        path = home / "persistent_data" / "ml_config.json"
        given = {**json.loads(path.read_text()), "as_of": _homes.AS_OF}
        path.write_text(json.dumps({**given, "data": {**given.get("data", {}), "benchmark": None}}))
        told = f"{SYMBOLS} seeded symbols of `shared/data/universe`"
    else:
        _homes.command("init", "--home", str(home), "--provider", "sample")
        told = "the sample prices of bokeh"
    env = open_environment(Workspace(home))
    steps.collect(env)
    return told, steps.read_fleet(env), steps.plan_of(env)


def _subject(seed: int, series: dict[str, Series], plan: Plan, rng: random.Random) -> Subject:
    """Four of the symbols, their bars up to some day of the newer half."""
    long = [name for name in sorted(series) if len(series[name]) >= 2000]
    few = rng.sample(long, min(FLEET, len(long)))
    days = series[few[0]].session
    until = futures.Future("cut", int(days[rng.randrange(max(1600, len(days) // 2), len(days))]))
    bars = futures.apply({name: series[name] for name in few}, until)
    return subject.choose(procedure.real(), bars, few, plan, seed=seed)


def _plant(number: int, series: dict[str, Series], plan: Plan, rng: random.Random) -> Caught:
    leak: Leak = LEAKS[number % len(LEAKS)]
    levels = STRENGTHS[leak.kind]
    strength = levels[number // len(LEAKS) % len(levels)]
    honest = _subject(number, series, plan, rng)
    leaky = replace(honest, procedure=leak.plant(honest.procedure, strength, number // len(LEAKS)))
    before, after = _direction(honest), _direction(leaky)
    alarm = any(_alarmed(horizon, block) for horizon, block in after.items())
    moved = {name: {h: after[h][name] - before[h][name] for h in before} for name in ("accuracy", "auc")}
    seen = control.caught_by(leaky, leak, checks.names())
    return Caught(leak.kind, seen, alarm, moved["accuracy"], moved["auc"])


def _direction(one: Subject) -> dict[int, dict[str, float]]:
    """Held-out direction figures of the two years after the cut, judged as the procedure itself would judge."""
    inputs, model = one.inputs(), one.model()
    newest = len(inputs.sessions) - 1
    found = {}
    for horizon in one.plan.horizons:
        paths = [one.procedure.walk(inputs, model, name, horizon, one.cut, newest) for name in one.symbols]
        found[horizon] = blocks.block(rows_of(inputs, [(model, paths)], horizon, newest))["direction"]
    return found


def _alarmed(horizon: int, block: dict[str, float]) -> bool:
    limit = Gate().leak_auc if horizon == 1 else LEAK_AUC_LONGER
    return block["auc"] > limit or block["accuracy"] > LEAK_ACCURACY.get(horizon, 1.0)


INTRODUCTION = """Each leak is planted in the real procedure by wrapping one of its steps (`stockml/audit/planted.py`),
with its own seed, strength, four symbols and last day. *Audit*: a check of `stockml audit` fails. *Alarm*: accuracy or
AUC of the forecasts of the two years after the fit is beyond the gate's limits, judged as the leaking procedure would
judge itself. *Moved* is the median (and furthest) difference to the honest procedure on the same bars, in points of
accuracy and in AUC. Where it is near nothing, figures cannot see the leak and only the audit can."""


def _report(told: str, found: list[Caught], clean: list[dict[str, object]]) -> str:
    lines = [
        "# Planted leaks\n", "Written by `python benchmarks/run.py planted_leaks`.\n", INTRODUCTION + "\n",
        f"Prices: {told}; last 1,500 sessions before a random day.\n",
        "| kind | planted | audit | by check | alarm | accuracy moved h=1 | h=5 | AUC moved h=1 | h=5 |",
        "|---|---:|---:|---|---:|---:|---:|---:|---:|",
    ]  # fmt: skip
    for kind in dict.fromkeys(one.leak for one in found):
        mine = [one for one in found if one.leak == kind]
        checks_seen = ", ".join(dict.fromkeys(str(one.check) for one in mine))
        cells = [
            kind.replace("_", " "), str(len(mine)), str(sum(one.check is not None for one in mine)), checks_seen,
            str(sum(one.alarm for one in mine)),
            *(_moved([one.accuracy[h] for one in mine], 100.0, 1) for h in (1, 5)),
            *(_moved([one.auc[h] for one in mine], 1.0, 3) for h in (1, 5)),
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |")
    caught = sum(one.check is not None or one.alarm for one in found)
    lines.append(f"\n{caught} of {len(found)} planted leaks were caught.\n")
    lines.append("## The honest procedure\n")
    passed = sum(one["verdict"] == verdict.PASSED for one in clean)
    lines.append(f"{passed} of {len(clean)} audits of other fleets and seeds passed.")
    lines += [f"- {one['verdict']}: {one['detail']}" for one in clean if one["verdict"] != verdict.PASSED]
    return "\n".join([*lines, ""])


def _moved(values: list[float], scale: float, digits: int) -> str:
    furthest = max(values, key=abs)
    return f"{scale * statistics.median(values):+.{digits}f} ({scale * furthest:+.{digits}f})"
