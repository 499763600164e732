"""How far a champion's live coverage is from firing, from the counts in the ledger alone; `monitor` tests the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence

from stockml.clock import stamp
from stockml.environment import Environment
from stockml.evidence import COVERAGE_BETS, sequential_odds
from stockml.ledger import facts, live, outcomes
from stockml.triggers import Watched

NOMINAL = 0.90
_MOST = 200  # misses in a row that are counted


def watched(env: Environment, symbol: str, version: str, since: str) -> tuple[Watched, ...]:
    """The coverage test of each horizon that has settled forecasts and has not fired, in words.

    `needed` is the number of misses in a row it takes from here.
    """
    past = facts.lineages(env.ledger, stamp(env.clock.now()), symbol)
    terms = live.terms(0, symbol, version, since, past)
    by_horizon: dict[int, list[int]] = {}
    for row in outcomes.settled(env.ledger, env.config.data.interval, env.clock, symbol):
        session, made_by = row["session"], row["version"]
        if row["in90"] is not None and any(one[2] == made_by and one[3] <= session < one[4] for one in terms):
            by_horizon.setdefault(row["horizon"], []).append(row["in90"])
    found = []
    for horizon, inside in sorted(by_horizon.items()):
        used = inside[::horizon]  # outcomes that do not overlap
        threshold = sequential_odds(horizon, env.config.horizons, len(env.config.symbols))
        odds, needed = coverage_odds(used), misses_needed(used, threshold)
        if needed:
            told = (
                f"{sum(inside)} of {len(inside)} outcomes inside the 90 % interval, odds {odds:.2g} of {threshold:g}; "
                f"fires after {needed} misses in a row"
            )
            found.append(Watched(f"coverage {horizon} ahead", told, needed))
    return tuple(found)


def coverage_odds(inside: Sequence[int]) -> float:
    """What a stake on less than 90 % coverage has come to, in the order-free form of `monitor.sequential.coverage`.

    The mean over bets q of (q / 0.9)^hits ((1 - q) / 0.1)^misses: likelihood ratios of independent outcomes.
    """
    hits = sum(inside)
    misses = len(inside) - hits
    logs = [hits * math.log(q / NOMINAL) + misses * math.log((1 - q) / (1 - NOMINAL)) for q in COVERAGE_BETS]
    return sum(map(math.exp, logs)) / len(logs)


def misses_needed(inside: Sequence[int], threshold: float) -> int:
    """How many misses in a row it takes from here until the odds reach a threshold; 0 if they have."""
    return next((more for more in range(_MOST) if coverage_odds([*inside, *[0] * more]) >= threshold), _MOST)
