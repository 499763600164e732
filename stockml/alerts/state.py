"""Decides what changed and what of it is told. Pure: what stands and what is active in, changes out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from stockml.alerts.message import LEVELS, Cause, Change
from stockml.clock import parse_stamp, stamp
from stockml.ledger.alerts import Standing


def changes(
    active: Mapping[str, Cause], standing: Mapping[str, Standing], now: datetime, cooldown: timedelta, audible: bool
) -> list[Change]:
    """What is different now from what stands, by key.

    An opening is told at most once in a cool-down, a return within it when it is over, a rise of the level when
    a cool-down has passed since the last telling. A recovery is told where the opening was. Nothing is told
    unless `audible`.
    """
    found = []
    for key in sorted({*active, *(key for key, one in standing.items() if one.is_open)}):
        before, cause = standing.get(key), active.get(key)
        rested = audible and (before is None or not _within(before.last_told_at, now, cooldown))
        if cause is None:
            assert before is not None
            gone = Cause(key, before.level, before.title, before.sentence, before.symbols)
            found.append(Change("closed", gone, before.opened_at, audible and before.told_level is not None))
        elif before is None or not before.is_open:
            found.append(Change("opened", cause, stamp(now), rested))
        elif (change := _still_open(before, cause, rested)) is not None:
            found.append(change)
    return found


def _still_open(before: Standing, cause: Cause, rested: bool) -> Change | None:
    """What is new about an alert that was open before, or None."""
    if before.told_level is None and rested:
        return Change("again", cause, before.opened_at, True)
    if before.told_level is not None and rested and LEVELS.index(cause.level) > LEVELS.index(before.told_level):
        return Change("worse", cause, before.opened_at, True)
    if (cause.level, cause.symbols) != (before.level, before.symbols):
        return Change("changed", cause, before.opened_at, False)
    return None


def _within(told_at: str | None, now: datetime, cooldown: timedelta) -> bool:
    """Whether a telling is less than a cool-down away, on either side: the machine's clock may have been set back."""
    return told_at is not None and abs(now - parse_stamp(told_at)) < cooldown
