"""Which snapshots stay: the newest, and the newest of each of the last days, weeks and months. A pure decision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from stockml.clock import parse_stamp, stamp
from stockml.errors import ConfigError


class Made(Protocol):
    """What is asked of a snapshot."""

    @property
    def name(self) -> str: ...
    @property
    def made_at(self) -> str: ...
    @property
    def verified_at(self) -> str | None: ...


@dataclass(frozen=True)
class Rules:
    """How many of each kind stay."""

    last: int
    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True)
class Decision:
    """Whether a snapshot stays, and why."""

    name: str
    keep: bool
    reason: str


_SPANS: tuple[tuple[str, Callable[[datetime], str]], ...] = (
    ("daily", lambda moment: f"{moment:%Y-%m-%d}"),
    ("weekly", lambda moment: f"{moment:%G-W%V}"),
    ("monthly", lambda moment: f"{moment:%Y-%m}"),
)


def decide(snapshots: Sequence[Made], rules: Rules, now: datetime) -> list[Decision]:
    """A decision for each snapshot, given and returned in the order they were made, the newest last.

    Only numbers count, never age: a clock that runs ahead removes nothing. While the newest is not proved to restore,
    all stay. Snapshots from after `now` stay and take nobody's place: the clock was set back. Days, weeks (ISO 8601)
    and months are of UTC. Raises `ConfigError` for rules that keep nothing.
    """
    if not any((rules.last, rules.daily, rules.weekly, rules.monthly)):
        raise ConfigError("backup: a policy that keeps nothing", hint="set backup.keep_last to at least 1")
    if not snapshots:
        return []
    newest = snapshots[-1]
    if newest.verified_at is None:
        return [Decision(one.name, True, "the newest backup is not verified, so all stay") for one in snapshots]
    late = [one for one in snapshots if one.made_at > stamp(now)]
    usual = [one for one in snapshots if one.made_at <= stamp(now)]
    reasons = {one.name: ["made after the present time: the clock was set back"] for one in late}
    reasons.setdefault(newest.name, []).insert(0, "the newest, verified")
    for one in usual[-rules.last :] if rules.last else ():
        reasons.setdefault(one.name, []).append(f"one of the last {rules.last}")
    for name, span in _SPANS:
        for label, one in _newest_of_each(usual, span, getattr(rules, name)).items():
            reasons.setdefault(one.name, []).append(f"{name} of {label}")
    spare = "older than what keep_last, keep_daily, keep_weekly and keep_monthly keep"
    return [Decision(one.name, one.name in reasons, ", ".join(reasons.get(one.name, [spare]))) for one in snapshots]


def _newest_of_each(snapshots: Sequence[Made], span: Callable[[datetime], str], count: int) -> dict[str, Made]:
    """Of the newest `count` spans in which there is any, the snapshot made last."""
    found = {span(parse_stamp(one.made_at)): one for one in snapshots}
    return {label: found[label] for label in sorted(found, reverse=True)[:count]}
