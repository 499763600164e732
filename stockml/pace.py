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
