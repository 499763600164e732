"""The weight of each rule signal for one symbol, moved from its start by what followed the signal so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from stockml.evidence import SIGNAL_GROWTH, SIGNAL_PRIOR

Seen = tuple[Sequence[str], float, bool]  # signals in force, base rate of up, whether it went up


def weights(history: Sequence[Seen], start: Mapping[str, float], horizon: int = 1) -> dict[str, float]:
    """The weights, in log-odds of up, after a symbol's settled sessions; each keeps its sign.

    A signal claims a side. Its weight is how much likelier that side was when it was in force than by the base
    rate, in log-odds, with `SIGNAL_PRIOR` imagined sessions in which the starting weight was exactly right: the
    posterior mean of a beta distribution (Gelman et al., Bayesian Data Analysis, 3rd ed., sec. 2.4). So nothing
    seen gives the start, a weak signal goes to 0, an accurate one grows; bounded by 0 and `SIGNAL_GROWTH` times the
    start. Overlapping forecasts count as one a `horizon`.
    """
    return {name: _weight(name, weight, history, horizon) for name, weight in start.items()}


def _weight(name: str, start: float, history: Sequence[Seen], horizon: int) -> float:
    seen = [(rate, up) for names, rate, up in history if name in names]
    if not seen or start == 0.0:
        return start
    side = start > 0.0
    base = sum(rate if side else 1.0 - rate for rate, _ in seen) / len(seen)
    n, hits = len(seen) / horizon, sum(up == side for _, up in seen) / horizon
    believed = 1.0 / (1.0 + math.exp(-(_log_odds(base) + abs(start))))
    share = (hits + SIGNAL_PRIOR * believed) / (n + SIGNAL_PRIOR)
    lift = min(max(_log_odds(share) - _log_odds(base), 0.0), SIGNAL_GROWTH * abs(start))
    return lift if side else -lift


def _log_odds(probability: float) -> float:
    return math.log(probability / (1.0 - probability))
