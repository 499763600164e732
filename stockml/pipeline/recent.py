"""How a symbol's latest settled forecasts fared: its champion's live figures, and rolling shares for a sparkline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any, NamedTuple

from stockml.clock import stamp
from stockml.environment import Environment
from stockml.evidence import LIVE_FORECASTS
from stockml.ledger import outcomes
from stockml.pipeline import track

WINDOW = 20  # forecasts a point of the rolling shares stands for
POINTS = 40  # the newest points that are kept
DAYS = 120  # calendar days that surely hold as many sessions


class Recent(NamedTuple):
    """`live` as `track.figures` makes it, None below `LIVE_FORECASTS` settled ones; `trend` None below `WINDOW`."""

    live: dict[str, Any] | None
    trend: dict[str, Any] | None


def of(env: Environment, symbol: str, champion: str | None, made_at: str | None) -> Recent:
    """What one reading of the ledger tells of a symbol at its shortest settled horizon.

    The trend takes whatever version spoke first of each session: it is what users were told.
    """
    begin = min(made_at or "9", stamp(env.clock.now() - timedelta(days=DAYS)))
    rows = outcomes.settled(env.ledger, env.config.data.interval, env.clock, symbol, since=begin)
    horizon, of_horizon = next(groupby(rows, key=lambda row: row["horizon"]), (0, iter(())))
    spoken = list(of_horizon)
    own = [row for row in spoken if row["version"] == champion]
    live = track.figures(own, horizon) if len(own) >= LIVE_FORECASTS else None
    first = [next(same) for _, same in groupby(spoken, key=lambda row: row["session"])]
    return Recent(live, _trend(first[-(POINTS + WINDOW - 1) :]))


def _trend(rows: Sequence[Any]) -> dict[str, Any] | None:
    """Shares of right directions and of outcomes inside the 90 % interval over `WINDOW` forecasts, oldest first."""
    if len(rows) < WINDOW:
        return None
    return {
        "window": WINDOW,
        "sessions": [rows[WINDOW - 1]["session"], rows[-1]["session"]],
        "accuracy": _rolling([row["direction_hit"] for row in rows]),
        "coverage": _rolling([row["in90"] for row in rows]),
    }


def _rolling(hits: Sequence[int]) -> list[float]:
    return [sum(hits[end - WINDOW : end]) / WINDOW for end in range(WINDOW, len(hits) + 1)]
