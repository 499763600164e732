"""Whether each symbol has a champion, and how near that is to its end."""

from __future__ import annotations

from stockml.clock import age_days
from stockml.monitor.finding import Finding
from stockml.monitor.watch import Champion, Watch

NAME, ORDER = "age", 20
SOON = 0.8  # of its life; from there on somebody should know that trainings do not succeed


def check(watch: Watch) -> list[Finding]:
    """One finding a symbol. Being due for training is ordinary; being near expiry is not."""
    return [_of(watch, symbol, watch.champions.get(symbol)) for symbol in watch.symbols]


def _of(watch: Watch, symbol: str, champion: Champion | None) -> Finding:
    config = watch.env.config
    if champion is None:
        return Finding(NAME, "untrained", symbol, "warn", "no champion: forecasts abstain")
    if champion.problem:
        return Finding(NAME, "unreadable", symbol, "bad", champion.problem)
    age = age_days(champion.made_at, watch.env.clock.now())
    figures = {"version": champion.version, "age_days": age, "expire_days": config.expire_days}
    told = f"the champion is {age:.1f} days old"
    if age > config.expire_days:
        told += f", limit {config.expire_days:g}: forecasts abstain"
        return Finding(NAME, "expired", symbol, "bad", told, figures)
    if age > max(SOON * config.expire_days, config.retrain.max_age_days):
        left = config.expire_days - age
        return Finding(NAME, "expiring", symbol, "warn", f"{told} and expires in {left:.1f} days", figures)
    due = f", due after {config.retrain.max_age_days:g}" if age > config.retrain.max_age_days else ""
    return Finding(NAME, "fresh", symbol, "ok", told + due, figures)
