"""Decides whether a candidate may be deployed. Pure: figures and rules in, a decision with reasons out.

The order is fixed: leak alarm and audit, loads and answers its golden rows, data healthy, interval coverage in
its band, not worse than naive, not worse than the champion, optional floors. Pooled figures decide; a single
symbol outside its band only warns, because the evidence of one symbol is too thin (docs/method.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from stockml.config.schema import Gate
from stockml.evidence import (
    LEAK_ACCURACY,
    LEAK_AUC_LONGER,
    MINIMUM_DATES,
    POOL_SYMBOLS,
    WORSE_T,
    paired_dates,
)

Champion = Literal["none", "standing", "expired", "vanished", "quick"]
Blocks = dict[int, dict[str, Any]]


class Rivalry(NamedTuple):
    """Candidate against champion on sessions that neither had seen; t > 0 when the candidate is better.

    `same` if both are one recipe, which then has one fit as of any session: there is nothing to compare.
    """

    same: bool
    symbols: int = 0
    dates: int = 0
    direction_t: float | None = None
    interval_t: float | None = None


@dataclass(frozen=True)
class Facts:
    """What is known of a candidate. `pooled` and `symbol` hold evaluation blocks by horizon.

    `champion` says what the candidate would replace: nothing, a champion in service, one too old to forecast, one
    whose files cannot be read, one trained with a tiny budget. `audit` is the verdict of the look-ahead audit
    ("" where none was due) and `audit_detail` what it found.
    """

    symbols: int
    dates: int
    pooled: Blocks
    symbol: Blocks
    loads: bool
    data_problem: str = ""
    champion: Champion = "none"
    rivalry: Rivalry | None = None
    quick: bool = False
    audit: Literal["", "passed", "failed", "inconclusive"] = ""
    audit_detail: str = ""


@dataclass(frozen=True)
class Decision:
    """`result` is pass, fail or cannot_tell; a refusal always has a reason. `deploy` is what follows from it.

    A candidate that `waits` is kept as the challenger: nothing speaks against it but a lack of evidence.
    """

    result: Literal["pass", "fail", "cannot_tell"]
    verdict: str
    deploy: bool
    reasons: list[str]
    warnings: list[str] = field(default_factory=list)
    waits: bool = False


def decide(facts: Facts, rules: Gate) -> Decision:
    """Judge a candidate."""
    if refusal := _leaks(facts, rules) or _broken(facts):
        return Decision("fail", "worse", False, [refusal])
    if facts.quick and facts.champion in ("standing", "expired"):
        return Decision("cannot_tell", "cannot_tell", False, ["a quick model never replaces a full champion by itself"])
    warnings = _warnings(facts, rules)
    if unknown := _unknown(facts):
        return _undecided(facts, unknown, warnings)
    refusal = _outside_band(facts, rules) or _worse_than_naive(facts) or _worse_than_champion(facts)
    if refusal := refusal or _beyond_floor(facts, rules):
        return Decision("fail", "worse", False, [refusal], warnings)
    if unknown := _unknown_rivalry(facts):
        return _undecided(facts, unknown, warnings)
    direction = facts.pooled[min(facts.pooled)]["direction"]
    better = direction["verdict"] == "better"
    reasons = [_praise(facts, direction["n"], better), *_beside_champion(facts)]
    return Decision("pass", "better" if better else "no_edge", True, reasons, warnings)


def forced(decision: Decision, reason: str) -> Decision:
    """The same decision, deployed nevertheless by a person who says why. What the gate said stays on record."""
    return Decision(
        decision.result, decision.verdict, True, [f"forced: {reason}", *decision.reasons], decision.warnings
    )


def _undecided(facts: Facts, what: str, warnings: list[str]) -> Decision:
    """Too little evidence: a champion in service stays, and the candidate waits; else it is deployed as no_edge."""
    if facts.champion == "standing":
        return Decision(
            "cannot_tell", "cannot_tell", False, [f"cannot tell: {what}; the champion stays"], warnings, waits=True
        )
    instead = {
        "none": "first model",
        "expired": "the champion has expired",
        "vanished": "the champion cannot be read",
        "quick": "the champion is a quick one",
    }[facts.champion]
    return Decision("cannot_tell", "no_edge", True, [f"cannot tell: {what}; {instead}, deployed as no_edge"], warnings)


def _leaks(facts: Facts, rules: Gate) -> str:
    if facts.audit == "failed":
        return f"leak alarm: the look-ahead audit failed: {facts.audit_detail}"
    if facts.symbols < POOL_SYMBOLS or facts.dates < MINIMUM_DATES:
        return ""
    for horizon, block in facts.pooled.items():
        auc, accuracy = block["direction"]["auc"], block["direction"]["accuracy"]
        limit = rules.leak_auc if horizon == 1 else max(LEAK_AUC_LONGER, rules.leak_auc)
        if auc is not None and auc > limit:
            return f"leak alarm: AUC {auc:.3f} at horizon {horizon} is above {limit:.2f}, too good to be honest"
        highest = LEAK_ACCURACY.get(horizon)
        if highest is not None and accuracy is not None and accuracy > highest:
            return f"leak alarm: accuracy {accuracy:.3f} at horizon {horizon} is above {highest:.2f}"
    return ""


def _broken(facts: Facts) -> str:
    if not facts.loads:
        return "the published version does not load and answer its golden rows"
    return f"data unhealthy: {facts.data_problem}" if facts.data_problem else ""


def _unknown(facts: Facts) -> str:
    """What is missing for any verdict on the candidate alone, or an empty string."""
    if facts.symbols < POOL_SYMBOLS or facts.dates < MINIMUM_DATES:
        return (
            f"{facts.symbols} symbols over {facts.dates} sessions; a verdict needs {POOL_SYMBOLS} over {MINIMUM_DATES}"
        )
    if facts.audit == "inconclusive":
        return f"the look-ahead audit is inconclusive: {facts.audit_detail}"
    if all(block["interval"]["90"]["dm"]["t"] is None for block in facts.pooled.values()):
        return "no naive interval to compare with: no symbol has the history it takes"
    return ""


def _outside_band(facts: Facts, rules: Gate) -> str:
    if "pooled" not in rules.coverage_band:
        return ""
    low, high = rules.coverage_band["pooled"]
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
    """Judged as shown: a direction model that the base rate stands in for cannot do harm."""
    for horizon, block in facts.pooled.items():
        parts = [("interval", block["interval"]["90"]), ("price", block["price"])]
        if block["direction"]["shown"]:
            parts.insert(0, ("direction", block["direction"]))
        for what, part in parts:
            t = part["dm"]["t"]
            if t is not None and t < WORSE_T:
                return f"{what} at horizon {horizon} is worse than naive (Diebold-Mariano t {t:.2f})"
    return ""


def _worse_than_champion(facts: Facts) -> str:
    rivalry = _compared(facts)
    if rivalry is None or rivalry.dates < paired_dates(rivalry.symbols):
        return ""
    for what, t in (("direction", rivalry.direction_t), ("interval", rivalry.interval_t)):
        if t is not None and t < WORSE_T:
            return (
                f"{what} is worse than the champion's over {rivalry.dates} sessions of {rivalry.symbols} symbols "
                f"that neither had seen (Diebold-Mariano t {t:.2f})"
            )
    return ""


def _unknown_rivalry(facts: Facts) -> str:
    """What is missing for the comparison with a champion, or an empty string."""
    if facts.champion not in ("standing", "expired"):
        return ""
    rivalry = facts.rivalry
    if rivalry is None:
        return "the champion's recipe cannot be fitted any more"
    if rivalry.same:
        return ""
    needed = paired_dates(rivalry.symbols)
    if rivalry.dates < needed or (rivalry.direction_t is None and rivalry.interval_t is None):
        return f"the comparison with the champion has {rivalry.dates} sessions, it takes {needed}"
    return ""


def _compared(facts: Facts) -> Rivalry | None:
    """The comparison that counts: with a champion that was fully trained and can be read, of another recipe."""
    if facts.champion not in ("standing", "expired") or facts.rivalry is None or facts.rivalry.same:
        return None
    return facts.rivalry


def _beyond_floor(facts: Facts, rules: Gate) -> str:
    """The optional floors and ceilings, on pooled figures at the shortest horizon. A missing figure fails one."""
    block = facts.pooled[min(facts.pooled)]
    direction, calibration = block["direction"], block["confidence"]
    ece = calibration["ece"]
    excess = None if ece is None else max(0.0, ece - (calibration["ece_noise"] or 0.0))
    floors = (
        ("min_accuracy", "accuracy", direction["accuracy"]),
        ("min_auc", "AUC", direction["auc"]),
        ("min_brier_skill", "Brier skill", direction["brier_skill"]),
        ("max_mape", "MAPE", block["price"]["mape"]),
        ("max_winkler_ratio", "Winkler ratio", block["interval"]["90"]["winkler_ratio"]),
        ("max_ece", "calibration error above its noise", excess),
    )
    for key, name, found in floors:
        limit = getattr(rules, key)
        if limit is None:
            continue
        is_floor = key.startswith("min_")
        if found is None or (found < limit if is_floor else found > limit):
            shown = "missing" if found is None else f"{found:.4g}"
            return f"{name} {shown} is {'below' if is_floor else 'above'} gate.{key} {limit}"
    return ""


def _warnings(facts: Facts, rules: Gate) -> list[str]:
    found = []
    if "pooled" not in rules.coverage_band:
        found.append("gate.coverage_band has no band for pooled: coverage was not judged")
    for horizon, block in facts.symbol.items():
        coverage = block["interval"]["90"]["coverage"]
        low, high = rules.coverage_band.get(str(horizon), (0.0, 1.0))
        if coverage is not None and not low <= coverage <= high:
            found.append(
                f"coverage at horizon {horizon} is {coverage:.3f} for this symbol, outside {low:.2f} to {high:.2f}"
            )
    for horizon, block in facts.pooled.items():
        t = block["direction"]["dm"]["t"]
        if not block["direction"]["shown"] and t is not None and t < WORSE_T:
            found.append(
                f"the direction model at horizon {horizon} is worse than the base rate (t {t:.2f}), "
                "which is shown instead"
            )
    return found


def _praise(facts: Facts, n: int, better: bool) -> str:
    if better:
        return f"direction beats the base rate over {n} forecasts"
    return f"intervals hold and nothing is worse than naive over {facts.dates} sessions; direction shows no edge"


def _beside_champion(facts: Facts) -> list[str]:
    """How the candidate stands beside what it replaces, a sentence; nothing for a first model."""
    if facts.champion == "vanished":
        return ["the champion cannot be read: there was nothing to compare with"]
    if facts.champion == "quick":
        return ["the champion is a quick one, which no comparison defends"]
    if facts.champion == "none":
        return []
    rivalry = _compared(facts)
    if rivalry is None:
        return ["the champion has the same recipe: what is new is the data"]
    told = ", ".join(
        f"{what} t {t:+.2f}"
        for what, t in (("direction", rivalry.direction_t), ("interval", rivalry.interval_t))
        if t is not None
    )
    return [f"not worse than the champion over {rivalry.dates} sessions of {rivalry.symbols} symbols ({told})"]
