"""Writes benchmarks/reports/gate_errors.md: how often the gate refuses the broken, the equal, and hails the lucky."""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import _fleets
import _homes
import numpy as np
from _figures import Figure

from stockml import gate, training
from stockml.bars.series import Series
from stockml.config.schema import FAMILIES
from stockml.evaluation import blocks, direction, paired
from stockml.evaluation.rows import Rows
from stockml.evidence import POOL_SYMBOLS
from stockml.execution import threads
from stockml.models import inputs as inputs_room
from stockml.models.inputs import Inputs
from stockml.training import Plan

REPORT = Path(__file__).resolve().parent / "reports" / "gate_errors.md"
SEED = 2026
FLEET, WINDOW = 8, 125  # symbols and sessions of a comparison, as in the claim that is checked
FLEETS, APART = 4, 300  # fleets drawn from the real symbols; sessions between two comparisons of one fleet
WALKS, SIMULATED = 40, 2000
SIDE_BY_SIDE = functools.partial(threads.run, jobs=2)
STATED = 0.02  # share of models without skill that may be called better
# Trees without restraint on one year of rows, shown as they come: what a careless person deploys.
OVERFIT = {
    "rounds": 300, "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 20, "feature_fraction": 1.0,
    "bagging_fraction": 1.0, "lambda_l2": 0.0, "max_bin": 255, "strength": 1e3,
}  # fmt: skip


class Counts(NamedTuple):
    """How many candidates of a kind were compared, how many the gate refused, and their mean t of the direction."""

    kind: str
    n: int
    refused: int
    mean_t: float

    @property
    def share(self) -> float:
        return self.refused / self.n if self.n else float("nan")


def measure(quick: bool = False) -> Iterator[Figure]:
    """Yield the error rates against their limits. Writes the report unless quick."""
    if not _homes.has_prices():
        yield Figure("gate errors", None, None, _homes.NO_PRICES)
        return
    counts = _rivals(quick)
    overfit, calibrated, equal = counts
    yield Figure("overfitted challengers accepted", 1.0 - overfit.share, 0.05, _told(overfit))
    yield Figure("equal challengers refused", equal.share, 0.10, _told(equal))
    yield Figure("overfitted but calibrated challengers refused", calibrated.share, None, _told(calibrated))
    walks = _walks(4 if quick else WALKS)
    hailed = sum(one == "better" for one in walks) / len(walks)
    yield Figure("random walks called better, whole procedure", hailed, STATED, f"n {len(walks)} verdicts")
    simulated = [_lucky(seed, h) for h in (1, 5) for seed in range((100 if quick else SIMULATED) // 2)]
    share = sum(simulated) / len(simulated)
    yield Figure("skilless forecasts called better, simulated", share, STATED, f"n {len(simulated)}")
    if not quick:
        REPORT.write_text(_report(counts, walks, share, len(simulated)), encoding="utf-8")


def _told(one: Counts) -> str:
    return f"{one.refused} of {one.n} refused, mean t of the direction {one.mean_t:+.2f}"


def _rivals(quick: bool) -> tuple[Counts, Counts, Counts]:
    """Challengers of three kinds against the default recipe, over 125 sessions of 8 symbols that none had seen."""
    found: dict[str, list[gate.Rivalry]] = {"overfitted, as it comes": [], "overfitted, calibrated": [], "equal": []}
    for symbols in _draw(1 if quick else FLEETS):
        plan, inputs = _fleets.real(symbols)
        champion = dataclasses.replace(plan, window_sessions=756)
        overfit = dataclasses.replace(champion, options=OVERFIT, window_sessions=252)
        equal = dataclasses.replace(champion, seed=champion.seed + 1)
        for cut in _cuts(inputs, 2 if quick else 100):
            ours, careful = _forecasts(inputs, champion, cut, {}), dict[Any, Any]()
            rivals = {
                "overfitted, calibrated": _forecasts(inputs, overfit, cut, careful),
                "overfitted, as it comes": _forecasts(inputs, overfit, cut, _unshrunk(inputs, overfit, cut, careful)),
                "equal": _forecasts(inputs, equal, cut, {}),
            }
            for kind, theirs in rivals.items():
                test = paired.compare(theirs, ours)
                found[kind].append(gate.Rivalry(False, test.symbols, WINDOW, test.direction.t, test.interval.t))
    return tuple(_count(kind, tests) for kind, tests in found.items())  # type: ignore[return-value]


def _count(kind: str, tests: list[gate.Rivalry]) -> Counts:
    refused = sum(_decide(one).result == "fail" for one in tests)
    return Counts(kind, len(tests), refused, float(np.mean([one.direction_t for one in tests])))


def _decide(rivalry: gate.Rivalry) -> gate.Decision:
    """The gate's own decision on a candidate against whom nothing but the comparison can speak."""
    sound = {
        "direction": {"n": 1, "accuracy": None, "auc": None, "verdict": "no_edge", "shown": 0.0, "dm": {"t": 0.0}},
        "interval": {"90": {"coverage": None, "dm": {"t": 0.0}}}, "price": {"mape": None, "dm": {"t": 0.0}},
        "confidence": {"ece": None, "ece_noise": None},
    }  # fmt: skip
    sound["direction"]["brier_skill"] = sound["interval"]["90"]["winkler_ratio"] = None  # type: ignore[index]
    facts = gate.Facts(8, 250, {1: sound}, {}, True, champion="standing", rivalry=rivalry)
    return gate.decide(facts, gate.Gate())


def _draw(count: int) -> list[tuple[str, ...]]:
    """Fleets of 8 real symbols with histories from before 2004, without repetition."""
    old = []
    for folder in ("daily", "universe"):
        for path in sorted((_homes.PRICES / folder).glob("*.csv.gz")):
            if _first_year(path) < 2004:
                old.append(path.name.removesuffix(".csv.gz"))
    random.Random(SEED).shuffle(old)
    return [tuple(sorted(old[place * FLEET : (place + 1) * FLEET])) for place in range(count)]


def _first_year(path: Path) -> int:
    import gzip

    with gzip.open(path, "rt") as lines:
        next(lines)
        return int(next(lines)[:4])


def _cuts(inputs: Inputs, most: int) -> list[int]:
    """Ends of comparison windows, the newest first, as far back as four years of calibration reach."""
    newest = len(inputs.sessions) - 1
    return list(range(newest, 252 * 9, -APART))[:most]


def _forecasts(inputs: Inputs, plan: Plan, cut: int, memo: training.Memo) -> dict[int, Rows]:
    """The forecasts of 125 sessions by a fit as of their beginning."""
    return training.forecasts(inputs, plan, [(cut - WINDOW, cut)], cut, memo, SIDE_BY_SIDE)


def _unshrunk(inputs: Inputs, plan: Plan, cut: int, memo: training.Memo) -> training.Memo:
    """The fits of a plan, the one that forecasts without its shrinkage to the base rate."""
    core = training.fit_core(inputs, plan, cut - WINDOW, memo)
    for h in plan.horizons:
        core = training.showing(core, h, k=1.0)
    return {**{key: made for key, made in memo.items() if key[0] == "fold"}, ("core", cut - WINDOW): core}


def _walks(count: int) -> list[str]:
    """The direction verdicts of the whole procedure on fleets with permuted sessions: nothing to learn."""
    verdicts = []
    symbols = _draw(1)[0][:POOL_SYMBOLS]
    _, real = _fleets.real(symbols)
    for seed in range(count):
        series = _permuted(real, np.random.default_rng(seed), 2200)
        plan = Plan(
            "pooled", {"rounds": 50}, (1, 5), FAMILIES, (), None, refit_sessions=252, window_sessions=756, embargo=5,
            seed=seed,
        )  # fmt: skip
        inputs = inputs_room.build(series, symbols, None, families=plan.families)
        memo: training.Memo = {}
        cut = len(inputs.sessions) - 1
        training.fit(inputs, plan, cut, memo, SIDE_BY_SIDE)
        for h in plan.horizons:
            verdicts.append(str(blocks.block(training.held_out(inputs, plan, cut, h, memo))["direction"]["verdict"]))
    return verdicts


def _permuted(real: Inputs, rng: np.random.Generator, count: int) -> dict[str, Series]:
    """The same permutation of sessions for all symbols: returns and ranges stay, and stay together, order goes."""
    shortest = min(len(one) for one in real.fleet)
    order = rng.permutation(np.arange(1, shortest))[:count]
    made = {}
    for one in real.fleet:
        last = {name: getattr(one, name)[-shortest:] for name in ("open", "high", "low", "close", "volume", "session")}
        steps = np.log(last["close"][order] / last["close"][order - 1])
        close = 100.0 * np.exp(np.cumsum(steps))
        bars = {name: close * last[name][order] / last["close"][order] for name in ("open", "high", "low")}
        session = last["session"][-count:]
        made[one.symbol] = Series(
            one.symbol, session, bars["open"], bars["high"], bars["low"], close, last["volume"][order], close
        )
    return made


def _lucky(seed: int, horizon: int, symbols: int = 8, dates: int = 504) -> bool:
    """Whether forecasts that drift about the base rate without skill are called better on outcomes by chance."""
    rng = np.random.default_rng([seed, horizon])
    steps = 0.6 * rng.normal(size=dates + horizon)[:, None] + 0.8 * rng.normal(size=(dates + horizon, symbols))
    summed = np.cumsum(steps, axis=0)
    up = (summed[horizon:] - summed[:-horizon]) > 0.0
    lean = np.zeros((dates, symbols))
    for day in range(1, dates):
        lean[day] = 0.9 * lean[day - 1] + rng.normal(0.0, 0.02, symbols)
    session = np.repeat(np.arange(dates, dtype=np.int32), symbols)
    model, base = (0.5 + lean).ravel(), np.full(dates * symbols, 0.5)
    found = direction.judge(model, base, up.ravel(), session, symbols, horizon)
    return found.verdict == "better"


def _report(counts: tuple[Counts, ...], walks: list[str], share: float, n: int) -> str:
    words = ("better", "no_edge", "worse", "cannot_tell")
    told = ", ".join(f"{word} {walks.count(word)}" for word in words)
    lines = [
        "# How often the gate errs\n",
        "Written by `python benchmarks/run.py gate_errors`.\n",
        f"{FLEETS} fleets of {FLEET} symbols with prices from before 2004, drawn with seed {SEED}; comparisons over "
        f"{WINDOW} sessions, {APART} apart, back to where calibration has four years. All models of a comparison were "
        "fitted as of its first session. The rule: refused below t = -1.645 in direction (Brier) or interval "
        "(Winkler), both horizons together.\n",
        "| challenger | compared | refused | share | limit | mean t of the direction |",
        "|---|---:|---:|---:|---|---:|",
    ]
    limits = {"overfitted, as it comes": ">= 0.95", "equal": "<= 0.10"}
    for one in counts:
        limit = limits.get(one.kind, "none")
        lines.append(f"| {one.kind} | {one.n} | {one.refused} | {one.share:.3f} | {limit} | {one.mean_t:+.2f} |")
    lines += [
        "\n*Overfitted*: 300 unrestrained trees and an unregularised regression on one year. *As it comes*: its "
        "probabilities unshrunk, as a careless person would deploy them. *Calibrated*: the same fit through stockml's "
        "own shrinkage, which takes most of the harm out before the gate sees it; that fewer of these are refused is "
        "right, since they are no longer much worse. *Equal*: the champion's recipe with another seed.\n",
        "## Luck\n",
        f"Whole procedure (features, folds, fits, calibration, two held-out years) on {len(walks) // 2} fleets of "
        f"{POOL_SYMBOLS} real symbols whose sessions were permuted, so that nothing can be learned: {told}.\n",
        f"Forecasts without skill against outcomes by chance, simulated: {share:.4f} of {n} called better. The stated "
        f"rate is {STATED}: better takes t > 2.33, an AUC whose interval lies above one half, and 500 sessions.\n",
    ]
    return "\n".join(lines)
