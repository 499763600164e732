"""Decides what is due for training and why. Pure: facts and rules in, reasons out."""

from __future__ import annotations

from dataclasses import dataclass

from stockml.config.schema import Retrain


@dataclass(frozen=True)
class Facts:
    """What is known of a symbol: age of its champion in days (None: none), trainings in the last 24 hours, bars
    that the source changed since the champion was made.
    """

    age_days: float | None
    trained_today: int = 0
    revised: int = 0


def due(facts: Facts, rules: Retrain) -> list[str]:
    """The reasons for which a symbol is due; empty if it is not."""
    if facts.trained_today >= rules.max_per_day:
        return []
    if facts.age_days is None:
        return ["untrained"]
    if facts.age_days * 24 < rules.min_age_hours:
        return []
    reasons = []
    if facts.age_days > rules.max_age_days:
        reasons.append(f"age: the champion is {facts.age_days:.1f} days old, limit {rules.max_age_days:g}")
    if facts.revised:
        bars = f"{facts.revised} bar{'' if facts.revised == 1 else 's'}"
        reasons.append(f"data revised: the source changed {bars} since the champion was made")
    return reasons
