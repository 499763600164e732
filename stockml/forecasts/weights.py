"""The weight of each rule signal for one symbol, moved from its start by what followed the signal so far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from stockml.arrays import Flags, Floats
from stockml.evidence import SIGNAL_GROWTH, SIGNAL_PRIOR

Seen = tuple[Sequence[str], float, bool]  # signals in force, base rate of up, whether it went up


@dataclass(frozen=True)
class Past:
    """A symbol's settled sessions in their order, n of them: which of the `names` were in force (n, names), the base
    rate of up (n,), and whether it went up (n,).
    """

    names: tuple[str, ...]
    in_force: Flags
    base_rate: Floats
    up: Flags


def past(history: Iterable[Seen], names: tuple[str, ...]) -> Past:
    """The sessions as columns."""
    seen = list(history)
    in_force = np.array([[name in told for name in names] for told, _, _ in seen], dtype=np.bool_)
    rates, ups = [rate for _, rate, _ in seen], [up for *_, up in seen]
    return Past(names, in_force.reshape(len(seen), len(names)), np.array(rates, np.float64), np.array(ups, np.bool_))


def weights(seen: Past, start: Mapping[str, float], horizon: int = 1) -> dict[str, float]:
    """The weights, in log-odds of up, after a symbol's settled sessions; each keeps its sign.

    A signal claims a side. Its weight is how much likelier that side was when it was in force than by the base
    rate, in log-odds, with `SIGNAL_PRIOR` imagined sessions in which the starting weight was exactly right: the
    posterior mean of a beta distribution (Gelman et al., Bayesian Data Analysis, 3rd ed., sec. 2.4). So nothing
    seen gives the start, a weak signal goes to 0, an accurate one grows; bounded by 0 and `SIGNAL_GROWTH` times the
    start. Overlapping forecasts count as one a `horizon`.
    """
    columns = dict(zip(seen.names, seen.in_force.T, strict=True))
    return {name: _weight(weight, seen, columns[name], horizon) for name, weight in start.items()}


def _weight(start: float, seen: Past, in_force: Flags, horizon: int) -> float:
    count = int(np.count_nonzero(in_force))
    if not count or start == 0.0:
        return start
    ups = int(np.count_nonzero(seen.up & in_force))
    base = float(seen.base_rate[in_force].mean())
    if start < 0.0:
        ups, base = count - ups, 1.0 - base
    n, hits = count / horizon, ups / horizon
    believed = 1.0 / (1.0 + math.exp(-(_log_odds(base) + abs(start))))
    share = (hits + SIGNAL_PRIOR * believed) / (n + SIGNAL_PRIOR)
    lift = min(max(_log_odds(share) - _log_odds(base), 0.0), SIGNAL_GROWTH * abs(start))
    return lift if start > 0.0 else -lift


def _log_odds(probability: float) -> float:
    return math.log(probability / (1.0 - probability))
