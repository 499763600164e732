"""Decides what is due for training and why. Pure: facts and rules in, reasons out."""

from __future__ import annotations

from dataclasses import dataclass

from stockml.config.schema import Retrain


@dataclass(frozen=True)
class Facts:
    """What is known of a symbol: age of its champion in days (None: none), trainings in the last 24 hours."""

    age_days: float | None
    trained_today: int = 0


def due(facts: Facts, rules: Retrain) -> list[str]:
    """The reasons for which a symbol is due; empty if it is not."""
    if facts.trained_today >= rules.max_per_day:
        return []
    if facts.age_days is None:
        return ["untrained"]
    if facts.age_days * 24 < rules.min_age_hours:
        return []
    if facts.age_days > rules.max_age_days:
        return [f"age: the champion is {facts.age_days:.1f} days old, limit {rules.max_age_days:g}"]
    return []
