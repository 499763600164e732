"""Where the panels stand: as many as there is room for, the most telling first. Pure."""

from __future__ import annotations

from dataclasses import dataclass

ROOMY_WIDTH, ROOMY_HEIGHT = 100, 30  # from which all panels are shown side by side
LEAST_WIDTH, LEAST_HEIGHT = 60, 14  # below which there is one panel, without a frame
FLEET_NARROW, FLEET_WIDE = 34, 96  # columns that the list of symbols takes, at least and at most


@dataclass(frozen=True)
class Place:
    """A panel's rectangle in characters, its frame included; without one if `is_bare`."""

    name: str
    left: int
    top: int
    width: int
    height: int
    is_bare: bool = False


def arrange(width: int, height: int, focus: str, *, is_zoomed: bool, jobs: int = 9) -> list[Place]:
    """The panels between the first line and the last one, which are for the head and the keys.

    They cover the rectangle without a gap. One alone if it is zoomed, or where there is too little room. `jobs` is
    how many lines there are to show of them.
    """
    foot = 1 if height >= 6 else 0
    room = max(1, height - 1 - foot)
    is_small = width < LEAST_WIDTH or height < LEAST_HEIGHT
    if is_zoomed or is_small:
        return [Place(focus, 0, 1, width, room, is_small)]
    if width >= ROOMY_WIDTH and height >= ROOMY_HEIGHT:
        return _roomy(width, room, jobs)
    return _narrow(width, room)


def _roomy(width: int, room: int, jobs: int) -> list[Place]:
    """Two columns: the fleet with jobs and host below, the symbol with training and log below."""
    left = min(FLEET_WIDE, max(46, width * 45 // 100))
    right = width - left
    host, jobs = 5, min(2 + max(1, jobs), room // 4)
    training, log = min(9, room // 5), min(12, room // 4)
    fleet, symbol = room - jobs - host, room - training - log
    return [
        Place("fleet", 0, 1, left, fleet), Place("jobs", 0, 1 + fleet, left, jobs),
        Place("host", 0, 1 + fleet + jobs, left, host), Place("symbol", left, 1, right, symbol),
        Place("training", left, 1 + symbol, right, training), Place("log", left, 1 + symbol + training, right, log),
    ]  # fmt: skip


def _narrow(width: int, room: int) -> list[Place]:
    """The fleet and the symbol above, jobs and training below them, then the log if there is room."""
    left = max(FLEET_NARROW, width * 40 // 100)
    log = 4 if room >= 20 else 0
    below = 5
    above = room - log - below
    placed = [
        Place("fleet", 0, 1, left, above), Place("symbol", left, 1, width - left, above),
        Place("jobs", 0, 1 + above, left, below), Place("training", left, 1 + above, width - left, below),
    ]  # fmt: skip
    return [*placed, Place("log", 0, 1 + above + below, width, log)] if log else placed
