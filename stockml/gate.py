"""Decides whether a candidate may be deployed. Pure: figures and rules in, a decision with reasons out.

The order is fixed: leak alarm, loads and answers its golden rows, data healthy, interval coverage in its
band, not worse than naive, optional floors. Pooled figures decide; a single symbol outside its band only
warns, because the evidence of one symbol is too thin (docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from stockml.config.schema import Gate

POOL_SYMBOLS, POOL_DATES = 4, 250  # fewer than this cannot be judged
LEAK_ACCURACY = {1: 0.58}  # pooled; the highest honest 250-session window measured was 0.551
LEAK_AUC_LONGER = 0.65  # the highest honest one at horizon 5 was 0.594
WORSE_T = -1.645  # one-sided 5 %


@dataclass(frozen=True)
class Facts:
    """What is known of a candidate. `pooled` and `symbol` hold evaluation blocks by horizon."""

    symbols: int
    dates: int
    pooled: dict[int, dict[str, Any]]
    symbol: dict[int, dict[str, Any]]
    loads: bool
    data_problem: str = ""
    has_champion: bool = False
    quick: bool = False
    champion_is_quick: bool = True


@dataclass(frozen=True)
class Decision:
    """`result` is pass, fail or cannot_tell; a refusal always has a reason. `deploy` is what follows from it."""

    result: str
    verdict: str
    deploy: bool
    reasons: list[str]
    warnings: list[str] = field(default_factory=list)


def decide(facts: Facts, rules: Gate) -> Decision:
    """Judge a candidate."""
    refusal = _broken(facts, rules)
    if refusal:
        return Decision("fail", "worse", False, [refusal])
    if facts.quick and facts.has_champion and not facts.champion_is_quick:
        return Decision("cannot_tell", "cannot_tell", False, ["a quick model never replaces a full champion by itself"])
    warnings = _band_warnings(facts, rules)
    if facts.symbols < POOL_SYMBOLS or facts.dates < POOL_DATES:
        seen = f"{facts.symbols} symbols over {facts.dates} sessions; a verdict needs {POOL_SYMBOLS} over {POOL_DATES}"
        if facts.has_champion:
            return Decision("cannot_tell", "cannot_tell", False, [f"cannot tell: {seen}; the champion stays"], warnings)
        return Decision(
            "cannot_tell", "no_edge", True, [f"cannot tell: {seen}; first model, deployed as no_edge"], warnings
        )
    refusal = _outside_band(facts, rules) or _worse_than_naive(facts) or _below_floor(facts, rules)
    if refusal:
        return Decision("fail", "worse", False, [refusal], warnings)
    shortest = facts.pooled[min(facts.pooled)]["direction"]
    if shortest["verdict"] == "better":
        return Decision(
            "pass", "better", True, [f"direction beats the base rate over {shortest['n']} forecasts"], warnings
        )
    reason = f"intervals hold and nothing is worse than naive over {facts.dates} sessions; direction shows no edge"
    return Decision("pass", "no_edge", True, [reason], warnings)


def _broken(facts: Facts, rules: Gate) -> str:
    if facts.symbols >= POOL_SYMBOLS and facts.dates >= POOL_DATES:
        for horizon, block in facts.pooled.items():
            auc, accuracy = block["direction"]["auc"], block["direction"]["accuracy"]
            limit = rules.leak_auc if horizon == 1 else max(LEAK_AUC_LONGER, rules.leak_auc)
            if auc is not None and auc > limit:
                return f"leak alarm: AUC {auc:.3f} at horizon {horizon} is above {limit:.2f}, too good to be honest"
            highest = LEAK_ACCURACY.get(horizon)
            if highest is not None and accuracy is not None and accuracy > highest:
                return f"leak alarm: accuracy {accuracy:.3f} at horizon {horizon} is above {highest:.2f}"
    if not facts.loads:
        return "the published version does not load and answer its golden rows"
    return f"data unhealthy: {facts.data_problem}" if facts.data_problem else ""


def _outside_band(facts: Facts, rules: Gate) -> str:
    low, high = rules.coverage_band.get("pooled", (0.0, 1.0))
    for horizon, block in facts.pooled.items():
        found = block["interval"]["90"]
        # A year of overlapping sessions moves coverage by chance: refuse only what the interval excludes too.
        if found["coverage"] is not None and (found["high"] < low or found["low"] > high):
            return (
                f"coverage of the 90 % interval at horizon {horizon} is {found['coverage']:.3f} "
                f"[{found['low']:.3f}, {found['high']:.3f}], outside {low:.2f} to {high:.2f}"
            )
    return ""


def _worse_than_naive(facts: Facts) -> str:
    for horizon, block in facts.pooled.items():
        for what, part in (
            ("direction", block["direction"]),
            ("interval", block["interval"]["90"]),
            ("price", block["price"]),
        ):
            t = part["dm"]["t"]
            if t is not None and t < WORSE_T:
                return f"{what} at horizon {horizon} is worse than naive (Diebold-Mariano t {t:.2f})"
    return ""


def _below_floor(facts: Facts, rules: Gate) -> str:
    accuracy = facts.pooled[min(facts.pooled)]["direction"]["accuracy"]
    if rules.min_accuracy is not None and (accuracy is None or accuracy < rules.min_accuracy):
        return f"accuracy {accuracy} is below gate.min_accuracy {rules.min_accuracy}"
    return ""


def _band_warnings(facts: Facts, rules: Gate) -> list[str]:
    found = []
    for horizon, block in facts.symbol.items():
        coverage = block["interval"]["90"]["coverage"]
        low, high = rules.coverage_band.get(str(horizon), (0.0, 1.0))
        if coverage is not None and not low <= coverage <= high:
            found.append(
                f"coverage at horizon {horizon} is {coverage:.3f} for this symbol, outside {low:.2f} to {high:.2f}"
            )
    return found
