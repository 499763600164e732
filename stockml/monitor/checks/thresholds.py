"""The configured thresholds of each symbol and horizon, on what its champion's recipe forecast since its deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from stockml.evaluation.significance import BLOCK_SESSIONS
from stockml.monitor import thresholds
from stockml.monitor.finding import Finding
from stockml.monitor.live import Live
from stockml.monitor.thresholds import Accepted, Rule
from stockml.monitor.watch import Watch

NAME, ORDER = "thresholds", 54
FEWEST = 3 * BLOCK_SESSIONS  # sessions from which an interval exists


def check(watch: Watch) -> list[Finding]:
    """One finding of each symbol with outcomes. A figure within its limit cannot fire, so only others are tested."""
    by_symbol: dict[int, list[tuple[int, int, list[Rule]]]] = {}
    for horizon in watch.horizons:
        for place, rows in watch.live.at(horizon).groups():
            accepted = watch.champions[watch.watched[place]].accepted if horizon == min(watch.horizons) else {}
            rules = _beyond(watch, rows, horizon, accepted)
            by_symbol.setdefault(place, []).append((horizon, len(rows), rules))
    none = [Finding(NAME, "few", symbol, "cannot_tell", "no outcome yet") for symbol in watch.without(by_symbol)]
    return [*(_finding(watch.watched[place], told, watch) for place, told in sorted(by_symbol.items())), *none]


def _beyond(watch: Watch, rows: Live, horizon: int, accepted: Mapping[str, Any]) -> list[Rule]:
    """The rules of a symbol and horizon whose figure is beyond its limit, each with its verdict."""
    limits = watch.env.config.triggers
    if limits.evidence == "required" and len(rows) < FEWEST:
        return []
    word = limits.evidence
    mean = Means(rows)
    found = []
    if mean.accuracy < limits.min_direction_accuracy:
        hits, naive = _known(rows)
        found.append(thresholds.direction_accuracy(
            hits.hit, naive, hits.session, horizon, limits.min_direction_accuracy, word
        ))  # fmt: skip
    if mean.error > limits.max_mape:
        found.append(thresholds.price_error(
            rows.error, rows.naive_error, rows.session, horizon, limits.max_mape, word
        ))  # fmt: skip
    was = (accepted.get("confidence") or {}).get("mean")
    if mean.confidence < limits.min_confidence and (word == "none" or (was or 0.0) >= limits.min_confidence):
        sure = np.maximum(rows.probability, 1.0 - rows.probability)
        found.append(thresholds.confidence(sure, rows.session, was, limits.min_confidence, word))
    return found + _fallen(watch, rows, horizon, accepted, mean)


class Means:
    """The figures of some outcomes that are held against limits."""

    def __init__(self, rows: Live) -> None:
        self.accuracy = float(rows.hit.mean())
        self.error = float(rows.error.mean())
        self.confidence = float((0.5 + np.abs(rows.probability - 0.5)).mean())


def _fallen(watch: Watch, rows: Live, horizon: int, accepted: Mapping[str, Any], mean: Means) -> list[Rule]:
    """The rules of degradation against the accepted figures, where there are such figures."""
    word, most = watch.env.config.triggers.evidence, watch.env.config.triggers.max_degradation
    found = []
    was = _accepted(accepted.get("direction") or {}, "accuracy", "naive")
    if was is not None and mean.accuracy < was.value * (1.0 - most):
        hits, naive = _known(rows)
        found.append(thresholds.fallen_accuracy(hits.hit, naive, hits.session, horizon, was, most, word))
    was = _accepted(accepted.get("price") or {}, "mape", "naive_mape")
    if was is not None and mean.error > was.value * (1.0 + most):
        found.append(thresholds.risen_loss(
            "risen price error", rows.error, rows.naive_error, rows.session, horizon, was, most, word
        ))  # fmt: skip
    return found


def _accepted(told: Mapping[str, Any], value: str, naive: str) -> Accepted | None:
    if told.get(value) is None or told.get(naive) is None:
        return None
    return Accepted(told[value], told[naive], told.get("low"), told.get("high"))


def _known(rows: Live) -> tuple[Live, Any]:
    """The rows that keep what the naive side said, and whether that was right."""
    kept = rows.where(np.isfinite(rows.naive_hit))
    return kept, kept.naive_hit > 0.5


def _finding(symbol: str, told: list[tuple[int, int, list[Rule]]], watch: Watch) -> Finding:
    figures: dict[str, Any] = {
        str(horizon): {"n": n, "beyond": [asdict(rule) for rule in rules]} for horizon, n, rules in told
    }
    all_rules = [(horizon, rule) for horizon, _, rules in told for rule in rules]
    fired = [(horizon, rule) for horizon, rule in all_rules if rule.verdict == "fires"]
    if fired:
        evidence = tuple(f"{rule.name} {horizon} ahead: {rule.sentence}" for horizon, rule in fired)
        return Finding(NAME, "fires", symbol, "bad", evidence[0], figures, evidence)
    unsure = [(horizon, rule) for horizon, rule in all_rules if rule.verdict == "cannot_tell"]
    if unsure:
        horizon, rule = unsure[0]
        figures["needed"] = rule.needed
        return Finding(NAME, "few", symbol, "cannot_tell", f"{horizon} ahead: {rule.sentence}", figures)
    longest = max(n for _, n, _ in told)
    if watch.env.config.triggers.evidence == "required" and longest < FEWEST:
        more = FEWEST - longest
        said = f"{longest:,} outcomes; needs about {more:,} more before a figure can be held to its limit"
        return Finding(NAME, "few", symbol, "cannot_tell", said, {**figures, "needed": more})
    return Finding(NAME, "within", symbol, "ok", f"{longest:,} outcomes, no figure credibly beyond its limit", figures)
