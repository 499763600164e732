"""What one round of the monitor looks at, gathered once for all its checks."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from stockml.environment import Environment
from stockml.evidence import sequential_odds
from stockml.monitor.live import Live
from stockml.schedule import standing
from stockml.schedule.standing import Standing


@dataclass(frozen=True)
class Champion:
    """A symbol's deployed version, since when, and the held-out figures it was accepted on (shortest horizon).

    With a `problem` it cannot be read, and the rest is empty.
    """

    version: str
    since: str
    made_at: str
    accepted: Mapping[str, Any]
    problem: str = ""


@dataclass(frozen=True)
class Watch:
    """The symbols asked for, their champions in the order in which `live` numbers them, what is settled, what is due.

    `left_out` settled forecasts are no evidence, because of their bars. `due` maps a symbol to how many of its
    champion's forecasts wait for their outcome though the session is settled, and the oldest such session's day.
    `is_whole`: all of the fleet is looked at.
    """

    env: Environment
    symbols: tuple[str, ...]
    champions: Mapping[str, Champion]
    live: Live
    left_out: int
    due: Mapping[str, tuple[int, int]]
    is_whole: bool

    @functools.cached_property
    def watched(self) -> tuple[str, ...]:
        """Symbols by their place in `live`."""
        return tuple(self.champions)

    @functools.cached_property
    def jobs(self) -> tuple[Standing, ...]:
        """The scheduled jobs as they stand."""
        return standing.of_all(self.env, standing.clock_of(self.env))

    def without(self, places: Collection[int]) -> list[str]:
        """Symbols with a readable champion that are not among some places: nothing of theirs has settled."""
        named = enumerate(self.champions.items())
        return [symbol for place, (symbol, one) in named if place not in places and not one.problem]

    @property
    def horizons(self) -> tuple[int, ...]:
        return tuple(self.env.config.horizons)

    def odds(self, horizon: int) -> float:
        """The odds at which a sequential test of one symbol fires: those of its fleet of equals side by side."""
        return sequential_odds(horizon, self.horizons, len(self.env.config.symbols))
