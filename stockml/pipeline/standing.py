"""What state a symbol is in, why and since when. Pure: what is known of its champion and its bars in, words out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

STATES = ("failed", "stale", "expired", "untrained", "degraded", "healthy")  # the worst first
FAILING = ("rate_limited", "source_error")  # outcomes of a fetch that the source is to blame for
GONE = ("delisted", "unknown_symbol", "stale")  # the source answers, and has nothing new of the symbol


@dataclass(frozen=True)
class Known:
    """What is known of a symbol: its champion's files, its bars, what its source said last, open alerts about it.

    `problem` is what is wrong with the champion's files, empty if nothing, found since `problem_since`; `made_at` and
    `expires_at` are stamps, None without a champion; `lag` is in sessions, None without bars.
    """

    problem: str = ""
    problem_since: str | None = None
    made_at: str | None = None
    age_days: float | None = None
    expires_at: str | None = None
    is_quick: bool = False
    through: str | None = None
    lag: int | None = None
    outcome: str = ""
    message: str = ""
    accused: tuple[str, str] | None = None


@dataclass(frozen=True)
class Limits:
    """From when on bars are too old, in sessions, and a champion, in days."""

    stale_sessions: int
    expire_days: float


class Standing(NamedTuple):
    """A state, the stable word for its cause, the sentence that says why, and when it began (stamp, day or None)."""

    state: str
    kind: str = ""
    sentence: str = ""
    since: str | None = None


def of(known: Known, limits: Limits) -> Standing:
    """The state of a symbol, the worst that holds."""
    if known.problem:
        return Standing("failed", "champion", known.problem, known.problem_since)
    if known.lag is None and known.made_at is not None:
        return Standing("stale", "no_bars", "no bars are stored", known.made_at)
    if known.lag is not None and known.lag > limits.stale_sessions:
        return _stale(known, limits.stale_sessions)
    if known.age_days is None:
        return Standing("untrained", "untrained", "it was never trained")
    if known.age_days > limits.expire_days:
        told = f"the champion is {known.age_days:.0f} days old, limit {limits.expire_days:g}: no forecasts"
        return Standing("expired", "expired", told, known.expires_at)
    return _in_service(known)


def _stale(known: Known, limit: int) -> Standing:
    told = f"the newest bar is of {known.through}, {known.lag} sessions old, limit {limit}"
    if known.outcome in FAILING:
        return Standing("stale", "source", f"{told}; the source fails ({_said(known)})", known.through)
    if known.outcome in GONE:
        return Standing("stale", "gone", f"{told}; its source has nothing newer", known.through)
    return Standing("stale", "stale", told, known.through)


def _in_service(known: Known) -> Standing:
    """The state of a symbol whose champion forecasts."""
    if known.outcome in FAILING:
        return Standing("degraded", "source", f"the source fails ({_said(known)}); stored bars stand in", known.through)
    if known.accused is not None:
        return Standing("degraded", "evidence", *known.accused)
    if known.is_quick:
        return Standing("degraded", "quick", "trained with a tiny budget", known.made_at)
    return Standing("healthy")


def _said(known: Known) -> str:
    said = known.outcome.replace("_", " ")
    return f"{said}: {known.message}" if known.message else said
