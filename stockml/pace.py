"""How long work has left, from its own rate or from earlier runs; None where nobody can honestly say. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping

FEWEST, SHORTEST_S = 3, 2.0  # pieces and seconds that a rate is taken from
Tell = Callable[[str, float, float, str], None]  # the stage, how much of it is done, of how much, about what


def silent(stage: str, done: float, total: float, about: str) -> None:
    """Tell nobody."""


def by_rate(done: float, total: float, elapsed_s: float) -> float | None:
    """Seconds left if the pieces to come take as long as those that are done."""
    if done < FEWEST or elapsed_s < SHORTEST_S or total < done:
        return None
    return elapsed_s / done * (total - done)


def by_stages(usual_s: Mapping[str, float], stage: str, share: float, elapsed_s: float) -> float | None:
    """Seconds left of work in stages, by how long each usually takes, in their order; `share` of this one is done.

    Where the work so far took longer or shorter than usual, the rest is taken to do the same, once enough has passed
    to tell.
    """
    if stage not in usual_s:
        return None
    names = list(usual_s)
    place = names.index(stage)
    passed_s = sum(usual_s[one] for one in names[:place]) + share * usual_s[stage]
    left_s = sum(usual_s.values()) - passed_s
    pace = elapsed_s / passed_s if passed_s >= SHORTEST_S and elapsed_s >= SHORTEST_S else 1.0
    return left_s * pace


class Tracks:
    """How much of work on several tracks side by side is done, some perhaps begun by an earlier run.

    The estimate counts what was done since the last track to begin had its first piece of this run behind it: the
    first may hold what is done once, such as a first training.
    """

    def __init__(self) -> None:
        self._done: dict[str, int] = {}
        self._total: dict[str, int] = {}
        self._since: dict[str, int] = {}  # pieces behind each track when the pace began to count
        self._began_s = self._now_s = 0.0

    def tell(self, track: str, done: int, total: int, now_s: float) -> None:
        """A track has so many pieces behind it."""
        known = self._done.get(track)
        self._done[track], self._total[track], self._now_s = done, total, now_s
        if known is not None and done > known and track not in self._since:
            self._since = {one: self._done[one] for one in (*self._since, track)}
            self._began_s = now_s

    @property
    def count(self) -> int:
        """Tracks heard of."""
        return len(self._done)

    @property
    def done(self) -> int:
        return sum(self._done.values())

    @property
    def total(self) -> int:
        return sum(self._total.values())

    def left_s(self) -> float | None:
        """Seconds the rest takes at the pace so far; None before a track has a second piece behind it."""
        done = sum(self._done[one] - since for one, since in self._since.items())
        if done <= 0 or self._now_s <= self._began_s:
            return None
        return (self._now_s - self._began_s) / done * (self.total - self.done)
